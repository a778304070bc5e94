/** Whether the sample portfolio still waits for its first ratings. It starts nothing. */
import { required, type App } from '../../src/app';
import type { Initiator } from '../../src/kernel/actor';
import { isOpenRun } from '../../src/ratings';
import type { LoadedSample } from './load';

/**
 * True while a run is under way, which is then joined, and until a customer of the sample has a grade: an earlier run may
 * have been over other customers alone.
 */
export const awaitsFirstRating = async (
  app: App,
  by: Initiator,
  { stories }: Pick<LoadedSample, 'stories'>,
): Promise<boolean> => {
  const [newest] = required(await app.ratings.queries.runs(by.actor, {}, { first: 1, after: null })).items;
  if (newest !== undefined && isOpenRun(newest.state)) return true;
  const customers = await Promise.all(stories.map(({ number }) => app.customers.queries.byNumber(by.actor, number)));
  const ids = customers.flatMap((customer) => (customer === null ? [] : [customer.id]));
  return (await app.ratings.queries.gradesOf(by.actor, ids)).length === 0;
};
