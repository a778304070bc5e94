/** How indicator values are read for screens. Values of the class CREDIT are withheld as the queries withhold them. */
import type { Actor } from '../kernel/actor';
import { permit } from '../identity';
import { computed, connection, day, many, moment, text, type ReadModel, type RoomReads } from '../platform/read-model';
import { findIndicator } from './domain/dictionary';
import { isMaskedFor, knownIndicator, NEWEST_DAY_FIRST, RECORDED_VALUES } from './indicator.queries';

const code = text('code');

const mayRead = (viewer: Actor): boolean => permit(viewer, 'indicator.read').ok;

const fields: ReadModel['fields'] = {
  code,
  definition: computed({ code }, (value) => findIndicator(value.code) ?? null),
  value: computed({ code, value: text('value') }, ({ code, value }, { viewer }) =>
    isMaskedFor(viewer, code) ? null : value,
  ),
  masked: computed({ code }, (value, { viewer }) => isMaskedFor(viewer, value.code)),
  asOf: day('as_of'),
  recordedAt: moment('recorded_at'),
  source: text('source'),
  quality: text('quality'),
};

export const indicatorReads: RoomReads = {
  models: [
    {
      name: 'IndicatorValue',
      // Of each indicator the value with the latest day, and of those the one recorded last.
      table: (t) => `(
        SELECT DISTINCT ON (s.customer_id, s.code) s.* FROM ${RECORDED_VALUES('s')}
        ORDER BY s.customer_id, s.code, s.as_of DESC, s.recorded_at DESC, s.id DESC) AS ${t}`,
      key: 'code',
      mayRead,
      fields,
    },
    { name: 'RecordedIndicatorValue', table: RECORDED_VALUES, key: 'id', mayRead, fields },
  ],
  links: {
    Customer: {
      indicators: many(
        'IndicatorValue',
        (customer, value) => `${value}.customer_id = ${customer}.id`,
        (value) => `${value}.code`,
      ),
      indicatorHistory: connection(
        'RecordedIndicatorValue',
        (customer, value, args) => `${value}.customer_id = ${customer}.id AND ${value}.code = ${args['code'] ?? ''}`,
        NEWEST_DAY_FIRST,
        ({ code }) => knownIndicator(String(code)),
      ),
    },
  },
};
