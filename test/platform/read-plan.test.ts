/**
 * From selections to statements and back, on real rows: whatever a model says is read alike beside a row and inside of
 * lists, pages have neither gaps nor doubles, and what the viewer may not read is not even asked for.
 */
import fc from 'fast-check';
import type { Actor } from '../../src/kernel/actor';
import type { PageKey } from '../../src/kernel/page';
import { refuse } from '../../src/kernel/refusal';
import { ok } from '../../src/kernel/result';
import type { Role } from '../../src/kernel/role';
import type { ReadStatement } from '../../src/platform/read-connections';
import type { OrderColumn } from '../../src/platform/keyset';
import {
  batched,
  bool,
  computed,
  connection,
  day,
  identity,
  int,
  json,
  many,
  moment,
  numeric,
  one,
  prepared,
  text,
  type ListSource,
  type ReadEnv,
  type ReadModel,
  type RoomReads,
} from '../../src/platform/read-model';
import type { ReadPage, SelectedField, SelectedPage, Selection } from '../../src/platform/read-plan';
import { createReads, type Reads } from '../../src/platform/reads';
import { useDatabase } from '../support/database';

const test = useDatabase();

/* Selections, as a door makes them. */

type Part = string | SelectedField;
const select = (...parts: Part[]): Selection => ({
  fields: parts.map((part) =>
    typeof part === 'string' ? { name: part, property: part, selection: null, page: null } : part,
  ),
});
const under = (name: string, ...parts: Part[]): SelectedField => ({
  name,
  property: name,
  selection: select(...parts),
  page: null,
});
interface Shaped extends ReadPage {
  readonly parent: string | null;
}
const asPage = (page: Partial<SelectedPage> = {}): SelectedPage => ({
  first: 2,
  after: null,
  keys: true,
  total: false,
  shape: (found, parent): Shaped => ({ ...found, parent }),
  ...page,
});
const pageOf = (name: string, page: Partial<SelectedPage>, ...parts: Part[]): SelectedField => ({
  ...under(name, ...parts),
  page: asPage(page),
});

/* Who looks. */

const viewer = (...roles: Role[]): Actor => ({
  kind: 'USER',
  id: `user-${roles.join()}`,
  name: 'Somebody',
  roles,
  orgUnitId: null,
});
const ANALYST = viewer('RISK_ANALYST');
const MAKER = viewer('SALES_MAKER');
const envOf = (actor: Actor = ANALYST): ReadEnv => ({
  viewer: actor,
  now: new Date('2026-01-15T08:00:00.000Z'),
  identify: (model, key) => `${model}/${key}`,
});

let readers = 0;
/** Reads over the given models, and the statements that they sent. */
const readsOver = (...rooms: RoomReads[]): { reads: Reads; sent: ReadStatement[] } => {
  const sent: ReadStatement[] = [];
  const { database } = test;
  const reader = ++readers;
  const rows = (statement: ReadStatement) => {
    sent.push(statement);
    const name = statement.name === null ? null : `${reader}_${statement.name}`;
    return database.rows({ ...statement, name });
  };
  return { reads: createReads({ ...database, rows }, rooms), sent };
};

const everybody = (): boolean => true;
const modelOf = (
  name: string,
  table: string,
  fields: ReadModel['fields'],
  over: Partial<ReadModel> = {},
): ReadModel => ({
  name,
  table: (t) => `${table} AS ${t}`,
  key: 'id',
  mayRead: everybody,
  fields,
  ...over,
});

const [SHELF, OTHER_SHELF] = ['00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-000000000002'] as const;

beforeAll(async () => {
  await test.asOwner(`CREATE TABLE value (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), shelf_id uuid, held_text text,
    held_int int, held_bool bool, held_numeric numeric, held_moment timestamptz, held_day date, held_json jsonb)`);
  await test.asOwner('CREATE TABLE shelf (id uuid PRIMARY KEY, label text NOT NULL, next_id uuid)');
  await test.asOwner(
    'CREATE TABLE book (id uuid PRIMARY KEY, shelf_id uuid NOT NULL, rank int NOT NULL, title text NOT NULL, owner text)',
  );
  await test.asOwner('CREATE TABLE chapter (id uuid PRIMARY KEY, book_id uuid NOT NULL, place int NOT NULL)');
  await test.asOwner('GRANT SELECT ON value, shelf, book, chapter TO tierwarden_app');
  await test.asOwner(
    `INSERT INTO shelf VALUES ('${SHELF}', 'upper', '${OTHER_SHELF}'), ('${OTHER_SHELF}', 'lower', NULL)`,
  );
});

const ofShelf = (shelf: string, row: string): string => `${row}.shelf_id = ${shelf}.id`;
const byId = (t: string): string => `${t}.id`;

describe('a stored value', () => {
  const VALUE = modelOf('Value', 'value', {
    text: text('held_text'),
    int: int('held_int'),
    bool: bool('held_bool'),
    numeric: numeric('held_numeric'),
    moment: moment('held_moment'),
    day: day('held_day'),
    json: json('held_json'),
    // Not asked for NULL.
    length: text<number>('held_text', { as: (held: unknown) => (held as string).length }),
    made: computed({ int: int('held_int'), moment: moment('held_moment') }, (parts) => parts),
  });
  const SHELF_OF_VALUES = modelOf('Shelf', 'shelf', {
    values: many('Value', ofShelf, byId),
    page: connection('Value', ofShelf, (t) => [{ expression: `${t}.id`, type: 'uuid', direction: 'ASC' }]),
  });

  /** Read by itself, in a list and in a page. */
  const readBack = async (column: string, literal: string, ...fields: string[]): Promise<object[]> => {
    await test.asOwner('DELETE FROM value');
    const [row] = await test.asOwner<{ id: string }>(
      `INSERT INTO value (shelf_id, ${column}) VALUES ('${SHELF}', ${literal}) RETURNING id`,
    );
    const { reads } = readsOver({ models: [VALUE, SHELF_OF_VALUES] });
    const [alone] = await reads.byKeys('Value', [row?.id ?? ''], select(...fields), envOf());
    const [shelf] = (await reads.byKeys(
      'Shelf',
      [SHELF],
      select(under('values', ...fields), pageOf('page', {}, ...fields)),
      envOf(),
    )) as [{ values: object[]; page: Shaped }];
    return [alone ?? {}, ...shelf.values, ...shelf.page.items];
  };
  const alike = (fields: Record<string, unknown>): object[] =>
    [1, 2, 3].map(() => ({ __typename: 'Value', ...fields }));

  it.each<[string, string, unknown]>([
    ['text', "'plain'", 'plain'],
    ['text', "''", ''],
    [
      'text',
      String.raw`E'quote " apostrophe '' backslash \\ line\n tab\t'`,
      'quote " apostrophe \' backslash \\ line\n tab\t',
    ],
    ['text', "'评级 🏦'", '评级 🏦'],
    ['text', "'null'", 'null'],
    ['int', '0', 0],
    ['int', '-2147483648', -2_147_483_648],
    ['int', '2147483647', 2_147_483_647],
    ['bool', 'true', true],
    ['bool', 'false', false],
    ['numeric', "'1.50'", '1.50'],
    ['numeric', "'0.000'", '0.000'],
    ['numeric', "'-12.3400'", '-12.3400'],
    ['numeric', "'12345678901234567890123456789012345678'", '12345678901234567890123456789012345678'],
    ['numeric', "'0.00000000000000000000000000000000000001'", '0.00000000000000000000000000000000000001'],
    ['numeric', "'9999999999999999.9999999999999999999900'", '9999999999999999.9999999999999999999900'],
    ['moment', "'2026-02-03T04:05:06Z'", '2026-02-03T04:05:06.000Z'],
    ['moment', "'2026-02-03T04:05:06.7Z'", '2026-02-03T04:05:06.700Z'],
    ['moment', "'2026-02-03T04:05:06.789Z'", '2026-02-03T04:05:06.789Z'],
    ['moment', "'2026-02-03T04:05:06.789012Z'", '2026-02-03T04:05:06.789Z'],
    ['moment', "'2026-02-03T04:05:06.000001Z'", '2026-02-03T04:05:06.000Z'],
    ['moment', "'2026-02-03T04:05:06.999999Z'", '2026-02-03T04:05:06.999Z'],
    ['moment', "'2026-02-03T04:05:06+08'", '2026-02-02T20:05:06.000Z'],
    ['moment', "'0001-01-01T00:00:00Z'", '0001-01-01T00:00:00.000Z'],
    ['day', "'2024-02-29'", '2024-02-29'],
    ['json', `'{"b": [1, "x", null, {"y": 1.50}]}'`, { b: [1, 'x', null, { y: 1.5 }] }],
    ['json', `'"a JSON string"'`, 'a JSON string'],
    ['json', `'"\\"quoted\\" 评级"'`, '"quoted" 评级'],
    ['json', `'""'`, ''],
    ['json', `'17'`, 17],
    ['json', `'false'`, false],
    ['json', `'null'`, null],
    ['json', `'[]'`, []],
  ])('%s %s', async (stored, literal, expected) => {
    expect(await readBack(`held_${stored}`, literal, stored)).toEqual(alike({ [stored]: expected }));
  });

  it('is null for NULL, whatever it is, and then nothing more is made of it', async () => {
    const fields = ['text', 'int', 'bool', 'numeric', 'moment', 'day', 'json', 'length', 'made'];
    const nothing = Object.fromEntries(fields.map((name) => [name, null]));
    expect(await readBack('held_text', 'NULL', ...fields)).toEqual(
      alike({ ...nothing, made: { int: null, moment: null } }),
    );
    expect(await readBack('held_text', "'seven'", 'length')).toEqual(alike({ length: 5 }));
  });

  it('of any moment is its ISO text, cut to milliseconds', async () => {
    const MICROSECONDS = { min: 0, max: 4_102_444_800_000_000 };
    await fc.assert(
      fc.asyncProperty(fc.integer(MICROSECONDS), async (micros) => {
        const literal = `to_timestamp(${Math.floor(micros / 1e6)}) + interval '${micros % 1e6} microseconds'`;
        const expected = new Date(Math.floor(micros / 1_000)).toISOString();
        expect(await readBack('held_moment', literal, 'moment')).toEqual(alike({ moment: expected }));
      }),
      { numRuns: 30 },
    );
  });
});

describe('objects in objects', () => {
  const BOOK_ORDER = (t: string): readonly OrderColumn[] => [
    { expression: `${t}.rank`, type: 'int', direction: 'DESC' },
    { expression: `${t}.id`, type: 'uuid', direction: 'ASC' },
  ];
  /** More fields than a function takes arguments. */
  const WIDE = 230;
  const wide = Array.from({ length: WIDE }, (_, i) => `wide${i}`);
  const ROOM: RoomReads = {
    models: [
      modelOf('Chapter', 'chapter', { id: identity, place: int('place') }),
      modelOf('Book', 'book', {
        id: identity,
        title: text('title'),
        rank: int('rank'),
        shelf: one('Shelf', (book, shelf) => `${shelf}.id = ${book}.shelf_id`),
        chapters: many(
          'Chapter',
          (book, chapter) => `${chapter}.book_id = ${book}.id`,
          (t) => `${t}.place, ${t}.id`,
        ),
        pagedChapters: connection(
          'Chapter',
          (book, chapter) => `${chapter}.book_id = ${book}.id`,
          (t) => [{ expression: `${t}.id`, type: 'uuid', direction: 'ASC' }],
        ),
        ...Object.fromEntries(wide.map((name) => [name, text((t) => `${t}.title || '-${name}'`)])),
      }),
      modelOf('Shelf', 'shelf', {
        id: identity,
        label: text('label'),
        next: one('Shelf', (shelf, next) => `${next}.id = ${shelf}.next_id`),
        books: many('Book', ofShelf, (t) => `${t}.rank, ${t}.id`),
        pagedBooks: connection('Book', ofShelf, BOOK_ORDER),
        ranked: connection(
          'Book',
          (shelf, book, args) => `${book}.shelf_id = ${shelf}.id AND ${book}.rank = ${args['rank'] ?? ''}`,
          (t) => [{ expression: `${t}.id`, type: 'uuid', direction: 'DESC' }],
          ({ rank }) => (Number(rank) < 0 ? refuse('NOT_FOUND', 'no such rank', { reason: 'RANK' }) : ok(true)),
        ),
      }),
    ],
  };

  interface BookRow {
    readonly id: string;
    readonly shelfId: string;
    readonly rank: number;
  }
  const store = async (ranks: Readonly<Record<string, readonly number[]>>): Promise<BookRow[]> => {
    await test.asOwner('TRUNCATE book, chapter');
    const books = Object.entries(ranks).flatMap(([shelfId, own]) =>
      own.map((rank) => ({ id: test.newId(), shelfId, rank })),
    );
    for (const { id, shelfId, rank } of books) {
      await test.asOwner("INSERT INTO book VALUES ($1, $2, $3::int, 'Title ' || $3::int)", [id, shelfId, rank]);
    }
    return books;
  };

  it('come in one statement: one, many inside many, one inside many, and pages inside of both', async () => {
    const [first, second] = await store({ [SHELF]: [1, 2], [OTHER_SHELF]: [] });
    for (const [id, book] of [first, first, second].entries()) {
      await test.asOwner('INSERT INTO chapter VALUES ($1, $2, $3)', [test.newId(), book?.id, id]);
    }
    const { reads, sent } = readsOver(ROOM);
    const chapters = pageOf('pagedChapters', { first: 1, total: true }, 'place');
    const selection = select(
      'label',
      under('books', 'title', under('chapters', 'place'), under('shelf', 'label', under('next', 'label')), chapters),
      under('next', 'label', under('books', 'title'), under('next', 'label')),
    );
    const [shelf] = await reads.byKeys('Shelf', [SHELF], selection, envOf());
    const upper = { label: 'upper', next: { label: 'lower' } };
    expect(shelf).toMatchObject({
      label: 'upper',
      books: [
        {
          title: 'Title 1',
          chapters: [{ place: 0 }, { place: 1 }],
          shelf: upper,
          pagedChapters: { items: [{ place: 0 }], hasNextPage: true, total: { count: 2, precision: 'EXACT' } },
        },
        {
          title: 'Title 2',
          chapters: [{ place: 2 }],
          shelf: upper,
          pagedChapters: { items: [{ place: 2 }], hasNextPage: false, total: { count: 1, precision: 'EXACT' } },
        },
      ],
      next: { label: 'lower', books: [], next: null },
    });
    expect(
      (shelf as { books: { pagedChapters: Shaped }[] }).books.map(({ pagedChapters }) => pagedChapters),
    ).toMatchObject([{ parent: first?.id }, { parent: second?.id }]);
    expect(sent).toHaveLength(1);
  });

  it('hold more columns than a function of PostgreSQL takes arguments', async () => {
    await store({ [SHELF]: [1, 2] });
    const { reads } = readsOver(ROOM);
    const fields = ['title', ...wide];
    const selection = select(under('books', ...fields), pageOf('pagedBooks', { first: 1 }, ...fields));
    const [shelf] = (await reads.byKeys('Shelf', [SHELF], selection, envOf())) as [
      { books: Record<string, string>[]; pagedBooks: Shaped },
    ];
    const expected = (rank: number) => ({
      __typename: 'Book',
      title: `Title ${rank}`,
      ...Object.fromEntries(wide.map((name) => [name, `Title ${rank}-${name}`])),
    });
    expect(shelf.books).toEqual([expected(1), expected(2)]);
    expect(shelf.pagedBooks.items).toEqual([expected(2)]);
    expect(shelf.pagedBooks.keys[0]?.[0]).toBe('2');
    expect(shelf.pagedBooks.hasNextPage).toBe(true);
  });

  const rankOrder = (a: BookRow, b: BookRow): number => b.rank - a.rank || (a.id < b.id ? -1 : 1);

  it('are paged through without gap or double, whatever the sizes, in a list of parents', async () => {
    const someRanks = fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(someRanks, someRanks, fc.integer({ min: 1, max: 7 }), async (upper, lower, first) => {
        const books = await store({ [SHELF]: upper, [OTHER_SHELF]: lower });
        const { reads } = readsOver(ROOM);
        for (const shelfId of [SHELF, OTHER_SHELF]) {
          const seen: string[] = [];
          let after: PageKey | null = null;
          for (;;) {
            const selection = select(pageOf('pagedBooks', { first, after, total: true }, 'id', 'rank'));
            const shelves = (await reads.byKeys('Shelf', [SHELF, OTHER_SHELF], selection, envOf())) as {
              pagedBooks: Shaped;
            }[];
            const page: Shaped | undefined = shelves
              .map(({ pagedBooks }) => pagedBooks)
              .find(({ parent }) => parent === shelfId);
            if (page === undefined) throw new Error('the shelf is not there');
            seen.push(...page.items.map((item) => (item as { id: string }).id));
            expect(page.items.length).toBeLessThanOrEqual(first);
            expect(page.total?.count).toBe(shelfId === SHELF ? upper.length : lower.length);
            if (!page.hasNextPage) break;
            after = page.keys.at(-1) ?? null;
          }
          const expected = books.filter((book) => book.shelfId === shelfId).sort(rankOrder);
          expect(seen).toEqual(expected.map(({ id }) => `Book/${id}`));
        }
      }),
      { numRuns: 25 },
    );
  });

  it('are paged through at the root alike', async () => {
    const orders = fc.tuple(fc.constantFrom('ASC', 'DESC'), fc.constantFrom('ASC', 'DESC'));
    const someRanks = fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 15 });
    await fc.assert(
      fc.asyncProperty(someRanks, orders, fc.integer({ min: 1, max: 6 }), async (ranks, [byRank, byKey], first) => {
        const books = await store({ [SHELF]: ranks });
        const list: ListSource = {
          model: 'Book',
          alias: 'book',
          select: (params) => ({
            from: 'book',
            where: [`book.rank >= ${params.add(1)}`],
            order: [
              { expression: 'book.rank', type: 'int', direction: byRank },
              { expression: 'book.id', type: 'uuid', direction: byKey },
            ],
          }),
        };
        const { reads } = readsOver(ROOM);
        const seen: string[] = [];
        let after: PageKey | null = null;
        for (;;) {
          const page: ReadPage = await reads.page(list, asPage({ first, after, total: true }), select('id'), envOf());
          seen.push(...page.items.map((item) => (item as { id: string }).id));
          expect(page.total?.count).toBe(ranks.filter((rank) => rank >= 1).length);
          if (!page.hasNextPage) break;
          after = page.keys.at(-1) ?? null;
        }
        const signed = (order: string, difference: number): number => (order === 'ASC' ? difference : -difference);
        const expected = books
          .filter(({ rank }) => rank >= 1)
          .sort((a, b) => signed(byRank, a.rank - b.rank) || signed(byKey, a.id < b.id ? -1 : 1));
        expect(seen).toEqual(expected.map(({ id }) => `Book/${id}`));
      }),
      { numRuns: 25 },
    );
  });

  it('are listed twice at once under different arguments, each of which travels as a parameter', async () => {
    await store({ [SHELF]: [1, 1, 2], [OTHER_SHELF]: [2] });
    const { reads, sent } = readsOver(ROOM);
    const rankedBy = (rank: number): SelectedField => ({
      ...pageOf('ranked', { first: 5, total: true, filter: { rank } }, 'title'),
      property: `ranked ${rank}`,
    });
    const selection = select(rankedBy(1), under('next', rankedBy(2), rankedBy(7)), rankedBy(2));
    const [shelf] = (await reads.byKeys('Shelf', [SHELF], selection, envOf())) as Record<string, unknown>[];
    const count = (of: Record<string, unknown>, rank: number): unknown[] => {
      const page = of[`ranked ${rank}`] as Shaped;
      return [page.total?.count, page.items.map((item) => (item as { title: string }).title)];
    };
    const next = shelf?.['next'] as Record<string, unknown>;
    expect([count(shelf ?? {}, 1), count(shelf ?? {}, 2), count(next, 2), count(next, 7)]).toEqual([
      [2, ['Title 1', 'Title 1']],
      [1, ['Title 2']],
      [1, ['Title 2']],
      [0, []],
    ]);
    expect(sent.map(({ values }) => values)).toEqual([[1, 2, 7, 2, SHELF]]);
  });

  it('are refused as a whole where an argument makes no sense', async () => {
    const { reads, sent } = readsOver(ROOM);
    const selection = select(pageOf('ranked', { filter: { rank: -1 } }, 'title'));
    await expect(reads.byKeys('Shelf', [SHELF], selection, envOf())).rejects.toMatchObject({
      refusal: { code: 'NOT_FOUND', reason: 'RANK' },
    });
    expect(sent).toEqual([]);
  });

  it('refuse a key of another order', async () => {
    const { reads } = readsOver(ROOM);
    const selection = select(pageOf('pagedBooks', { after: ['1'] }, 'title'));
    await expect(reads.byKeys('Shelf', [SHELF], selection, envOf())).rejects.toMatchObject({
      refusal: { reason: 'INVALID_CURSOR' },
    });
  });

  it('are found by their keys in the order of the keys, unknown and doubled ones among them', async () => {
    const { reads, sent } = readsOver(ROOM);
    const unknown = test.newId();
    const found = await reads.byKeys('Shelf', [OTHER_SHELF, unknown, SHELF, OTHER_SHELF], select('label'), envOf());
    expect(found.map((one) => (one as { label: string } | null)?.label)).toEqual([
      'lower',
      undefined,
      'upper',
      'lower',
    ]);
    expect(sent).toHaveLength(1);
  });
});

describe('what the viewer may not read', () => {
  const maySee = (role: Role) => (actor: Actor) => actor.roles.includes(role);
  const ROOM: RoomReads = {
    models: [
      modelOf(
        'Book',
        'book',
        { title: text('title'), chapters: many('Chapter', (book, chapter) => `${chapter}.book_id = ${book}.id`, byId) },
        { mayRead: maySee('RISK_ANALYST') },
      ),
      modelOf('Chapter', 'chapter', { place: int('place') }),
      modelOf('Shelf', 'shelf', {
        label: text('label'),
        topBook: one('Book', (shelf, book) => `${book}.shelf_id = ${shelf}.id AND ${book}.rank = 1`),
        books: many('Book', ofShelf, byId),
        page: connection('Book', ofShelf, (t) => [{ expression: `${t}.id`, type: 'uuid', direction: 'ASC' }]),
      }),
      modelOf(
        'OwnedBook',
        'book',
        { title: text('title') },
        {
          sees: computed({ owner: text('owner') }, ({ owner }, { viewer: looking }) => owner === looking.id),
        },
      ),
      modelOf('OwnShelf', 'shelf', {
        top: one('OwnedBook', (shelf, book) => `${book}.shelf_id = ${shelf}.id AND ${book}.rank = 1`),
        all: many('OwnedBook', ofShelf, (t) => `${t}.rank`),
        page: connection('OwnedBook', ofShelf, (t) => [{ expression: `${t}.id`, type: 'uuid', direction: 'ASC' }]),
      }),
    ],
  };
  const books: string[] = [];

  beforeAll(async () => {
    await test.asOwner('TRUNCATE book, chapter');
    for (const [rank, owner] of [ANALYST.id, MAKER.id].entries()) {
      const id = test.newId();
      books.push(id);
      await test.asOwner('INSERT INTO book VALUES ($1, $2, $3, $4, $5)', [id, SHELF, rank + 1, `of ${owner}`, owner]);
    }
  });

  const EVERYTHING = select(
    'label',
    under('topBook', 'title', under('chapters', 'place')),
    under('books', 'title', under('chapters', 'place')),
    pageOf('page', { total: true }, 'title', under('chapters', 'place')),
  );

  it('is not there, and is not asked for', async () => {
    const { reads, sent } = readsOver(ROOM);
    const [shelf] = await reads.byKeys('Shelf', [SHELF], EVERYTHING, envOf(MAKER));
    expect(shelf).toMatchObject({
      label: 'upper',
      topBook: null,
      books: [],
      page: { items: [], keys: [], hasNextPage: false, total: { count: 0, precision: 'EXACT' } },
    });
    expect(sent.map((statement) => statement.text).join()).not.toMatch(/book|chapter|title/);
    expect(await reads.byKeys('Book', [books[0] ?? ''], select('title'), envOf(MAKER))).toEqual([null]);
    expect(sent).toHaveLength(1);
  });

  it('is another thing for somebody else who asks by the same document at the same time', async () => {
    const { reads } = readsOver(ROOM);
    const ask = async (actor: Actor): Promise<unknown[]> => {
      const [shelf] = (await reads.byKeys('Shelf', [SHELF], EVERYTHING, envOf(actor))) as [
        { topBook: object | null; books: object[]; page: Shaped },
      ];
      return [shelf.topBook !== null, shelf.books.length, shelf.page.items.length];
    };
    const both = viewer('SALES_MAKER', 'RISK_ANALYST');
    const answers = await Promise.all([MAKER, ANALYST, both, MAKER, ANALYST, both].map(ask));
    const [nothing, everything] = [
      [false, 0, 0],
      [true, 2, 2],
    ];
    expect(answers).toEqual([nothing, everything, everything, nothing, everything, everything]);
  });

  it('may depend on the object: then it is left out wherever it would be led to', async () => {
    const { reads } = readsOver(ROOM);
    const selection = select(under('top', 'title'), under('all', 'title'));
    const ask = async (actor: Actor): Promise<unknown> =>
      (await reads.byKeys('OwnShelf', [SHELF], selection, envOf(actor)))[0];
    const [ofAnalyst, ofMaker] = [{ title: `of ${ANALYST.id}` }, { title: `of ${MAKER.id}` }];
    expect(await ask(ANALYST)).toMatchObject({ top: ofAnalyst, all: [ofAnalyst] });
    expect(await ask(MAKER)).toMatchObject({ top: null, all: [ofMaker] });
    expect(await reads.byKeys('OwnedBook', books, select('title'), envOf(MAKER))).toMatchObject([null, ofMaker]);
  });

  it('and depends on the object cannot be read by pages, which would have holes', async () => {
    const { reads } = readsOver(ROOM);
    const paged = reads.byKeys('OwnShelf', [SHELF], select(pageOf('page', {}, 'title')), envOf());
    await expect(paged).rejects.toThrow('OwnShelf.page leads by pages to OwnedBook, of which the viewer sees a part');
  });
});

describe('what is made beside the rows', () => {
  const loads = { prepared: 0, batched: [] as string[][] };
  beforeEach(() => {
    loads.prepared = 0;
    loads.batched = [];
  });
  const prepare = async ({ now }: ReadEnv): Promise<string> => {
    loads.prepared++;
    return now.toISOString();
  };
  const ROOM: RoomReads = {
    models: [
      modelOf('Book', 'book', {
        title: text('title'),
        stamped: prepared({ title: text('title') }, prepare, ({ title }, _, stamp) => `${title} ${stamp}`),
        stampedAgain: prepared({}, prepare, (_, { viewer: looking }, stamp) => `${looking.name} ${stamp}`),
        loud: batched({ title: text('title') }, async (parts) => {
          loads.batched.push(parts.map(({ title }) => title));
          return parts.map(({ title }) => title.toUpperCase());
        }),
      }),
      modelOf('Shelf', 'shelf', {
        books: many('Book', ofShelf, (t) => `${t}.rank`),
        next: one('Shelf', (shelf, next) => `${next}.id = ${shelf}.next_id`),
      }),
    ],
  };
  const STAMP = '2026-01-15T08:00:00.000Z';

  beforeAll(async () => {
    await test.asOwner('TRUNCATE book');
    for (const [rank, shelf] of [SHELF, SHELF, OTHER_SHELF].entries()) {
      await test.asOwner('INSERT INTO book VALUES ($1, $2, $3, $4)', [test.newId(), shelf, rank, `book ${rank}`]);
    }
  });

  it('is prepared once for the whole answer, and loaded once for all objects of it', async () => {
    const { reads, sent } = readsOver(ROOM);
    const books = under('books', 'stamped', 'stampedAgain', 'loud');
    const [shelf] = await reads.byKeys('Shelf', [SHELF], select(books, under('next', books)), envOf());
    const made = (place: number): object => ({
      stamped: `book ${place} ${STAMP}`,
      stampedAgain: `Somebody ${STAMP}`,
      loud: `BOOK ${place}`,
    });
    expect(shelf).toMatchObject({ books: [made(0), made(1)], next: { books: [made(2)] } });
    expect(loads.prepared).toBe(1);
    expect(loads.batched.map((titles) => [...titles].sort())).toEqual([['book 0', 'book 1', 'book 2']]);
    expect(sent).toHaveLength(1);
  });

  it('is not made where nobody asked for it, nor where there is no object', async () => {
    const { reads } = readsOver(ROOM);
    await reads.byKeys('Shelf', [SHELF], select(under('books', 'title')), envOf());
    await reads.byKeys('Shelf', [test.newId()], select(under('books', 'loud')), envOf());
    expect(loads).toEqual({ prepared: 0, batched: [] });
  });
});

describe('statements', () => {
  const FIELDS = Array.from({ length: 10 }, (_, i) => `field${i}`);
  const ROOM: RoomReads = {
    models: [modelOf('Shelf', 'shelf', Object.fromEntries(FIELDS.map((name, i) => [name, int(() => `${i}`)])))],
  };

  it('are named when they come again, each under its own name, and only so many of them', async () => {
    const { reads, sent } = readsOver(ROOM);
    const shapes = Array.from({ length: 2 ** FIELDS.length }, (_, shape) =>
      select(...FIELDS.filter((_field, bit) => (shape >> bit) & 1)),
    );
    for (const selection of shapes) {
      for (let again = 0; again < 3; again++) await reads.byKeys('Shelf', [SHELF], selection, envOf());
    }
    const names = new Map<string, string>();
    for (const { name, text: statement } of sent) {
      if (name === null) continue;
      expect(names.get(name) ?? statement).toBe(statement);
      names.set(name, statement);
    }
    expect(sent).toHaveLength(3 * shapes.length);
    expect(names.size).toBe(400);
    expect(new Set(names.values()).size).toBe(names.size);
    // The first of a shape is never named: most never come again.
    expect(sent.filter((_, i) => i % 3 === 0).every(({ name }) => name === null)).toBe(true);
    expect(sent[1]?.name).toBe(sent[2]?.name);
    const held = `SELECT count(*)::int AS count FROM pg_prepared_statements WHERE name LIKE '${readers}\\_read\\_%'`;
    const ofConnections = await Promise.all(
      Array.from({ length: 20 }, () => test.database.rows({ name: null, text: held, values: [] })),
    );
    const counts = ofConnections.map(([row]) => Number(row?.[0]));
    expect(Math.max(...counts)).toBe(400);
  });

  it('go on where a newer release has added a column', async () => {
    const { reads, sent } = readsOver(ROOM);
    const list: ListSource = {
      model: 'Shelf',
      alias: 'shelf',
      select: () => ({
        from: 'shelf',
        where: [],
        order: [{ expression: 'shelf.id', type: 'uuid', direction: 'ASC' }],
      }),
    };
    const ask = (): Promise<ReadPage> => reads.page(list, asPage(), select('field1'), envOf());
    const before = [await ask(), await ask(), await ask()];
    await test.asOwner('ALTER TABLE shelf ADD COLUMN newer text');
    expect([await ask(), await ask(), await ask()]).toEqual(before);
    await test.asOwner('ALTER TABLE shelf DROP COLUMN newer');
    expect(await ask()).toEqual(before[0]);
    expect(sent.at(-1)?.name).not.toBeNull();
  });

  it('are the same whatever is looked for', async () => {
    const { reads, sent } = readsOver(ROOM);
    const list = (label: string): ListSource => ({
      model: 'Shelf',
      alias: 'shelf',
      select: (params) => ({
        from: 'shelf',
        where: [`shelf.label = ${params.add(label)}`],
        order: [{ expression: 'shelf.id', type: 'uuid', direction: 'ASC' }],
      }),
    });
    for (const label of ['upper', "'; DROP TABLE shelf; --", '$1', '$2::text', "E\\'x"]) {
      await reads.page(list(label), asPage({ after: [SHELF], total: true }), select('field1'), envOf());
      await reads.first(list(label), select('field1'), envOf());
    }
    expect(new Set(sent.map(({ text: statement }) => statement)).size).toBe(3);
  });
});

describe('models', () => {
  const shelf = modelOf('Shelf', 'shelf', { label: text('label') });
  const links = { Shelf: { books: many('Book', ofShelf, byId) } };

  it('of rooms to the left are given links by rooms to the right', () => {
    const { reads } = readsOver({ models: [shelf] }, { models: [modelOf('Book', 'book', {})], links });
    expect(Object.keys(reads.models.get('Shelf')?.fields ?? {})).toEqual(['label', 'books']);
    expect(Object.keys(shelf.fields)).toEqual(['label']);
  });

  it('are not found where a room to the left has none', () => {
    expect(() => readsOver({ models: [], links }, { models: [shelf] })).toThrow('a link leaves Shelf');
  });

  it('that nobody describes, and joins that are not there, are errors of the program', async () => {
    const { reads } = readsOver({
      models: [modelOf('Shelf', 'shelf', { lost: text('x', { join: 'lost' }), books: links.Shelf.books })],
    });
    await expect(reads.byKeys('Book', [], select(), envOf())).rejects.toThrow('no model is called Book');
    await expect(reads.byKeys('Shelf', [SHELF], select('lost'), envOf())).rejects.toThrow('Shelf has no join lost');
    await expect(reads.byKeys('Shelf', [SHELF], select('books'), envOf())).rejects.toThrow('no model is called Book');
  });
});
