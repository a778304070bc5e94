import fc from 'fast-check';
import {
  approvalMatrixSchema,
  groupsOf,
  HIGHEST_ROW,
  routeChange,
  type ChangeFacts,
} from '../../src/policies/domain/approval-matrix';
import { DEFAULT_POLICIES, DEFAULT_TEST_CASES } from '../../src/policies/domain/default-policies';
import { limitPolicySchema, termsAt } from '../../src/policies/domain/limit-policy';
import { POLICY_KINDS, POLICY_SCHEMAS } from '../../src/policies/domain/policy';
import { failedCases } from '../../src/policies/domain/policy-tables';
import { Decimal } from '../../src/kernel/decimal';
import { GRADES, isWorse, notchesBetween } from '../../src/kernel/grade';

const matrix = DEFAULT_POLICIES.APPROVAL_MATRIX;

it.each(POLICY_KINDS)('the delivered %s policy fits its schema', (kind) => {
  expect(POLICY_SCHEMAS[kind].safeParse(DEFAULT_POLICIES[kind]).error).toBeUndefined();
});

describe('the delivered approval matrix', () => {
  it.each<[string, ChangeFacts, string]>([
    ['one notch down', { kind: 'GRADE_OVERRIDE', direction: 'DOWN', notches: 1, amount: '0' }, 'override-down-1-2'],
    ['two notches down', { kind: 'GRADE_OVERRIDE', direction: 'DOWN', notches: 2, amount: '0' }, 'override-down-1-2'],
    ['three notches down', { kind: 'GRADE_OVERRIDE', direction: 'DOWN', notches: 3, amount: '0' }, 'override-down-3-8'],
    ['one notch up', { kind: 'GRADE_OVERRIDE', direction: 'UP', notches: 1, amount: '0' }, 'override-up-1'],
    ['two notches up', { kind: 'GRADE_OVERRIDE', direction: 'UP', notches: 2, amount: '0' }, 'override-up-2-8'],
    [
      'a signed size counts as absolute',
      { kind: 'GRADE_OVERRIDE', direction: 'DOWN', notches: -4, amount: '0' },
      'override-down-3-8',
    ],
    [
      'two notches down above the exposure bound',
      { kind: 'GRADE_OVERRIDE', direction: 'DOWN', notches: 2, amount: '10000000.01' },
      'override-large',
    ],
    ['an exposure that is not known', { kind: 'GRADE_OVERRIDE', direction: 'DOWN', notches: 1 }, HIGHEST_ROW],
    ['a size that is not known', { kind: 'GRADE_OVERRIDE', direction: 'DOWN' }, HIGHEST_ROW],
    ['a direction that is not known', { kind: 'GRADE_OVERRIDE', notches: 1 }, HIGHEST_ROW],
    ['a kind that has no row', { kind: 'SOMETHING_NEW', direction: 'UP', notches: 1 }, HIGHEST_ROW],
    [
      'a small raise',
      { kind: 'CREDIT_LIMIT', direction: 'UP', amount: '5000000.00', relativeChange: '0.5' },
      'limit-raise-small',
    ],
    [
      'a raise just above the amount',
      { kind: 'CREDIT_LIMIT', direction: 'UP', amount: '5000000.01', relativeChange: '0.1' },
      'limit-raise-large',
    ],
    [
      'a raise just above the share',
      { kind: 'CREDIT_LIMIT', direction: 'UP', amount: '100.00', relativeChange: '0.500001' },
      'limit-raise-large',
    ],
    [
      'a raise from nothing, whose share is not known',
      { kind: 'CREDIT_LIMIT', direction: 'UP', amount: '100.00' },
      HIGHEST_ROW,
    ],
    [
      'a large raise from nothing likewise',
      { kind: 'CREDIT_LIMIT', direction: 'UP', amount: '100000000.00' },
      HIGHEST_ROW,
    ],
  ])('%s', (_, facts, row) => {
    expect(routeChange(matrix, facts).rowId).toBe(row);
  });

  it('never leaves anybody out: every change has at least one level with a quorum', () => {
    const facts = fc.record(
      {
        kind: fc.constantFrom('GRADE_OVERRIDE', 'CREDIT_LIMIT', 'OTHER'),
        direction: fc.constantFrom('UP' as const, 'DOWN' as const),
        notches: fc.integer({ min: -8, max: 8 }),
        amount: fc.integer({ min: 0, max: 1e9 }).map(String),
        relativeChange: fc.integer({ min: 0, max: 1000 }).map((n) => String(n / 100)),
      },
      { requiredKeys: ['kind'] },
    );
    fc.assert(
      fc.property(facts, (change) => {
        const { levels } = routeChange(matrix, change);
        expect(levels.length).toBeGreaterThan(0);
        for (const { quorum } of levels.flatMap(groupsOf)) expect(quorum).toBeGreaterThan(0);
      }),
    );
  });

  it('asks at least as many people upwards as downwards for the same size', () => {
    for (const amount of ['0', '10000000', '10000000.01']) {
      const people = (direction: 'UP' | 'DOWN', notches: number) =>
        routeChange(matrix, { kind: 'GRADE_OVERRIDE', direction, notches, amount })
          .levels.flatMap(groupsOf)
          .reduce((sum, { quorum }) => sum + Number(quorum), 0);
      for (let notches = 1; notches <= 8; notches++) {
        expect(people('UP', notches)).toBeGreaterThanOrEqual(people('DOWN', notches));
      }
    }
  });

  it('answers the cases that it comes with', () => {
    expect(failedCases('APPROVAL_MATRIX', matrix, DEFAULT_TEST_CASES.APPROVAL_MATRIX ?? [])).toEqual([]);
  });

  it('sends AA to BBB above the exposure bound to risk and finance, then to the chief risk officer', () => {
    const { levels } = routeChange(matrix, {
      kind: 'GRADE_OVERRIDE',
      direction: 'DOWN',
      notches: notchesBetween('BBB', 'AA'),
      amount: '10000000.01',
    });
    expect(levels.map((level) => groupsOf(level).map(({ role }) => role))).toEqual([
      ['RISK_APPROVER', 'FINANCE_APPROVER'],
      ['CHIEF_RISK_OFFICER'],
    ]);
  });

  it.each([
    ['a level with quorum 0', { ...matrix, highest: [{ role: 'RISK_APPROVER', quorum: 0 }] }],
    ['a row without levels', { ...matrix, rows: [{ id: 'x', when: { kind: 'GRADE_OVERRIDE' }, levels: [] }] }],
    ['no highest levels', { ...matrix, highest: [] }],
    ['a key that nobody reads', { ...matrix, bypass: true }],
  ])('is refused with %s', (_, content) => {
    expect(approvalMatrixSchema.safeParse(content).success).toBe(false);
  });
});

describe('the limit policy', () => {
  const policy = DEFAULT_POLICIES.LIMIT;

  it.each([
    ['AAA', '1000000', '500000.00', 90],
    ['A', '333.33', '100.00', 60],
    ['C', '1000000', '0.00', 0],
  ] as const)('%s on a turnover of %s', (grade, turnover, amount, days) => {
    expect(termsAt(policy, grade, new Decimal(turnover))).toMatchObject({
      amount,
      paymentTermDays: days,
      currency: 'CNY',
    });
  });

  it('rounds half a cent up', () => {
    expect(termsAt(policy, 'AAA', new Decimal('0.01')).amount).toBe('0.01');
  });

  it.each([null, new Decimal(-5)])('entitles to nothing on a turnover of %s', (turnover) => {
    expect(termsAt(policy, 'AAA', turnover).amount).toBe('0.00');
  });

  it('never allows more at a worse grade', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...GRADES),
        fc.constantFrom(...GRADES),
        fc.integer({ min: 0, max: 1e12 }),
        (a, b, cents) => {
          const turnover = new Decimal(cents).div(100);
          const [worse, better] = isWorse(a, b) ? [a, b] : [b, a];
          expect(
            new Decimal(termsAt(policy, worse, turnover).amount).lte(termsAt(policy, better, turnover).amount),
          ).toBe(true);
        },
      ),
    );
  });

  it('is refused when a worse grade would get a larger share', () => {
    const odd = { ...policy, grades: { ...policy.grades, B: { ...policy.grades.B, turnoverShare: '0.9' } } };
    expect(limitPolicySchema.safeParse(odd).error?.issues[0]?.path).toEqual(['grades', 'B']);
  });
});
