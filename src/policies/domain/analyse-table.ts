/**
 * Proves that a decision table leaves nothing out and says nothing twice, or shows an input for which it does. Every axis is cut
 * where some condition begins or ends; between two cuts all inputs are alike, so that one of each piece stands for all. Pieces
 * on which the same rows remain are looked at once.
 */
import { canonicalJson } from '../../kernel/canonical-json';
import { Decimal } from '../../kernel/decimal';
import {
  isInterval,
  meets,
  type DecisionTable,
  type Dimension,
  type TableInput,
  type TableRow,
} from './decision-table';

export type TableFault = 'GAP' | 'OVERLAP' | 'SHADOWED' | 'CONTRADICTION' | 'EMPTY_ROW' | 'TOO_LARGE';

export interface TableFinding {
  readonly fault: TableFault;
  /** Rows that it is about, in their order: of OVERLAP and CONTRADICTION two, of SHADOWED the row and those before it that take its place. */
  readonly rows: readonly string[];
  /** An input that shows it; null where there is none to show. */
  readonly example: TableInput | null;
}

/** Pieces looked at before the table is called too large: then nothing is proved. */
const MOST_PIECES = 50_000;
/** Gaps told of one by one; more help nobody. */
const MOST_GAPS = 10;

/** In the order of {@link TableFault}, then of rows. An empty list is the proof. */
export const analyseTable = (table: DecisionTable): TableFinding[] => {
  const pieces = table.dimensions.map((dimension) => piecesOf(dimension, table.rows));
  const seen: Seen = { gaps: [], fits: new Map(), wins: new Set(), overlaps: new Map(), takers: new Map() };
  const walked = walk(table, pieces, seen);
  if (!walked) return [{ fault: 'TOO_LARGE', rows: [], example: null }];
  const { hitPolicy, rows } = table;
  const twins = contradictions(table, pieces, seen);
  const isTwin = (a: string, b: string): boolean => twins.some(({ rows: [x, y] }) => x === a && y === b);
  const overlaps = [...seen.overlaps.values()].filter(({ rows: [a = '', b = ''] }) => !isTwin(a, b));
  return [
    ...seen.gaps.map((example): TableFinding => ({ fault: 'GAP', rows: [], example })),
    ...(hitPolicy === 'UNIQUE' ? overlaps : []),
    ...rows
      .filter(({ id }) => seen.fits.has(id) && !seen.wins.has(id))
      .filter(({ id }) => hitPolicy === 'FIRST' && !twins.some((twin) => twin.rows[1] === id))
      .map(({ id }): TableFinding => ({
        fault: 'SHADOWED',
        rows: [id, ...(seen.takers.get(id) ?? [])],
        example: seen.fits.get(id) ?? null,
      })),
    ...twins,
    ...rows
      .filter(({ id }) => !seen.fits.has(id))
      .map(({ id }): TableFinding => ({ fault: 'EMPTY_ROW', rows: [id], example: null })),
  ];
};

interface Seen {
  readonly gaps: TableInput[];
  /** An input that fits the row, by row. */
  readonly fits: Map<string, TableInput>;
  /** Rows that decide something. */
  readonly wins: Set<string>;
  readonly overlaps: Map<string, TableFinding>;
  /** Rows that decide where the row would fit as well, by row. */
  readonly takers: Map<string, Set<string>>;
}

type Value = string | boolean;

/** False where there is more than can be looked at. */
const walk = ({ dimensions, rows }: DecisionTable, pieces: readonly (readonly Value[])[], seen: Seen): boolean => {
  const known = new Set<string>();
  const input: Record<string, Value> = {};
  let looked = 0;
  const step = (at: number, remaining: readonly number[]): boolean => {
    if (++looked > MOST_PIECES) return false;
    const dimension = dimensions[at];
    if (dimension === undefined || remaining.length === 0) {
      settle(
        remaining.map((i) => rows[i] as TableRow),
        completed(input, dimensions, pieces, at),
        seen,
      );
      return true;
    }
    const key = `${at}:${remaining.join()}`;
    if (known.has(key)) return true;
    known.add(key);
    for (const value of pieces[at] ?? []) {
      input[dimension.name] = value;
      const next = remaining.filter((i) => meets(rows[i]?.when[dimension.name], value));
      if (!step(at + 1, next)) return false;
    }
    return true;
  };
  return step(
    0,
    rows.map((_, i) => i),
  );
};

/** Where no row is left, the inputs that were not looked at may be anything. */
const completed = (
  input: Readonly<Record<string, Value>>,
  dimensions: readonly Dimension[],
  pieces: readonly (readonly Value[])[],
  at: number,
): TableInput =>
  Object.fromEntries(dimensions.map(({ name }, i) => [name, i < at ? (input[name] as Value) : (pieces[i]?.[0] ?? '')]));

const settle = (fitting: readonly TableRow[], input: TableInput, seen: Seen): void => {
  const [first, ...others] = fitting;
  if (first === undefined) {
    if (seen.gaps.length < MOST_GAPS) seen.gaps.push(input);
    return;
  }
  seen.wins.add(first.id);
  for (const row of fitting) if (!seen.fits.has(row.id)) seen.fits.set(row.id, input);
  for (const row of others) {
    const takers = seen.takers.get(row.id) ?? new Set();
    seen.takers.set(row.id, takers.add(first.id));
  }
  fitting.forEach((a, i) => {
    for (const b of fitting.slice(i + 1)) {
      const key = `${a.id}\n${b.id}`;
      if (!seen.overlaps.has(key)) {
        seen.overlaps.set(key, { fault: 'OVERLAP', rows: [a.id, b.id], example: input });
      }
    }
  });
};

/** Pairs of rows that ask for the same and say something else. */
const contradictions = (
  { dimensions, rows }: DecisionTable,
  pieces: readonly (readonly Value[])[],
  seen: Seen,
): TableFinding[] => {
  const boxOf = ({ when }: TableRow): string =>
    dimensions
      .map(({ name }, i) => (pieces[i] ?? []).map((value) => (meets(when[name], value) ? 1 : 0)).join(''))
      .join('|');
  const first = new Map<string, TableRow>();
  const found: TableFinding[] = [];
  for (const row of rows) {
    const example = seen.fits.get(row.id);
    if (example === undefined) continue;
    const box = boxOf(row);
    const twin = first.get(box);
    if (twin === undefined) first.set(box, row);
    else if (canonicalJson(twin.outcome) !== canonicalJson(row.outcome)) {
      found.push({ fault: 'CONTRADICTION', rows: [twin.id, row.id], example });
    }
  }
  return found;
};

/** One value of each piece of the axis. */
const piecesOf = (dimension: Dimension, rows: readonly TableRow[]): readonly Value[] => {
  if (dimension.kind === 'CHOICE') return dimension.values;
  if (dimension.kind === 'FLAG') return [false, true];
  const cuts = cutsOf(dimension, rows);
  const bounds = [null, ...cuts, null];
  return bounds
    .flatMap((cut, i): (Decimal | null)[] => {
      const next = bounds[i + 1];
      return [cut, next === undefined ? null : between(cut, next, dimension.step)];
    })
    .filter((value): value is Decimal => value !== null && isWithin(value, dimension))
    .map((value) => value.toFixed());
};

type NumberDimension = Extract<Dimension, { readonly kind: 'NUMBER' }>;

/** Where conditions begin and end, and where the axis does; ascending. */
const cutsOf = ({ name, min, max }: NumberDimension, rows: readonly TableRow[]): Decimal[] => {
  const ends = rows.flatMap(({ when }) => {
    const condition = when[name];
    return condition !== undefined && isInterval(condition) ? [condition.from, condition.to] : [];
  });
  const texts = [...ends, min, max].filter((text): text is string => text !== undefined);
  const distinct = new Map(texts.map((text) => [new Decimal(text).toFixed(), new Decimal(text)]));
  return [...distinct.values()].sort((a, b) => a.cmp(b));
};

const isWithin = (value: Decimal, { min, max, step }: NumberDimension): boolean =>
  (min === undefined || value.gte(min)) &&
  (max === undefined || value.lte(max)) &&
  (step === undefined || value.mod(step).isZero());

/** A value strictly between two cuts, null for an end without one; null where there is none. */
const between = (low: Decimal | null, high: Decimal | null, step: string | undefined): Decimal | null => {
  if (step === undefined) {
    if (low === null) return high === null ? new Decimal(0) : high.minus(1);
    return high === null ? low.plus(1) : low.plus(high).div(2);
  }
  if (low === null) return high === null ? new Decimal(0) : high.div(step).ceil().minus(1).mul(step);
  const next = low.div(step).floor().plus(1).mul(step);
  return high === null || next.lt(high) ? next : null;
};
