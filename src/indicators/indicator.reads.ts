/** How indicator values are read for screens. Values of the class CREDIT are withheld as the queries withhold them. */
import type { Actor } from '../kernel/actor';
import { permit } from '../identity';
import { newestFirst } from '../platform/keyset';
import {
  bool,
  computed,
  connection,
  day,
  json,
  many,
  moment,
  numeric,
  one,
  text,
  type ReadModel,
  type RoomReads,
} from '../platform/read-model';
import { derivationOf } from './domain/derived-data';
import { findIndicator } from './domain/dictionary';
import { freshnessOf } from './domain/freshness';
import {
  CONTRADICTED,
  HELD_VALUES,
  isMaskedFor,
  isSensitive,
  knownIndicator,
  NEWEST_DAY_FIRST,
  OPEN_CONFLICT,
  RECORDED_VALUES,
} from './indicator.queries';

const code = text('code');
const asOf = day('as_of');
const indicator = text('indicator');

/** The entry of the dictionary, with how we work it out. */
export const definitionOf = (entry: string) => {
  const definition = findIndicator(entry);
  return definition === undefined ? null : { ...definition, derivation: derivationOf(entry) };
};

const mayRead = (viewer: Actor): boolean => permit(viewer, 'indicator.read').ok;

const fields: ReadModel['fields'] = {
  code,
  definition: computed({ code }, (value) => definitionOf(value.code)),
  value: computed(
    { code, value: text('value'), customerId: text('customer_id') },
    ({ code, value, customerId }, { viewer, looked }) => {
      if (isMaskedFor(viewer, code)) return null;
      if (isSensitive(code)) looked?.({ customerId, field: code });
      return value;
    },
  ),
  masked: computed({ code }, (value, { viewer }) => isMaskedFor(viewer, value.code)),
  asOf,
  recordedAt: moment('recorded_at'),
  source: text('source'),
  quality: text('quality'),
  ageDays: computed({ code, asOf }, (value, { now }) => freshnessOf(value.code, value.asOf, now).ageDays),
  fresh: computed({ code, asOf }, (value, { now }) => freshnessOf(value.code, value.asOf, now).fresh),
  withdrawn: bool((t) => `${t}.value IS NULL`),
  contradicted: bool((t) => CONTRADICTED(`${t}.id`, `${t}.code`)),
  reason: text('reason'),
  derivation: computed(
    { code, derivation: json('derivation'), customerId: text('customer_id') },
    ({ code, derivation, customerId }, { viewer, looked }) => {
      if (isMaskedFor(viewer, code)) return null;
      if (derivation !== null && isSensitive(code)) looked?.({ customerId, field: code });
      return derivation;
    },
  ),
  recordedBy: one(
    'User',
    (value, user) =>
      `${user}.id = CASE WHEN ${value}.recorded_by NOT LIKE 'system:%' THEN ${value}.recorded_by::uuid END`,
  ),
};

export const indicatorReads: RoomReads = {
  models: [
    { name: 'IndicatorValue', table: HELD_VALUES, key: 'code', mayRead, fields },
    { name: 'RecordedIndicatorValue', table: RECORDED_VALUES, key: 'id', mayRead, fields },
    {
      name: 'IndicatorConflict',
      table: (t) => `indicator_conflict AS ${t}`,
      key: 'id',
      mayRead,
      fields: {
        code: indicator,
        definition: computed({ indicator }, (conflict) => definitionOf(conflict.indicator)),
        period: text('period'),
        deviation: computed({ indicator, deviation: numeric('deviation') }, (conflict, { viewer }) =>
          isMaskedFor(viewer, conflict.indicator) ? null : conflict.deviation,
        ),
        tolerance: numeric('tolerance'),
        detectedAt: moment('detected_at'),
        open: bool((t) => OPEN_CONFLICT(t)),
        holding: one(
          'RecordedIndicatorValue',
          (conflict, value) =>
            `${value}.id = ${conflict}.holding_snapshot_id AND ${value}.code = ${conflict}.indicator`,
        ),
        yielding: one(
          'RecordedIndicatorValue',
          (conflict, value) =>
            `${value}.id = ${conflict}.yielding_snapshot_id AND ${value}.code = ${conflict}.indicator`,
        ),
      },
    },
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
      indicatorConflicts: connection(
        'IndicatorConflict',
        (customer, conflict) => `${conflict}.customer_id = ${customer}.id`,
        (conflict) => newestFirst(conflict, 'detected_at'),
      ),
    },
  },
};
