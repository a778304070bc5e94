/**
 * What a page costs does not grow with its list: for every order of a list at the root, and for every filter by one value,
 * there is an index that yields the rows in order and begins where the cursor says. Asked of the planner with every other way closed to
 * it, so that the size of the sample does not matter.
 */
import { isObjectType, getNamedType } from 'graphql';
import { createSchema } from '../../graphql/schema';
import { asSystem } from '../../src/app';
import { ok } from '../../src/kernel/result';
import { useApi, type Loose } from '../support/api';
import { runPublishedOperations } from '../support/published';
import type { Handle } from '../support/people';

const api = useApi('sample');

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly 'Index Cond'?: string;
  readonly Plans?: readonly PlanNode[];
}
const nodesOf = (node: PlanNode): PlanNode[] => [node, ...(node.Plans ?? []).flatMap(nodesOf)];

/** A partition bears the name of its table and a number. */
const isOf = (node: PlanNode, table: string): boolean => node['Relation Name']?.replace(/_\d+$/, '') === table;

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
  auditDiscrepancies: { who: 'auditor', table: 'audit_discrepancy' },
  auditEvents: { who: 'auditor', table: 'audit_event' },
  changeRequests: { who: 'approver', table: 'change_request' },
  customers: { who: 'approver', table: 'customer' },
  delegations: { who: 'approver', table: 'delegation' },
  orgUnits: { who: 'approver', table: 'org_unit' },
  overUses: { who: 'approver', table: 'credit_over_use' },
  policyVersions: { who: 'approver', table: 'policy_version' },
  dueRatings: { who: 'approver', table: 'customer_grade' },
  ratingRuns: { who: 'approver', table: 'rating_run' },
  ratings: { who: 'approver', table: 'rating' },
  reratings: { who: 'approver', table: 'rerating' },
  scorecardVersions: { who: 'approver', table: 'scorecard_version' },
  tierTasks: { who: 'approver', table: 'tier_task' },
  users: { who: 'approver', table: 'app_user' },
  warnings: { who: 'approver', table: 'warning' },
};

let customer: string;
let maker: string;
let object: string;
let region: string;
let watched: string;
let unit: string;
let manager: string;
let run: string;
beforeAll(async () => {
  // Leaves requests, runs and events behind.
  await runPublishedOperations(api, (_, execute) => execute());
  const submitted = (
    await api.ask(
      'auditor',
      '{ auditEvents(first: 100, where: { action: { eq: "request.submitted" } }) { nodes { objectType objectId customer { id } actor { id } } } }',
    )
  ).data.auditEvents.nodes as Loose[];
  const event = submitted.find(({ customer: concerned }) => concerned !== null);
  [customer, maker] = [event.customer.id, event.actor.id];
  object = Buffer.from(`${event.objectType}:${event.objectId}`).toString('base64url');
  const asked = {
    customerId: Buffer.from(customer, 'base64url').toString().split(':')[1] ?? '',
    eventId: 'test',
    debounceSeconds: 0,
    deadline: new Date('2026-02-01T00:00:00Z'),
  };
  await api.app.unitOfWork.run(asSystem('worker', 'test'), async (tx) => {
    tx.record({ action: 'test.asked', object: { type: 'test', id: 'test' }, onBehalfOf: 'test' });
    return ok(await api.app.ratings.askForRerating(tx, asked));
  });
  const [somewhere] = await api.test.asOwner<{ region: string }>(
    'SELECT region FROM customer WHERE region IS NOT NULL LIMIT 1',
  );
  region = somewhere?.region ?? '';
  // Tables without rows are planned otherwise.
  await api.test.asApp("SELECT set_config('tierwarden.actor', 'test', false)");
  await api.test.asApp(
    `INSERT INTO audit_discrepancy (id, table_name, row_key, kind, found_at)
     SELECT gen_random_uuid(), 'test', n::text, 'ROW_DIFFERS', now() FROM generate_series(1, 50) AS n`,
  );
  await api.test.asOwner("SELECT set_config('tierwarden.actor', 'test', false)");
  await api.test.asOwner(
    `INSERT INTO credit_over_use (id, customer_id, product, limit_amount, exposure, cause_id, found_at)
     SELECT gen_random_uuid(), customer_id, '', 1, 2, gen_random_uuid(), now() FROM credit_limit LIMIT 50`,
  );
  const [task] = (
    await api.ask(
      'auditor',
      '{ tierTasks(first: 1, where: { tier: { eq: WATCH }, state: { eq: OPEN } }) { nodes { customer { id } orgUnit { id } owner { id } } } }',
    )
  ).data.tierTasks.nodes as Loose[];
  const [published] = (
    await api.ask('auditor', '{ ratingRuns(orderBy: [{ field: STARTED_AT }]) { nodes { id state } } }')
  ).data.ratingRuns.nodes as Loose[];
  run = published.id;
  [watched, unit, manager] = [task.customer.id, task.orgUnit.id, task.owner.id];
  for (const way of ['seqscan', 'bitmapscan', 'sort', 'incremental_sort', 'hashjoin', 'mergejoin']) {
    await api.test.asApp(`SET enable_${way} = off`);
  }
}, 120_000);

const bothWays = (...fields: string[]): string[] =>
  fields.flatMap((field) =>
    ['ASC', 'DESC'].map((direction) => `orderBy: [{ field: ${field}, direction: ${direction} }]`),
  );
const orders = bothWays('NUMBER', 'NAME', 'CREATED_AT');
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
    ...bothWays('SUBMITTED_AT', 'DECIDE_BY', 'UPDATED_AT'),
    ...bothWays('DECIDE_BY').map((order) => `where: { state: { eq: APPLIED } }, ${order}`),
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
      'onBehalfOf: { eq: "test" }',
      'result: REFUSED',
      'occurredAt: { gte: "2026-01-01T00:00:00Z", lt: "2027-01-01T00:00:00Z" }',
    ),
    ...bothWays('OCCURRED_AT'),
  ].map((args): [string, string] => ['auditEvents', args]),
  ['auditDiscrepancies', ''],
  ...['', 'where: { dueAt: { lt: "2030-01-01T00:00:00Z" } }'].map((args): [string, string] => ['dueRatings', args]),
  ['delegations', ''],
  ['policyVersions', 'kind: APPROVAL_MATRIX'],
  ...['', ...bothWays('STARTED_AT', 'UPDATED_AT')].map((args): [string, string] => ['ratingRuns', args]),
  ...['customer: "$customer"', 'run: "$run"'].flatMap((of) =>
    ['', ...bothWays('RATED_AT')].map((order): [string, string] => ['ratings', [of, order].filter(Boolean).join(', ')]),
  ),
  ...[
    '',
    ...where(
      'kind: { eq: EVENT }',
      'state: { eq: OPEN }',
      'customer: "$customer"',
      'askedAt: { gte: "2026-01-01T00:00:00Z", lt: "2027-01-01T00:00:00Z" }',
    ),
  ].map((args): [string, string] => ['reratings', args]),
  ['scorecardVersions', ''],
  ['scorecardVersions', 'where: { state: { eq: IN_REVIEW } }'],
  ...[
    '',
    ...where(
      'state: { eq: OPEN }',
      'tier: { eq: WATCH }',
      'owner: "$manager"',
      'orgUnit: "$unit"',
      'customer: "$watched"',
      'dueOn: { gte: "2026-01-01", lt: "2027-01-01" }',
    ),
  ].map((args): [string, string] => ['tierTasks', args]),
  ...[
    '',
    ...where(
      'severity: { eq: RED }',
      'state: { eq: CLOSED }',
      'kind: { eq: LAWSUIT }',
      'raisedAt: { gte: "2026-01-01T00:00:00Z", lt: "2027-01-01T00:00:00Z" }',
    ),
  ].map((args): [string, string] => ['warnings', args]),
  ['users', ''],
  ['orgUnits', ''],
  ['overUses', ''],
];

it('every list of the schema is among them', () => {
  const lists = Object.values(createSchema().getQueryType()?.getFields() ?? {}).filter(({ type }) => {
    const named = getNamedType(type);
    return isObjectType(named) && 'pageInfo' in named.getFields();
  });
  expect(lists.map(({ name }) => name).sort()).toEqual(Object.keys(LISTS).sort());
  expect([...new Set(CASES.map(([list]) => list))].sort()).toEqual(Object.keys(LISTS).sort());
});

it.each(CASES)('%s %s', async (list, template) => {
  const { who, table } = LISTS[list]!;
  const args = template
    .replace('$customer', customer)
    .replace('$maker', maker)
    .replace('$object', object)
    .replace('$region', region)
    .replace('$watched', watched)
    .replace('$unit', unit)
    .replace('$manager', manager)
    .replace('$run', run);
  const first = await planOf(who, list, [args, 'first: 1'].filter(Boolean).join(', '));
  expect(first.endCursor).not.toBeNull();
  const next = await planOf(who, list, [args, 'first: 1', `after: "${first.endCursor}"`].filter(Boolean).join(', '));
  for (const { page } of [first, next]) {
    expect(page.map((node) => node['Node Type']).filter((type) => /Sort|Seq Scan|Bitmap/.test(type))).toEqual([]);
    expect(page.find((node) => isOf(node, table))?.['Node Type']).toMatch(/^Index (Only )?Scan$/);
  }
  const scan = next.page.find((node) => isOf(node, table));
  expect(scan?.['Index Cond']).toMatch(/ROW\(|[<>]/);
  // Of several bounds PostgreSQL 18 begins at the first: a range of the filter would make deep pages dear.
  const [earlier, ...cursor] = (scan?.['Index Cond'] ?? '').split('ROW(');
  if (cursor.length > 0) expect(earlier).not.toMatch(/[<>]/);
});

it.each(['上海', '沪', 'co', 'C00', 'never heard of'])(
  'customers that hold the word %s come from an index',
  async (word) => {
    const args = `first: 1, where: { search: "${word}" }`;
    await api.test.asApp('SET enable_bitmapscan = on; SET enable_sort = on; SET enable_indexscan = off');
    try {
      const { page } = await planOf('approver', 'customers', args);
      const [scan] = page.filter((node) => node['Node Type'] === 'Bitmap Index Scan');
      expect([scan?.['Index Name'], scan?.['Index Cond']]).toEqual(['customer_search', expect.stringContaining('@>')]);
    } finally {
      await api.test.asApp('SET enable_bitmapscan = off; SET enable_sort = off; SET enable_indexscan = on');
    }
  },
);

it('orders that run both ways begin at the cursor too', async () => {
  const order = 'orderBy: [{ field: NAME, direction: DESC }, { field: NUMBER, direction: ASC }]';
  const { endCursor } = await planOf('approver', 'customers', `first: 1, ${order}`);
  const { page } = await planOf('approver', 'customers', `first: 1, ${order}, after: "${endCursor}"`);
  const scan = page.find((node) => node['Relation Name'] === 'customer');
  expect(scan?.['Index Cond']).toMatch(/display_name <= /);
});
