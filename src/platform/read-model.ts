/**
 * How objects that people look at are read: what each is made of, in SQL, and whom it leads to. A room describes its own
 * objects, and links from objects of rooms to its left; {@link createReads} turns a selection of fields into statements.
 *
 * Names of models and fields are those of the API, and values have the form in which they are answered: moments as ISO
 * text, exact decimals as text.
 */
import type { Actor } from '../kernel/actor';
import type { Result } from '../kernel/result';
import type { OrderColumn, SqlParams } from './keyset';

/** What a read knows besides its rows. */
export interface ReadEnv {
  readonly viewer: Actor;
  /** One moment for the whole read. */
  readonly now: Date;
  /** Public form of a key; the doors decide how it looks. */
  readonly identify: (model: string, key: string) => string;
  /** Told of every sensitive value that goes into the answer; absent where nobody keeps a record. */
  readonly looked?: ((look: { readonly customerId: string; readonly field: string }) => void) | undefined;
}

/** How the database holds a value. */
export type Stored = 'text' | 'int' | 'bool' | 'numeric' | 'moment' | 'day' | 'json';

/** SQL over the alias under which the object's table stands. */
export type SqlOf = (t: string) => string;

/** A value that the database computes; `Value` is its decoded form, null wherever SQL gives NULL. */
export interface ColumnField<Value = unknown> {
  readonly kind: 'column';
  readonly stored: Stored;
  readonly sql: SqlOf;
  /** The join of the model that the expression reaches into. */
  readonly join: string | undefined;
  /** Further step of decoding; not asked for NULL. */
  readonly as: ((value: never) => Value) | undefined;
}

type Columns = Readonly<Record<string, ColumnField>>;
type PartsOf<Needs extends Columns> = {
  readonly [Name in keyof Needs]: Needs[Name] extends ColumnField<infer Value> ? Value : never;
};

/** A value made from columns of the row. */
export interface ComputedField {
  readonly kind: 'computed';
  readonly needs: Columns;
  readonly from: (parts: never, env: ReadEnv, prepared: never) => unknown;
  /** Loaded once for the whole answer, beside the rows. */
  readonly prepare: ((env: ReadEnv) => Promise<unknown>) | undefined;
}

/** Values made for all objects of an answer together, once their rows are there. */
export interface BatchedField {
  readonly kind: 'batched';
  readonly needs: Columns;
  readonly load: (parts: never, env: ReadEnv) => Promise<readonly unknown[]>;
}

/** Condition that ties a row to the one that it is read from. */
type TiedBy = (parent: string, child: string) => string;

export interface OneField {
  readonly kind: 'one';
  readonly model: string;
  readonly on: TiedBy;
}

/** All rows, in an order; for lists that stay short. */
export interface ManyField {
  readonly kind: 'many';
  readonly model: string;
  readonly on: TiedBy;
  readonly order: SqlOf;
}

/** A list by pages. */
export interface ConnectionField {
  readonly kind: 'connection';
  readonly model: string;
  /** `args` holds the placeholders of the list's further arguments. */
  readonly on: (parent: string, child: string, args: Readonly<Record<string, string>>) => string;
  readonly order: (t: string) => readonly OrderColumn[];
  /** Refuses further arguments that make no sense. */
  readonly accepts: ((args: Readonly<Record<string, unknown>>) => Result<unknown>) | undefined;
}

/** The key as the doors show it. */
export interface IdentityField {
  readonly kind: 'identity';
}

export type ReadField =
  ColumnField | ComputedField | BatchedField | OneField | ManyField | ConnectionField | IdentityField;

export interface ReadModel {
  readonly name: string;
  /** The FROM item, under the alias. */
  readonly table: SqlOf;
  /** A column that is never null and tells rows apart. */
  readonly key: string;
  /** Where the table holds a key several times: the row that is meant by the key alone. */
  readonly canonical?: SqlOf;
  /** Objects that the viewer may not read are not there for the viewer. */
  readonly mayRead: (viewer: Actor) => boolean;
  /** Of the objects that it may read, the viewer sees those for which this holds, wherever one is led to. */
  readonly sees?: ComputedField;
  /**
   * Joins that some columns need, each under an alias of the form `<alias>_<name>`. They leave out no row, LEFT JOIN mostly: where
   * the object is not there, what leads to it still is.
   */
  readonly joins?: Readonly<Record<string, SqlOf>>;
  readonly fields: Readonly<Record<string, ReadField>>;
}

/** What one room has to show. */
export interface RoomReads {
  readonly models: readonly ReadModel[];
  /** Fields of models of rooms to the left, by name of the model. */
  readonly links?: Readonly<Record<string, Readonly<Record<string, ReadField>>>>;
}

/** A list at the root: rows of a model, which of them and in which order. Made by a query, which has asked for permission. */
export interface ListSource {
  readonly model: string;
  /** Alias of the model's table in `from`, `where` and `order`. */
  readonly alias: string;
  readonly select: (params: SqlParams) => {
    /** Tables and joins, without FROM. */
    readonly from: string;
    /** Conditions, joined by AND. */
    readonly where: readonly string[];
    /** Over columns of the model's own table; the last one is unique. */
    readonly order: readonly OrderColumn[];
    /** Whether it depends on the values how rows are best found, so that the server has to plan for each of them. */
    readonly plannedByValues?: boolean;
  };
}

interface ColumnOptions<Value, Raw> {
  readonly join?: string;
  readonly as?: (value: Raw) => Value;
}

const column =
  <Raw>(stored: Stored) =>
  <Value = Raw>(source: string | SqlOf, options: ColumnOptions<Value, Raw> = {}): ColumnField<NoInfer<Value>> => ({
    kind: 'column',
    stored,
    sql: typeof source === 'string' ? (t) => `${t}.${source}` : source,
    join: options.join,
    as: options.as,
  });

export const text = column<string>('text');
export const int = column<number>('int');
export const bool = column<boolean>('bool');
/** Exact decimal, as text. */
export const numeric = column<string>('numeric');
/** ISO 8601 in UTC with milliseconds. */
export const moment = column<string>('moment');
/** YYYY-MM-DD. */
export const day = column<string>('day');
export const json = column<unknown>('json');

export const identity: IdentityField = { kind: 'identity' };

export const computed = <Needs extends Columns>(
  needs: Needs,
  from: (parts: PartsOf<Needs>, env: ReadEnv) => unknown,
): ComputedField => ({ kind: 'computed', needs, from, prepare: undefined });

/** As {@link computed}, with something that is loaded once for the whole answer. */
export const prepared = <Needs extends Columns, Prepared>(
  needs: Needs,
  prepare: (env: ReadEnv) => Promise<Prepared>,
  from: (parts: PartsOf<Needs>, env: ReadEnv, prepared: Prepared) => unknown,
): ComputedField => ({ kind: 'computed', needs, from, prepare });

export const batched = <Needs extends Columns>(
  needs: Needs,
  load: (parts: readonly PartsOf<Needs>[], env: ReadEnv) => Promise<readonly unknown[]>,
): BatchedField => ({ kind: 'batched', needs, load });

export const one = (model: string, on: TiedBy): OneField => ({ kind: 'one', model, on });

export const many = (model: string, on: TiedBy, order: SqlOf): ManyField => ({ kind: 'many', model, on, order });

export const connection = (
  model: string,
  on: ConnectionField['on'],
  order: ConnectionField['order'],
  accepts?: ConnectionField['accepts'],
): ConnectionField => ({ kind: 'connection', model, on, order, accepts });
