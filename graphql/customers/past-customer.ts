/**
 * Customers as they were, and everything below them that can look back. What never changes once it is there (a rating, a
 * person, the text of a request) is read as in the present; what does is asked of the rooms by its moments.
 */
import type { GraphQLResolveInfo } from 'graphql';
import type { Customer as CustomerView } from '../../src/customers';
import { definitionOf, isSensitive } from '../../src/indicators';
import { gradeView } from '../../src/kernel/grade';
import type { Moments } from '../../src/kernel/moments';
import type { Result } from '../../src/kernel/result';
import { heldBecause } from '../../src/ratings';
import type { ListSource } from '../../src/platform/read-model';
import { asJson } from '../connection';
import type { GraphContext } from '../context';
import { valueOrFault } from '../faults';
import { toGlobalId } from '../global-id';
import { momentsBinding } from '../moments';
import { asksFor, checkedPageArgs, readMany, readPage, type LookBack, type Looking, type PastObject } from '../reads';

/** The customer as it was; null before it was registered. */
export const customerAt = async (context: GraphContext, key: string, at: Moments): Promise<object | null> => {
  const view = await together(context, `customer ${stamp(at)}`, key, async (keys) =>
    byKey(await context.app.customers.queries.byIdsAt(context.actor, keys, at), ({ id }) => id),
  );
  return view === undefined ? null : pastCustomer(view, at);
};

/** The customer that had the number. */
export const customerWithNumberAt = async (
  { app, actor }: GraphContext,
  number: string,
  at: Moments,
): Promise<object | null> => {
  const view = valueOrFault(await app.customers.queries.byNumberAt(actor, number, at));
  return view === null ? null : pastCustomer(view, at);
};

const pastCustomer = (view: CustomerView, at: Moments): object => ({
  ...view,
  __typename: 'Customer',
  id: toGlobalId('Customer', view.id),
  name: view.nameZh ?? view.nameEn,
  past: { key: view.id, at },
});

/** Something that the version of the customer names by its key. */
const named =
  (model: string, field: 'industryCode' | 'ownerUserId' | 'orgUnitId'): LookBack =>
  ({ context, info, object }) => {
    const key = object[field];
    return typeof key === 'string' ? readPresent(context, info, model, key) : null;
  };
export const pastIndustry = named('Industry', 'industryCode');
export const pastOwner = named('User', 'ownerUserId');
export const pastOrgUnit = named('OrgUnit', 'orgUnitId');

const gradeAt = ({ context, key, at }: Looking) =>
  together(context, `grade ${stamp(at)}`, key, async (keys) =>
    byKey(await context.app.ratings.queries.gradesAt(context.actor, keys, at), ({ customerId }) => customerId),
  );

export const pastGrade: LookBack = async (looking) => {
  const view = await gradeAt(looking);
  return view === undefined
    ? null
    : {
        ...view,
        model: gradeView(view.modelGrade),
        inForce: gradeView(view.grade),
        // Of the past only ratings are on record, not dates that they have been due by.
        lastEvaluatedAt: view.lastRatedAt,
        ratingDueAt: null,
        heldBecause: heldBecause(view),
        ...pastOf(looking),
      };
};

export const pastRatingOfGrade: LookBack = (looking) => ratingAt(looking, looking.object['ratingId'] as string);

export const pastLatestRating: LookBack = async (looking) => {
  const grade = await gradeAt(looking);
  return grade === undefined ? null : ratingAt(looking, grade.ratingId);
};

const ratingAt = async (looking: Looking, id: string): Promise<object | null> => {
  const rating = await readPresent(looking.context, looking.info, 'Rating', id);
  return rating === null ? null : { ...rating, ...pastOf(looking) };
};

export const pastRatedCustomer: LookBack = ({ context, key, at }) => customerAt(context, key, at);

export const pastOverride: LookBack = async ({ context, info, key, at }) => {
  const live = await together(context, `override ${stamp(at)}`, key, async (keys) =>
    byKey(await context.app.overrides.queries.liveAt(context.actor, keys, at), ({ customerId }) => customerId),
  );
  const override = live === undefined ? null : await readPresent(context, info, 'GradeOverride', live.id);
  return override === null ? null : { ...override, endedAt: null, endCause: null };
};

export const pastLimit: LookBack = async (looking) => {
  const { context, key, at } = looking;
  const view = await together(context, `limit ${stamp(at)}`, key, async (keys) =>
    byKey(await context.app.limits.queries.at(context.actor, keys, at), ({ customerId }) => customerId),
  );
  if (view === undefined) return null;
  const { amount, currency, terms, version, updatedAt, used, reserved, frozen } = view;
  const { paymentTermDays, newBusinessAllowed } = terms;
  return {
    approved: { amount, currency },
    allowed: { amount: terms.amount, currency: terms.currency },
    paymentTermDays,
    newBusinessAllowed,
    version,
    updatedAt,
    used: { amount: used, currency },
    reserved: { amount: reserved, currency },
    frozen,
    ...pastOf(looking),
  };
};

const tierAt = ({ context, key, at }: Looking) =>
  together(context, `tier ${stamp(at)}`, key, async (keys) =>
    byKey(await context.app.tiers.queries.tiersAt(context.actor, keys, at), ({ customerId }) => customerId),
  );

export const pastTier: LookBack = async (looking) => {
  const view = await tierAt(looking);
  return view === undefined ? null : { ...view, grade: gradeView(view.grade), ...pastOf(looking) };
};

/** Something that the tier of then names by its key. */
const ofTier =
  (model: string, field: 'policyVersionId' | 'valueScoreId'): LookBack =>
  ({ context, info, object }) =>
    readPresent(context, info, model, object[field] as string);
export const pastTierPolicy = ofTier('PolicyVersion', 'policyVersionId');
export const pastTierValue = ofTier('ValueScore', 'valueScoreId');

export const pastOpenTasks: LookBack = ({ context, info, key, at }) =>
  open('TierTask', { context, info, key }, `tasks ${stamp(at)}`, async (keys) =>
    grouped(await context.app.tiers.queries.taskIdsOpenAt(context.actor, keys, at), ({ customerId }) => customerId),
  );

export const pastValueScore: LookBack = async ({ context, info, key, at }) => {
  const told = await together(context, `value ${stamp(at)}`, key, async (keys) =>
    byKey(await context.app.tiers.queries.valueScoresAt(context.actor, keys, at), ({ customerId }) => customerId),
  );
  return told === undefined ? null : readPresent(context, info, 'ValueScore', told.id);
};

export const pastLifeCycle: LookBack = async ({ context, info, key, at }) => {
  const told = await together(context, `life cycle ${stamp(at)}`, key, async (keys) =>
    byKey(await context.app.tiers.queries.lifeCyclesAt(context.actor, keys, at), ({ customerId }) => customerId),
  );
  return told === undefined ? null : readPresent(context, info, 'LifeCycleEntry', told.id);
};

export const pastOpenRequests: LookBack = ({ context, info, key, at }) =>
  open('ChangeRequest', { context, info, key }, `requests ${stamp(at)}`, async (keys) =>
    grouped(
      await context.app.approvals.queries.idsOpenAt(context.actor, 'Customer', keys, at),
      ({ subjectId }) => subjectId,
    ),
  );

/** What was open on a customer, as it stands. */
const open = async (
  model: string,
  { context, info, key }: Pick<Looking, 'context' | 'info' | 'key'>,
  what: string,
  ask: (keys: readonly string[]) => Promise<ReadonlyMap<string, readonly { readonly id: string }[]>>,
): Promise<object[]> => {
  const listed = (await together(context, what, key, ask)) ?? [];
  const found = await Promise.all(listed.map(({ id }) => readPresent(context, info, model, id)));
  return found.filter((object) => object !== null);
};

export const pastIndicators: LookBack = async (looking) => {
  const { context, info, key, at } = looking;
  const { app, actor, requestId } = context;
  const found = await together(context, `values ${stamp(at)}`, key, async (keys) =>
    grouped(await app.indicators.queries.valuesAt(actor, keys, at), ({ customerId }) => customerId),
  );
  const values = found ?? [];
  if (asksFor(info, 'IndicatorValue', ['value', 'derivation'])) {
    for (const { code, masked } of values)
      if (!masked && isSensitive(code)) app.looks.looked(actor, requestId, { customerId: key, field: code });
  }
  return values.map(({ recordedBy, ...value }) => ({
    ...value,
    withdrawn: false,
    recorder: recordedBy,
    definition: definitionOf(value.code),
    ...pastOf(looking),
  }));
};

/** Who recorded a value; in a history it has been read with the value. */
export const pastRecorder: LookBack = ({ context, info, object }) => {
  if ('recordedBy' in object) return object['recordedBy'];
  const recorder = object['recorder'];
  return typeof recorder !== 'string' || recorder.startsWith('system:')
    ? null
    : readPresent(context, info, 'User', recorder);
};

export const pastRelations: LookBack = async (looking) => {
  const { context, key, at } = looking;
  const all = await together(context, `relations ${stamp(at)}`, key, async (keys) => {
    const found = valueOrFault(await context.app.customers.queries.relationsOfAt(context.actor, keys, at));
    return new Map(keys.map((one) => [one, found.filter(({ fromId, toId }) => fromId === one || toId === one)]));
  });
  return (all ?? []).map(({ id, fromId, toId, ...relation }) => ({
    ...relation,
    id: toGlobalId('CustomerRelation', id),
    outgoing: fromId === key,
    otherId: fromId === key ? toId : fromId,
    ...pastOf(looking),
  }));
};

export const pastOtherParty: LookBack = ({ context, object, at }) =>
  customerAt(context, object['otherId'] as string, at);

/** A page of a list as it was; its items stand at the same moments. */
const pastPages =
  (name: string, list: (looking: Looking) => Result<ListSource>): LookBack =>
  async (looking) => {
    const { context, info, key, at, args } = looking;
    const { first, after, ...filter } = args;
    const page = await readPage<object>(context, info, valueOrFault(list(looking)), checkedPageArgs({ first, after }), {
      list: name,
      order: null,
      filter: [asJson(filter), key, ...momentsBinding(context, at)],
    });
    const items = [...(page.nodes ?? []), ...(page.edges ?? []).map(({ node }) => node)];
    for (const item of items) Object.assign(item, pastOf(looking));
    return page;
  };

export const pastRatings = pastPages('Customer.ratings', ({ context: { app, actor }, key, at }) =>
  app.ratings.queries.ratingsAt(actor, key, at),
);
export const pastGradeHistory = pastPages('Customer.gradeHistory', ({ context: { app, actor }, key, at }) =>
  app.ratings.queries.historyAt(actor, key, at),
);
export const pastTierHistory = pastPages('Customer.tierHistory', ({ context: { app, actor }, key, at }) =>
  app.tiers.queries.historyAt(actor, key, at),
);
export const pastLifeCycleHistory = pastPages('Customer.lifeCycleHistory', ({ context: { app, actor }, key, at }) =>
  app.tiers.queries.lifeCycleHistoryAt(actor, key, at),
);
export const pastLimitEntries = pastPages('CreditLimit.entries', ({ context: { app, actor }, key, at }) =>
  app.limits.queries.entriesAt(actor, key, at),
);
export const pastExposureEntries = pastPages('CreditLimit.exposureEntries', ({ context: { app, actor }, key, at }) =>
  app.limits.queries.exposureEntriesAt(actor, key, at),
);
export const pastIndicatorHistory = pastPages(
  'Customer.indicatorHistory',
  ({ context: { app, actor }, key, at, args }) =>
    app.indicators.queries.historyAt(actor, key, String(args['code']), at),
);

/** What has no past, as it stands. */
const readPresent = async (
  context: GraphContext,
  info: GraphQLResolveInfo,
  model: string,
  key: string,
): Promise<object | null> => {
  const found = await together(context, `${model} ${fieldPath(info.path)}`, key, async (keys) => {
    const objects = await readMany<object>(context, info, model, keys);
    return new Map(keys.map((one, i) => [one, objects[i] ?? null]));
  });
  return found ?? null;
};

/** Where in the answer a field stands, whichever item of a list it is asked of. */
const fieldPath = (path: GraphQLResolveInfo['path'] | undefined): string =>
  path === undefined ? '' : `${fieldPath(path.prev)}${typeof path.key === 'string' ? `.${path.key}` : ''}`;

const pastOf = ({ key, at }: Looking): PastObject => ({ past: { key, at } });

const stamp = ({ asOf, knownAt }: Moments): string => `${asOf.getTime()}/${knownAt.getTime()}`;

const byKey = <View>(views: Result<readonly View[]>, key: (view: View) => string): Map<string, View> =>
  new Map(valueOrFault(views).map((view) => [key(view), view]));

/** Lists by their key, each in the order in which it came. */
const grouped = <View>(views: Result<readonly View[]>, key: (view: View) => string): Map<string, View[]> => {
  const groups = new Map<string, View[]>();
  for (const view of valueOrFault(views)) groups.set(key(view), [...(groups.get(key(view)) ?? []), view]);
  return groups;
};

interface Waiting {
  readonly keys: Set<string>;
  readonly found: Promise<ReadonlyMap<string, unknown>>;
}
const waiting = new WeakMap<GraphContext, Map<string, Waiting>>();

/** Asks once for what the items of a list ask for one by one, in the same turn. */
const together = async <View>(
  context: GraphContext,
  what: string,
  key: string,
  ask: (keys: readonly string[]) => Promise<ReadonlyMap<string, View>>,
): Promise<View | undefined> => {
  const turns = waiting.get(context) ?? new Map<string, Waiting>();
  waiting.set(context, turns);
  let turn = turns.get(what);
  if (turn === undefined) {
    const keys = new Set<string>();
    const found = Promise.resolve().then(() => {
      turns.delete(what);
      return ask([...keys]);
    });
    turn = { keys, found };
    turns.set(what, turn);
  }
  turn.keys.add(key);
  return (await turn.found).get(key) as View | undefined;
};
