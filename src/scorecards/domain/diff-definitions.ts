/** What is different between two definitions, row by row: rows are told by their stable ids, not by where they stand. */
import { canonicalJson, type Json } from '../../kernel/canonical-json';
import type { ScorecardDefinition } from './scorecard-definition';

export interface DefinitionChange {
  /** For example `characteristics.roa.weight`. */
  readonly path: string;
  readonly kind: 'ADDED' | 'REMOVED' | 'CHANGED';
  /** Null where it was added. */
  readonly before: Json;
  /** Null where it was removed. */
  readonly after: Json;
}

/** In the order of the paths. */
export const diffDefinitions = (before: ScorecardDefinition, after: ScorecardDefinition): readonly DefinitionChange[] =>
  changesBetween(before, after, []).sort((a, b) => (a.path < b.path ? -1 : 1));

const changesBetween = (
  before: Json | undefined,
  after: Json | undefined,
  at: readonly string[],
): DefinitionChange[] => {
  if (before === undefined || after === undefined) {
    if (before === after) return [];
    const kind = before === undefined ? 'ADDED' : 'REMOVED';
    return [{ path: at.join('.'), kind, before: before ?? null, after: after ?? null }];
  }
  const [left, right] = [keyed(before), keyed(after)];
  if (left === null || right === null) {
    return canonicalJson(before) === canonicalJson(after)
      ? []
      : [{ path: at.join('.'), kind: 'CHANGED', before, after }];
  }
  return [...new Set([...Object.keys(left), ...Object.keys(right)])].flatMap((key) =>
    changesBetween(left[key], right[key], [...at, key]),
  );
};

/** An object by its keys, a list of rows by their ids; null for what is compared as a whole, like the bins of a scale. */
const keyed = (value: Json): Readonly<Record<string, Json | undefined>> | null => {
  if (value === null || typeof value !== 'object') return null;
  if (!Array.isArray(value)) return value as Readonly<Record<string, Json>>;
  const names = value.map(nameOf);
  if (names.some((name) => name === null) || new Set(names).size !== names.length) return null;
  return Object.fromEntries(value.map((row: Json, i) => [names[i] ?? '', row]));
};

const nameOf = (row: Json): string | null => {
  if (row === null || typeof row !== 'object' || Array.isArray(row)) return null;
  const { id, grade, code } = row as Readonly<Record<string, Json>>;
  for (const name of [id, grade, code]) if (typeof name === 'string') return name;
  return null;
};
