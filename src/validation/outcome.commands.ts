/** Records what became of customers, many at a time. One bad claim never stops the others. Needs `outcome.record`. */
import type { Initiator } from '../kernel/actor';
import { digestOf } from '../kernel/canonical-json';
import { refuse, type Refusal } from '../kernel/refusal';
import { ok, type Result } from '../kernel/result';
import { findIdsByNumber } from '../customers';
import { permit } from '../identity';
import type { UnitOfWork } from '../platform/unit-of-work';
import { decideOutcomes, type OutcomeClaim } from './domain/outcome';
import { holdingOutcomes, insertOutcomes, lockOutcomes } from './outcome.store';

export interface OutcomeBatch {
  /** UUID that the parts of one delivery share. */
  readonly batchId: string;
  /** Who says so: a register, a court, a file's supplier. */
  readonly source: string;
  readonly claims: readonly OutcomeClaim[];
}

export interface OutcomesRecorded {
  readonly recorded: number;
  readonly unchanged: number;
  /** Each with the index of its claim. */
  readonly rejected: readonly Refusal[];
}

/** Refuses FORBIDDEN and REQUIRED for a blank source. A batch without news leaves no trace. */
export const recordOutcomes = async (
  unitOfWork: UnitOfWork,
  by: Initiator,
  batch: OutcomeBatch,
): Promise<Result<OutcomesRecorded>> => {
  const permitted = permit(by.actor, 'outcome.record');
  if (!permitted.ok) return permitted;
  if (batch.source.trim() === '') return refuse('REQUIRED', 'Outcomes have a source.', { field: ['source'] });
  return unitOfWork.run(by, async (tx) => {
    await lockOutcomes(tx);
    const customerIds = await findIdsByNumber(tx, [...new Set(batch.claims.map(({ number }) => number))]);
    const { news, unchanged, rejected } = decideOutcomes(batch.claims, {
      customerIds,
      holding: await holdingOutcomes(tx, batch.source, [...customerIds.values()]),
      today: tx.at.toISOString().slice(0, 10),
    });
    const outcome = ok({ recorded: news.length, unchanged, rejected });
    if (news.length === 0) {
      tx.unchanged();
      return outcome;
    }
    await insertOutcomes(tx, news, batch);
    tx.record({
      action: 'outcome.recorded',
      object: { type: 'OutcomeBatch', id: batch.batchId },
      data: {
        source: batch.source,
        count: news.length,
        bad: news.filter(({ bad }) => bad).length,
        digest: digestOf(news.map(({ customerId, event, bad, observedOn }) => [customerId, event, bad, observedOn])),
      },
    });
    return outcome;
  });
};
