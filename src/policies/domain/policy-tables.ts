/** Policies as decision tables: of which tables a policy is made, what speaks against it, how its rows read, and what it answers. */
import { canonicalJson, type Json } from '../../kernel/canonical-json';
import { GRADES } from '../../kernel/grade';
import { analyseTable, type TableFault, type TableFinding } from './analyse-table';
import { CHANGE_DIMENSIONS, routeChange, tableOfKind } from './approval-matrix';
import { matchRow, type DecisionTable, type TableInput } from './decision-table';
import { POLICY_KINDS, type PolicyContent, type PolicyKind, type PolicyTestCase } from './policy';
import { RISK_EVENT_KINDS } from './risk-event-policy';
import { RISK_CLASSES, riskClassOf, VALUE_BANDS } from './tier-matrix';

export interface NamedTable extends DecisionTable {
  /** Unique within the policy; of an approval matrix the kind of change. */
  readonly name: string;
}

type TablesOf<K extends PolicyKind> = (content: PolicyContent<K>, changeKinds: readonly string[]) => NamedTable[];

const grade = { name: 'grade', kind: 'CHOICE', values: GRADES } as const;

const TABLES: { readonly [K in PolicyKind]?: TablesOf<K> } = {
  APPROVAL_MATRIX: (content, changeKinds) =>
    // Kinds that rows name and nobody knows show as tables of rows that nothing fits.
    [...new Set([...changeKinds, ...content.rows.map(({ when }) => when.kind)])].map((kind) => ({
      name: kind,
      ...tableOfKind(content, kind),
      dimensions: changeKinds.includes(kind)
        ? kind === 'POLICY_VERSION'
          ? [{ name: 'policy', kind: 'CHOICE', values: POLICY_KINDS }]
          : (CHANGE_DIMENSIONS[kind] ?? [])
        : [{ name: 'kind', kind: 'CHOICE', values: [] }],
    })),
  OVERRIDE: ({ notchCap, evidenceFor }) => [
    {
      name: 'allowed',
      hitPolicy: 'UNIQUE',
      dimensions: [
        { name: 'direction', kind: 'CHOICE', values: ['UP', 'DOWN'] },
        { name: 'notches', kind: 'NUMBER', min: '1', max: String(MOST_NOTCHES), step: '1' },
      ],
      rows: (['UP', 'DOWN'] as const).flatMap((direction) => {
        const cap = direction === 'UP' ? notchCap.up : notchCap.down;
        const [name, evidence] = [direction.toLowerCase(), evidenceFor.includes(direction)];
        return [
          ...(cap === 0
            ? []
            : [
                {
                  id: `${name}-within`,
                  when: { direction: [direction], notches: { to: String(cap) } },
                  outcome: { allowed: true, evidence },
                },
              ]),
          ...(cap >= MOST_NOTCHES
            ? []
            : [
                {
                  id: `${name}-beyond`,
                  when: { direction: [direction], notches: { from: String(cap), fromExcluded: true } },
                  outcome: { allowed: false },
                },
              ]),
        ];
      }),
    },
  ],
  LIMIT: ({ grades }) => [
    {
      name: 'terms',
      hitPolicy: 'UNIQUE',
      dimensions: [grade],
      rows: GRADES.map((at) => ({ id: at, when: { grade: [at] }, outcome: grades[at] })),
    },
  ],
  TIER_MATRIX: (content) => [
    {
      name: 'bands',
      hitPolicy: 'UNIQUE',
      dimensions: [{ name: 'score', kind: 'NUMBER', min: '0', max: '100', step: '0.01' }],
      rows: VALUE_BANDS.map((valueBand, i) => {
        const better = VALUE_BANDS[i - 1];
        return {
          id: valueBand,
          when: {
            score: {
              ...(valueBand === 'LOW' ? {} : { from: content.bandsFrom[valueBand] }),
              ...(better === undefined || better === 'LOW' ? {} : { to: content.bandsFrom[better], toExcluded: true }),
            },
          },
          outcome: { valueBand },
        };
      }),
    },
    {
      name: 'risk',
      hitPolicy: 'UNIQUE',
      dimensions: [grade, { name: 'warning', kind: 'CHOICE', values: ['NONE', 'YELLOW', 'RED'] }],
      rows: GRADES.flatMap((at) =>
        (['NONE', 'YELLOW', 'RED'] as const).map((warning) => ({
          id: `${at}-${warning}`,
          when: { grade: [at], warning: [warning] },
          outcome: { riskClass: riskClassOf(content, at, warning === 'NONE' ? null : warning) },
        })),
      ),
    },
    {
      name: 'tiers',
      hitPolicy: 'UNIQUE',
      dimensions: [
        { name: 'valueBand', kind: 'CHOICE', values: VALUE_BANDS },
        { name: 'riskClass', kind: 'CHOICE', values: RISK_CLASSES },
      ],
      rows: VALUE_BANDS.flatMap((valueBand) =>
        RISK_CLASSES.map((riskClass) => ({
          id: `${valueBand}-${riskClass}`,
          when: { valueBand: [valueBand], riskClass: [riskClass] },
          outcome: { tier: content.cells[valueBand][riskClass] },
        })),
      ),
    },
  ],
  RERATING_CALENDAR: ({ monthsByGrade }) => [
    {
      name: 'intervals',
      hitPolicy: 'UNIQUE',
      dimensions: [grade],
      rows: GRADES.map((at) => ({ id: at, when: { grade: [at] }, outcome: { months: monthsByGrade[at] } })),
    },
  ],
  RISK_EVENT: ({ events }) => [
    {
      name: 'events',
      hitPolicy: 'UNIQUE',
      dimensions: [{ name: 'event', kind: 'CHOICE', values: RISK_EVENT_KINDS }],
      rows: RISK_EVENT_KINDS.map((event) => ({ id: event, when: { event: [event] }, outcome: events[event] })),
    },
  ],
};

const MOST_NOTCHES = GRADES.length - 1;

/** Empty for kinds that are no tables. `changeKinds`: all kinds of change that there are. */
export const policyTables = <K extends PolicyKind>(
  kind: K,
  content: PolicyContent<K>,
  changeKinds: readonly string[],
): NamedTable[] => TABLES[kind]?.(content, changeKinds) ?? [];

export interface PolicyFinding extends Omit<TableFinding, 'fault'> {
  /** With an ERROR a policy is not published. */
  readonly severity: 'ERROR' | 'WARNING';
  readonly code: TableFault;
  readonly table: string;
  readonly text: { readonly en: string; readonly zh: string };
}

const SEVERITY: Readonly<Record<TableFault, PolicyFinding['severity']>> = {
  GAP: 'ERROR',
  OVERLAP: 'ERROR',
  CONTRADICTION: 'ERROR',
  TOO_LARGE: 'ERROR',
  SHADOWED: 'WARNING',
  EMPTY_ROW: 'WARNING',
};

/** Errors first, then in the order of the tables. */
export const lintPolicy = <K extends PolicyKind>(
  kind: K,
  content: PolicyContent<K>,
  changeKinds: readonly string[],
): PolicyFinding[] =>
  policyTables(kind, content, changeKinds)
    .flatMap((table) =>
      // A kind of change that nobody knows leaves nothing out; its rows are never asked.
      analyseTable(table).map(({ fault, ...finding }): PolicyFinding => ({
        ...finding,
        severity: SEVERITY[fault],
        code: fault,
        table: table.name,
        text: textOf(table.name, fault, finding),
      })),
    )
    .sort((a, b) => (a.severity === b.severity ? 0 : a.severity === 'ERROR' ? -1 : 1));

const textOf = (
  table: string,
  fault: TableFault,
  { rows, example }: Pick<TableFinding, 'rows' | 'example'>,
): PolicyFinding['text'] => {
  const shown = example === null ? '' : inputText(example);
  const [first = '', second = ''] = rows;
  const others = rows.slice(1).join(', ');
  switch (fault) {
    case 'GAP':
      return {
        en: `${table}: no row fits ${shown || 'anything'}`,
        zh: `${table}：${shown || '任何情形'} 没有对应的行`,
      };
    case 'OVERLAP':
      return {
        en: `${table}: rows ${first} and ${second} both fit ${shown}`,
        zh: `${table}：${shown} 同时命中 ${first} 与 ${second}`,
      };
    case 'CONTRADICTION':
      return {
        en: `${table}: rows ${first} and ${second} ask for the same and answer differently, as for ${shown || 'everything'}`,
        zh: `${table}：${first} 与 ${second} 条件相同而结论不同，例如 ${shown || '任何情形'}`,
      };
    case 'SHADOWED':
      return {
        en: `${table}: row ${first} is never reached: ${others} come before it, as for ${shown || 'everything'}`,
        zh: `${table}：${first} 永远不会命中，被 ${others} 遮蔽，例如 ${shown || '任何情形'}`,
      };
    case 'EMPTY_ROW':
      return { en: `${table}: nothing can fit row ${first}`, zh: `${table}：没有任何情形能命中 ${first}` };
    case 'TOO_LARGE':
      return { en: `${table}: too many combinations to be proved`, zh: `${table}：组合过多，无法证明完整性` };
  }
};

const inputText = (input: TableInput): string =>
  Object.entries(input)
    .map(([name, value]) => `${name}=${String(value)}`)
    .join(', ');

export interface FailedCase {
  readonly name: string;
  readonly expected: Json;
  readonly got: Json;
}

/** Cases that the policy does not answer as they expect, in their order. */
export const failedCases = <K extends PolicyKind>(
  kind: K,
  content: PolicyContent<K>,
  cases: readonly PolicyTestCase[],
): FailedCase[] =>
  cases.flatMap((one) => {
    const answer = answerOf(kind, content, one);
    const got = Object.fromEntries(Object.keys(one.expect).map((name) => [name, answer[name] ?? null]));
    return canonicalJson(got) === canonicalJson(one.expect) ? [] : [{ name: one.name, expected: one.expect, got }];
  });

const answerOf = <K extends PolicyKind>(
  kind: K,
  content: PolicyContent<K>,
  { table: name, input }: Pick<PolicyTestCase, 'table' | 'input'>,
): Readonly<Record<string, Json>> => {
  if (kind === 'APPROVAL_MATRIX') {
    const matrix = content as PolicyContent<'APPROVAL_MATRIX'>;
    const { rowId, levels } = routeChange(matrix, { ...input, kind: name });
    return { row: rowId, levels };
  }
  const table = policyTables(kind, content, []).find((one) => one.name === name);
  const given = Object.fromEntries(
    Object.entries(input).map(([key, value]) => [key, typeof value === 'number' ? String(value) : value]),
  );
  const row = table === undefined ? null : matchRow(table, given);
  return row === null ? { row: null } : { ...(row.outcome as Readonly<Record<string, Json>>), row: row.id };
};
