/** What two versions of a policy say differently, place by place. Rows are told apart by their names, not by where they stand. */
import { canonicalJson, type Json } from '../../kernel/canonical-json';

export interface PolicyDifference {
  /** Names down to the place, with dots between them. */
  readonly path: string;
  /** Null where there is nothing at this place. */
  readonly before: Json;
  readonly after: Json;
}

export const diffPolicy = (before: Json, after: Json): PolicyDifference[] => differences('', before, after);

const differences = (path: string, before: Json, after: Json): PolicyDifference[] => {
  if (canonicalJson(before) === canonicalJson(after)) return [];
  const [was, is] = [partsOf(before), partsOf(after)];
  if (was === null || is === null) return [{ path, before, after }];
  const names = [...new Set([...was.keys(), ...is.keys()])];
  const at = (name: string): string => (path === '' ? name : `${path}.${name}`);
  const common = (parts: ReadonlyMap<string, Json>, others: ReadonlyMap<string, Json>): string[] =>
    [...parts.keys()].filter((name) => others.has(name));
  const isMoved = Array.isArray(before) && common(was, is).join('\n') !== common(is, was).join('\n');
  return [
    ...names.flatMap((name) => differences(at(name), was.get(name) ?? null, is.get(name) ?? null)),
    ...(isMoved ? [{ path: at(ORDER), before: [...was.keys()], after: [...is.keys()] }] : []),
  ];
};

/** Stands for the order of named parts, where they have another one. */
const ORDER = '(order)';

const NAME_KEYS = ['id', 'code', 'name', 'kind'] as const;

/** The named parts of a value; null where it has none. */
const partsOf = (value: Json): Map<string, Json> | null => {
  if (value === null || typeof value !== 'object') return null;
  if (!Array.isArray(value)) return new Map(Object.entries(value as Readonly<Record<string, Json>>));
  const named = (value as readonly Json[]).map((part): [string, Json] | null => {
    if (part === null || typeof part !== 'object' || Array.isArray(part)) return null;
    const record = part as Readonly<Record<string, Json>>;
    const name = NAME_KEYS.map((key) => record[key]).find((text) => typeof text === 'string');
    return typeof name === 'string' ? [name, part] : null;
  });
  if (named.some((part) => part === null) || value.length === 0) return null;
  const parts = new Map(named as [string, Json][]);
  return parts.size === value.length ? parts : null;
};
