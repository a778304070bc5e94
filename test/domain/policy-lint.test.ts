import fc from 'fast-check';
import { REQUEST_KINDS } from '../../src/approvals';
import { approvalMatrixSchema, routeChange, type ApprovalMatrix } from '../../src/policies/domain/approval-matrix';
import { rowFits } from '../../src/policies/domain/decision-table';
import { DEFAULT_POLICIES } from '../../src/policies/domain/default-policies';
import { diffPolicy } from '../../src/policies/domain/diff-policy';
import { POLICY_KINDS, POLICY_SCHEMAS } from '../../src/policies/domain/policy';
import { jsonOfSheet, policySheet } from '../../src/policies/domain/policy-csv';
import { policySentences } from '../../src/policies/domain/policy-sentences';
import { failedCases, lintPolicy, policyTables } from '../../src/policies/domain/policy-tables';

const matrix: ApprovalMatrix = DEFAULT_POLICIES.APPROVAL_MATRIX;
const kinds: readonly string[] = REQUEST_KINDS;
const lint = (content: ApprovalMatrix) => lintPolicy('APPROVAL_MATRIX', content, kinds);
const without = (id: string): ApprovalMatrix => ({ ...matrix, rows: matrix.rows.filter((row) => row.id !== id) });
const one = [{ role: 'RISK_APPROVER' as const, quorum: 1 }];

it.each(POLICY_KINDS)('nothing speaks against the delivered %s policy', (kind) => {
  expect(lintPolicy(kind, DEFAULT_POLICIES[kind], kinds)).toEqual([]);
});

describe('an approval matrix', () => {
  it('has a gap for a kind of change without a row', () => {
    expect(lint(without('erasure'))).toMatchObject([
      { severity: 'ERROR', code: 'GAP', table: 'ERASURE', example: {}, text: { en: 'ERASURE: no row fits anything' } },
    ]);
  });

  it('has a gap where sizes are left out, shown by one of them', () => {
    const holed = {
      ...matrix,
      rows: matrix.rows.map((row) =>
        row.id === 'override-down-3-8' ? { ...row, when: { ...row.when, notches: { min: 4, max: 8 } } } : row,
      ),
    };
    const findings = lint(holed);
    // Up to the exposure bound, above which another row answers.
    expect(findings).toMatchObject(
      ['0', '0.01', '10000000'].map((amount) => ({
        code: 'GAP',
        table: 'GRADE_OVERRIDE',
        rows: [],
        example: { direction: 'DOWN', notches: '3', amount },
      })),
    );
    // What falls into a gap all the same asks the highest levels.
    expect(routeChange(holed, { kind: 'GRADE_OVERRIDE', direction: 'DOWN', notches: 3, amount: '0' }).rowId).toBe(
      'highest',
    );
  });

  it('by unique hit refuses what first hit allows', () => {
    expect(lint({ ...matrix, hitPolicy: 'UNIQUE' })).toMatchObject([
      { severity: 'ERROR', code: 'OVERLAP', rows: ['limit-raise-small', 'limit-raise-large'] },
    ]);
    const apart = matrix.rows.flatMap((row) =>
      row.id === 'limit-raise-large'
        ? [
            { ...row, id: 'large', when: { ...row.when, amountAbove: '5000000' } },
            { ...row, id: 'steep', when: { ...row.when, amountUpTo: '5000000', relativeChangeAbove: '0.5' } },
          ]
        : [row],
    );
    expect(lint({ ...matrix, hitPolicy: 'UNIQUE', rows: apart })).toEqual([]);
  });

  it('is warned of rows that are never reached, or that no change can fit', () => {
    const rows = [
      ...matrix.rows,
      { id: 'late', when: { kind: 'RATING_RUN' }, levels: one },
      { id: 'nine', when: { kind: 'GRADE_OVERRIDE', notches: { min: 9, max: 9 } }, levels: one },
      { id: 'unheard', when: { kind: 'UNHEARD_OF' }, levels: one },
    ];
    expect(lint({ ...matrix, rows }).map(({ severity, code, rows: [row] }) => [severity, code, row])).toEqual([
      ['ERROR', 'CONTRADICTION', 'unusual-run'],
      ['WARNING', 'EMPTY_ROW', 'nine'],
      ['WARNING', 'EMPTY_ROW', 'unheard'],
    ]);
  });

  it('can tell policies apart', () => {
    const rows = matrix.rows.map((row) =>
      row.id === 'policy-version' ? { ...row, when: { ...row.when, policies: ['APPROVAL_MATRIX'] } } : row,
    );
    const [gap] = lint({ ...matrix, rows });
    expect(gap).toMatchObject({ code: 'GAP', table: 'POLICY_VERSION', example: { policy: 'APPROVAL_RULES' } });
    const { rowId } = routeChange({ ...matrix, rows }, { kind: 'POLICY_VERSION', policy: 'APPROVAL_MATRIX' });
    expect(rowId).toBe('policy-version');
  });

  it('routes every change to the row whose box it lies in', () => {
    const change = fc.record({
      kind: fc.constantFrom('GRADE_OVERRIDE', 'GRADE_UPGRADE', 'CREDIT_LIMIT'),
      direction: fc.constantFrom('UP' as const, 'DOWN' as const),
      notches: fc.integer({ min: 1, max: 8 }),
      amount: fc.integer({ min: 1, max: 2_000_000_000 }).map((cents) => (cents / 100).toFixed(2)),
      relativeChange: fc.integer({ min: 0, max: 1000 }).map((n) => String(n / 500)),
    });
    fc.assert(
      fc.property(change, (facts) => {
        const table = policyTables('APPROVAL_MATRIX', matrix, kinds).find(({ name }) => name === facts.kind);
        const input = { ...facts, notches: String(facts.notches) };
        const row = table?.rows.find((candidate) => rowFits(candidate, input));
        expect(routeChange(matrix, facts).rowId).toBe(row?.id ?? 'highest');
      }),
    );
  });
});

describe('test cases of a policy', () => {
  it.each([
    ['APPROVAL_MATRIX', 'GRADE_OVERRIDE', { direction: 'UP', notches: 2, amount: '0' }, { row: 'override-up-2-8' }],
    ['APPROVAL_MATRIX', 'CREDIT_LIMIT', { direction: 'UP', amount: '10' }, { row: 'highest' }],
    ['OVERRIDE', 'allowed', { direction: 'UP', notches: 3 }, { allowed: false }],
    ['OVERRIDE', 'allowed', { direction: 'UP', notches: 2 }, { allowed: true, evidence: true }],
    ['LIMIT', 'terms', { grade: 'AAA' }, { turnoverShare: '0.50', paymentTermDays: 90 }],
    ['TIER_MATRIX', 'bands', { score: '89.99' }, { valueBand: 'HIGH' }],
    ['TIER_MATRIX', 'risk', { grade: 'AAA', warning: 'RED' }, { riskClass: 'HIGH' }],
    ['TIER_MATRIX', 'tiers', { valueBand: 'TOP', riskClass: 'LOW' }, { tier: 'DIAMOND' }],
    ['RERATING_CALENDAR', 'intervals', { grade: 'C' }, { months: 3 }],
    ['RISK_EVENT', 'events', { event: 'DEFAULT' }, { severity: 'RED' }],
  ] as const)('%s %s %j', (kind, table, input, expected) => {
    const wrong = { row: 'another' };
    const cases = [expected, wrong].map((expect, i) => ({ name: `case ${i}`, table, input, expect }));
    expect(failedCases(kind, DEFAULT_POLICIES[kind], cases).map(({ name, expected: e }) => [name, e])).toEqual([
      ['case 1', wrong],
    ]);
  });
});

describe('sentences', () => {
  const sentence = (kind: (typeof POLICY_KINDS)[number], row: string) =>
    policySentences(kind, DEFAULT_POLICIES[kind], kinds).find((candidate) => candidate.row === row);

  it.each([
    [
      'APPROVAL_MATRIX',
      'override-down-3-8',
      'GRADE_OVERRIDE: if the direction is DOWN and the size in notches is at least 3 and at most 8 and the amount after it is at most 10000000: 1 of RISK_APPROVER, then 1 of CHIEF_RISK_OFFICER.',
      'GRADE_OVERRIDE：若方向为DOWN，且调整级数不低于3且不超过8，且调整后金额不超过10000000：RISK_APPROVER 1 人，然后 CHIEF_RISK_OFFICER 1 人。',
    ],
    [
      'APPROVAL_MATRIX',
      'erasure',
      'ERASURE: always: 1 of RISK_APPROVER, then 1 of CHIEF_RISK_OFFICER.',
      'ERASURE：一律：RISK_APPROVER 1 人，然后 CHIEF_RISK_OFFICER 1 人。',
    ],
    [
      'TIER_MATRIX',
      'HIGH',
      'bands: if the value score is at least 65 and below 90: valueBand HIGH.',
      'bands：若价值分不低于65且低于90：valueBand HIGH。',
    ],
  ] as const)('%s %s', (kind, row, en, zh) => {
    expect(sentence(kind, row)).toMatchObject({ en, zh });
  });
});

describe('a policy as a sheet', () => {
  it.each(POLICY_KINDS)('%s comes back as it was', (kind) => {
    const content = POLICY_SCHEMAS[kind].parse(DEFAULT_POLICIES[kind]);
    const back = jsonOfSheet(kind, policySheet(kind, content));
    expect(back).toEqual({ ok: true, value: content });
  });

  it('keeps every condition of a matrix', () => {
    const when = {
      kind: 'CREDIT_LIMIT',
      direction: 'UP' as const,
      amountAbove: '1',
      amountUpTo: '2',
      relativeChangeAbove: '0.1',
      relativeChangeUpTo: '0.2',
      notches: { min: 1, max: 2 },
      policies: ['LIMIT', 'OVERRIDE'],
    };
    const levels = [{ groups: [{ line: 'RISK' as const, quorum: 'ALL' as const }], slaHours: 4, signed: true }];
    const content = approvalMatrixSchema.parse({
      hitPolicy: 'UNIQUE',
      rows: [{ id: 'x', when, levels }],
      highest: one,
    });
    expect(jsonOfSheet('APPROVAL_MATRIX', policySheet('APPROVAL_MATRIX', content))).toEqual({
      ok: true,
      value: content,
    });
  });

  it.each([
    ['another header', { header: ['a'], rows: [] }, 1],
    [
      'a value that is no JSON',
      {
        header: ['path', 'value'],
        rows: [
          ['/a', '1'],
          ['/b', 'x'],
        ],
      },
      3,
    ],
    ['a path without a slash', { header: ['path', 'value'], rows: [['a', '1']] }, 2],
    [
      'a path that stands there twice',
      {
        header: ['path', 'value'],
        rows: [
          ['/a', '1'],
          ['/a', '2'],
        ],
      },
      3,
    ],
    [
      'a path below a value',
      {
        header: ['path', 'value'],
        rows: [
          ['/a', '1'],
          ['/a/b', '2'],
        ],
      },
      3,
    ],
  ])('is refused with %s', (_, sheet, line) => {
    expect(jsonOfSheet('LIMIT', sheet)).toMatchObject({
      ok: false,
      refusal: { code: 'INVALID', reason: 'POLICY_SHEET', params: { line } },
    });
  });
});

describe('the difference between two versions', () => {
  it('names rows, not places', () => {
    const [first, second, ...rest] = matrix.rows;
    const changed = {
      ...matrix,
      rows: [second, { ...first, levels: one }, { id: 'x', when: { kind: 'ERASURE' }, levels: one }, ...rest],
    };
    expect(diffPolicy(matrix, JSON.parse(JSON.stringify(changed))).map(({ path }) => path)).toEqual([
      'rows.x',
      'rows.(order)',
    ]);
  });

  it.each(POLICY_KINDS)('is none between %s and itself', (kind) => {
    const content = POLICY_SCHEMAS[kind].parse(DEFAULT_POLICIES[kind]);
    expect(diffPolicy(content, JSON.parse(JSON.stringify(content)))).toEqual([]);
  });

  it('tells before and after', () => {
    const limit = DEFAULT_POLICIES.LIMIT;
    const changed = { ...limit, grades: { ...limit.grades, B: { ...limit.grades.B, turnoverShare: '0.08' } } };
    expect(diffPolicy(limit, changed)).toEqual([{ path: 'grades.B.turnoverShare', before: '0.10', after: '0.08' }]);
  });
});
