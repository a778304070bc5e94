/**
 * Batched reads of one request: whatever many fields ask for one by one is fetched in one statement. A loader yields null
 * for what is not there or not for the caller.
 */
import DataLoader from 'dataloader';
import type { App } from '../src/app';
import type { Actor } from '../src/kernel/actor';

/** Loads by key through a function that answers in any order and leaves out what it does not find. */
const byKey = <View>(
  fetch: (keys: readonly string[]) => Promise<readonly View[]>,
  key: (view: View) => string,
): DataLoader<string, View | null> =>
  new DataLoader(async (keys) => {
    const found = new Map((await fetch(keys)).map((view) => [key(view), view]));
    return keys.map((wanted) => found.get(wanted) ?? null);
  });

/** Loads every view of a key, in the order of the answer. */
const manyByKey = <View>(
  fetch: (keys: readonly string[]) => Promise<readonly View[]>,
  keysOf: (view: View) => readonly string[],
): DataLoader<string, View[]> =>
  new DataLoader(async (keys) => {
    const found = new Map<string, View[]>(keys.map((key) => [key, []]));
    for (const view of await fetch(keys)) for (const key of keysOf(view)) found.get(key)?.push(view);
    return keys.map((wanted) => found.get(wanted) ?? []);
  });

export const createLoaders = (app: App, viewer: Actor, now: Date) => ({
  users: byKey(
    (ids) => app.identity.queries.usersByIds(viewer, ids),
    (user) => user.id,
  ),
  orgUnits: byKey(
    (ids) => app.identity.queries.orgUnitsByIds(viewer, ids),
    (unit) => unit.id,
  ),
  auditEvents: byKey(
    (ids) => app.audit.queries.byIds(viewer, ids),
    (event) => event.id,
  ),
  policyVersions: byKey(
    (ids) => app.policies.byIds(viewer, ids),
    (version) => version.id,
  ),
  requests: byKey(
    (ids) => app.approvals.queries.byIds(viewer, ids),
    (request) => request.id,
  ),
  openRequests: manyByKey(
    (ids) => app.approvals.queries.openOn(viewer, 'Customer', ids),
    (request) => [request.subject.id],
  ),
  customers: byKey(
    (ids) => app.customers.queries.byIds(viewer, ids),
    (customer) => customer.id,
  ),
  relations: byKey(
    (ids) => app.customers.queries.relationsByIds(viewer, ids),
    (relation) => relation.id,
  ),
  relationsOf: manyByKey(
    (ids) => app.customers.queries.relationsOf(viewer, ids),
    (relation) => [relation.fromId, relation.toId],
  ),
  indicatorValues: manyByKey(
    (ids) => app.indicators.queries.valuesOf(viewer, ids),
    (value) => [value.customerId],
  ),
  industries: new DataLoader<string, { code: string; nameZh: string; nameEn: string } | null>(async (codes) => {
    const all = new Map((await app.customers.queries.industries()).map((industry) => [industry.code, industry]));
    return codes.map((code) => all.get(code) ?? null);
  }),
  grades: byKey(
    (ids) => app.ratings.queries.gradesOf(viewer, ids),
    (grade) => grade.customerId,
  ),
  ratings: byKey(
    (ids) => app.ratings.queries.byIds(viewer, ids),
    (rating) => rating.id,
  ),
  scorecardVersions: byKey(
    (ids) => app.scorecards.queries.versionsByIds(viewer, ids),
    (version) => version.id,
  ),
  cutPointSets: byKey(
    (ids) => app.scorecards.queries.cutPointsByIds(viewer, ids),
    (set) => set.id,
  ),
  runs: byKey(
    (ids) => app.ratings.queries.runsByIds(viewer, ids),
    (run) => run.id,
  ),
  liveOverrides: byKey(
    (ids) => app.overrides.queries.liveOf(viewer, ids),
    (override) => override.customerId,
  ),
  overrides: byKey(
    (ids) => app.overrides.queries.byIds(viewer, ids),
    (override) => override.id,
  ),
  limits: byKey(
    (ids) => app.limits.queries.of(viewer, ids, now),
    (limit) => limit.customerId,
  ),
});

export type Loaders = ReturnType<typeof createLoaders>;
