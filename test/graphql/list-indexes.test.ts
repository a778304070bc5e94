/**
 * What a page costs does not grow with its list: for every order of a list at the root, and for every filter by one value,
 * there is an index that yields the rows in order and begins where the cursor says. Asked of the planner with every other way closed to
 * it, so that the size of the sample does not matter.
 */
import { isObjectType, getNamedType } from 'graphql';
import { createSchema } from '../../graphql/schema';
import { useApi, type Loose } from '../support/api';
import { runPublishedOperations } from '../support/published';
import type { Handle } from '../support/people';

const api = useApi('sample');

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Cond'?: string;
  readonly Plans?: readonly PlanNode[];
}
const nodesOf = (node: PlanNode): PlanNode[] => [node, ...(node.Plans ?? []).flatMap(nodesOf)];

/** How the page itself is found: what stands under its limit, in the statement that lists it. */
const planOf = async (
  who: Handle,
  list: string,
  args: string,
): Promise<{ page: PlanNode[]; endCursor: string | null }> => {
  const sent = jest.spyOn(api.app.database, 'rows');
  const answer = await api.ask(
    who,
    `{ ${list}${args === '' ? '' : `(${args})`} { nodes { __typename } pageInfo { endCursor } } }`,
  );
  expect(answer.errors).toEqual([]);
  const [statement] = sent.mock.calls.map(([one]) => one).filter(({ text }) => / LIMIT \d+\) AS /.test(text));
  sent.mockRestore();
  const [row] = await api.test.asApp<{ 'QUERY PLAN': Loose }>(
    `EXPLAIN (FORMAT JSON) ${statement?.text}`,
    statement?.values,
  );
  const limit = nodesOf(row?.['QUERY PLAN'][0].Plan as PlanNode).find((node) => node['Node Type'] === 'Limit');
  if (limit === undefined) throw new Error(`${list} is not cut to a page`);
  return { page: nodesOf(limit).slice(1), endCursor: answer.data[list].pageInfo.endCursor };
};

const LISTS: Readonly<Record<string, { who: Handle; table: string }>> = {
  auditEvents: { who: 'auditor', table: 'audit_event' },
  changeRequests: { who: 'approver', table: 'change_request' },
  customers: { who: 'approver', table: 'customer' },
  orgUnits: { who: 'approver', table: 'org_unit' },
  ratingRuns: { who: 'approver', table: 'rating_run' },
  users: { who: 'approver', table: 'app_user' },
};

let customer: string;
let maker: string;
let object: string;
let region: string;
beforeAll(async () => {
  // Leaves requests, runs and events behind.
  await runPublishedOperations(api, (_, execute) => execute());
  const [event] = (
    await api.ask(
      'auditor',
      '{ auditEvents(first: 1, where: { action: { eq: "request.submitted" } }) { nodes { objectType objectId customer { id } actor { id } } } }',
    )
  ).data.auditEvents.nodes;
  [customer, maker] = [event.customer.id, event.actor.id];
  object = Buffer.from(`${event.objectType}:${event.objectId}`).toString('base64url');
  const [somewhere] = await api.test.asOwner<{ region: string }>(
    'SELECT region FROM customer WHERE region IS NOT NULL LIMIT 1',
  );
  region = somewhere?.region ?? '';
  for (const way of ['seqscan', 'bitmapscan', 'sort', 'incremental_sort', 'hashjoin', 'mergejoin']) {
    await api.test.asApp(`SET enable_${way} = off`);
  }
}, 120_000);

const orders = ['NUMBER', 'NAME', 'CREATED_AT'].flatMap((field) =>
  ['ASC', 'DESC'].map((direction) => `orderBy: [{ field: ${field}, direction: ${direction} }]`),
);
const byNumber = orders.slice(0, 2);
const customerFilters = [
  'kind: { eq: CUSTOMER }',
  'industry: { eq: "RETAIL" }',
  'region: { eq: "$region" }',
  'size: { eq: SMALL }',
  'stage: { eq: GROWTH }',
];
const where = (...conditions: string[]): string[] => conditions.map((condition) => `where: { ${condition} }`);

const CASES: [string, string][] = [
  ...orders.map((order): [string, string] => ['customers', order]),
  ...where(...customerFilters).flatMap((filter) =>
    byNumber.map((order): [string, string] => ['customers', `${filter}, ${order}`]),
  ),
  ...[
    '',
    ...where(
      'state: { eq: APPLIED }',
      'kind: { eq: GRADE_OVERRIDE }',
      'customer: "$customer"',
      'maker: "$maker"',
      'submittedAt: { gte: "2026-01-01T00:00:00Z", lt: "2027-01-01T00:00:00Z" }',
    ),
  ].map((args): [string, string] => ['changeRequests', args]),
  ...[
    '',
    ...where(
      'actor: "$maker"',
      'systemActor: { eq: "system:rating-worker" }',
      'action: { eq: "request.submitted" }',
      'customer: "$customer"',
      'object: "$object"',
      'requestId: { eq: "test" }',
      'occurredAt: { gte: "2026-01-01T00:00:00Z", lt: "2027-01-01T00:00:00Z" }',
    ),
  ].map((args): [string, string] => ['auditEvents', args]),
  ['ratingRuns', ''],
  ['users', ''],
  ['orgUnits', ''],
];

it('every list of the schema is among them', () => {
  const lists = Object.values(createSchema().getQueryType()?.getFields() ?? {}).filter(({ type }) => {
    const named = getNamedType(type);
    return isObjectType(named) && 'pageInfo' in named.getFields();
  });
  expect(lists.map(({ name }) => name).sort()).toEqual(Object.keys(LISTS));
  expect([...new Set(CASES.map(([list]) => list))].sort()).toEqual(Object.keys(LISTS));
});

it.each(CASES)('%s %s', async (list, template) => {
  const { who, table } = LISTS[list]!;
  const args = template
    .replace('$customer', customer)
    .replace('$maker', maker)
    .replace('$object', object)
    .replace('$region', region);
  const first = await planOf(who, list, [args, 'first: 1'].filter(Boolean).join(', '));
  expect(first.endCursor).not.toBeNull();
  const next = await planOf(who, list, [args, 'first: 1', `after: "${first.endCursor}"`].filter(Boolean).join(', '));
  for (const { page } of [first, next]) {
    expect(page.map((node) => node['Node Type']).filter((type) => /Sort|Seq Scan|Bitmap/.test(type))).toEqual([]);
    expect(page.find((node) => node['Relation Name'] === table)?.['Node Type']).toMatch(/^Index (Only )?Scan$/);
  }
  const scan = next.page.find((node) => node['Relation Name'] === table);
  expect(scan?.['Index Cond']).toMatch(/ROW\(|[<>]/);
});

it('orders that run both ways begin at the cursor too', async () => {
  const order = 'orderBy: [{ field: NAME, direction: DESC }, { field: NUMBER, direction: ASC }]';
  const { endCursor } = await planOf('approver', 'customers', `first: 1, ${order}`);
  const { page } = await planOf('approver', 'customers', `first: 1, ${order}, after: "${endCursor}"`);
  const scan = page.find((node) => node['Relation Name'] === 'customer');
  expect(scan?.['Index Cond']).toMatch(/display_name <= /);
});
