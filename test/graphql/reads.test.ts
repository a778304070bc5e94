/** Reading as front ends do it: what is asked for together is answered as if it had been asked for alone. */
import fc from 'fast-check';
import {
  getNamedType,
  isLeafType,
  isNonNullType,
  isUnionType,
  type GraphQLField,
  type GraphQLObjectType,
} from 'graphql';
import { createSchema } from '../../graphql/schema';
import { useApi, type Answer, type Loose } from '../support/api';
import type { Handle } from '../support/people';

const api = useApi('sample');

const codeOf = (answer: Answer): unknown => answer.errors[0]?.extensions['code'];
const someId = async (): Promise<string> =>
  (await api.ask('approver', '{ customers(first: 1, where: { grade: { eq: A } }) { nodes { id } } }')).data.customers
    .nodes[0].id;

describe('arguments of a list below the root', () => {
  const RATINGS = `query ($id: ID, $first: Int, $after: String) {
    customer(id: $id) { ratings(first: $first, after: $after) { nodes { id } pageInfo { hasNextPage } } } }`;

  it('mean the same left out and null, whichever comes first', async () => {
    const id = await someId();
    const forms = [{}, { after: null }, { first: 20 }, { after: null, first: 20 }, {}];
    const answers: Answer[] = [];
    for (const form of forms) answers.push(await api.ask('approver', RATINGS, { id, ...form }));
    for (const { errors, data } of answers) {
      expect(errors).toEqual([]);
      expect(data).toEqual(answers[0]?.data);
    }
    expect(answers[0]?.data.customer.ratings.nodes).toHaveLength(1);
  });

  it.each<[string, string]>([
    ['below the root', RATINGS],
    ['at the root', 'query ($first: Int) { customers(first: $first) { nodes { id } } }'],
  ])('are bad input where null is not allowed, %s', async (_, document) => {
    const id = await someId();
    for (let again = 0; again < 2; again++) {
      const variables = document === RATINGS ? { id, first: null } : { first: null };
      const answer: Loose = await api.ask('approver', document, variables);
      expect(codeOf(answer)).toBe('BAD_USER_INPUT');
      expect(answer.errors[0].message).toContain('"first"');
      expect((await api.ask('approver', document, document === RATINGS ? { id } : {})).errors).toEqual([]);
    }
  });
});

describe('a cursor below the root', () => {
  it('belongs to the object that its list stands under', async () => {
    const page = `query ($ids: [ID!]!, $after: String) {
      nodes(ids: $ids) { ... on Customer { indicatorHistory(code: "roa", first: 2, after: $after) {
        edges { cursor node { asOf } } pageInfo { hasPreviousPage } } } } }`;
    const [one, other] = (await api.ask('approver', '{ customers(first: 2) { nodes { id } } }')).data.customers
      .nodes as { id: string }[];
    const first = await api.ask('approver', page, { ids: [one?.id] });
    const { edges } = first.data.nodes[0].indicatorHistory;
    const next = await api.ask('approver', page, { ids: [one?.id], after: edges[1].cursor });
    const [{ indicatorHistory: second }] = next.data.nodes;
    expect(second.pageInfo.hasPreviousPage).toBe(true);
    expect(second.edges[0].node.asOf < edges[1].node.asOf).toBe(true);
    for (const ids of [[other?.id], [one?.id, other?.id]]) {
      const answer = await api.ask('approver', page, { ids, after: edges[1].cursor });
      expect(answer.errors[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', reason: 'INVALID_CURSOR' });
    }
  });
});

describe('one field asked for several times', () => {
  it('counts once under aliases, in fragments on the type and on its interface', async () => {
    const id = await someId();
    const answer = await api.ask(
      'approver',
      `query ($id: ID!) {
        node(id: $id) {
          id again: id
          ... on Node { __typename thirdTime: id }
          ... on Customer { ...Named grade { inForce { value } } other: grade { model { rank } inForce { band } } }
          ... on RatingRun { state }
          ... { ...Named }
        }
      }
      fragment Named on Customer { number name: number grade { version } ... on Node { id } }`,
      { id },
    );
    expect(answer.errors).toEqual([]);
    const { number } = (await api.ask('approver', '{ customer(id: "' + id + '") { number } }')).data.customer;
    expect(answer.data.node).toEqual({
      id,
      again: id,
      __typename: 'Customer',
      thirdTime: id,
      number,
      name: number,
      grade: { inForce: { value: 'A' }, version: expect.any(Number) },
      other: { model: { rank: expect.any(Number) }, inForce: { band: 'GOOD' } },
    });
  });

  it('of a list is read for each set of arguments, and once where they are the same', async () => {
    const id = await someId();
    const answer = await api.ask(
      'approver',
      `query ($id: ID!, $code: String!) { customer(id: $id) {
        one: indicatorHistory(code: "roa", first: 1) { nodes { code } }
        three: indicatorHistory(code: "roa", first: 3) { nodes { code asOf } totalCount { count } }
        same: indicatorHistory(first: 3, code: "roa") { nodes { value } edges { node { asOf } } }
        other: indicatorHistory(code: $code, first: 1) { nodes { code } }
      } }`,
      { id, code: 'currentRatio' },
    );
    expect(answer.errors).toEqual([]);
    const { one, three, same, other } = answer.data.customer;
    expect(one.nodes).toEqual([{ code: 'roa' }]);
    expect(three.nodes).toHaveLength(3);
    expect(three.totalCount.count).toBe(8);
    expect(same.nodes).toHaveLength(3);
    expect(same.edges.map(({ node }: Loose) => node)).toEqual(three.nodes.map(({ asOf }: Loose) => ({ asOf })));
    expect(other.nodes).toEqual([{ code: 'currentRatio' }]);
  });
});

describe('what a directive leaves out', () => {
  const DOCUMENT = `query ($id: ID, $with: Boolean!, $without: Boolean!) {
    customer(id: $id) {
      number
      grade @include(if: $with) { inForce { value } }
      ... @skip(if: $without) { name ratings(first: 1) { nodes { id } pageInfo @include(if: $with) { hasNextPage } } }
      ...Limit @include(if: $with)
    }
  }
  fragment Limit on Customer { creditLimit { version @skip(if: $without) updatedAt } }`;

  it('is neither answered nor read, whatever was asked for before', async () => {
    const id = await someId();
    const sent = jest.spyOn(api.app.database, 'rows');
    const shapes: Record<string, unknown> = {};
    for (const [include, skip] of [
      [true, false],
      [false, true],
      [true, true],
      [false, false],
      [true, false],
    ]) {
      sent.mockClear();
      const { data, errors } = await api.ask('approver', DOCUMENT, { id, with: include, without: skip });
      expect(errors).toEqual([]);
      const text = sent.mock.calls.map(([statement]) => statement.text).join('\n');
      const { customer } = data;
      expect(Object.keys(customer)).toEqual([
        'number',
        ...(include ? ['grade'] : []),
        ...(skip ? [] : ['name', 'ratings']),
        ...(include ? ['creditLimit'] : []),
      ]);
      if (include) expect(Object.keys(customer.creditLimit)).toEqual([...(skip ? [] : ['version']), 'updatedAt']);
      if (!skip) expect(Object.keys(customer.ratings)).toEqual(['nodes', ...(include ? ['pageInfo'] : [])]);
      expect([/display_name/.test(text), /FROM rating /.test(text)]).toEqual([!skip, !skip]);
      // Grades, and limits, which stand beside them.
      expect(text.match(/JOIN customer_grade/g) ?? []).toHaveLength(include ? 2 : 0);
      shapes[`${String(include)} ${String(skip)}`] ??= customer;
      expect(customer).toEqual(shapes[`${String(include)} ${String(skip)}`]);
    }
    sent.mockRestore();
  });
});

describe('fields asked for together', () => {
  /** Steps from a customer down to a value; each picks one of the fields of the type that is reached. */
  type Steps = readonly number[];
  const schema = createSchema();
  let id: string;

  /** A customer with everything that can hang on one: relations, an override, an open request with a vote, a history. */
  beforeAll(async () => {
    const ask = async (who: Handle, name: string, input: object): Promise<Loose> => {
      const [payload] = Object.values((await api.ask(who, name, { input })).data as Record<string, Loose>);
      expect(payload.userErrors).toEqual([]);
      return payload;
    };
    id = await someId();
    const customer = async (): Promise<Loose> => (await api.ask('approver', 'customer', { id })).data.customer;
    const override = async (toGrade: string): Promise<Loose> => {
      const { request } = await ask('maker', 'submit-grade-override', {
        customerId: id,
        toGrade,
        reasonCode: 'MATERIAL_EVENT',
        justification: 'Something material has happened to them.',
        evidence: [{ title: 'Notice "1"', reference: "2026-1'" }],
        validUntil: '2026-03-01T00:00:00.000Z',
        expectedVersion: (await customer()).grade.version,
      });
      return request;
    };
    const { id: requestId, version } = await override('BBB');
    await ask('approver', 'approve-request', { requestId, expectedVersion: version });
    await ask('analyst', 'rate-customer', { customerId: id });
    const [other] = (await api.ask('approver', '{ customers(first: 1, where: { grade: { eq: B } }) { nodes { id } } }'))
      .data.customers.nodes;
    await ask('maker', 'relate-customers', { fromId: other.id, toId: id, kind: 'SHAREHOLDER', share: '0.5100' });
    // Two levels have to agree, so a vote leaves it open.
    const open = await override('CC');
    await ask('approver', 'approve-request', { requestId: open.id, expectedVersion: open.version });
    expect((await customer()).openRequests).toHaveLength(1);
  });

  const argumentsOf = (field: GraphQLField<unknown, unknown>, pick: number): string => {
    const given = field.args.flatMap(({ name, type }) => {
      if (name === 'first') return pick % 3 === 0 ? [] : [`first: ${1 + (pick % 4)}`];
      if (name === 'code') return [`code: "${['roa', 'currentRatio', 'roe'][pick % 3]}"`];
      if (!isNonNullType(type)) return [];
      throw new Error(`nothing is known to be given for the argument ${name}`);
    });
    return given.length === 0 ? '' : `(${given.join(', ')})`;
  };

  /**
   * The selection that the steps lead to, cut where the depth of a document ends. Under `apart` it gets a name of its
   * own: members of a union may give one name to values of two types.
   */
  const selectionOf = (type: GraphQLObjectType, steps: Steps, depth = 2, apart = ''): string => {
    const fields = Object.values(type.getFields());
    const pick = steps[0] ?? 0;
    const leaves = fields.filter((field) => isLeafType(getNamedType(field.type)));
    const pool = depth < 8 && steps.length > 1 ? fields : leaves;
    const field = pool[pick % pool.length];
    if (field === undefined) return '__typename';
    const named = getNamedType(field.type);
    if (isLeafType(named)) return apart === '' ? field.name : `${apart}_${field.name}: ${field.name}`;
    const given = argumentsOf(field, pick);
    // Answers of different arguments would stand in one another's place.
    const own = `${apart === '' ? '' : `${apart}_`}${field.name}${given.replace(/\W+/g, '_')}`;
    const head = own === field.name ? own : `${own}: ${field.name}${given}`;
    const rest = steps.slice(1);
    const inner = isUnionType(named)
      ? named
          .getTypes()
          .map((member) => `... on ${member.name} { ${selectionOf(member, rest, depth + 1, member.name)} }`)
      : [selectionOf(named as GraphQLObjectType, rest, depth + 1)];
    return `${head} { ${inner.join(' ')} }`;
  };

  /** Everything that the part says, said by the whole. */
  const holds = (whole: unknown, part: unknown): boolean => {
    if (Array.isArray(part)) {
      return Array.isArray(whole) && whole.length === part.length && part.every((item, i) => holds(whole[i], item));
    }
    if (part === null || typeof part !== 'object') return Object.is(whole, part);
    if (whole === null || typeof whole !== 'object' || Array.isArray(whole)) return false;
    return Object.entries(part).every(([name, value]) => holds((whole as Record<string, unknown>)[name], value));
  };

  const read = async (who: Handle, selection: string): Promise<unknown> => {
    const [customer, node] = await Promise.all([
      api.ask(who, `query ($id: ID!) { customer(id: $id) { ${selection} } }`, { id }),
      api.ask(who, `query ($id: ID!) { node(id: $id) { ... on Customer { ${selection} } } }`, { id }),
    ]);
    expect({ selection, errors: customer.errors }).toEqual({ selection, errors: [] });
    expect(node.data?.node).toEqual(customer.data.customer);
    return customer.data.customer;
  };

  it('are answered as one by one, whatever they are', async () => {
    const customerType = schema.getType('Customer') as GraphQLObjectType;
    const someSteps = fc.array(fc.nat(5_000), { minLength: 1, maxLength: 6 });
    const reached = new Set<string>();
    await fc.assert(
      fc.asyncProperty(
        fc.array(someSteps, { minLength: 2, maxLength: 12 }),
        fc.constantFrom<Handle>('approver', 'maker', 'auditor', 'system'),
        async (paths, who) => {
          const selections = paths.map((steps) => selectionOf(customerType, steps));
          selections.flatMap((one) => one.match(/\w+/g) ?? []).forEach((name) => reached.add(name));
          const together = await read(who, selections.join(' '));
          for (const selection of selections) {
            const alone = await read(who, selection);
            expect(holds(together, alone) || { selection, who, together, alone }).toBe(true);
          }
        },
      ),
      { numRuns: 40 },
    );
    // What is drawn goes beyond the customer itself.
    expect(reached.size).toBeGreaterThan(60);
  }, 240_000);
});
