/**
 * Nothing that a caller writes becomes SQL: every text of every argument and input of the schema is given values that would
 * break out of a statement, and so are the keys inside of cursors. Found by walking the schema, so new inputs come along.
 */
import {
  getNullableType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
  getNamedType,
  type GraphQLField,
  type GraphQLInputType,
} from 'graphql';
import { Client } from 'pg';
import { createSchema } from '../../graphql/schema';
import { useApi, type Answer, type Loose } from '../support/api';
import type { Handle } from '../support/people';

const api = useApi('sample');
const schema = createSchema();

const MARK = 'zqx';
const HOSTILE = [
  `${MARK}' OR '1'='1`,
  `${MARK}"; DROP TABLE customer; --`,
  `${MARK} $1 $2::text $$ ::uuid`,
  `${MARK}\\' || E'\\x27' /*`,
  `%_${MARK}\\`,
  `{${MARK},"NULL"}[1:1]={`,
];
/** Refused before anything runs: PostgreSQL has no such texts. */
const UNUSABLE = [`${MARK}\u0000`, `${MARK}\ud800`, `\udc00${MARK}`];

interface Statement {
  readonly text: string;
  readonly values: readonly unknown[];
}
let sent: Statement[] = [];

beforeAll(() => {
  const query = Client.prototype.query as unknown as (...args: unknown[]) => unknown;
  jest.spyOn(Client.prototype, 'query').mockImplementation(function (this: Client, ...args: unknown[]) {
    const [statement, values] = args as [string | { text: string; values?: unknown[] }, unknown];
    sent.push(
      typeof statement === 'string'
        ? { text: statement, values: Array.isArray(values) ? values : [] }
        : { text: statement.text, values: statement.values ?? [] },
    );
    return query.apply(this, args) as never;
  });
});
afterAll(() => jest.restoreAllMocks());

const watched = async (who: Handle, document: string, variables: Record<string, unknown>) => {
  sent = [];
  const answer = await api.ask(who, document, variables);
  return { answer, statements: sent };
};

const MARKED = new RegExp(MARK, 'i');
/** Statements may differ in what they do, never in what the caller wrote. */
const expectHarmless = (site: string, answer: Answer, statements: readonly Statement[]): void => {
  const codes = answer.errors.map(({ extensions }) => extensions['code']);
  expect({ site, codes }).not.toEqual({ site, codes: expect.arrayContaining(['INTERNAL_SERVER_ERROR']) });
  expect({ site, written: statements.filter(({ text }) => MARKED.test(text)) }).toEqual({ site, written: [] });
};

describe('every text that the schema takes', () => {
  type Path = readonly string[];
  interface Site {
    readonly kind: 'query' | 'mutation';
    readonly field: GraphQLField<unknown, unknown>;
    readonly path: Path;
  }
  const TEXTS = new Set(['String', 'ID', 'DateTime', 'Date', 'Decimal', 'JSON', 'JSONObject']);

  /** Where texts stand below an input; into a type that holds itself only once. */
  const pathsIn = (type: GraphQLInputType, path: Path, inside: readonly string[] = []): Path[] => {
    const named = getNamedType(type);
    if (isInputObjectType(named)) {
      if (inside.filter((name) => name === named.name).length > 1) return [];
      return Object.values(named.getFields()).flatMap((field) =>
        pathsIn(field.type, [...path, field.name], [...inside, named.name]),
      );
    }
    return TEXTS.has(named.name) ? [path] : [];
  };

  const sites: Site[] = (['query', 'mutation'] as const).flatMap((kind) => {
    const root = kind === 'query' ? schema.getQueryType() : schema.getMutationType();
    return Object.values(root?.getFields() ?? {}).flatMap((field) =>
      field.args.flatMap((argument) =>
        pathsIn(argument.type, [argument.name]).map((path): Site => ({ kind, field, path })),
      ),
    );
  });

  const keys: Record<string, string> = {};
  const globalId = (type: string, key: string): string => Buffer.from(`${type}:${key}`).toString('base64url');
  beforeAll(async () => {
    const { nodes } = (await api.ask('cro', '{ customers(first: 2) { nodes { id } } }')).data.customers;
    const run = (await api.ask('cro', '{ ratingRuns(first: 1) { nodes { id } } }')).data.ratingRuns.nodes[0];
    Object.assign(keys, { customerId: nodes[0].id, fromId: nodes[0].id, toId: nodes[1].id, runId: run.id });
    const nothing = '00000000-0000-7000-8000-000000000000';
    keys['requestId'] = globalId('ChangeRequest', nothing);
    keys['relationId'] = globalId('CustomerRelation', nothing);
  });

  /** A value that is in order, as little as may be, with `planted` at the end of the path. */
  const valueOf = (type: GraphQLInputType, name: string, path: Path | null, planted: string): unknown => {
    const plain = getNullableType(type);
    if (isListType(plain)) return [valueOf(plain.ofType, name, path, planted)];
    if (isInputObjectType(plain)) {
      const fields = Object.values(plain.getFields());
      const wanted = fields.filter(
        (field) => field.name === path?.[0] || (isNonNullType(field.type) && field.defaultValue === undefined),
      );
      return Object.fromEntries(
        wanted.map((field) => [
          field.name,
          valueOf(field.type, field.name, field.name === path?.[0] ? path.slice(1) : null, planted),
        ]),
      );
    }
    if (path !== null) return planted;
    if (isEnumType(plain)) return plain.getValues()[0]?.name;
    const ready: Readonly<Record<string, unknown>> = {
      ID: keys[name] ?? keys['customerId'],
      Int: 1,
      Boolean: true,
      DateTime: '2026-01-01T00:00:00.000Z',
      Date: '2026-01-01',
      Decimal: '1.00',
    };
    return ready[plain.name] ?? 'Plain';
  };

  const documentOf = ({ kind, field, path }: Site, planted: string): [string, Record<string, unknown>] => {
    const given = field.args.filter(
      (argument) => argument.name === path[0] || (isNonNullType(argument.type) && argument.defaultValue === undefined),
    );
    const type = getNamedType(field.type);
    const inner =
      isObjectType(type) && 'pageInfo' in type.getFields()
        ? '{ nodes { __typename } pageInfo { endCursor } totalCount { count } }'
        : '{ __typename }';
    const declared = given.map((argument) => `$${argument.name}: ${String(argument.type)}`).join(', ');
    const passed = given.map((argument) => `${argument.name}: $${argument.name}`).join(', ');
    return [
      `${kind} (${declared}) { ${field.name}(${passed}) ${inner} }`,
      Object.fromEntries(
        given.map((argument) => [
          argument.name,
          valueOf(argument.type, argument.name, argument.name === path[0] ? path.slice(1) : null, planted),
        ]),
      ),
    ];
  };
  const nameOf = ({ field, path }: Site): string => `${field.name}(${path.join('.')})`;
  const askerOf = ({ kind, field }: Site): Handle =>
    kind === 'query'
      ? 'cro'
      : /Rating|Run/.test(field.name)
        ? 'analyst'
        : /^(approve|reject)/.test(field.name)
          ? 'cro'
          : 'maker';

  it('stays out of the statements, and travels beside them', async () => {
    const reached = new Set<string>();
    for (const site of sites) {
      const shapes = new Set<string>();
      for (const planted of HOSTILE) {
        const { answer, statements } = await watched(askerOf(site), ...documentOf(site, planted));
        expectHarmless(nameOf(site), answer, statements);
        const carrying = statements.filter(({ values }) =>
          values.some((value) => JSON.stringify(value)?.includes(MARK)),
        );
        if (carrying.length === 0) continue;
        reached.add(nameOf(site));
        const texts = carrying.map(({ text }) => text).sort();
        if (site.kind === 'query') shapes.add(texts.join('\n'));
      }
      expect({ site: nameOf(site), shapes: shapes.size <= 1 }).toEqual({ site: nameOf(site), shapes: true });
    }
    // They do get there, so that the rest means something.
    expect([...reached]).toEqual(
      expect.arrayContaining([
        'auditEvents(where.not.action.notIn)',
        'customer(number)',
        'customers(where.and.industry.eq)',
        'customers(where.or.region.in)',
        'customers(where.search)',
        'rankPower(source)',
        'registerCustomer(input.nameZh)',
        'updateCustomer(input.changes.region)',
        'users(where.search)',
      ]),
    );
    expect(reached.size).toBeGreaterThan(70);
  }, 240_000);

  it('is refused before anything runs where PostgreSQL has no such text', async () => {
    // What was looked at before is put on record a second later, whatever is asked then.
    await api.app.looks.flush();
    for (const site of sites.filter(({ path }) => path.length < 3)) {
      for (const planted of UNUSABLE) {
        const { answer, statements } = await watched(askerOf(site), ...documentOf(site, planted));
        const { code, reason } = answer.errors[0]?.extensions ?? {};
        expect([nameOf(site), code, reason]).toEqual([nameOf(site), 'BAD_USER_INPUT', 'UNUSABLE_VALUE']);
        expect(statements).toEqual([]);
      }
    }
  }, 120_000);
});

describe('below the root', () => {
  it('texts of arguments stay out of the statements too', async () => {
    const { id } = (await api.ask('cro', '{ customers(first: 1) { nodes { id } } }')).data.customers.nodes[0];
    const document = `query ($id: ID, $code: String!, $after: String) { customer(id: $id) {
      indicatorHistory(code: $code, after: $after) { nodes { code } } ratings(after: $after) { nodes { id } } } }`;
    for (const planted of HOSTILE) {
      for (const variables of [{ code: planted }, { code: 'roa', after: planted }]) {
        const { answer, statements } = await watched('cro', document, { id, ...variables });
        expectHarmless('customer', answer, statements);
        expect(answer.errors).toHaveLength(1);
      }
    }
  });
});

describe('the key inside of a cursor', () => {
  it.each<[string, Handle, string, (data: Loose) => Loose]>([
    [
      'customers',
      'cro',
      'customers(first: 1, after: $after, orderBy: [{ field: NAME }, { field: NUMBER, direction: DESC }])',
      (data) => data.customers,
    ],
    [
      'customers by moment',
      'cro',
      'customers(first: 1, after: $after, orderBy: [{ field: CREATED_AT }])',
      (data) => data.customers,
    ],
    ['auditEvents', 'auditor', 'auditEvents(first: 1, after: $after)', (data) => data.auditEvents],
    ['users', 'cro', 'users(first: 1, after: $after)', (data) => data.users],
    ['orgUnits', 'cro', 'orgUnits(first: 1, after: $after)', (data) => data.orgUnits],
    ['ratingRuns', 'cro', 'ratingRuns(first: 1, after: $after)', (data) => data.ratingRuns],
    [
      'ratings',
      'cro',
      'node(id: $id) { ... on Customer { ratings(first: 1, after: $after)',
      (data) => data.node.ratings,
    ],
    [
      'indicatorHistory',
      'cro',
      'node(id: $id) { ... on Customer { indicatorHistory(code: "roa", first: 1, after: $after)',
      (data) => data.node.indicatorHistory,
    ],
  ])('of %s stays out of the statements, and what is no key is bad input', async (site, who, field, of) => {
    const { id } = (await api.ask('cro', '{ customers(first: 1) { nodes { id } } }')).data.customers.nodes[0];
    const below = field.startsWith('node');
    const document = `query ($after: String ${below ? ', $id: ID!' : ''}) {
      ${field} { nodes { __typename } pageInfo { endCursor } } ${below ? '} }' : ''} }`;
    const given = below ? { id } : {};
    const { endCursor } = of((await api.ask(who, document, given)).data).pageInfo;
    const parts = JSON.parse(Buffer.from(endCursor as string, 'base64url').toString()) as string[];
    let refused = 0;
    for (let part = 1; part <= parts.length; part++) {
      for (const planted of HOSTILE) {
        const forged = parts.with(part % parts.length, planted);
        const longer = part === parts.length ? [...parts, planted] : forged;
        const after = Buffer.from(JSON.stringify(longer)).toString('base64url');
        const { answer, statements } = await watched(who, document, { ...given, after });
        expectHarmless(site, answer, statements);
        for (const { extensions } of answer.errors) expect(extensions['code']).toBe('BAD_USER_INPUT');
        refused += answer.errors.length;
      }
    }
    // Uuids, moments, parents and keys that are too long; names and numbers are as good as any.
    expect(refused).toBeGreaterThanOrEqual(2 * HOSTILE.length);
  });
});
