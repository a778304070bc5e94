/** What the API refuses to run, for whom, and what it says an operation costs. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  getIntrospectionQuery,
  getOperationAST,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isRequiredInputField,
  Kind,
  parse,
  print,
  typeFromAST,
  type GraphQLInputType,
} from 'graphql';
import { createCostModel } from '../../graphql/cost';
import { createRateLimiter } from '../../graphql/rate-limit';
import { createSchema } from '../../graphql/schema';
import { readTrustedDocuments, sha256Of } from '../../graphql/trusted-documents';
import { readConfig } from '../../src/config';
import { ok } from '../../src/kernel/result';
import { openRateLimitStore } from '../../src/platform/rate-limit-store';
import { publishedOperations, useApi, type Answer } from '../support/api';
import { useDatabase } from '../support/database';
import { waitingFor } from '../support/locks';

const codeOf = (answer: Answer): unknown => answer.errors[0]?.extensions['code'];
const defaults = readConfig({});

describe('the estimate', () => {
  const schema = createSchema();
  const model = createCostModel(schema);
  const costOf = (text: string, variables: Record<string, unknown> = {}): number | null => {
    const document = parse(text);
    const operation = getOperationAST(document);
    if (operation == null) throw new Error('one operation');
    return model.costOf(document, operation, variables);
  };

  it.each<[string, string, Record<string, unknown>, number | null]>([
    ['a field is a point', '{ viewer { id displayName } }', {}, 3],
    ['a page counts its items', '{ customers(first: 7) { nodes { id name } } }', {}, 1 + 7 * 3],
    ['a page has its default length', '{ customers { nodes { id } } }', {}, 1 + 20 * 2],
    ['nodes and edges are fields like others', '{ customers(first: 7) { edges { node { id } } } }', {}, 1 + 7 * 3],
    ['a variable says how long', 'query ($n: Int!) { customers(first: $n) { nodes { id } } }', { n: 3 }, 1 + 3 * 2],
    [
      'a default of the operation holds',
      'query ($n: Int! = 4) { customers(first: $n) { nodes { id } } }',
      {},
      1 + 4 * 2,
    ],
    ['no page is longer than the longest', '{ customers(first: 999999999) { nodes { id } } }', {}, 1 + 100 * 2],
    ['nor shorter than one', '{ customers(first: -5) { nodes { id } } }', {}, 1 + 2],
    ['ids count', '{ nodes(ids: ["a", "b", "c"]) { id } }', {}, 1 + 3],
    ['ids in a variable count', 'query ($i: [ID!]!) { nodes(ids: $i) { id } }', { i: ['a', 'b'] }, 1 + 2],
    ['another list counts for ten', '{ customer { indicators { code value } } }', {}, 1 + 1 + 10 * 2],
    ['a list of plain values does not', '{ viewer { roles } }', {}, 2],
    [
      'pages multiply',
      '{ customers(first: 5) { nodes { gradeHistory(first: 4) { nodes { cause } } } } }',
      {},
      1 + 5 * (1 + 1 + 4 * 2),
    ],
    ['an alias costs like the field', '{ a: viewer { id } b: viewer { id } }', {}, 4],
    [
      'a fragment costs where it is spread',
      '{ a: viewer { ...U } b: viewer { ...U } } fragment U on User { id }',
      {},
      4,
    ],
    ['the schema costs a tenth of what it tells', '{ __type(name: "PageInfo") { fields { name } } }', {}, 1 + 1],
    [
      'and is counted, not guessed',
      'query ($n: String!) { __type(name: $n) { fields { name type { name } } } }',
      { n: 'PageInfo' },
      1 + Math.ceil((1 + 4 * 3) / 10),
    ],
    ['what is skipped is free', 'query ($s: Boolean!) { viewer { id @skip(if: $s) } }', { s: true }, 1],
    ['what is not skipped is not', 'query ($s: Boolean!) { viewer { id @skip(if: $s) } }', { s: false }, 2],
    [
      'variables that do not fit will not run',
      'query ($n: Int!) { customers(first: $n) { nodes { id } } }',
      { n: 'x' },
      null,
    ],
  ])('%s', (_, text, variables, points) => {
    expect(costOf(text, variables)).toBe(points);
  });

  it('remembers by what changes it, and by nothing less', () => {
    const document = parse(
      'query ($n: Int!, $s: Boolean!) { customers(first: $n) { nodes { id name @skip(if: $s) } } }',
    );
    const operation = getOperationAST(document)!;
    const cost = (n: number, s: boolean): number | null => model.costOf(document, operation, { n, s });
    expect([cost(2, true), cost(2, false), cost(3, true), cost(2, true)]).toEqual([5, 7, 7, 5]);
  });

  it('gives up on fragments that double and double again', () => {
    const levels = Array.from({ length: 20 }, (_, i) => `fragment F${i} on User { ...F${i + 1} ...F${i + 1} }`);
    const text = `{ viewer { ...F0 } } ${levels.join(' ')} fragment F20 on User { id }`;
    expect(() => costOf(text)).toThrow(
      expect.objectContaining({ extensions: expect.objectContaining({ code: 'COST_LIMIT_EXCEEDED' }) }),
    );
  });

  it('fits every published operation, as it stands', async () => {
    const table = [...(await publishedOperations())].map(([name, text]) => {
      const document = parse(text);
      const operation = getOperationAST(document)!;
      // What is required says nothing about size.
      const variables = Object.fromEntries(
        (operation.variableDefinitions ?? [])
          .filter(({ type, defaultValue }) => type.kind === Kind.NON_NULL_TYPE && defaultValue === undefined)
          .map(({ variable, type }) => [variable.name.value, fitting(typeFromAST(schema, type) as GraphQLInputType)]),
      );
      return { name, points: model.costOf(document, operation, variables) };
    });
    expect(table.length).toBeGreaterThan(20);
    expect(table.filter(({ points }) => points === null)).toEqual([]);
    expect(table.filter(({ points }) => points! > defaults.queryCostLimit)).toEqual([]);
  });
});

/** A value that fits the type and says nothing about size: of input objects only what is required. */
const fitting = (type: GraphQLInputType): unknown => {
  if (isNonNullType(type)) return fitting(type.ofType);
  if (isListType(type)) return [fitting(type.ofType)];
  if (isEnumType(type)) return type.getValues()[0]?.name;
  if (isInputObjectType(type)) {
    const required = Object.values(type.getFields()).filter(isRequiredInputField);
    return Object.fromEntries(required.map((field) => [field.name, fitting(field.type)]));
  }
  const value = SCALARS[type.name];
  if (value === undefined) throw new Error(`no value of ${type.name} is known here`);
  return value;
};

const SCALARS: Readonly<Record<string, unknown>> = {
  ID: 'x',
  String: 'x',
  Int: 1,
  Boolean: true,
  DateTime: '2026-01-01T00:00:00Z',
  Date: '2026-01-01',
  Decimal: '1.00',
  JSON: {},
  JSONObject: {},
};

/** Names of fields that stand in one another, `depth` with the plain one at the end. */
const chain = (depth: number): string[] =>
  Array.from({ length: depth - 1 }, (_, i) => ['customer', 'grade', 'rating'][i % 3]!);
const nest = (names: readonly string[], innermost: string): string =>
  names.reduceRight((inner, name) => `${name} { ${inner} }`, innermost).replace('customer', 'customer(number: "x")');
const deep = (depth: number): string => `{ ${nest(chain(depth), '__typename')} }`;
const deepByFragments = (depth: number): string => {
  const names = chain(depth);
  return `{ ${nest(names.slice(0, 3), '... on Rating { ...Rest }')} }
    fragment Rest on Rating { ${names.slice(3).reduceRight((inner, name) => `${name} { ${inner} }`, '__typename')} }`;
};
const aliases = (count: number): string =>
  `{ viewer { ${Array.from({ length: count }, (_, i) => `a${i}: id`).join(' ')} } }`;

describe('as it comes', () => {
  const api = useApi('sample');

  it('says what an operation was thought to cost and what the answer holds', async () => {
    const answer = await api.ask('approver', '{ customers(first: 3) { nodes { id grade { basis } } } }');
    expect(answer.extensions.cost).toEqual({ requested: 1 + 3 * 4, actual: 1 + 1 + 3 * 3, limit: 10_000 });
  });

  it('counts a JSON value as one field', async () => {
    const answer = await api.ask('auditor', '{ auditEvents(first: 1) { nodes { after } } }');
    expect(answer.extensions.cost.actual).toBe(3);
  });

  it('says it of answers with faults too', async () => {
    const answer = await api.ask('maker', '{ auditEvents(first: 1) { nodes { id } } }');
    expect(codeOf(answer)).toBe('FORBIDDEN');
    expect(answer.extensions.cost).toEqual({ requested: 3, actual: 0, limit: 10_000 });
  });

  it('refuses what is too dear, before it runs', async () => {
    const read = jest.spyOn(api.app.reads, 'page');
    const answer = await api.ask(
      'approver',
      '{ customers(first: 100) { nodes { gradeHistory(first: 100) { nodes { cause } } } } }',
    );
    expect(answer.status).toBe(400);
    expect(answer.errors[0]?.extensions).toMatchObject({
      code: 'COST_LIMIT_EXCEEDED',
      retryable: false,
      params: { requested: 20_201, limit: 10_000 },
    });
    expect(answer.extensions.cost).toEqual({ requested: 20_201, actual: 0, limit: 10_000 });
    expect(read).not.toHaveBeenCalled();
    read.mockRestore();
  });

  it.each([
    ['whole', getIntrospectionQuery()],
    [
      'by fragments, in part, with what is deprecated',
      `query ($all: Boolean = true) {
      __typename kept: __schema { types { ...T } directives { args { name } } } one: __type(name: "Customer") { ...T }
    } fragment T on __Type { name fields(includeDeprecated: $all) { ...F } possibleTypes { name } enumValues { name @skip(if: $all) } }
      fragment F on __Field { name args { name type { ofType { name } } } type { name fields { name } } }`,
    ],
  ])('knows what a look at the schema answers with: %s', async (_, document) => {
    const { errors, extensions } = await api.ask('approver', document);
    expect(errors).toEqual([]);
    expect(extensions.cost.requested).toBe(extensions.cost.actual);
  });

  it('refuses many looks at the schema at once', async () => {
    const looks = Array.from({ length: 90 }, (_, i) => `a${i}: __schema { ...T }`).join(' ');
    const parts = 'types { name fields { name type { name ofType { name } } args { name } } }';
    const answer = await api.ask('approver', `{ ${looks} } fragment T on __Schema { ${parts} }`);
    expect([answer.status, codeOf(answer)]).toEqual([400, 'COST_LIMIT_EXCEEDED']);
  });

  it.each<[string, string, string | undefined]>([
    ['9 fields deep', deep(9), undefined],
    ['10 fields deep', deep(10), 'DEPTH_LIMIT_EXCEEDED'],
    ['10 fields deep by fragments', deepByFragments(10), 'DEPTH_LIMIT_EXCEEDED'],
    ['an introspection', getIntrospectionQuery(), undefined],
    ['100 aliases', aliases(100), undefined],
    ['101 aliases', aliases(101), 'GRAPHQL_VALIDATION_FAILED'],
    ['2,000 aliases', aliases(2_000), 'GRAPHQL_PARSE_FAILED'],
    ['101 aliases of the type name', `{ ${'a: __typename '.repeat(101)} }`, 'GRAPHQL_VALIDATION_FAILED'],
  ])('%s', async (_, document, code) => {
    const answer = await api.ask('approver', document);
    expect(codeOf(answer)).toBe(code);
    if (code !== undefined) expect(answer.status).toBe(400);
  });
});

describe('looking at the schema', () => {
  const introspections = ['{ __schema { types { name } } }', '{ __type(name: "Query") { name } }'];

  describe('on a first look, at this machine', () => {
    const api = useApi('empty');

    it.each(introspections)('%s is for everybody', async (document) => {
      expect((await api.ask(null, document)).errors).toEqual([]);
    });
  });

  describe('anywhere else', () => {
    const api = useApi('empty', { mode: 'external' });

    it.each([
      ...introspections,
      'query A { __typename } query B { ...S } fragment S on Query { __schema { types { name } } }',
    ])('%s takes a sign-in', async (document) => {
      const answer = await api.ask(null, document);
      expect([answer.status, answer.errors[0]?.extensions]).toEqual(
        document.startsWith('query A')
          ? [400, expect.objectContaining({ code: 'BAD_USER_INPUT' })]
          : [401, expect.objectContaining({ code: 'UNAUTHENTICATED', reason: 'TOKEN_MISSING' })],
      );
      if (!document.startsWith('query A')) expect((await api.ask('maker', document)).errors).toEqual([]);
    });
  });
});

describe('trusted documents', () => {
  const known = 'query Mine { viewer { displayName } }';
  const folder = { path: '' };
  beforeAll(async () => {
    folder.path = await mkdtemp(join(tmpdir(), 'tierwarden-documents-'));
    await writeFile(join(folder.path, 'mine.graphql'), `# A comment of its own.\n${known}\n`);
    await writeFile(join(folder.path, 'notes.txt'), 'not a document');
  });
  afterAll(() => rm(folder.path, { recursive: true }));

  it('are known as they stand in their file and as they are printed', async () => {
    const hashes = await readTrustedDocuments({ folder: folder.path });
    expect(hashes.has(sha256Of(`# A comment of its own.\n${known}\n`))).toBe(true);
    expect(hashes.has(sha256Of(print(parse(known))))).toBe(true);
    expect(hashes.has(sha256Of('query Mine { viewer { id } }'))).toBe(false);
  });

  it('name the variable when their folder cannot be read', async () => {
    await expect(readTrustedDocuments({ folder: join(folder.path, 'nowhere') })).rejects.toThrow(
      /^TRUSTED_DOCUMENTS_FOLDER cannot be read: /,
    );
  });

  describe('enforced', () => {
    const api = useApi('empty', { trustedDocuments: { mode: 'enforce', folder: null } });

    it('run when they were published', async () => {
      expect((await api.ask('maker', 'viewer')).errors).toEqual([]);
    });

    it.each(['{ viewer { id } }', '{ __typename }', '{ __schema { types { name } } }'])(
      'refuse %s',
      async (document) => {
        const answer = await api.ask('maker', document);
        expect([answer.status, codeOf(answer)]).toEqual([400, 'TRUSTED_DOCUMENT_REQUIRED']);
        expect(answer.errors[0]?.extensions['params']).toEqual({ sha256: sha256Of(document) });
      },
    );
  });

  describe('logged', () => {
    const api = useApi('empty', { trustedDocuments: { mode: 'log', folder: null } });

    it('run whether published or not, and say once which were not', async () => {
      const warn = jest.spyOn(api.app.logger, 'warn');
      for (const document of ['viewer', '{ __typename }', '{ __typename }']) {
        expect((await api.ask('maker', document)).errors).toEqual([]);
      }
      expect(warn.mock.calls.map(([fields]) => (fields as { sha256?: string }).sha256)).toEqual([
        sha256Of('{ __typename }'),
      ]);
      warn.mockRestore();
    });
  });
});

describe('the rate of one client', () => {
  describe('over HTTP', () => {
    const api = useApi('empty', { rateLimitPerMinute: 10, queryCostLimit: 8 });
    const three = '{ viewer { id displayName } }';

    it('is refused with the time to wait, and to nobody else', async () => {
      for (let i = 0; i < 3; i++) expect((await api.ask('maker', three)).errors).toEqual([]);
      const response = await fetch(`${api.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${await api.token('maker')}` },
        body: JSON.stringify({ query: three }),
      });
      const body = (await response.json()) as Answer;
      expect(response.status).toBe(429);
      expect(body.errors[0]?.extensions).toMatchObject({ code: 'RATE_LIMITED', retryable: true });
      const retryAfterMs = body.errors[0]?.extensions['retryAfterMs'] as number;
      expect(retryAfterMs).toBeGreaterThan(0);
      expect(retryAfterMs).toBeLessThanOrEqual(60_000);
      expect(response.headers.get('retry-after')).toBe(String(Math.ceil(retryAfterMs / 1000)));
      expect(body.extensions.cost).toEqual({ requested: 3, actual: 0, limit: 8 });
      expect((await api.ask('approver', three)).errors).toEqual([]);
    });

    it('lets what costs less through, as long as points are left', async () => {
      expect((await api.ask('maker', '{ __typename }')).errors).toEqual([]);
      expect(codeOf(await api.ask('maker', '{ __typename }'))).toBe('RATE_LIMITED');
    });

    it('counts those who have not signed in by their address', async () => {
      const codes = [];
      for (let i = 0; i < 11; i++) codes.push(codeOf(await api.ask(null, '{ __typename }')));
      expect(codes).toEqual([...Array<undefined>(10), 'RATE_LIMITED']);
    });
  });

  describe('over several processes', () => {
    const test = useDatabase();
    const logger = { warn: jest.fn() };
    beforeEach(() => logger.warn.mockReset());

    const stores = {
      PostgreSQL: null,
      Redis: { kind: 'single', url: 'redis://127.0.0.1:6379' },
    } as const;
    it.each(['PostgreSQL', 'Redis'] as const)('is counted together in %s', async (kind) => {
      const options = { redis: stores[kind], database: test.database, windowSeconds: 60 };
      const opened = await Promise.all([openRateLimitStore(options), openRateLimitStore(options)]);
      const [here, there] = opened.map((store) =>
        createRateLimiter({ pointsPerWindow: 10, store, logger, patienceMs: 30_000 }),
      );
      for (const store of opened) await reached(() => store.add('nobody', 0));
      const client = `client-${test.newId()}`;
      expect(await here!.spend(client, 6)).toBeNull();
      expect(await there!.spend(client, 4)).toBeNull();
      expect(await there!.spend(client, 1)).toBeGreaterThan(0);
      expect(await here!.spend(client, 4)).toBeNull();
      await here!.settled();
      expect(await here!.spend(client, 1)).toBeGreaterThan(0);
      expect(await here!.spend('another', 10)).toBeNull();
      await Promise.all([here!.settled(), there!.settled()]);
      expect(logger.warn).not.toHaveBeenCalled();
      for (const store of opened) await store.close();
    });

    it('is counted by each for itself while nothing else counts', async () => {
      const store = { add: () => Promise.reject(new Error('store lost')) };
      const limiter = createRateLimiter({ pointsPerWindow: 10, store, logger });
      expect(await limiter.spend('client', 5)).toBeNull();
      expect(await limiter.spend('client', 5)).toBeNull();
      expect(await limiter.spend('client', 1)).toBeGreaterThan(0);
      await limiter.settled();
      expect(logger.warn).toHaveBeenCalledTimes(1);
    });

    it('waits for no store that does not answer', async () => {
      const limiter = createRateLimiter({
        pointsPerWindow: 10,
        store: { add: () => new Promise(() => undefined) },
        logger,
        patienceMs: 1,
      });
      expect(await limiter.spend('client', 5)).toBeNull();
      expect(await limiter.spend('client', 6)).toBeGreaterThan(0);
    });

    it('adds up what is spent while the store is asked, in one further question', async () => {
      const asked: number[] = [];
      let answer: (() => void) | undefined;
      const limiter = createRateLimiter({
        pointsPerWindow: 100,
        store: {
          add: (_, points) => {
            asked.push(points);
            const sum = asked.reduce((a, b) => a + b);
            return new Promise((resolve) => (answer = () => resolve({ points: sum, endsInMs: 60_000 })));
          },
        },
        logger,
        patienceMs: 1,
      });
      await limiter.spend('client', 1);
      for (let i = 0; i < 9; i++) expect(await limiter.spend('client', 2)).toBeNull();
      answer?.();
      await reached(async () => expect(asked).toHaveLength(2));
      answer?.();
      await limiter.settled();
      expect(asked).toEqual([1, 18]);
    });
  });
});

/** Tries again until it goes through; the limit of the test is the limit of patience. */
const reached = async (attempt: () => Promise<unknown>): Promise<void> => {
  for (;;) {
    try {
      await attempt();
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
};

describe('a statement that takes too long', () => {
  const api = useApi('empty', { statementTimeoutMs: 200 });

  it('is cancelled, and the request can be tried again', async () => {
    await api.ask('approver', '{ customers { nodes { id } } }');
    await api.test.asOwner('BEGIN');
    await api.test.asOwner('LOCK TABLE customer IN ACCESS EXCLUSIVE MODE');
    const answer = await api.ask('approver', '{ customers { nodes { id } } }');
    const waiting = await waitingFor(api.test, 'customer');
    await api.test.asOwner('ROLLBACK');
    expect(answer.errors[0]?.extensions).toMatchObject({ code: 'SERVICE_UNAVAILABLE', retryable: true });
    expect(waiting).toBe(0);
    expect((await api.ask('approver', '{ customers { nodes { id } } }')).errors).toEqual([]);
  });
});

describe('a change that another one holds up', () => {
  const api = useApi('empty', { lockTimeoutMs: 200 });
  const register = (number: string): Promise<Answer> =>
    api.ask('maker', 'register-customer', { input: { number, nameZh: '甲公司' } });

  it('gives up waiting, changes nothing, and can be tried again', async () => {
    await api.test.asOwner('BEGIN');
    // As an import does for the time of a chunk.
    await api.test.asOwner("SELECT pg_advisory_xact_lock(hashtext('customer'))");
    const blocked = await register('HELD-UP');
    const reading = await api.ask('maker', '{ customer(number: "HELD-UP") { id } }');
    await api.test.asOwner('ROLLBACK');
    expect(blocked.errors[0]?.extensions).toMatchObject({ code: 'SERVICE_UNAVAILABLE', retryable: true });
    expect(reading).toMatchObject({ data: { customer: null }, errors: [] });
    expect((await register('HELD-UP')).data.registerCustomer).toMatchObject({
      userErrors: [],
      customer: { version: 1 },
    });
  });
});

describe('a transaction in which nothing happens', () => {
  const api = useApi('empty', { idleInTransactionTimeoutMs: 1_000 });

  it('is undone and lets its locks go, and its request can be tried again', async () => {
    const register = (number: string): Promise<Answer> =>
      api.ask('maker', 'register-customer', { input: { number, nameZh: '甲公司' } });
    let next: Answer | undefined;
    const { customers, unitOfWork } = api.app;
    jest.spyOn(customers.commands, 'registerCustomer').mockImplementationOnce((by) =>
      unitOfWork.run(by, async (tx) => {
        await tx.query("SELECT pg_advisory_xact_lock(hashtext('customer'))");
        next = await register('NEXT');
        tx.record({ action: 'test.hung', object: { type: 'Test', id: 'hung' } });
        return ok({} as never);
      }),
    );
    const hung = await register('HUNG');
    expect(next?.data.registerCustomer).toMatchObject({ userErrors: [], customer: { number: 'NEXT' } });
    expect(hung.errors[0]?.extensions).toMatchObject({ code: 'SERVICE_UNAVAILABLE', retryable: true });
    const events = await api.ask('auditor', 'audit-events', { where: { action: { eq: 'test.hung' } } });
    expect(events.data.auditEvents.nodes).toEqual([]);
    expect((await register('HUNG')).data.registerCustomer.userErrors).toEqual([]);
  });
});
