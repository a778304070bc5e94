/** Tells what the customers of the sample are worth, so that the rated ones have a tier when the first person looks. */
import { required, type App } from '../../src/app';
import type { Initiator } from '../../src/kernel/actor';

/** Yields how many customers were looked at; none where somebody else is at it already. */
export const tellFirstValues = async (app: App, by: Initiator): Promise<number> => {
  const started = await app.tiers.startComputation(by);
  return started.ok ? required(await app.tiers.runComputation(by, started.value)) : 0;
};
