/** Reading as the doors do it, for tests of rooms: fields are asked for by name, and come as the API would answer them. */
import { createApprovals } from '../../src/approvals';
import { createAuditReads } from '../../src/audit/audit-event.reads';
import { customerReads } from '../../src/customers';
import { userReads } from '../../src/identity';
import { complaintReads, indicatorReads } from '../../src/indicators';
import type { Actor } from '../../src/kernel/actor';
import type { PageRequest } from '../../src/kernel/page';
import type { Result } from '../../src/kernel/result';
import type { ListSource, ReadEnv } from '../../src/platform/read-model';
import type { ReadPage, SelectedField, Selection } from '../../src/platform/read-plan';
import { createReads, type Reads } from '../../src/platform/reads';
import { createPolicies, policyReads } from '../../src/policies';
import type { Loose } from './api';
import type { TestDatabase } from './database';

/**
 * Fields by name; those that lead to objects with the fields of these, and with further arguments where there are any.
 * Lists by pages give their first 100 items.
 */
export interface Asked {
  readonly [field: string]: true | Asked | readonly [filter: Readonly<Record<string, unknown>>, asked: Asked];
}

/** What the rooms up to the indicators have to show. */
export const leftReads = (
  { database, unitOfWork }: TestDatabase,
  config?: Parameters<typeof createApprovals>[0]['config'],
): Reads => {
  const policies = createPolicies({ database, unitOfWork });
  const { reads: approvalReads } = createApprovals({
    database,
    unitOfWork,
    policies,
    ...(config === undefined ? {} : { config }),
  });
  return createReads(database, [
    userReads,
    createAuditReads(database),
    policyReads,
    approvalReads,
    customerReads,
    indicatorReads,
    complaintReads,
  ]);
};

/** The object with the key, in the shape that was asked for; null where the viewer finds none. */
export const readObject = async (
  reads: Reads,
  viewer: Actor,
  [model, key]: readonly [model: string, key: string],
  asked: Asked,
  now = new Date(),
): Promise<Loose> => (await reads.byKeys(model, [key], selectionOf(asked), envOf(viewer, now)))[0];

/** A page of a list; throws where the list is refused. */
export const readPage = async (
  reads: Reads,
  viewer: Actor,
  list: Result<ListSource>,
  asked: Asked,
  page: Partial<PageRequest> = {},
): Promise<Omit<ReadPage, 'items'> & { readonly items: readonly Loose[] }> => {
  if (!list.ok) throw new Error(list.refusal.message);
  const wanted = { first: 100, after: null, ...page, keys: true, total: true, shape: ({ items }: ReadPage) => items };
  return reads.page(list.value, wanted, selectionOf(asked), envOf(viewer, new Date()));
};

const envOf = (viewer: Actor, now: Date): ReadEnv => ({ viewer, now, identify: (_, key) => key });

const selectionOf = (asked: Asked): Selection => ({
  fields: Object.entries(asked).map(([name, wanted]): SelectedField => {
    if (wanted === true) return { name, property: name, selection: null, page: null };
    const [filter, inner] = Array.isArray(wanted) ? (wanted as [object, Asked]) : [{}, wanted as Asked];
    const page = { first: 100, after: null, keys: false, total: false, shape: ({ items }: ReadPage) => items };
    return { name, property: name, selection: selectionOf(inner), page: { ...page, filter: { ...filter } } };
  }),
});
