/**
 * From a selection of fields to one SQL statement and the function that makes objects of its rows. Objects that a row leads
 * to are joined to it; lists are aggregated to JSON inside of it. Nothing is selected that was not asked for.
 */
import type { Actor } from '../kernel/actor';
import { COUNT_CAP, type CappedCount, type PageKey, type PageRequest } from '../kernel/page';
import { RefusalError } from '../kernel/refusal';
import { afterKey, capped, orderClause, SqlParams, whereClause } from './keyset';
import type {
  BatchedField,
  ColumnField,
  ComputedField,
  ConnectionField,
  ManyField,
  OneField,
  ReadEnv,
  ReadModel,
  Stored,
} from './read-model';

/** Fields asked for on an object. */
export interface Selection {
  readonly fields: readonly SelectedField[];
}

export interface SelectedField {
  readonly name: string;
  /** Property that the value is put under; differs from the name where a list is asked for twice. */
  readonly property: string;
  /** Null for values without parts. */
  readonly selection: Selection | null;
  /** Of lists by pages. */
  readonly page: SelectedPage | null;
}

/** What is asked of a page, besides its items' fields. */
export interface SelectedPage extends PageRequest {
  readonly keys: boolean;
  readonly total: boolean;
  /** Further arguments of the list, which its condition takes. */
  readonly filter?: Readonly<Record<string, unknown>>;
  /** Makes the doors' own form of a page, which stands under the object with the key `parent`. */
  readonly shape: (page: ReadPage, parent: string | null) => unknown;
}

export interface ReadPage {
  readonly items: readonly object[];
  /** One per item; empty where keys were not asked for. */
  readonly keys: readonly PageKey[];
  readonly hasNextPage: boolean;
  /** Null where it was not asked for. */
  readonly total: CappedCount | null;
}

type Row = readonly unknown[];
type Read = (row: Row, run: Run) => unknown;
export type ReadObject = (row: Row, run: Run) => Record<string, unknown>;

/** What one execution of a plan collects. */
export interface Run {
  readonly env: ReadEnv;
  /** Results of the plan's preparations. */
  readonly prepared: ReadonlyMap<Prepare, unknown>;
  /** What is still to be made, for all objects at once. */
  readonly batches: Map<BatchedField, Batch>;
}
export type Prepare = NonNullable<ComputedField['prepare']>;
interface Batch {
  readonly parts: Record<string, unknown>[];
  readonly targets: { readonly object: Record<string, unknown>; readonly property: string }[];
}

export interface Plan {
  /** Select list over the model's alias. */
  readonly columns: readonly string[];
  readonly joins: readonly string[];
  /** Values of $1, $2, … in columns and joins. */
  readonly values: readonly unknown[];
  readonly prepares: readonly Prepare[];
  /** Whether the viewer sees the object that a key led to; null where everybody sees every one. */
  readonly sees: ((row: Row, run: Run) => boolean) | null;
  readonly read: ReadObject;
}

export interface PlanInput {
  readonly models: ReadonlyMap<string, ReadModel>;
  readonly model: ReadModel;
  readonly alias: string;
  readonly selection: Selection;
  /** What may be read depends on who looks. */
  readonly viewer: Actor;
}

/** Lists of a function's arguments are cut into pieces of this length: PostgreSQL takes 100. */
const MAX_ARGUMENTS = 90;

export const planRead = ({ models, model, alias, selection, viewer }: PlanInput): Plan => {
  const params = new SqlParams();
  const prepares = new Set<Prepare>();
  let aliases = 0;
  const nextAlias = (): string => `t${++aliases}`;
  const modelOf = (name: string): ReadModel => {
    const found = models.get(name);
    if (found === undefined) throw new Error(`no model is called ${name}`);
    return found;
  };

  /** One row under construction: the statement's own, or one of an aggregated list. */
  class Level {
    readonly columns: string[] = [];
    readonly joins: string[] = [];
    private readonly places = new Map<string, number>();

    constructor(readonly decoders: Readonly<Record<Stored, Decode>>) {}

    /** Place of an expression in the row. */
    add(expression: string): number {
      const known = this.places.get(expression);
      if (known !== undefined) return known;
      this.places.set(expression, this.columns.length);
      return this.columns.push(expression) - 1;
    }

    placeOf(expression: string): number | undefined {
      return this.places.get(expression);
    }

    join(join: string): void {
      if (!this.joins.includes(join)) this.joins.push(join);
    }

    column(owner: ReadModel, t: string, field: ColumnField): Read {
      if (field.join !== undefined) {
        const joined = owner.joins?.[field.join];
        if (joined === undefined) throw new Error(`${owner.name} has no join ${field.join}`);
        this.join(joined(t));
      }
      const expression = field.sql(t);
      const exact = field.stored === 'numeric' && this.decoders === IN_JSON ? `(${expression})::text` : expression;
      const place = this.add(exact);
      const decode = this.decoders[field.stored];
      const as = field.as as ((value: unknown) => unknown) | undefined;
      if (as === undefined) return decode === null ? (row) => row[place] : (row) => orNull(row[place], decode);
      return (row) => orNull(row[place], decode === null ? as : (value) => as(decode(value)));
    }
  }

  const objectOf = (owner: ReadModel, t: string, wanted: Selection, level: Level): ReadObject => {
    const names: string[] = [];
    const reads: Read[] = [];
    const batches: { property: string; field: BatchedField; parts: ReadObject }[] = [];
    for (const { name, property, selection: inner, page } of wanted.fields) {
      const field = owner.fields[name];
      // Whatever is no field of the model has a resolver of its own.
      if (field === undefined) continue;
      if (field.kind === 'batched') {
        batches.push({ property, field, parts: partsOf(owner, t, field.needs, level) });
        continue;
      }
      names.push(property);
      switch (field.kind) {
        case 'column':
          reads.push(level.column(owner, t, field));
          break;
        case 'identity': {
          const place = level.add(`${t}.${owner.key}`);
          reads.push((row, { env }) => env.identify(owner.name, row[place] as string));
          break;
        }
        case 'computed':
          reads.push(computedOf(owner, t, field, level));
          break;
        case 'one':
          reads.push(oneOf(t, field, inner ?? NOTHING, level));
          break;
        case 'many':
          reads.push(manyOf(t, field, inner ?? NOTHING, level));
          break;
        case 'connection':
          if (page === null) throw new Error(`${owner.name}.${name} is read by pages`);
          reads.push(connectionOf(owner, t, name, field, inner ?? NOTHING, page, level));
          break;
      }
    }
    const count = names.length;
    return (row, run) => {
      const object: Record<string, unknown> = { __typename: owner.name };
      for (let i = 0; i < count; i++) object[names[i] as string] = (reads[i] as Read)(row, run);
      for (const { property, field, parts } of batches) {
        const batch = run.batches.get(field) ?? { parts: [], targets: [] };
        run.batches.set(field, batch);
        batch.parts.push(parts(row, run));
        batch.targets.push({ object, property });
      }
      return object;
    };
  };

  const partsOf = (
    owner: ReadModel,
    t: string,
    needs: Readonly<Record<string, ColumnField>>,
    level: Level,
  ): ReadObject => {
    const names = Object.keys(needs);
    const reads = Object.values(needs).map((field) => level.column(owner, t, field));
    return (row, run) => {
      const parts: Record<string, unknown> = {};
      for (let i = 0; i < names.length; i++) parts[names[i] as string] = (reads[i] as Read)(row, run);
      return parts;
    };
  };

  const computedOf = (owner: ReadModel, t: string, field: ComputedField, level: Level): Read => {
    const parts = partsOf(owner, t, field.needs, level);
    const from = field.from as (parts: unknown, env: ReadEnv, prepared: unknown) => unknown;
    const { prepare } = field;
    if (prepare === undefined) return (row, run) => from(parts(row, run), run.env, undefined);
    prepares.add(prepare);
    return (row, run) => from(parts(row, run), run.env, run.prepared.get(prepare));
  };

  const seesOf = (owner: ReadModel, t: string, level: Level): ((row: Row, run: Run) => boolean) | null => {
    if (owner.sees === undefined) return null;
    const sees = computedOf(owner, t, owner.sees, level);
    return (row, run) => sees(row, run) === true;
  };

  const oneOf = (t: string, field: OneField, wanted: Selection, level: Level): Read => {
    const child = modelOf(field.model);
    if (!child.mayRead(viewer)) return () => null;
    const alias = nextAlias();
    level.join(`LEFT JOIN ${child.table(alias)} ON ${field.on(t, alias)}`);
    const sees = seesOf(child, alias, level);
    const read = objectOf(child, alias, wanted, level);
    // What stands in the row anyhow says whether there is one; else a mark does, and not a key that nobody asked for.
    const key = level.placeOf(`${alias}.${child.key}`);
    const mark = key ?? level.add(`CASE WHEN ${alias}.${child.key} IS NOT NULL THEN 1 END`);
    return (row, run) => (row[mark] === null || sees?.(row, run) === false ? null : read(row, run));
  };

  const manyOf = (t: string, field: ManyField, wanted: Selection, level: Level): Read => {
    const child = modelOf(field.model);
    if (!child.mayRead(viewer)) return () => [];
    const alias = nextAlias();
    const inner = new Level(IN_JSON);
    const sees = seesOf(child, alias, inner);
    const read = objectOf(child, alias, wanted, inner);
    const place = level.add(
      `(SELECT json_agg(${jsonRow(inner.columns)} ORDER BY ${field.order(alias)}) FROM ${child.table(alias)} ${inner.joins.join(' ')} WHERE ${field.on(t, alias)})`,
    );
    const rowsOf = jsonRows(level, place, inner);
    return (row, run) => {
      const items = rowsOf(row);
      return (sees === null ? items : items.filter((item) => sees(item, run))).map((item) => read(item, run));
    };
  };

  const connectionOf = (
    owner: ReadModel,
    t: string,
    name: string,
    field: ConnectionField,
    wanted: Selection,
    page: SelectedPage,
    level: Level,
  ): Read => {
    const child = modelOf(field.model);
    // Its pages would have holes.
    if (child.sees !== undefined) {
      throw new Error(`${owner.name}.${name} leads by pages to ${child.name}, of which the viewer sees a part`);
    }
    const parent = level.add(`${t}.${owner.key}`);
    if (!child.mayRead(viewer)) {
      return (row) => page.shape({ items: [], keys: [], hasNextPage: false, total: capped(0) }, row[parent] as string);
    }
    const alias = nextAlias();
    const accepted = field.accepts?.(page.filter ?? {}) ?? { ok: true };
    if (!accepted.ok) throw new RefusalError(accepted.refusal);
    const filter = Object.entries(page.filter ?? {}).map(([arg, value]) => [arg, params.add(value)]);
    const tied = field.on(t, alias, Object.fromEntries(filter) as Readonly<Record<string, string>>);
    const order = field.order(alias);
    const inner = new Level(IN_JSON);
    const read = objectOf(child, alias, wanted, inner);
    const keys = page.keys ? order.map(({ expression }) => inner.add(expression)) : [];
    const after = page.after === null ? [] : [afterKey(order, page.after, params)];
    const cut = `(SELECT ${alias}.* FROM ${child.table(alias)} ${whereClause([...after, tied])} ${orderClause(order)} LIMIT ${page.first + 1}) AS ${alias}`;
    const items = level.add(
      `(SELECT json_agg(${jsonRow(inner.columns)} ${orderClause(order)}) FROM ${cut} ${inner.joins.join(' ')})`,
    );
    const total = page.total
      ? level.add(
          `(SELECT count(*) FROM (SELECT FROM ${child.table(alias)} WHERE ${tied} LIMIT ${COUNT_CAP + 1}) AS capped)`,
        )
      : null;
    const rowsOf = jsonRows(level, items, inner);
    return (row, run) =>
      page.shape(
        pageOf(rowsOf(row), page, keys, (item) => read(item, run), total === null ? null : Number(row[total])),
        row[parent] as string,
      );
  };

  const level = new Level(IN_ROW);
  const sees = seesOf(model, alias, level);
  const read = objectOf(model, alias, selection, level);
  return { sees, columns: level.columns, joins: level.joins, values: params.values, prepares: [...prepares], read };

  function jsonRows(outer: Level, place: number, inner: Level): (row: Row) => readonly Row[] {
    const flat = inner.columns.length <= MAX_ARGUMENTS;
    return (row) => {
      const held = row[place];
      if (held === null) return [];
      const rows = (outer.decoders === IN_ROW ? JSON.parse(held as string) : held) as Row[];
      return flat ? rows : rows.map((pieces) => pieces.flat());
    };
  }
};

/** Rows of a page that was read with one row too many. */
export const pageOf = (
  rows: readonly Row[],
  page: PageRequest,
  keys: readonly number[],
  read: (row: Row) => object,
  total: number | null,
): ReadPage => {
  const hasNextPage = rows.length > page.first;
  const kept = hasNextPage ? rows.slice(0, page.first) : rows;
  return {
    items: kept.map(read),
    keys: keys.length === 0 ? [] : kept.map((row) => keys.map((place) => String(row[place]))),
    hasNextPage,
    total: total === null ? null : capped(total),
  };
};

const NOTHING: Selection = { fields: [] };

const jsonRow = (columns: readonly string[]): string => {
  if (columns.length <= MAX_ARGUMENTS) return `json_build_array(${columns.join(', ')})`;
  const pieces: string[] = [];
  for (let i = 0; i < columns.length; i += MAX_ARGUMENTS) {
    pieces.push(`json_build_array(${columns.slice(i, i + MAX_ARGUMENTS).join(', ')})`);
  }
  return `json_build_array(${pieces.join(', ')})`;
};

/** Null where the value is as it is wanted. */
type Decode = ((value: unknown) => unknown) | null;

const orNull = (value: unknown, decode: (value: unknown) => unknown): unknown =>
  value === null ? null : decode(value);

/** The server's text or JSON of a timestamptz, with the time zone UTC, cut to milliseconds. */
const isoMoment = (value: unknown): string => {
  const written = value as string;
  const fraction = written.charAt(19) === '.' ? (/\d+/.exec(written.slice(20, 23))?.[0] ?? '') : '';
  return `${written.slice(0, 10)}T${written.slice(11, 19)}.${fraction.padEnd(3, '0')}Z`;
};

const IN_ROW: Readonly<Record<Stored, Decode>> = {
  text: null,
  int: Number,
  bool: (value) => value === 't',
  numeric: null,
  moment: isoMoment,
  day: null,
  json: (value) => JSON.parse(value as string) as unknown,
};

const IN_JSON: Readonly<Record<Stored, Decode>> = {
  text: null,
  int: null,
  bool: null,
  numeric: null,
  moment: isoMoment,
  day: null,
  json: null,
};
