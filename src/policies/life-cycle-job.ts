/** Asks, with whatever has arrived, for the stages that it speaks for: rooms to the left of the life cycle know no more of it. */
import { digestOf } from '../kernel/canonical-json';
import type { Tx } from '../platform/unit-of-work';

/** Kind of the job; its payload names the customers. Lost, doubled or late it changes nothing: everybody is looked at in turn. */
export const LIFE_CYCLE_JOB = 'tier.lifeCycle';

/** Inside the transaction of what has arrived. Does nothing for nobody. */
export const askForLifeCycles = (tx: Tx, customerIds: readonly string[]): void => {
  if (customerIds.length === 0) return;
  const asked = [...new Set(customerIds)].sort();
  tx.enqueue({
    kind: LIFE_CYCLE_JOB,
    key: `${LIFE_CYCLE_JOB}:${digestOf(asked)}:${tx.at.toISOString()}`,
    payload: { customerIds: asked },
  });
};
