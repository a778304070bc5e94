/** A person's value in place of a source's: what it would stand in for, and putting it among the snapshots. Others decide whether. */
import type { Actor } from '../kernel/actor';
import type { Decimal } from '../kernel/decimal';
import { refuse } from '../kernel/refusal';
import { ok, type Result } from '../kernel/result';
import { permit } from '../identity';
import type { Tx } from '../platform/unit-of-work';
import { derivationOf } from './domain/derived-data';
import { findIndicator, indicatorOf } from './domain/dictionary';
import { MAX_SIGNIFICANT_DIGITS } from './domain/parse-value';
import { OWN_SOURCES } from './domain/precedence';
import { rangeFault, type StoredValues } from './domain/snapshot';
import { isSensitive } from './indicator.queries';
import { lockValues } from './indicator.store';
import { newSnapshot, takeIn } from './take-in';

export interface StoodInFor {
  /** Value that holds now, plain decimal; null where none is known. */
  readonly present: string | null;
  /** Its day; today where none is known. */
  readonly asOf: string;
}

export const judgement = {
  /** Whether the actor may see what he would override. */
  mayJudge: (actor: Actor, code: string): Result<true> =>
    permit(actor, isSensitive(code) ? 'indicator.readCredit' : 'indicator.read'),

  /** Refuses NOT_FOUND, INVALID/DERIVED_INPUT and values that the dictionary does not know. Holds back other writers of values. */
  standIn: async (tx: Tx, customerId: string, code: string, value: Decimal): Promise<Result<StoodInFor>> => {
    const indicator = findIndicator(code);
    if (indicator === undefined) {
      return refuse('NOT_FOUND', 'There is no such indicator.', { reason: 'INDICATOR', field: ['code'] });
    }
    if (derivationOf(code) !== null) {
      return refuse('INVALID', 'A derived value follows from its inputs: override one of them.', {
        reason: 'DERIVED_INPUT',
        field: ['code'],
      });
    }
    const fault = value.precision() > MAX_SIGNIFICANT_DIGITS ? 'OUT_OF_RANGE' : rangeFault(indicator, value);
    if (fault !== null) {
      return refuse(fault === 'NOT_WHOLE' ? 'INVALID' : 'OUT_OF_RANGE', 'The dictionary has no such value.', {
        reason: fault === 'NOT_WHOLE' ? fault : 'VALUE',
        field: ['value'],
        params: { min: indicator.range.min, max: indicator.range.max },
      });
    }
    await lockValues(tx);
    const [held] = await tx.query<{ value: string; asOf: string }>(
      `SELECT s.values ->> $2 AS value, s.as_of::text AS "asOf"
       FROM indicator_origin AS origin JOIN indicator_snapshot AS s ON s.id = origin.snapshot_ids[$3]
       WHERE origin.customer_id = $1`,
      [customerId, code, indicatorOf(code).ordinal],
    );
    return ok({ present: held?.value ?? null, asOf: held?.asOf ?? tx.at.toISOString().slice(0, 10) });
  },

  lock: lockValues,

  /** Null takes it back: what the source says of the day holds again. Yields the id of the snapshot. */
  put: async (
    tx: Tx,
    customerId: string,
    { code, asOf, value }: { readonly code: string; readonly asOf: string; readonly value: string | null },
    reason: string,
  ): Promise<string> => {
    const values = { [code]: value } satisfies StoredValues;
    const content = { asOf, source: OWN_SOURCES.OVERRIDE, quality: 'ESTIMATED' as const, values: values as never };
    const snapshot = { ...newSnapshot(tx, customerId, content), reason };
    await takeIn(tx, [snapshot]);
    return snapshot.id;
  },
};
