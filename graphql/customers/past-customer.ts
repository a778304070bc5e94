/**
 * Customers as they were, and everything below them that can look back. What never changes once it is there (a rating, a
 * person, the text of a request) is read as in the present; what does is asked of the rooms by its moments.
 */
import type { GraphQLResolveInfo } from 'graphql';
import type { Customer as CustomerView } from '../../src/customers';
import { findIndicator } from '../../src/indicators';
import { gradeView } from '../../src/kernel/grade';
import type { Moments } from '../../src/kernel/moments';
import type { Result } from '../../src/kernel/result';
import type { ListSource } from '../../src/platform/read-model';
import { asJson } from '../connection';
import type { GraphContext } from '../context';
import { valueOrFault } from '../faults';
import { toGlobalId } from '../global-id';
import { momentsBinding } from '../moments';
import { checkedPageArgs, readMany, readPage, type LookBack, type Looking, type PastObject } from '../reads';

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
    : { ...view, model: gradeView(view.modelGrade), inForce: gradeView(view.grade), ...pastOf(looking) };
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
  const { amount, currency, terms, version, updatedAt } = view;
  const { paymentTermDays, newBusinessAllowed } = terms;
  return {
    approved: { amount, currency },
    allowed: { amount: terms.amount, currency: terms.currency },
    paymentTermDays,
    newBusinessAllowed,
    version,
    updatedAt,
    ...pastOf(looking),
  };
};

export const pastOpenRequests: LookBack = async ({ context, info, key, at }) => {
  const ids = valueOrFault(await context.app.approvals.queries.idsOpenAt(context.actor, 'Customer', key, at));
  return ids.length === 0 ? [] : readMany(context, info, 'ChangeRequest', ids);
};

export const pastIndicators: LookBack = async ({ context, key, at }) =>
  valueOrFault(await context.app.indicators.queries.valuesAt(context.actor, [key], at)).map((value) => ({
    ...value,
    definition: findIndicator(value.code) ?? null,
  }));

export const pastRelations: LookBack = async (looking) => {
  const { context, key, at } = looking;
  const relations = valueOrFault(await context.app.customers.queries.relationsOfAt(context.actor, [key], at));
  return relations.map(({ id, fromId, toId, ...relation }) => ({
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
export const pastLimitEntries = pastPages('CreditLimit.entries', ({ context: { app, actor }, key, at }) =>
  app.limits.queries.entriesAt(actor, key, at),
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
