import fc from 'fast-check';
import { GRADES } from '../../src/kernel/grade';
import { Decimal } from '../../src/kernel/decimal';
import { DEFAULT_POLICIES } from '../../src/policies/domain/default-policies';
import {
  matchCell,
  RISK_CLASSES,
  riskClassOf,
  TIERS,
  tierMatrixSchema,
  VALUE_BANDS,
  valueBandOf,
  WARNING_LEVELS,
  type Tier,
  type TierMatrixPolicy,
} from '../../src/policies/domain/tier-matrix';
import { tasksFor, treatmentPlanSchema } from '../../src/policies/domain/treatment-plan';
import { VALUE_PARTS, valueScorePolicySchema } from '../../src/policies/domain/value-score-policy';
import { assignTier } from '../../src/tiers/domain/assign-tier';
import { isComputationDue } from '../../src/tiers/domain/due-computation';
import { lifetimeValue, scoreValue, type ValueInputs } from '../../src/tiers/domain/score-value';
import { decideClosing, mayClose, TASK_STATES } from '../../src/tiers/domain/tier-task';
import { PARETO_STEPS, paretoCurve, paretoShareOf, pointsOf, type ValueCuts } from '../../src/tiers/domain/value-cuts';

const { TIER_MATRIX: MATRIX, VALUE_SCORE: POLICY, TREATMENT_PLAN: PLANS } = DEFAULT_POLICIES;
const rankOfTier = (tier: Tier): number => TIERS.length - TIERS.indexOf(tier);

type Draft = { -readonly [K in keyof TierMatrixPolicy]: TierMatrixPolicy[K] };
const matrixWith = (change: (draft: Draft) => void): unknown => {
  const draft: Draft = structuredClone(MATRIX);
  change(draft);
  return draft;
};

describe('the tier matrix', () => {
  it.each<[string, string, (typeof GRADES)[number], (typeof WARNING_LEVELS)[number] | null, string]>([
    ['best of all', '90', 'AAA', null, 'TOP LOW DIAMOND'],
    ['just below the top', '89.99', 'AAA', null, 'HIGH LOW GOLD'],
    ['worth most, some risk', '95', 'BBB', null, 'TOP MEDIUM GOLD'],
    ['worth most, bad grade', '95', 'CCC', null, 'TOP HIGH WATCH'],
    ['worth most, red warning', '95', 'AAA', 'RED', 'TOP HIGH WATCH'],
    ['worth most, yellow warning', '95', 'AAA', 'YELLOW', 'TOP MEDIUM GOLD'],
    ['a yellow warning makes nobody safer', '95', 'C', 'YELLOW', 'TOP HIGH WATCH'],
    ['middling', '35', 'A', null, 'MEDIUM LOW SILVER'],
    ['worth little', '34.99', 'B', null, 'LOW MEDIUM STANDARD'],
  ])('%s', (_, score, grade, warning, expected) => {
    const { valueBand, riskClass, tier } = matchCell(MATRIX, { score, grade, warning });
    expect(`${valueBand} ${riskClass} ${tier}`).toBe(expected);
  });

  it.each<[string, unknown, string]>([
    ['a cell that is empty', matrixWith((m) => { m.cells = { ...m.cells, TOP: { LOW: 'DIAMOND', MEDIUM: 'GOLD' } as never }; }), 'cells.TOP.HIGH'],
    ['a grade without a class', matrixWith((m) => { m.riskByGrade = { ...m.riskByGrade, BB: undefined } as never; }), 'riskByGrade.BB'],
    ['less value and a better tier', matrixWith((m) => { m.cells = { ...m.cells, LOW: { ...m.cells.LOW, LOW: 'GOLD' } }; }), 'cells.LOW.LOW'],
    ['more risk and a better tier', matrixWith((m) => { m.cells = { ...m.cells, TOP: { ...m.cells.TOP, LOW: 'GOLD', MEDIUM: 'DIAMOND' } }; }), 'cells.TOP.MEDIUM'],
    ['a worse grade of less risk', matrixWith((m) => { m.riskByGrade = { ...m.riskByGrade, C: 'LOW' }; }), 'riskByGrade.C'],
    ['a red warning of less risk than a yellow one', matrixWith((m) => { m.riskByWarning = { RED: 'LOW', YELLOW: 'MEDIUM' }; }), 'riskByWarning.RED'],
    ['bands out of order', matrixWith((m) => { m.bandsFrom = { ...m.bandsFrom, HIGH: '90' }; }), 'bandsFrom.HIGH'],
    ['a band above the scale', matrixWith((m) => { m.bandsFrom = { ...m.bandsFrom, TOP: '100.01' }; }), 'bandsFrom.TOP'],
  ])('is refused with %s', (_, content, path) => {
    const { error } = tierMatrixSchema.safeParse(content);
    expect(error?.issues.map((issue) => issue.path.join('.'))).toContain(path);
  }); // prettier-ignore

  const order = (names: readonly string[]) =>
    fc.array(fc.integer({ min: 0, max: names.length - 1 }), { minLength: 12, maxLength: 12 });
  const customers = fc.record({
    score: fc.integer({ min: 0, max: 10_000 }).map((cents) => new Decimal(cents).div(100).toFixed(2)),
    grade: fc.constantFrom(...GRADES),
    warning: fc.option(fc.constantFrom(...WARNING_LEVELS)),
  });
  const policies = fc.oneof({ weight: 4, arbitrary: fc.constant(MATRIX as TierMatrixPolicy) }, { weight: 1, arbitrary: fc.constant(tierMatrixSchema.parse({ ...MATRIX, cells: Object.fromEntries(VALUE_BANDS.map((band, i) => [band, { LOW: TIERS[i], MEDIUM: TIERS[i], HIGH: TIERS[Math.min(4, i + 1)] }])) }) as TierMatrixPolicy) }); // prettier-ignore

  it('passes lint where no cell is better than one with as much value and as little risk, and nowhere else', () => {
    const drawn = fc.sample(order(TIERS), { numRuns: 3_000, seed: 7 });
    // Hardly any is in order by chance.
    for (const cells of [...drawn, ...drawn.map((cells) => [...cells].sort((a, b) => a - b))]) {
      const content = {
        ...MATRIX,
        cells: Object.fromEntries(
          VALUE_BANDS.map((band, i) => [band, Object.fromEntries(RISK_CLASSES.map((risk, j) => [risk, TIERS[cells[i * 3 + j]!]]))]),
        ),
      }; // prettier-ignore
      const inOrder = cells.every((tier, at) => {
        const [row, column] = [Math.floor(at / 3), at % 3];
        const better = cells.filter((_, other) => Math.floor(other / 3) <= row && other % 3 <= column);
        return better.every((one) => one <= tier);
      });
      expect(tierMatrixSchema.safeParse(content).success).toBe(inOrder);
    }
  });

  it('has a tier for everybody, and more value or less risk never gives a worse one', () => {
    fc.assert(
      fc.property(policies, customers, customers, (policy, a, b) => {
        const [cellA, cellB] = [matchCell(policy, a), matchCell(policy, b)];
        expect(TIERS).toContain(cellA.tier);
        const asMuch = VALUE_BANDS.indexOf(cellA.valueBand) <= VALUE_BANDS.indexOf(cellB.valueBand);
        const asSafe = RISK_CLASSES.indexOf(cellA.riskClass) <= RISK_CLASSES.indexOf(cellB.riskClass);
        if (asMuch && asSafe) expect(rankOfTier(cellA.tier)).toBeGreaterThanOrEqual(rankOfTier(cellB.tier));
        if (new Decimal(a.score).gte(b.score)) {
          expect(VALUE_BANDS.indexOf(valueBandOf(policy, a.score))).toBeLessThanOrEqual(
            VALUE_BANDS.indexOf(valueBandOf(policy, b.score)),
          );
        }
        if (GRADES.indexOf(a.grade) <= GRADES.indexOf(b.grade)) {
          expect(RISK_CLASSES.indexOf(riskClassOf(policy, a.grade, null))).toBeLessThanOrEqual(
            RISK_CLASSES.indexOf(riskClassOf(policy, b.grade, a.warning)),
          );
        }
      }),
    );
  });
});

describe('a tier', () => {
  const cell = (score: string, grade: (typeof GRADES)[number]) => matchCell(MATRIX, { score, grade, warning: null });

  it.each<[string, ReturnType<typeof cell> | null, string, (typeof GRADES)[number], string | null]>([
    ['is given for the first time', null, '90', 'AAA', 'FIRST DIAMOND'],
    ['stays in its cell', cell('90', 'AAA'), '95', 'AA', null],
    ['falls with the grade', cell('90', 'AAA'), '90', 'BBB', 'DOWN GOLD'],
    ['rises with the value', cell('40', 'A'), '65', 'A', 'UP GOLD'],
    ['is the same in another cell', cell('90', 'BBB'), '65', 'A', 'null GOLD'],
  ])('%s', (_, before, score, grade, expected) => {
    const move = assignTier(before, { score, grade, warning: null }, MATRIX);
    expect(move === null ? null : `${move.direction} ${move.tier}`).toBe(expected);
  });
});

describe('treatment plans', () => {
  it.each([
    ['a worse tier with less prepayment', 'prepaymentShare', '0.05'],
    ['a worse tier with less security', 'collateral', 'NONE'],
  ])('are refused with %s', (_, field, value) => {
    const plans = { ...PLANS.plans, WATCH: { ...PLANS.plans.WATCH, [field]: value } };
    expect(treatmentPlanSchema.safeParse({ plans }).error?.issues[0]?.path).toEqual(['plans', 'WATCH', field]);
  });

  it('are refused with a task that stands there twice', () => {
    const [task] = PLANS.plans.WATCH.tasks;
    const plans = { ...PLANS.plans, WATCH: { ...PLANS.plans.WATCH, tasks: [task, task] } };
    expect(treatmentPlanSchema.safeParse({ plans }).success).toBe(false);
  });

  it('bring the tasks of the direction', () => {
    expect(tasksFor(PLANS, 'WATCH', 'FIRST').map(({ code }) => code)).toEqual([
      'REVIEW_EXPOSURE',
      'ASK_FOR_COLLATERAL',
    ]);
    expect(tasksFor(PLANS, 'WATCH', 'DOWN')).toHaveLength(3);
    expect(tasksFor(PLANS, 'SILVER', 'FIRST')).toEqual([]);
  });
});

describe('the value policy', () => {
  it.each([
    ['weights that are not 100', { ...POLICY, weights: { ...POLICY.weights, MARGIN: '31' } }, ['weights']],
    ['a middle below the core', { ...POLICY, pareto: { coreShare: '0.95', middleShare: '0.80' } }, ['pareto', 'middleShare']],
  ])('is refused with %s', (_, content, path) => {
    expect(valueScorePolicySchema.safeParse(content).error?.issues[0]?.path).toEqual(path);
  }); // prettier-ignore
});

describe('the lifetime value', () => {
  it.each([
    // 1000 × (0.8/1.1 + (0.8/1.1)² + (0.8/1.1)³)
    ['1000', '0.8', '0.10', 3, '1640.87'],
    ['1000', '1', '0', 5, '5000.00'],
    ['1000', '0', '0.10', 5, '0.00'],
    ['-1000', '1', '0', 2, '-2000.00'],
  ])('of %s a year, %s retained, discounted by %s over %i years is %s', (margin, retention, discountRate, horizonYears, expected) => {
    expect(lifetimeValue(new Decimal(margin), new Decimal(retention), { discountRate, horizonYears }).toFixed(2)).toBe(expected);
  }); // prettier-ignore
});

describe('the Pareto curve', () => {
  const curve = paretoCurve(new Map([[0, '500'], [10, '300'], [16, '50'], [19, '1']])); // prettier-ignore

  it('fills steps that one large customer spans', () => {
    expect(curve).toHaveLength(PARETO_STEPS);
    expect([curve?.[0], curve?.[9], curve?.[10], curve?.[15], curve?.[19]]).toEqual(['500', '500', '300', '300', '1']);
    expect(paretoCurve(new Map())).toBeNull();
  });

  it.each([
    ['500', '0.05'],
    ['499.99', '0.55'],
    ['50', '0.85'],
    ['1', '1.00'],
    ['0.5', '1.00'],
    ['-3', '1.00'],
  ])('a margin of %s is among the first %s', (margin, share) => {
    expect(paretoShareOf(new Decimal(margin), curve).toFixed(2)).toBe(share);
  });

  it('places nobody where nobody earns us anything', () => {
    expect(paretoShareOf(new Decimal(5), null).toFixed(2)).toBe('1.00');
    expect(paretoShareOf(null, curve).toFixed(2)).toBe('1.00');
  });
});

const tenths = (step: number): string[] => Array.from({ length: 9 }, (_, i) => String((i + 1) * step));
const CUTS: ValueCuts = {
  frequency: tenths(10),
  averageOrder: tenths(1_000),
  margin: tenths(10_000),
  lifetimeValue: tenths(25_000),
  pareto: Array.from({ length: PARETO_STEPS }, (_, i) => String((PARETO_STEPS - i) * 5_000)),
};
const TODAY = '2026-01-15';
const values = (orders: number | null, turnover: number | null, margin: number | null, renewal: number | null, asOf = '2025-12-31'): ValueInputs => {
  const dated = (value: number | null) => (value === null ? null : { value, asOf });
  return { ordersIn1Year: dated(orders), yearlyTurnoverWithUs: dated(turnover), yearlyGrossMarginWithUs: dated(margin), renewalRate: dated(renewal) };
}; // prettier-ignore
const tell = (inputs: ValueInputs) => scoreValue(inputs, TODAY, { cuts: CUTS, policy: POLICY });

describe('a value score', () => {
  it('is made of five parts, each placed by the cut points', () => {
    // 45 orders: 5 points; 2,222.22 an order: 3; a margin of 25,000: 3; 25,000 × Σ (0.75 ÷ 1.1)^t: 2; among the first 80 %: 10.
    expect(tell(values(45, 100_000, 25_000, 0.75))).toMatchObject({
      orders: '45',
      averageOrder: '2222.22',
      margin: '25000',
      retention: '0.75',
      lifetimeValue: '45677.81',
      paretoShare: '0.80',
      points: [5, 3, 3, 2, 10],
      score: '41.00',
      missing: [],
    });
  });

  it.each<[string, ValueInputs, Partial<ReturnType<typeof tell>>]>([
    [
      'nothing is known',
      values(null, null, null, null),
      { score: '10.00', averageOrder: null, lifetimeValue: null, retention: '0.5', paretoShare: '1.00', points: [1, 1, 1, 1, 1] },
    ],
    ['nobody ordered', values(0, 100, 1, 1), { orders: '0', averageOrder: null, missing: [] }],
    ['retention is unknown', values(1, 1, 1000, null), { retention: '0.5', missing: ['renewalRate'] }],
    [
      'all is too old',
      values(100, 1e6, 1e6, 1, '2024-12-31'),
      { score: '10.00', missing: ['ordersIn1Year', 'yearlyTurnoverWithUs', 'yearlyGrossMarginWithUs', 'renewalRate'] },
    ],
    ['margins are negative', values(1, 1, -1000, 1), { margin: '-1000', paretoShare: '1.00' }],
  ])('when %s', (_, inputs, expected) => {
    expect(tell(inputs)).toMatchObject(expected);
  }); // prettier-ignore

  it('uses a value on the last day that the dictionary allows, and not on the next', () => {
    const on = (day: string) => scoreValue(values(1, 1, 1, 1), day, { cuts: CUTS, policy: POLICY }).missing;
    expect(on('2026-04-30')).toEqual([]);
    expect(on('2026-05-01')).toContain('ordersIn1Year');
  });

  const amounts = fc.option(fc.double({ min: -1e7, max: 1e9, noNaN: true }).map((value) => Number(value.toFixed(2))));
  const shares = fc.option(fc.integer({ min: 0, max: 100 }).map((percent) => percent / 100));
  const counts = fc.option(fc.integer({ min: 0, max: 500 }));
  const anyone = fc.tuple(counts, amounts, amounts, shares).map((parts) => values(...parts));

  it('lies between 10 and 100, and its contributions add up to it', () => {
    fc.assert(
      fc.property(anyone, (inputs) => {
        const told = tell(inputs);
        const sum = Decimal.sum(...VALUE_PARTS.map((part, i) => new Decimal(POLICY.weights[part]).mul(told.points[i]!).div(10)));
        expect(sum.toFixed(2)).toBe(told.score);
        expect(Number(told.score)).toBeGreaterThanOrEqual(10);
        expect(Number(told.score)).toBeLessThanOrEqual(100);
        expect(tell(inputs)).toEqual(told);
      }),
    );
  }); // prettier-ignore

  it('never falls when a customer earns us more, orders more often at the same size, or stays longer', () => {
    const known = fc.tuple(fc.integer({ min: 1, max: 400 }), fc.integer({ min: 0, max: 1e7 }), fc.integer({ min: 0, max: 1e7 }), fc.integer({ min: 0, max: 100 })); // prettier-ignore
    fc.assert(
      fc.property(known, fc.integer({ min: 1, max: 50 }), ([orders, size, margin, percent], more) => {
        const score = (o: number, m: number, p: number): number => Number(tell(values(o, size * o, m, Math.min(p, 100) / 100)).score); // prettier-ignore
        const before = score(orders, margin, percent);
        expect(score(orders + more, margin, percent)).toBeGreaterThanOrEqual(before);
        expect(score(orders, margin * (1 + more), percent)).toBeGreaterThanOrEqual(before);
        expect(score(orders, margin, percent + more)).toBeGreaterThanOrEqual(before);
      }),
    );
  });

  it('gives equal values equal points', () => {
    expect(pointsOf(new Decimal(10), tenths(10))).toBe(1);
    expect(pointsOf(new Decimal('10.01'), tenths(10))).toBe(2);
    expect(pointsOf(new Decimal(1e9), tenths(10))).toBe(10);
    expect(pointsOf(new Decimal(1e9), [])).toBe(1);
  });
});

describe('a computation is due', () => {
  const last = {
    startedAt: new Date('2026-01-01T00:00:00Z'),
    referenceSize: 100,
    policyVersions: ['v1', 'm1'] as const,
  };
  const present = { policyVersions: ['v1', 'm1'] as const, computeEveryDays: 30, referenceSize: 100 };
  it.each<[string, typeof last | null, Partial<{ policyVersions: readonly [string, string]; referenceSize: number }>, string, boolean]>([
    ['the first, where there is somebody', null, {}, '2026-01-02', true],
    ['the first, where there is nobody', null, { referenceSize: 0 }, '2026-01-02', false],
    ['soon after the last', last, {}, '2026-01-30', false],
    ['a month after the last', last, {}, '2026-01-31', true],
    ['another value policy', last, { policyVersions: ['v2', 'm1'] }, '2026-01-02', true],
    ['another matrix', last, { policyVersions: ['v1', 'm2'] }, '2026-01-02', true],
    ['a quarter more customers', last, { referenceSize: 126 }, '2026-01-02', true],
    ['a few more customers', last, { referenceSize: 125 }, '2026-01-02', false],
  ])('%s', (_, before, change, day, due) => {
    expect(isComputationDue(before, { ...present, ...change }, new Date(`${day}T00:00:00Z`))).toBe(due);
  }); // prettier-ignore
});

describe('a task', () => {
  const actor = { kind: 'USER', id: 'u-1', name: '王芳', roles: ['SALES_MAKER'], orgUnitId: 'unit-1' } as const;
  const task = { state: 'OPEN', ownerUserId: 'u-1', orgUnitId: 'unit-1' } as const;

  it.each([
    ['its owner', { ownerUserId: 'u-1', orgUnitId: null }, actor, true],
    ['a colleague of the unit', { ownerUserId: 'u-2', orgUnitId: 'unit-1' }, actor, true],
    ['somebody else in sales', { ownerUserId: 'u-2', orgUnitId: 'unit-2' }, actor, false],
    ['somebody without a unit, of a task without one', { ownerUserId: 'u-2', orgUnitId: null }, { ...actor, orgUnitId: null }, false],
    ['risk staff', { ownerUserId: 'u-2', orgUnitId: 'unit-2' }, { ...actor, roles: ['RISK_ANALYST'] as const }, true],
    ['anybody, of a task that is nobody’s', { ownerUserId: null, orgUnitId: null }, actor, true],
  ])('may be closed by %s', (_, owned, who, may) => {
    expect(mayClose(owned, who)).toBe(may);
  }); // prettier-ignore

  it.each<[string, Parameters<typeof decideClosing>[0], Parameters<typeof decideClosing>[1], string]>([
    ['is done', task, { state: 'DONE', note: '' }, 'ok'],
    ['is cancelled for a reason', task, { state: 'CANCELLED', note: 'They have moved.' }, 'ok'],
    ['is closed already', { ...task, state: 'DONE', ownerUserId: 'u-2' }, { state: 'CANCELLED', note: '' }, 'INVALID_STATE.TASK_CLOSED'],
    ['belongs to somebody else', { ...task, ownerUserId: 'u-2', orgUnitId: 'unit-2' }, { state: 'CANCELLED', note: '' }, 'AUTHORITY_EXCEEDED.NOT_OWNER'],
    ['is cancelled without a reason', task, { state: 'CANCELLED', note: ' ' }, 'COMMENT_REQUIRED.undefined'],
  ])('%s', (_, before, closing, expected) => {
    const decision = decideClosing(before, closing, actor);
    expect(decision.ok ? 'ok' : `${decision.refusal.code}.${decision.refusal.reason}`).toBe(expected);
  }); // prettier-ignore

  it('leaves OPEN alone, and no state leads back to it', () => {
    for (const from of TASK_STATES) {
      for (const state of ['DONE', 'CANCELLED'] as const) {
        expect(decideClosing({ ...task, state: from }, { state, note: 'x' }, actor).ok).toBe(from === 'OPEN');
      }
    }
  });
});
