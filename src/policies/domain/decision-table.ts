/**
 * Decision tables: rows of conditions over named inputs, each row with an outcome. What a row asks of an input is an interval or
 * a choice of values, so that a row is a box, and whether boxes leave nothing out can be proved.
 */
import type { Json } from '../../kernel/canonical-json';
import { Decimal } from '../../kernel/decimal';

export type Dimension =
  | {
      readonly name: string;
      readonly kind: 'NUMBER';
      /** Least and greatest value that there is, both included; left out where there is none. */
      readonly min?: string;
      readonly max?: string;
      /** Values are multiples of it, for example 1 or 0.01; left out: any number. */
      readonly step?: string;
    }
  /** In their order, where they have one. */
  | { readonly name: string; readonly kind: 'CHOICE'; readonly values: readonly string[] }
  | { readonly name: string; readonly kind: 'FLAG' };

/** Plain decimals. An end that is left out is open to all numbers. */
export interface Interval {
  readonly from?: string;
  readonly fromExcluded?: boolean;
  readonly to?: string;
  readonly toExcluded?: boolean;
}

/** What a row asks of one input. */
export type Condition = Interval | readonly string[] | boolean;

export interface TableRow {
  readonly id: string;
  /** By the name of the dimension; what is left out may be anything. */
  readonly when: Readonly<Record<string, Condition>>;
  readonly outcome: Json;
}

export interface DecisionTable {
  /** FIRST: the first row that fits; UNIQUE: no two rows may fit. */
  readonly hitPolicy: 'FIRST' | 'UNIQUE';
  readonly dimensions: readonly Dimension[];
  readonly rows: readonly TableRow[];
}

/** Numbers as plain decimals. */
export type TableInput = Readonly<Record<string, string | boolean>>;

export const isInterval = (condition: Condition): condition is Interval =>
  typeof condition === 'object' && !Array.isArray(condition);

/** Whether a value satisfies a condition; `undefined` satisfies only a condition that is not there. */
export const meets = (condition: Condition | undefined, value: string | boolean | undefined): boolean => {
  if (condition === undefined) return true;
  if (value === undefined) return false;
  if (typeof condition === 'boolean') return condition === value;
  if (!isInterval(condition)) return condition.includes(String(value));
  const number = new Decimal(String(value));
  const { from, fromExcluded, to, toExcluded } = condition;
  return (
    (from === undefined || (fromExcluded === true ? number.gt(from) : number.gte(from))) &&
    (to === undefined || (toExcluded === true ? number.lt(to) : number.lte(to)))
  );
};

export const rowFits = ({ when }: TableRow, input: TableInput): boolean =>
  Object.entries(when).every(([name, condition]) => meets(condition, input[name]));

/** The row that decides; null where none fits. */
export const matchRow = ({ rows }: DecisionTable, input: TableInput): TableRow | null =>
  rows.find((row) => rowFits(row, input)) ?? null;
