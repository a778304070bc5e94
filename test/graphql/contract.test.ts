/** The contract as front ends meet it: faults, user errors, ids, cursors, scalars, masking, sign-in. */
import { generateKeyPair, SignJWT } from 'jose';
import { useApi, type Answer, type Loose } from '../support/api';

const api = useApi('sample');

const codeOf = (answer: Answer): unknown => answer.errors[0]?.extensions['code'];
const reasonOf = (answer: Answer): unknown => answer.errors[0]?.extensions['reason'];

const raw = (body: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${api.url}/graphql`, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body });

const withToken = async (token: string): Promise<{ status: number; body: { errors?: Answer['errors'] } }> => {
  const response = await raw(JSON.stringify({ query: '{ viewer { id } }' }), { authorization: `Bearer ${token}` });
  return { status: response.status, body: (await response.json()) as { errors?: Answer['errors'] } };
};

describe('signing in', () => {
  it('is needed for anything but the type name', async () => {
    expect((await api.ask(null, '{ __typename }')).data).toEqual({ __typename: 'Query' });
    expect(codeOf(await api.ask(null, '{ viewer { id } }'))).toBe('UNAUTHENTICATED');
  });

  it('tells the caller who he is and what he may do', async () => {
    const answer = await api.ask('approver', 'viewer');
    expect(answer.data['viewer']).toMatchObject({ displayName: '陈静 Chen Jing', roles: ['RISK_APPROVER'] });
    expect(answer.data['viewer'].permissions).toContain('request.decide');
  });

  it.each<[string, () => Promise<string>, string]>([
    ['garbage', async () => 'garbage', 'TOKEN_MALFORMED'],
    [
      'a token signed by somebody else',
      async () => {
        const { privateKey } = await generateKeyPair('ES256');
        return new SignJWT()
          .setProtectedHeader({ alg: 'ES256' })
          .setIssuer('tierwarden-local')
          .setAudience('tierwarden')
          .setSubject('cro')
          .setIssuedAt()
          .setExpirationTime('10y')
          .sign(privateKey);
      },
      'TOKEN_FORGED',
    ],
    [
      'a token without signature',
      async () => `${Buffer.from('{"alg":"none"}').toString('base64url')}.e30.`,
      'ALGORITHM_NOT_ALLOWED',
    ],
  ])('is refused with %s', async (_, make, reason) => {
    const { status, body } = await withToken(await make());
    expect(status).toBe(401);
    expect(body.errors?.[0]?.extensions).toMatchObject({
      code: 'UNAUTHENTICATED',
      reason,
      requestId: expect.any(String),
    });
  });

  it('counts a header without a token as none, so that a first look at the schema needs no sign-in', async () => {
    const response = await raw(JSON.stringify({ query: '{ __typename }' }), { authorization: 'Bearer ' });
    expect(await response.json()).toMatchObject({ data: { __typename: 'Query' } });
  });

  it('is refused with an expired token', async () => {
    const issued = await api.app.tokens?.issue?.('approver', 5);
    api.test.clock.advance(3_600_000);
    const { status, body } = await withToken(issued ?? '');
    expect(status).toBe(401);
    expect(body.errors?.[0]?.extensions).toMatchObject({ code: 'UNAUTHENTICATED', reason: 'TOKEN_EXPIRED' });
  });
});

describe('faults', () => {
  it.each([
    [
      'a NUL in a variable',
      { query: 'query ($n: String) { customer(number: $n) { id } }', variables: { n: 'a\u0000b' } },
    ],
    [
      'half a surrogate pair',
      { query: 'query ($n: String) { customer(number: $n) { id } }', variables: { n: '\ud800' } },
    ],
    ['a NUL escaped in the document', { query: '{ customer(number: "a\\u0000b") { id } }' }],
    [
      'input nested beyond any type',
      { query: '{ __typename }', variables: { w: JSON.parse('{"not":'.repeat(500) + '{}' + '}'.repeat(500)) } },
    ],
  ])('%s is refused before anything runs', async (_, body) => {
    const response = await raw(JSON.stringify(body), { authorization: `Bearer ${await api.token('approver')}` });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      errors: [{ extensions: { code: 'BAD_USER_INPUT', reason: 'UNUSABLE_VALUE', requestId: expect.any(String) } }],
    });
  });

  it('a made-up key in a cursor is bad input', async () => {
    const first = await api.ask('approver', 'audit-events', { first: 1 });
    expect(codeOf(first)).toBe('FORBIDDEN');
    const page = await api.ask('auditor', 'audit-events', { first: 1 });
    const cursor = page.data['auditEvents'].pageInfo.endCursor as string;
    const [digest] = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as string[];
    const forged = Buffer.from(JSON.stringify([digest, 'yesterday', 'me'])).toString('base64url');
    expect(codeOf(await api.ask('auditor', 'audit-events', { first: 1, after: forged }))).toBe('BAD_USER_INPUT');
  });

  it('says which argument is out of which bounds', async () => {
    const answer = await api.ask('approver', '{ customers(first: 101) { nodes { id } } }');
    expect(answer.errors[0]?.message).toContain('first must not be greater than 100');
  });

  it('a body that is not JSON is refused', async () => {
    const response = await raw('{"query":');
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] });
  });

  it('a form post from another site is refused', async () => {
    const response = await raw('query=%7B__typename%7D', { 'content-type': 'application/x-www-form-urlencoded' });
    expect(response.status).toBeGreaterThanOrEqual(400);
  });

  it('nothing of what went wrong inside leaves the server', async () => {
    const query = jest.spyOn(api.app.reads, 'first').mockRejectedValueOnce(new Error('secret detail'));
    const answer = await api.ask('approver', '{ customer(number: "x") { id } }');
    query.mockRestore();
    expect(codeOf(answer)).toBe('INTERNAL_SERVER_ERROR');
    expect(JSON.stringify(answer)).not.toContain('secret');
  });

  it('a request id is echoed, and made where none is given', async () => {
    const given = await raw(JSON.stringify({ query: '{ viewer { id } }' }), { 'x-request-id': 'order-4711-a' });
    expect(given.headers.get('x-request-id')).toBe('order-4711-a');
    expect(await given.json()).toMatchObject({ errors: [{ extensions: { requestId: 'order-4711-a' } }] });
    const made = await raw(JSON.stringify({ query: '{ __typename }' }), { 'x-request-id': 'no\tgood' });
    expect(made.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe('lists', () => {
  it('page through everything without gap or double, in order', async () => {
    const numbers: string[] = [];
    let after: string | null = null;
    for (;;) {
      const answer: Answer = await api.ask('approver', 'customers', {
        first: 97,
        after,
        orderBy: [{ field: 'NUMBER', direction: 'DESC' }],
      });
      const { nodes, pageInfo, totalCount } = answer.data['customers'];
      numbers.push(...nodes.map((node: { number: string }) => node.number));
      expect(totalCount).toEqual({ count: 600, precision: 'EXACT' });
      if (!pageInfo.hasNextPage) break;
      after = pageInfo.endCursor;
    }
    expect(new Set(numbers).size).toBe(600);
    expect(numbers).toHaveLength(600);
  });

  it('refuse a cursor of another order or filter', async () => {
    const first = await api.ask('approver', 'customers', { first: 2, orderBy: [{ field: 'NAME' }] });
    const after = first.data['customers'].pageInfo.endCursor;
    expect(reasonOf(await api.ask('approver', 'customers', { first: 2, after }))).toBe('INVALID_CURSOR');
    const other = await api.ask('approver', 'customers', {
      first: 2,
      after,
      orderBy: [{ field: 'NAME' }],
      where: { search: 'a' },
    });
    expect(reasonOf(other)).toBe('INVALID_CURSOR');
  });

  it('filter by grade, by rank', async () => {
    const answer = await api.ask('approver', 'customers', {
      first: 100,
      where: { grade: { gte: 'A', notIn: ['AA'] } },
    });
    const values = new Set(answer.data['customers'].nodes.map((node: Loose) => node.grade.inForce.value));
    expect(values).toEqual(new Set(['AAA', 'A']));
  });

  it('find by part of a name', async () => {
    const [some] = (await api.ask('approver', 'customers', { first: 1 })).data['customers'].nodes;
    const found = await api.ask('approver', 'customers', { where: { search: some.name.slice(1, 6) } });
    expect(found.data['customers'].nodes.map((node: Loose) => node.id)).toContain(some.id);
  });
});

describe('ids', () => {
  it('find any node again, and nothing for what is not there', async () => {
    const [some] = (await api.ask('approver', 'customers', { first: 1 })).data['customers'].nodes;
    expect((await api.ask('approver', 'node', { id: some.id })).data['node']).toEqual({
      __typename: 'Customer',
      id: some.id,
    });
    const unknown = Buffer.from('Customer:00000000-0000-7000-8000-000000000000').toString('base64url');
    const nodes = await api.ask('approver', 'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', {
      ids: [unknown, some.id],
    });
    expect(nodes.data['nodes']).toEqual([null, { id: some.id }]);
  });
});

describe('masking', () => {
  const creditRows = async (who: 'maker' | 'approver') => {
    const [some] = (await api.ask('approver', 'customers', { first: 1, where: { grade: { eq: 'A' } } })).data[
      'customers'
    ].nodes;
    const values = (await api.ask(who, 'customer-indicators', { id: some.id })).data['customer'].indicators;
    const log = (await api.ask(who, 'rating-log', { id: some.id })).data['customer'].grade.rating.calculationLog.rows;
    return { values, log };
  };

  it('keeps credit data from sales, and says so', async () => {
    const { values, log } = await creditRows('maker');
    const masked = values.filter((value: Loose) => value.masked);
    expect(masked.length).toBeGreaterThan(0);
    for (const value of masked) expect(value.value).toBeNull();
    for (const row of log.filter((line: Loose) => line.masked)) {
      expect([row.input, row.points, row.contribution]).toEqual([null, null, null]);
    }
    expect(log.some((line: Loose) => line.masked)).toBe(true);
  });

  it('shows them to risk', async () => {
    const { values, log } = await creditRows('approver');
    expect(values.every((value: Loose) => !value.masked && value.value !== null)).toBe(true);
    expect(log.every((line: Loose) => !line.masked)).toBe(true);
  });
});

describe('the calculation log', () => {
  it('adds up to the score exactly', async () => {
    const page = (await api.ask('approver', 'customers', { first: 20 })).data['customers'].nodes;
    for (const { id } of page) {
      const { rating } = (await api.ask('approver', 'rating-log', { id })).data['customer'].grade;
      const e4 = (text: string): number => Math.round(Number(text) * 10_000);
      const sum = rating.calculationLog.rows.reduce((total: number, row: Loose) => total + e4(row.contribution), 0);
      expect(sum).toBe(e4(rating.score));
    }
  });
});

describe('registering a customer', () => {
  const register = async (input: Record<string, unknown>) =>
    (await api.ask('maker', 'register-customer', { input })).data['registerCustomer'];

  it('answers with the customer and the event', async () => {
    const answer = await register({ number: 'N-1', nameZh: '上海某某贸易有限公司', creditCode: '91310112087994932F' });
    expect(answer.userErrors).toEqual([]);
    expect(answer.customer).toMatchObject({ number: 'N-1', version: 1 });
    expect(answer.auditEvent.action).toBe('customer.registered');
  });

  it.each<[string, Record<string, unknown>, string, string]>([
    [
      'a wrong check character',
      { number: 'N-2', nameZh: '甲', creditCode: '91310112087994932G' },
      'INVALID',
      'creditCode',
    ],
    ['a wrong LEI', { number: 'N-3', nameZh: '甲', lei: '529900T8BM49AURSDO56' }, 'INVALID', 'lei'],
    ['no name', { number: 'N-4' }, 'REQUIRED', 'nameZh'],
    ['a blank number', { number: ' ', nameZh: '甲' }, 'REQUIRED', 'number'],
    ['a number that is taken', { number: 'N-1', nameZh: '甲' }, 'ALREADY_EXISTS', 'number'],
    ['an unknown industry', { number: 'N-5', nameZh: '甲', industryCode: 'MAGIC' }, 'NOT_FOUND', 'industryCode'],
    ['a name that is too long for any form', { number: 'N-6', nameZh: '甲'.repeat(1_001) }, 'OUT_OF_RANGE', 'nameZh'],
  ])('refuses %s', async (_, input, code, field) => {
    const { customer, userErrors } = await register(input);
    expect(customer).toBeNull();
    expect(userErrors).toEqual([expect.objectContaining({ code, field: expect.arrayContaining([field]) })]);
  });
});

describe('rating by mutation', () => {
  const rate = async (who: 'analyst' | 'maker', customerId: string) =>
    api.ask(who, 'rate-customer', { input: { customerId } });

  it('rates one customer alike to the run over everybody', async () => {
    const [some] = (await api.ask('approver', 'customers', { first: 1, where: { grade: { eq: 'BBB' } } })).data[
      'customers'
    ].nodes;
    const before = (await api.ask('analyst', 'rating-log', { id: some.id })).data['customer'].grade.rating;
    const answer = (await rate('analyst', some.id)).data['rateCustomer'];
    expect(answer.userErrors).toEqual([]);
    expect(answer.rating).toMatchObject({ score: before.score, modelGrade: before.modelGrade });
    expect(answer.auditEvent.action).toBe('customer.rated');
    const after = (await api.ask('analyst', 'rating-log', { id: some.id })).data['customer'].grade.rating;
    expect(after.id).not.toBe(before.id);
    expect(after.calculationLog.rows).toEqual(before.calculationLog.rows);
  });

  it('is refused to sales and for customers that cannot be rated', async () => {
    const [some] = (await api.ask('approver', 'customers', { first: 1 })).data['customers'].nodes;
    expect(codeOf(await rate('maker', some.id))).toBe('FORBIDDEN');
    const created = (
      await api.ask('maker', 'register-customer', { input: { number: 'EMPTY', nameZh: '空', industryCode: 'RETAIL' } })
    ).data['registerCustomer'].customer;
    expect((await rate('analyst', created.id)).data['rateCustomer']).toMatchObject({
      rating: null,
      userErrors: [{ messageKey: 'INVALID_STATE.NO_VALUES' }],
    });
  });
});

describe('the audit log', () => {
  it('is found by actor, action and time, newest first', async () => {
    const viewer = (await api.ask('maker', 'viewer')).data['viewer'];
    const answer = await api.ask('auditor', 'audit-events', {
      where: { actor: viewer.id, action: { eq: 'customer.registered' } },
    });
    const { nodes, totalCount } = answer.data['auditEvents'];
    expect(nodes.length).toBe(totalCount.count);
    expect(nodes.length).toBeGreaterThan(0);
    for (const node of nodes)
      expect(node).toMatchObject({ actor: { displayName: '王芳 Wang Fang' }, action: 'customer.registered' });
    const none = await api.ask('auditor', 'audit-events', { where: { occurredAt: { lt: '2020-01-01T00:00:00Z' } } });
    expect(none.data['auditEvents'].nodes).toEqual([]);
  });

  it('is closed to those who may not read it', async () => {
    expect(codeOf(await api.ask('maker', 'audit-events'))).toBe('FORBIDDEN');
  });
});

describe('the rest of the site', () => {
  it('serves GraphiQL from its own bundle, under a policy that allows no other script', async () => {
    const page = await fetch(`${api.url}/graphql`, { headers: { accept: 'text/html' } });
    const html = await page.text();
    expect(page.status).toBe(200);
    expect(html).toContain('<script');
    expect(html).toContain('"subscriptionsEndpoint":"/graphql/stream"');
    expect(html).not.toMatch(/<(script|link)[^>]+(src|href)="https?:/);
    expect(page.headers.get('content-security-policy')).toContain("script-src 'self'");
  });

  it('answers GET queries and health questions', async () => {
    const got = await fetch(`${api.url}/graphql?query=%7B__typename%7D`, {
      headers: { 'apollo-require-preflight': 'true' },
    });
    expect(await got.json()).toMatchObject({ data: { __typename: 'Query' } });
    expect((await fetch(`${api.url}/healthz`)).status).toBe(200);
    expect(await (await fetch(`${api.url}/readyz`)).json()).toEqual({
      ready: true,
      database: 'ok',
      schema: 'current',
      // No worker runs beside it.
      auditLog: 'behind',
    });
    expect((await fetch(`${api.url}/nowhere`)).status).toBe(404);
  });

  it.each<[string, string, string, object]>([
    [
      'not ready on a database that lacks a migration',
      'DELETE FROM migration WHERE id = (SELECT max(id) FROM migration)',
      "INSERT INTO migration (timestamp, name) VALUES (1, '$newest')",
      { ready: false, database: 'ok', schema: 'older', auditLog: null },
    ],
    [
      'ready on one that a newer release has migrated',
      "INSERT INTO migration (timestamp, name) VALUES (1, 'FromTheFuture1')",
      "DELETE FROM migration WHERE name = 'FromTheFuture1'",
      { ready: true, database: 'ok', schema: 'newer', auditLog: 'behind' },
    ],
  ])('is %s', async (_, change, undo, expected) => {
    const [newest] = await api.test.asOwner<{ name: string }>('SELECT name FROM migration ORDER BY id DESC LIMIT 1');
    await api.test.asOwner(change);
    const changed = await fetch(`${api.url}/readyz`);
    await api.test.asOwner(undo.replace('$newest', newest?.name ?? ''));
    expect([changed.status, await changed.json()]).toEqual([(expected as Loose).ready ? 200 : 503, expected]);
    expect((await fetch(`${api.url}/readyz`)).status).toBe(200);
  });
});
