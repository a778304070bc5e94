/** How indicator values are read for screens. Values of the class CREDIT are withheld as the queries withhold them. */
import type { Actor } from '../kernel/actor';
import { refuse } from '../kernel/refusal';
import { ok } from '../kernel/result';
import { permit } from '../identity';
import { computed, connection, day, many, moment, text, type ReadModel, type RoomReads } from '../platform/read-model';
import { findIndicator } from './domain/dictionary';
import { isMaskedFor } from './indicator.queries';

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

const VALUES = `s.id, s.customer_id, v.key AS code, v.value, s.as_of, s.recorded_at, s.source, s.quality
  FROM indicator_snapshot AS s, jsonb_each_text(s.values) AS v`;

export const indicatorReads: RoomReads = {
  models: [
    {
      name: 'IndicatorValue',
      // Of each indicator the value with the latest day, and of those the one recorded last.
      table: (t) => `(
        SELECT DISTINCT ON (s.customer_id, v.key) ${VALUES}
        ORDER BY s.customer_id, v.key, s.as_of DESC, s.recorded_at DESC, s.id DESC) AS ${t}`,
      key: 'code',
      mayRead,
      fields,
    },
    { name: 'RecordedIndicatorValue', table: (t) => `(SELECT ${VALUES}) AS ${t}`, key: 'id', mayRead, fields },
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
        (t) => [
          { expression: `${t}.as_of`, type: 'date', direction: 'DESC' },
          { expression: `${t}.recorded_at`, type: 'timestamptz', direction: 'DESC' },
          { expression: `${t}.id`, type: 'uuid', direction: 'DESC' },
        ],
        ({ code }) =>
          findIndicator(String(code)) === undefined
            ? refuse('NOT_FOUND', 'There is no such indicator.', { reason: 'INDICATOR', field: ['code'] })
            : ok(true),
      ),
    },
  },
};
