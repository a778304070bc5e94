/**
 * Every code of the API over HTTP: the examples of the guide answer what they are there for, and what is turned away for
 * its form is turned away alike, with a request id and without a word of how the server is made.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FAULT_CODES } from '../../graphql/faults';
import { REFUSAL_CODES } from '../../src/kernel/refusal';
import { useApi, type Answer, type Loose, type TestApi } from '../support/api';
import type { Handle } from '../support/people';

const api = useApi('sample');
const guarded = useApi('empty', { trustedDocuments: { mode: 'enforce', folder: null } });
const narrow = useApi('empty', { rateLimitPerMinute: 3 });
const ailing = useApi('empty', { lockTimeoutMs: 100 });

const idOf = (type: string, key: string): string => Buffer.from(`${type}:${key}`).toString('base64url');
const NOBODY = '00000000-0000-7000-8000-000000000000';

/** The part of the guide under a heading of the second level. */
const GUIDE = readFileSync(join(__dirname, '../../docs/guides/errors.md'), 'utf8');
const chapter = (title: string): string => {
  const [, text = ''] = GUIDE.split(`\n## ${title}\n`);
  return text.split('\n## ')[0] ?? '';
};

interface Example {
  readonly code: string;
  readonly who: Handle | null;
  /** Null where the example is no document. */
  readonly document: string | null;
}

const examplesIn = (text: string): Example[] =>
  [
    ...text.matchAll(/^### `([A-Z_]+)`\n\n(?:As `(\w+)`|Without a token)[^\n]*:\n\n```(graphql|sh)\n(.*?)\n```$/gms),
  ].map(([, code = '', who, language, document = '']) => ({
    code,
    who: (who as Handle | undefined) ?? null,
    document: language === 'graphql' ? document : null,
  }));

const rowsIn = (text: string): string[] =>
  [...text.matchAll(/^\| `([A-Z_]+)` \| .+ \| .+ \|$/gm)].map(([, code = '']) => code);

const customers: Loose[] = [];
/** A rated customer of grade BBB with a limit that never moved, whom no other example has. */
const someCustomer = async (): Promise<string> => {
  if (customers.length === 0) {
    const page = await api.ask('approver', 'customers', { first: 100, where: { grade: { eq: 'BBB' } } });
    for (const { id } of page.data['customers'].nodes) {
      const { creditLimit, openRequests } = (await api.ask('approver', 'customer', { id })).data['customer'];
      if (creditLimit.version === 1 && openRequests.length === 0) customers.push(id);
    }
  }
  return customers.pop();
};

const openRequest = async (customerId: string): Promise<string> => {
  const input = {
    customerId,
    toGrade: 'BB',
    reasonCode: 'MATERIAL_EVENT',
    justification: 'They have lost their main customer.',
    validUntil: '2026-03-31T16:00:00Z',
    expectedVersion: 1,
  };
  return (await api.ask('maker', 'submit-grade-override', { input })).data['submitGradeOverride'].request.id;
};

/** What stands in angle brackets in the guide. */
const STAND_INS: Readonly<Record<string, () => Promise<string>>> = {
  customer: someCustomer,
  'customer with an open request': async () => {
    const id = await someCustomer();
    await openRequest(id);
    return id;
  },
  'own request': async () => openRequest(await someCustomer()),
  'open request': async () => openRequest(await someCustomer()),
  'withdrawn request': async () => {
    const requestId = await openRequest(await someCustomer());
    await api.ask('maker', 'withdraw-request', { input: { requestId, expectedVersion: 1 } });
    return requestId;
  },
  'completed run': async () => (await api.ask('analyst', 'rating-runs')).data['ratingRuns'].nodes[0].id,
};

const filledIn = async (document: string): Promise<string> => {
  let text = document;
  for (const [whole, name = ''] of document.matchAll(/<([^<>]+)>/g)) {
    const standIn = STAND_INS[name];
    if (standIn === undefined) throw new Error(`nobody knows what <${name}> stands for`);
    // One that is named twice is the same.
    if (text.includes(whole)) text = text.replaceAll(whole, await standIn());
  }
  return text;
};

const expectFault = (answer: Answer, code: string): void => {
  expect(answer.errors.length).toBeGreaterThan(0);
  for (const { message, extensions } of answer.errors) {
    expect(extensions).toMatchObject({ code, requestId: expect.any(String) });
    expect(extensions['retryable']).toBe(code === 'RATE_LIMITED' || code === 'SERVICE_UNAVAILABLE');
    expect(message).not.toBe('');
  }
  // Neither where in the program, nor in which statement, nor under which role of the database.
  expect(JSON.stringify(answer)).not.toMatch(/\.(ts|js):\d+|node_modules|SELECT|tierwarden_app|permission denied/);
};

describe('user errors', () => {
  const text = chapter('User errors');
  const examples = examplesIn(text);
  const answered = REFUSAL_CODES.filter((code) => code !== 'FORBIDDEN');

  it('have an example each', () => {
    expect(examples.map(({ code }) => code).sort()).toEqual([...answered].sort());
    expect([...rowsIn(text)].sort()).toEqual([...answered].sort());
  });

  it.each(examples)('$code', async ({ code, who, document }) => {
    const answer = await api.ask(who, await filledIn(document ?? ''));
    expect(answer).toMatchObject({ status: 200, errors: [] });
    const payloads = Object.values<Loose>(answer.data);
    expect(payloads.at(-1).userErrors).toEqual([expect.objectContaining({ code })]);
    // Whatever else a payload holds is null where it was refused.
    const { userErrors: _, ...rest } = payloads.at(-1);
    expect(Object.values(rest).filter((value) => value !== null)).toEqual([]);
  });
});

describe('faults', () => {
  const text = chapter('Faults');
  const examples = examplesIn(text);

  it('have an example each', () => {
    expect(examples.map(({ code }) => code).sort()).toEqual([...FAULT_CODES].sort());
    expect([...rowsIn(text)].sort()).toEqual([...FAULT_CODES].sort());
  });

  /** Where the installation has to be such that the example meets its fault. */
  const ELSEWHERE: Readonly<Record<string, (ask: (at: TestApi) => Promise<Answer>) => Promise<Answer>>> = {
    TRUSTED_DOCUMENT_REQUIRED: (ask) => ask(guarded),
    RATE_LIMITED: async (ask) => {
      expect((await ask(narrow)).errors).toEqual([]);
      return ask(narrow);
    },
    SERVICE_UNAVAILABLE: async (ask) => {
      await ailing.test.asOwner('BEGIN');
      await ailing.test.asOwner('LOCK TABLE customer');
      try {
        return await ask(ailing);
      } finally {
        await ailing.test.asOwner('ROLLBACK');
      }
    },
    INTERNAL_SERVER_ERROR: async (ask) => {
      expect((await ask(ailing)).errors).toEqual([]);
      await ailing.test.asOwner('REVOKE SELECT ON customer FROM tierwarden_app');
      try {
        return await ask(ailing);
      } finally {
        await ailing.test.asOwner('GRANT SELECT ON customer TO tierwarden_app');
      }
    },
    PAYLOAD_TOO_LARGE: () => api.ask('maker', '{ viewer { id } }', { text: 'x'.repeat(1e6) }),
  };
  const STATUS: Readonly<Record<string, number>> = {
    GRAPHQL_PARSE_FAILED: 400,
    GRAPHQL_VALIDATION_FAILED: 400,
    COST_LIMIT_EXCEEDED: 400,
    DEPTH_LIMIT_EXCEEDED: 400,
    RATE_LIMITED: 429,
    TRUSTED_DOCUMENT_REQUIRED: 400,
    PAYLOAD_TOO_LARGE: 413,
  };

  it.each(examples)('$code', async ({ code, who, document }) => {
    const filled = await filledIn(document ?? '');
    const ask = (at: TestApi): Promise<Answer> => at.ask(who, filled);
    const answer = await (ELSEWHERE[code]?.(ask) ?? ask(api));
    expectFault(answer, code);
    expect(answer.status).toBe(STATUS[code] ?? 200);
  });
});

const RAISE =
  'mutation ($i: RequestCreditLimitRaiseInput!) { requestCreditLimitRaise(input: $i) { userErrors { code } } }';
const raiseOf = (amount: unknown, currency = 'CNY'): Record<string, unknown> => ({
  i: { customerId: idOf('Customer', NOBODY), amount: { amount, currency }, justification: 'x', expectedVersion: 0 },
});
const EVENTS = 'query ($w: AuditEventWhere) { auditEvents(where: $w) { nodes { id } } }';
const since = (gte: unknown): Record<string, unknown> => ({ w: { occurredAt: { gte } } });
const REGISTER = 'mutation ($i: RegisterCustomerInput!) { registerCustomer(input: $i) { userErrors { code } } }';
const COMPLAIN = 'mutation ($i: RecordComplaintInput!) { recordComplaint(input: $i) { userErrors { code } } }';
const CANCEL = 'mutation ($i: CancelRatingRunInput!) { cancelRatingRun(input: $i) { userErrors { code } } }';

type Variables = Record<string, unknown>;
type Row = [what: string, document: string, variables: Variables | null, code: string, reason?: string];

describe('what is turned away for its form', () => {
  const aliases = (count: number): string =>
    `{ ${Array.from({ length: count }, (_, i) => `a${i}: __typename`).join(' ')} }`;

  it.each<Row>([
    ['a page of 101', '{ customers(first: 101) { nodes { id } } }', null, 'BAD_USER_INPUT', 'ARGUMENT'],
    ['a page of none', '{ customers(first: 0) { nodes { id } } }', null, 'BAD_USER_INPUT', 'ARGUMENT'],
    ['a page of -1', '{ customers(first: -1) { nodes { id } } }', null, 'BAD_USER_INPUT', 'ARGUMENT'],
    ['a page of one and a half', '{ customers(first: 1.5) { nodes { id } } }', null, 'GRAPHQL_VALIDATION_FAILED'],
    ['a page of 10 billion', '{ customers(first: 10000000000) { nodes { id } } }', null, 'GRAPHQL_VALIDATION_FAILED'],
    ['a page of 101 below', '{ customers { nodes { ratings(first: 101) { nodes { id } } } } }', null, 'BAD_USER_INPUT', 'ARGUMENT'],
    ['a cursor that is none', '{ customers(after: "x") { nodes { id } } }', null, 'BAD_USER_INPUT', 'INVALID_CURSOR'],
    ['a cursor of 1025 characters', 'query ($a: String) { customers(after: $a) { nodes { id } } }', { a: 'x'.repeat(1_025) }, 'BAD_USER_INPUT', 'ARGUMENT'],
    ['101 ids', 'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', { ids: Array<string>(101).fill(idOf('User', NOBODY)) }, 'BAD_USER_INPUT', 'TOO_MANY'],
    ['an id that is none', '{ node(id: "x") { id } }', null, 'BAD_USER_INPUT', 'INVALID_ID'],
    ['an id of a type that is not there', 'query ($i: ID!) { node(id: $i) { id } }', { i: idOf('Secret', NOBODY) }, 'BAD_USER_INPUT', 'INVALID_ID'],
    ['an id of another type', 'query ($i: ID!) { changeRequest(id: $i) { id } }', { i: idOf('User', NOBODY) }, 'BAD_USER_INPUT', 'INVALID_ID'],
    ['an id of another type in an input', CANCEL, { i: { runId: idOf('User', NOBODY) } }, 'BAD_USER_INPUT', 'INVALID_ID'],
    ['an id with SQL in it', 'query ($i: ID!) { customer(id: $i) { id } }', { i: idOf('Customer', "' OR true --") }, 'BAD_USER_INPUT', 'INVALID_ID'],
    ['id and number at once', '{ customer(id: "a", number: "b") { id } }', null, 'BAD_USER_INPUT', 'ONE_OF'],
    ['neither id nor number', '{ customer { id } }', null, 'BAD_USER_INPUT', 'ONE_OF'],
    ['a field ordered by twice', '{ customers(orderBy: [{ field: NAME }, { field: NAME }]) { nodes { id } } }', null, 'BAD_USER_INPUT', 'INVALID_ORDER'],
    ['a search of 101 characters', 'query ($w: CustomerWhere) { customers(where: $w) { nodes { id } } }', { w: { search: 'x'.repeat(101) } }, 'BAD_USER_INPUT', 'ARGUMENT'],
    ['an enum value that is none', '{ customers(where: { grade: { eq: ZZZ } }) { nodes { id } } }', null, 'GRAPHQL_VALIDATION_FAILED'],
    ['an enum value that is none, in a variable', 'query ($g: Grade) { customers(where: { grade: { eq: $g } }) { nodes { id } } }', { g: 'ZZZ' }, 'BAD_USER_INPUT'],
    ['an enum value as text', '{ customers(where: { grade: { eq: "A" } }) { nodes { id } } }', null, 'GRAPHQL_VALIDATION_FAILED'],
    ['a field that an input does not have', REGISTER, { i: { number: 'X', nameEn: 'X', stage: 'EXITED' } }, 'BAD_USER_INPUT'],
    ['a variable that is missing', REGISTER, {}, 'BAD_USER_INPUT'],
    ['a number for a text', REGISTER, { i: { number: 5 } }, 'BAD_USER_INPUT'],
    ['a decimal of 40 digits', RAISE, raiseOf('9'.repeat(40)), 'BAD_USER_INPUT', 'INVALID_DECIMAL'],
    ['a decimal with an exponent', RAISE, raiseOf('1e5'), 'BAD_USER_INPUT', 'INVALID_DECIMAL'],
    ['a decimal as a float', RAISE, raiseOf(100.5), 'BAD_USER_INPUT', 'INVALID_DECIMAL'],
    ['a decimal that is no number', RAISE, raiseOf('NaN'), 'BAD_USER_INPUT', 'INVALID_DECIMAL'],
    ['a decimal with a comma', RAISE, raiseOf('1,000.00'), 'BAD_USER_INPUT', 'INVALID_DECIMAL'],
    ['the 30th of February', EVENTS, since('2026-02-30T00:00:00Z'), 'BAD_USER_INPUT'],
    ['the 13th month', EVENTS, since('2026-13-01T00:00:00Z'), 'BAD_USER_INPUT'],
    ['a moment without a zone', EVENTS, since('2026-02-01T00:00:00'), 'BAD_USER_INPUT'],
    ['a moment as a truth value', EVENTS, since(true), 'BAD_USER_INPUT'],
    ['100 aliases and one', aliases(101), null, 'GRAPHQL_VALIDATION_FAILED', 'TOO_MANY_ALIASES'],
    ['2,000 aliases', aliases(2_000), null, 'GRAPHQL_PARSE_FAILED'],
    ['no document', '', null, 'BAD_USER_INPUT'],
    ['a comment and nothing else', '# nothing', null, 'GRAPHQL_PARSE_FAILED'],
    ['two operations and no name', 'query A { __typename } query B { __typename }', null, 'BAD_USER_INPUT'],
    ['a field that is not there', '{ nobody }', null, 'GRAPHQL_VALIDATION_FAILED'],
    ['a subscription over HTTP POST', 'subscription { nothing }', null, 'GRAPHQL_VALIDATION_FAILED'],
    ['a variable that is not declared', '{ node(id: $id) { id } }', null, 'GRAPHQL_VALIDATION_FAILED'],
    ['a fragment that spreads itself', '{ viewer { ...F } } fragment F on User { ...F }', null, 'GRAPHQL_VALIDATION_FAILED'],
  ])('%s', async (...[, document, variables, code, reason]: Row) => {
    const answer = await api.ask('auditor', document, variables ?? undefined);
    expectFault(answer, code);
    if (reason !== undefined) expect(answer.errors[0]?.extensions['reason']).toBe(reason);
  }); // prettier-ignore

  it('a cursor of another list, order or filter', async () => {
    const cursorOf = async (list: string): Promise<string> => {
      const { data } = await api.ask('auditor', `{ ${list} { pageInfo { endCursor } } }`);
      return Object.values<Loose>(data)[0].pageInfo.endCursor;
    };
    const after = await cursorOf('customers(first: 1)');
    for (const list of [
      'users',
      'auditEvents',
      'customers(orderBy: [{ field: NAME }])',
      'customers(where: { kind: { eq: SUPPLIER } })',
    ]) {
      const call = list.includes('(') ? list.replace('(', `(after: "${after}", `) : `${list}(after: "${after}")`;
      const answer = await api.ask('auditor', `{ ${call} { nodes { id } } }`);
      expectFault(answer, 'BAD_USER_INPUT');
      expect([list, answer.errors[0]?.extensions['reason']]).toEqual([list, 'INVALID_CURSOR']);
    }
    expect((await api.ask('auditor', `{ customers(first: 1, after: "${after}") { nodes { id } } }`)).errors).toEqual(
      [],
    );
  });

  it.each(['2026-02-30', '2026-2-3', '2026-02-03T00:00:00Z', '', 20260203])('a day written %j', async (receivedOn) => {
    const input = { customerId: idOf('Customer', NOBODY), text: 'They deliver late.', receivedOn };
    const answer = await api.ask('maker', COMPLAIN, { i: input });
    expectFault(answer, 'BAD_USER_INPUT');
    expect(answer.errors[0]?.extensions['reason']).toBe('INVALID_DATE');
  });
});
