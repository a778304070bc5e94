/**
 * Policies as rows of text, for spreadsheets, and back. The approval matrix has a line for each of its rows; other policies have
 * one for each place. Nothing is lost either way.
 */
import type { Json } from '../../kernel/canonical-json';
import { refuse } from '../../kernel/refusal';
import { ok, type Result } from '../../kernel/result';
import { HIGHEST_ROW, type ApprovalMatrix } from './approval-matrix';
import type { PolicyContent, PolicyKind } from './policy';

export interface PolicySheet {
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

const MATRIX_COLUMNS = [
  'id',
  'kind',
  'direction',
  'notchesMin',
  'notchesMax',
  'amountAbove',
  'amountUpTo',
  'relativeChangeAbove',
  'relativeChangeUpTo',
  'policies',
  'levels',
  'hitPolicy',
] as const;
const PLACE_COLUMNS = ['path', 'value'] as const;

export const policySheet = <K extends PolicyKind>(kind: K, content: PolicyContent<K>): PolicySheet =>
  kind === 'APPROVAL_MATRIX'
    ? { header: MATRIX_COLUMNS, rows: matrixRows(content as ApprovalMatrix) }
    : {
        header: PLACE_COLUMNS,
        rows: places([], content as Json).map(({ path, value }) => [`/${path.map(escaped).join('/')}`, value]),
      };

const matrixRows = ({ hitPolicy, rows, highest }: ApprovalMatrix): string[][] => [
  ...rows.map(({ id, when, levels }) => [
    id,
    when.kind,
    when.direction ?? '',
    when.notches === undefined ? '' : String(when.notches.min),
    when.notches === undefined ? '' : String(when.notches.max),
    when.amountAbove ?? '',
    when.amountUpTo ?? '',
    when.relativeChangeAbove ?? '',
    when.relativeChangeUpTo ?? '',
    when.policies?.join(' ') ?? '',
    JSON.stringify(levels),
    '',
  ]),
  [HIGHEST_ROW, '', '', '', '', '', '', '', '', '', JSON.stringify(highest), hitPolicy ?? ''],
];

/** JSON that is yet to be judged. Refuses INVALID.POLICY_SHEET with the line, counted from the header. */
export const jsonOfSheet = (kind: PolicyKind, { header, rows }: PolicySheet): Result<Json> => {
  const columns = kind === 'APPROVAL_MATRIX' ? MATRIX_COLUMNS : PLACE_COLUMNS;
  if (header.join() !== columns.join()) return noSheet(1, `the columns are ${columns.join(', ')}`);
  return kind === 'APPROVAL_MATRIX' ? matrixOf(rows) : treeOf(rows);
};

const noSheet = (line: number, message: string) =>
  refuse('INVALID', `line ${line}: ${message}`, { reason: 'POLICY_SHEET', params: { line } });

const matrixOf = (lines: PolicySheet['rows']): Result<Json> => {
  const rows: Json[] = [];
  let rest: Readonly<Record<string, Json>> = {};
  for (const [i, line] of lines.entries()) {
    const cell = Object.fromEntries(MATRIX_COLUMNS.map((name, at) => [name, line[at] ?? ''])) as Readonly<
      Record<(typeof MATRIX_COLUMNS)[number], string>
    >;
    const levels = parsed(cell.levels);
    if (levels === undefined) return noSheet(i + 2, 'levels are no JSON');
    if (cell.id === HIGHEST_ROW) {
      rest = { highest: levels, ...given('hitPolicy', cell.hitPolicy) };
      continue;
    }
    rows.push({
      id: cell.id,
      when: {
        kind: cell.kind,
        ...given('direction', cell.direction),
        ...(cell.notchesMin === '' && cell.notchesMax === ''
          ? {}
          : { notches: { min: Number(cell.notchesMin), max: Number(cell.notchesMax) } }),
        ...given('amountAbove', cell.amountAbove),
        ...given('amountUpTo', cell.amountUpTo),
        ...given('relativeChangeAbove', cell.relativeChangeAbove),
        ...given('relativeChangeUpTo', cell.relativeChangeUpTo),
        ...(cell.policies === '' ? {} : { policies: cell.policies.split(' ') }),
      },
      levels,
    });
  }
  return ok({ rows, ...rest });
};

const given = (name: string, text: string): { readonly [key: string]: Json } => (text === '' ? {} : { [name]: text });

const parsed = (text: string): Json | undefined => {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
};

interface Place {
  readonly path: readonly string[];
  /** As JSON. */
  readonly value: string;
}

const places = (path: readonly string[], value: Json): Place[] => {
  if (value === null || typeof value !== 'object') return [{ path, value: JSON.stringify(value) }];
  const entries = Object.entries(value as Readonly<Record<string, Json>>);
  if (entries.length === 0) return [{ path, value: JSON.stringify(value) }];
  return entries.flatMap(([name, inner]) => places([...path, Array.isArray(value) ? `[${name}]` : name], inner));
};

/** As in JSON pointers; places in a list stand in brackets. */
const escaped = (name: string): string => name.replaceAll('~', '~0').replaceAll('/', '~1');
const plain = (name: string): string => name.replaceAll('~1', '/').replaceAll('~0', '~');

type Tree = Map<string, Tree | Json>;

const treeOf = (lines: PolicySheet['rows']): Result<Json> => {
  const root: Tree = new Map();
  for (const [i, [path = '', text = '']] of lines.entries()) {
    const value = parsed(text);
    if (value === undefined) return noSheet(i + 2, 'the value is no JSON');
    if (!path.startsWith('/')) return noSheet(i + 2, 'the path begins with a slash');
    const names = path.slice(1).split('/').map(plain);
    let at = root;
    for (const name of names.slice(0, -1)) {
      const next = at.get(name) ?? new Map<string, Tree | Json>();
      if (!(next instanceof Map)) return noSheet(i + 2, 'there is a value above this path');
      at.set(name, next);
      at = next;
    }
    const last = names.at(-1) ?? '';
    if (at.has(last)) return noSheet(i + 2, 'the path stands there twice');
    at.set(last, value);
  }
  return ok(grown(root));
};

const grown = (tree: Tree): Json => {
  const entries = [...tree].map(([name, value]): [string, Json] => [name, value instanceof Map ? grown(value) : value]);
  // Lines may have been sorted; places in a list know their order.
  const places = entries.map(([name]) => /^\[(\d+)\]$/.exec(name)?.[1]);
  if (!places.every((place) => place !== undefined)) return Object.fromEntries(entries);
  return entries
    .map(([, value], i): [number, Json] => [Number(places[i]), value])
    .sort(([a], [b]) => a - b)
    .map(([, value]) => value);
};
