/** Compiled execution and the short way change how an answer comes about, never what it says. */
import { useApi, type Answer } from '../support/api';
import { runPublishedOperations } from '../support/published';

const api = useApi('sample');

const comparable = ({ data, errors, status }: Answer): string =>
  JSON.stringify({
    status,
    data,
    errors: errors.map((error) => ({ ...error, extensions: withoutRequest(error.extensions) })),
  });
const withoutRequest = ({ requestId: _, ...extensions }: Record<string, unknown>): Record<string, unknown> =>
  extensions;

it('answers a query alike the first time, compiled, and ever after', async () => {
  const differing: string[] = [];
  let queries = 0;
  await runPublishedOperations(api, async ({ name, document }, execute) => {
    const first = await execute();
    if (!/^query /m.test(document)) return first;
    queries += 1;
    for (let again = 0; again < 3; again++) {
      if (comparable(await execute()) !== comparable(first)) differing.push(name);
    }
    return first;
  });
  expect(queries).toBeGreaterThan(10);
  expect(differing).toEqual([]);
});

it.each([
  [
    'variables that do not fit',
    'query ($first: Int!) { customers(first: $first) { nodes { id } } }',
    { first: 'many' },
  ],
  ['a variable that is missing', 'query ($id: ID!) { customer(id: $id) { id } }', {}],
  [
    'an unknown enum in a filter',
    'query ($w: CustomerWhere) { customers(where: $w) { nodes { id } } }',
    { w: { stage: { eq: 'NONE' } } },
  ],
  ['a page that is too large', 'query ($first: Int!) { customers(first: $first) { nodes { id } } }', { first: 101 }],
  ['an id that is none', 'query ($id: ID!) { customer(id: $id) { id } }', { id: 'x' }],
  [
    'a list below the root that is too large',
    '{ customers(first: 1) { nodes { ratings(first: 1000) { nodes { id } } } } }',
    {},
  ],
])('refuses alike the first time and compiled: %s', async (_, document, variables) => {
  const own = `# ${document.length}\n${document}`;
  const first = await api.ask('approver', own, variables);
  expect(first.errors.length).toBeGreaterThan(0);
  for (let again = 0; again < 3; again++) {
    expect(comparable(await api.ask('approver', own, variables))).toBe(comparable(first));
  }
});

describe('the short way answers as the long one', () => {
  const SHORT = '/graphql';
  /** Not the plain path, so it goes through the site. */
  const LONG = '/graphql?';

  const post = async (path: string, body: string, headers: Record<string, string> = {}) => {
    const response = await fetch(`${api.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
    });
    const own = ['date', 'x-request-id', 'keep-alive', 'connection', 'etag', 'content-length', 'transfer-encoding'];
    return {
      status: response.status,
      headers: [...response.headers].filter(([name]) => !own.includes(name)).sort(),
      body: (await response.text()).replace(/"requestId":"[^"]*"/g, '"requestId":""'),
    };
  };

  it.each([
    ['an answer', '{"query":"{ customers(first: 2) { nodes { number } } }"}'],
    ['an operation that is refused', '{"query":"{ nothing }"}'],
    ['a body that is no JSON', '{"query":'],
    ['a body that is no object', '"query"'],
    ['an empty object', '{}'],
    ['a list of operations', '[{"query":"{ __typename }"}]'],
    ['a NUL in a variable', '{"query":"{ __typename }","variables":{"a":"\\u0000"}}'],
  ])('%s', async (_, body) => {
    const authorization = `Bearer ${await api.token('approver')}`;
    expect(await post(SHORT, body, { authorization })).toEqual(await post(LONG, body, { authorization }));
  });

  describe('to a query that it knows', () => {
    const query =
      'query Known($first: Int!, $after: String) { customers(first: $first, after: $after) { nodes { id number grade { inForce { value } } } pageInfo { endCursor } } }';
    const bodyOf = (variables: unknown, more: object = {}): string => JSON.stringify({ query, variables, ...more });

    beforeAll(async () => {
      const authorization = `Bearer ${await api.token('approver')}`;
      for (let again = 0; again < 3; again++) await post(SHORT, bodyOf({ first: 2 }), { authorization });
    });

    it.each<[string, string, Record<string, string>, number]>([
      ['with an answer', bodyOf({ first: 3 }), {}, 200],
      ['under its name', bodyOf({ first: 3 }, { operationName: 'Known' }), {}, 200],
      ['under another name', bodyOf({ first: 3 }, { operationName: 'Other' }), {}, 400],
      ['with extensions', bodyOf({ first: 3 }, { extensions: {} }), {}, 200],
      ['for another form of JSON', bodyOf({ first: 3 }), { accept: 'application/graphql-response+json' }, 200],
      ['for a form that is not to be had', bodyOf({ first: 3 }), { accept: 'text/plain' }, 406],
      ['with a variable that does not fit', bodyOf({ first: 'many' }), {}, 400],
      ['without its variables', bodyOf(null), {}, 400],
      ['with variables that are a list', bodyOf([]), {}, 400],
      ['with a page that is too large', bodyOf({ first: 101 }), {}, 200],
      ['with a cursor of another list', bodyOf({ first: 3, after: 'WyJ4IiwiIiwiMSJd' }), {}, 200],
      ['from nobody', bodyOf({ first: 3 }), { authorization: 'Bearer' }, 200],
      ['with a token that does not hold', bodyOf({ first: 3 }), { authorization: 'Bearer forged' }, 401],
    ])('%s', async (_, body, headers, status) => {
      const own = { authorization: `Bearer ${await api.token('approver')}`, ...headers };
      const answered = await post(SHORT, body, own);
      expect(answered.status).toBe(status);
      expect(answered).toEqual(await post(LONG, body, own));
    });
  });

  it('a token that does not hold', async () => {
    const body = '{"query":"{ viewer { id } }"}';
    const headers = { authorization: 'Bearer forged' };
    const answered = await post(SHORT, body, headers);
    expect(answered.status).toBe(401);
    expect(answered).toEqual(await post(LONG, body, headers));
  });

  it('echoes the id of the request', async () => {
    const response = await fetch(`${api.url}${SHORT}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-request-id': 'short-way-1' },
      body: '{"query":"{ __typename }"}',
    });
    expect(response.headers.get('x-request-id')).toBe('short-way-1');
  });
});
