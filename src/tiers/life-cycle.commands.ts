/**
 * The stage of the life cycle that a customer's own figures speak for, beside the one that people keep in master data. Registrations,
 * values and first ratings ask for it as they arrive; days that pass and other rules do not, so a worker also looks at everybody.
 */
import type { Initiator } from '../kernel/actor';
import { digestOf } from '../kernel/canonical-json';
import { ok, type Result } from '../kernel/result';
import { permit } from '../identity';
import { matchRule } from '../policies';
import type { TierDeps } from './tier.commands';
import { insertLifeCycleEntries, lifeCycleCandidates, type LifeCycleMove } from './life-cycle.store';

/**
 * Moves everybody, or `only` some, to the stage of today's figures, a batch in each transaction. May be called at any time, from anywhere; where
 * nothing is new nothing is written. Yields how many entries were added.
 */
export const followLifeCycles = async (
  deps: Pick<TierDeps, 'unitOfWork' | 'policies' | 'batch'>,
  by: Initiator,
  only: readonly string[] | null = null,
): Promise<Result<number>> => {
  const permitted = permit(by.actor, 'tier.compute');
  if (!permitted.ok) return permitted;
  let total = 0;
  for (let after: string | null = null; ;) {
    const from: string | null = after;
    const step: Result<{ readonly moved: number; readonly upto: string | null }> = await deps.unitOfWork.run(
      by,
      async (tx) => {
        // One worker at a time; another would add the same entries.
        await tx.query("SELECT pg_advisory_xact_lock(hashtext('life_cycle'))");
        const policy = await deps.policies.inForce(tx, 'LIFE_CYCLE');
        const candidates = await lifeCycleCandidates(tx, policy.content, { only, after: from, atMost: deps.batch });
        const moves = candidates.flatMap((candidate): LifeCycleMove[] => {
          const { id, stage } = matchRule(policy.content, candidate.facts);
          return id === candidate.rule ? [] : [{ ...candidate, to: stage, by: id }];
        });
        const upto = candidates.length < deps.batch ? null : (candidates.at(-1)?.customerId ?? null);
        const [first] = moves;
        if (first === undefined) {
          tx.unchanged();
          return ok({ moved: 0, upto });
        }
        await insertLifeCycleEntries(tx, policy.id, moves);
        tx.record({
          action: 'lifeCycle.moved',
          object: { type: 'LifeCycleBatch', id: tx.newId() },
          ...(moves.length === 1 ? { customerId: first.customerId } : {}),
          data: {
            policyVersion: policy.id,
            count: moves.length,
            stages: Object.fromEntries(
              [...new Set(moves.map(({ to }) => to))]
                .sort()
                .map((to) => [to, moves.filter((move) => move.to === to).length]),
            ),
            digest: digestOf(moves.map(({ customerId, stage, to, by: rule }) => [customerId, stage, to, rule])),
          },
        });
        return ok({ moved: moves.length, upto });
      },
    );
    if (!step.ok) return step;
    total += step.value.moved;
    after = step.value.upto;
    if (after === null) return ok(total);
  }
};
