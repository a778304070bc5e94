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
