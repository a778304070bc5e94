/** Lists in the order that is asked for: page by page they are the whole list, and from the other end they are its reverse. */
import { useApi, type Answer, type Loose } from '../support/api';
import { runPublishedOperations } from '../support/published';
import type { Handle } from '../support/people';

const api = useApi('sample', { rateLimitPerMinute: 0 });

let run: string;
let customer: string;
beforeAll(async () => {
  // Leaves requests, runs, ratings and events behind.
  await runPublishedOperations(api, (_, execute) => execute());
  const { ratingRuns, customers } = (
    await api.ask(
      'approver',
      `{ ratingRuns(orderBy: [{ field: STARTED_AT }], first: 1) { nodes { id } }
         customers(first: 100) { nodes { id ratings { totalCount { count } } } } }`,
    )
  ).data;
  run = ratingRuns.nodes[0].id;
  customer = customers.nodes.find(({ ratings }: Loose) => ratings.totalCount.count > 1).id;
}, 120_000);

const page = (who: Handle, list: string, args: string, value: string): Promise<Answer> =>
  api.ask(
    who,
    `{ ${list}(${args}) { nodes { id ${value} } pageInfo { hasNextPage endCursor } } }`
      .replace('$run', `"${run}"`)
      .replace('$customer', `"${customer}"`),
  );

/** Ids and values of the first pages, up to so many. */
const pages = async (who: Handle, list: string, args: string, value: string, atMost: number): Promise<Loose[]> => {
  const found: Loose[] = [];
  for (let after = ''; found.length < atMost;) {
    const { data, errors } = await page(who, list, `${args}, first: 7${after}`, value);
    expect(errors).toEqual([]);
    found.push(...data[list].nodes);
    if (!data[list].pageInfo.hasNextPage) break;
    after = `, after: "${data[list].pageInfo.endCursor}"`;
  }
  return found;
};

const LISTS: [list: string, given: string, field: string, value: string, who: Handle][] = [
  ['changeRequests', '', 'SUBMITTED_AT', 'submittedAt', 'approver'],
  ['changeRequests', 'where: { tab: DONE_BY_ME }', 'DECIDE_BY', 'decideBy', 'approver'],
  ['changeRequests', 'where: { state: { eq: APPLIED } }', 'UPDATED_AT', 'updatedAt', 'approver'],
  ['ratingRuns', '', 'STARTED_AT', 'startedAt', 'analyst'],
  ['ratingRuns', '', 'UPDATED_AT', 'updatedAt', 'analyst'],
  ['ratings', 'customer: $customer', 'RATED_AT', 'ratedAt', 'analyst'],
  ['ratings', 'run: $run, where: { modelGrade: { gte: AA } }', 'RATED_AT', 'ratedAt', 'analyst'],
  ['auditEvents', 'where: { action: { eq: "request.submitted" } }', 'OCCURRED_AT', 'occurredAt', 'auditor'],
  ['customers', 'where: { region: { eq: "上海" } }', 'NAME', 'name', 'approver'],
];

describe.each(LISTS)('%s %s by %s', (list, given, field, value, who) => {
  const ordered = (direction: string): string =>
    [given, `orderBy: [{ field: ${field}, direction: ${direction} }]`].filter(Boolean).join(', ');

  it('is its own reverse from the other end', async () => {
    const [up, down] = await Promise.all(
      ['ASC', 'DESC'].map((direction) => pages(who, list, ordered(direction), value, 1_000)),
    );
    expect(up!.length).toBeGreaterThan(1);
    expect(new Set(up!.map(({ id }) => id)).size).toBe(up!.length);
    expect(down).toEqual([...up!].reverse());
    const values = up!.map((node) => node[value] as string);
    if (field !== 'NAME') expect(values).toEqual([...values].sort());
  });

  it('takes a cursor of this order alone', async () => {
    const first = await page(who, list, `${ordered('ASC')}, first: 1`, value);
    const { endCursor } = first.data[list].pageInfo;
    const answer = await page(who, list, `${ordered('DESC')}, first: 1, after: "${endCursor}"`, value);
    expect(answer.errors[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', reason: 'INVALID_CURSOR' });
  });

  it('refuses a field that is named twice', async () => {
    const twice = `[{ field: ${field}, direction: ASC }, { field: ${field}, direction: DESC }]`;
    const answer = await page(who, list, [given, `orderBy: ${twice}`].filter(Boolean).join(', '), value);
    expect(answer.errors[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', reason: 'INVALID_ORDER' });
  });
});

describe('ratings', () => {
  it('of a run are those of the customers that it rated, each once', async () => {
    const all = await pages('analyst', 'ratings', 'run: $run', 'modelGrade { value } customer { id }', 10_000);
    const [of] =
      (await api.ask('analyst', `{ ratingRun(id: "${run}") { rated } }`)).data.ratingRun === null ? [] : [run];
    const { rated } = (await api.ask('analyst', 'rating-run', { id: of })).data.ratingRun;
    expect(all).toHaveLength(rated);
    expect(new Set(all.map((rating) => rating.customer.id)).size).toBe(rated);
    const worst = await pages(
      'analyst',
      'ratings',
      'run: $run, where: { modelGrade: { lte: CCC } }',
      'modelGrade { value }',
      10_000,
    );
    expect(worst.map(({ id }) => id)).toEqual(
      all.filter(({ modelGrade }) => ['CCC', 'CC', 'C'].includes(modelGrade.value)).map(({ id }) => id),
    );
  });

  it('are asked of a customer or a run, of one of the two, and of nobody without the right', async () => {
    for (const given of ['', `customer: "${customer}", run: "${run}",`]) {
      const { errors } = await api.ask('analyst', `{ ratings(${given} first: 1) { nodes { id } } }`);
      expect(errors[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', reason: 'ONE_OF' });
    }
    const { errors } = await api.ask('security', `{ ratings(run: "${run}") { nodes { id } } }`);
    expect(errors[0]?.extensions).toMatchObject({ code: 'FORBIDDEN' });
  });
});
