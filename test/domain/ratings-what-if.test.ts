/** What-if in pure code: tallies add up in any order, drift is measured as stated, and what may be put before approvers. */
import fc from 'fast-check';
import { GRADES } from '../../src/kernel/grade';
import { TIERS } from '../../src/policies/domain/tier-matrix';
import { changeInputs } from '../../src/ratings/domain/change-inputs';
import { judgeSimulation } from '../../src/ratings/domain/judge-simulation';
import { populationStability, scoreBin, SCORE_BINS } from '../../src/ratings/domain/population-stability';
import { isMover, TallySheet, whatIfFigures, type WeighedCustomer } from '../../src/ratings/domain/what-if';

const grade = fc.constantFrom(...GRADES);
const cents = fc.integer({ min: 0, max: 10 ** 9 }).map((n) => (n / 100).toFixed(2));
const customer: fc.Arbitrary<WeighedCustomer> = fc
  .record({
    first: fc.boolean(),
    modelBefore: grade,
    modelAfter: grade,
    gradeBefore: grade,
    gradeAfter: grade,
    basisAfter: fc.constantFrom('MODEL' as const, 'HELD' as const, 'OVERRIDE' as const),
    scores: fc.tuple(fc.integer({ min: 0, max: 1_000_000 }), fc.integer({ min: 0, max: 1_000_000 })),
    exposure: cents,
    limits: fc.tuple(cents, cents),
    allowed: fc.option(fc.tuple(cents, cents)),
    terms: fc.tuple(fc.constantFrom(0, 15, 30), fc.constantFrom(0, 15, 30)),
    business: fc.tuple(fc.boolean(), fc.boolean()),
    tiers: fc.tuple(fc.constantFrom(null, ...TIERS), fc.constantFrom(null, ...TIERS)),
  })
  .map(({ first, scores, limits, allowed, terms, business, tiers, exposure, ...grades }) => ({
    ...grades,
    ...(first ? { modelBefore: null, gradeBefore: null } : {}),
    scoreBeforeE4: first ? null : scores[0],
    scoreAfterE4: scores[1],
    tier: { before: tiers[0], after: tiers[1] },
    consequence: {
      exposure,
      currency: 'CNY',
      limitBefore: limits[0],
      limitAfter: Number(limits[1]) < Number(limits[0]) ? limits[1] : limits[0],
      allowedBefore: first ? null : (allowed?.[0] ?? null),
      allowedAfter: allowed?.[1] ?? null,
      termDaysBefore: first ? null : terms[0],
      termDaysAfter: terms[1],
      newBusinessBefore: first ? null : business[0],
      newBusinessAfter: business[1],
    },
  }));

const tallied = (customers: readonly WeighedCustomer[]) => {
  const sheet = new TallySheet();
  for (const one of customers) sheet.add(one);
  return sheet.total();
};
const RUN = { customers: 9, failures: [], currency: 'CNY', durationMs: 0 };

describe('a tally', () => {
  it('comes out the same however customers are divided into chunks, and in whatever order they are added', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(customer, fc.integer({ min: 0, max: 3 })), { maxLength: 60 }), (drawn) => {
        const whole = tallied(drawn.map(([one]) => one));
        const sum = new TallySheet();
        for (const chunk of [2, 0, 3, 1]) {
          const part = tallied(drawn.filter(([, at]) => at === chunk).map(([one]) => one));
          // As it is stored in between.
          sum.addTally(JSON.parse(JSON.stringify(part)) as typeof part);
        }
        expect(sum.total()).toEqual(whole);
      }),
    );
  });

  it('loses nobody and no money: matrix, exposure and movers are those of the customers one by one', () => {
    fc.assert(
      fc.property(fc.array(customer, { maxLength: 60 }), (customers) => {
        const figures = whatIfFigures(tallied(customers), RUN);
        const cents = (amount: string): bigint => BigInt(amount.replace('.', ''));
        const exposure = customers.reduce((sum, one) => sum + cents(one.consequence.exposure), 0n);
        expect(figures.rated).toBe(customers.length);
        expect(cents(figures.exposure)).toBe(exposure);
        for (const matrix of [figures.model, figures.inForce]) {
          expect(matrix.reduce((sum, cell) => sum + cell.count, 0)).toBe(customers.length);
          expect(matrix.reduce((sum, cell) => sum + cents(cell.exposure), 0n)).toBe(exposure);
        }
        expect(figures.movers).toBe(customers.filter(isMover).length);
        const cut = customers.reduce(
          (sum, { consequence }) => sum + cents(consequence.limitBefore) - cents(consequence.limitAfter),
          0n,
        );
        expect(cents(figures.limits.cut.amount)).toBe(cut);
      }),
    );
  });
});

describe('drift', () => {
  const bins = fc.array(fc.integer({ min: 0, max: 5_000 }), { minLength: SCORE_BINS, maxLength: SCORE_BINS });

  it.each([
    [0, 0],
    [49_999, 0],
    [50_000, 1],
    [999_999, 19],
    [1_000_000, 19],
  ])('a score of %i ten-thousandths is in bin %i', (scoreE4, bin) => expect(scoreBin(scoreE4)).toBe(bin));

  it('is what the formula says', () => {
    const [before, after] = [new Array<number>(SCORE_BINS).fill(0), new Array<number>(SCORE_BINS).fill(0)];
    [before[10], before[11], after[10], after[12]] = [80, 20, 60, 40];
    const share = (count: number): number => (count === 0 ? 0.5 : count) / 100;
    const psi = [
      [80, 60],
      [20, 0],
      [0, 40],
    ].reduce((sum, [b = 0, a = 0]) => sum + (share(a) - share(b)) * Math.log(share(a) / share(b)), 0);
    expect(populationStability(before, after).psi).toBe(psi.toFixed(6));
  });

  it('is nothing where nothing moved, never below, and the same seen from the other side', () => {
    fc.assert(
      fc.property(bins, bins, (before, other) => {
        // As many on both sides: the same customers.
        const after = [...other];
        const surplus = after.reduce((a, b) => a + b, 0) - before.reduce((a, b) => a + b, 0);
        if (surplus > 0) before[0] = (before[0] ?? 0) + surplus;
        else after[0] = (after[0] ?? 0) - surplus;
        const there = populationStability(before, after).psi;
        expect(Number(there ?? 0)).toBeGreaterThanOrEqual(0);
        expect(populationStability(after, before).psi).toBe(there);
        expect(Number(populationStability(before, before).psi ?? 0)).toBe(0);
      }),
    );
  });

  it('is not told where nobody was rated before', () => {
    const nobody = new Array<number>(SCORE_BINS).fill(0);
    expect(populationStability(nobody, nobody).psi).toBeNull();
  });
});

describe('what may be put before approvers', () => {
  const DIGEST = 'a'.repeat(64);
  const now = new Date('2026-03-01T00:00:00Z');
  const simulation = { digest: DIGEST, startedAt: new Date('2026-02-20T00:00:00Z'), customers: 1_000, changed: 50 };
  const validity = { validDays: 30, shareChangedUpTo: '0.05' };

  it.each([
    ['what was simulated and still holds', simulation, null],
    ['nothing that was not simulated', null, 'NO_SIMULATION'],
    [
      'nothing that was edited since, however old',
      { ...simulation, digest: 'b'.repeat(64), startedAt: new Date(0) },
      'SIMULATION_OF_OTHER_CONTENT',
    ],
    ['on the last day', { ...simulation, startedAt: new Date('2026-01-30T00:00:00.001Z') }, null],
    ['not a moment later', { ...simulation, startedAt: new Date('2026-01-30T00:00:00Z') }, 'SIMULATION_TOO_OLD'],
    ['nothing that was overtaken by one customer too many', { ...simulation, changed: 51 }, 'SIMULATION_OVERTAKEN'],
    ['what was simulated for nobody', { ...simulation, customers: 0, changed: 0 }, null],
  ])('%s', (_, found, reason) => {
    const judged = judgeSimulation(DIGEST, found, validity, now);
    expect(judged).toMatchObject(reason === null ? { ok: true } : { refusal: { code: 'INVALID_STATE', reason } });
  });
});

describe('changed values', () => {
  const change = (indicator: string, value: string | null) => ({ indicator, value });
  const ask = (changes: Parameters<typeof changeInputs>[0], masked: readonly string[] = []) =>
    changeInputs(changes, (indicator) => masked.includes(indicator), '2026-03-01');

  it.each([
    ['an indicator that there is not', [change('nothing', '1')], [], { code: 'NOT_FOUND', reason: 'INDICATOR' }],
    [
      'one that is changed twice',
      [change('roa', '0.1'), change('roa', '0.2')],
      [],
      { code: 'INVALID', reason: 'DOUBLED_INDICATOR', index: 1 },
    ],
    [
      'credit data that are masked',
      [change('daysPastDue', '3')],
      ['daysPastDue'],
      { code: 'FORBIDDEN', reason: 'CREDIT_DATA' },
    ],
    ['no value where that is masked', [change('daysPastDue', null)], ['daysPastDue'], { code: 'FORBIDDEN' }],
    ['what is no number', [change('roa', '1e3')], [], { code: 'INVALID', reason: 'NOT_A_NUMBER' }],
    ['too many digits', [change('roa', '0.1234567890123456')], [], { code: 'OUT_OF_RANGE', reason: 'TOO_PRECISE' }],
    ['half a lawsuit', [change('daysPastDue', '-1')], [], { code: 'OUT_OF_RANGE', reason: 'VALUE' }],
  ])('%s is refused', (_, changes, masked, refusal) => {
    expect(ask(changes, masked)).toMatchObject({ ok: false, refusal: { field: ['changes'], ...refusal } });
  });

  it('are taken in one form, nothing included', () => {
    const taken = ask([change('roa', '0.10'), change('daysPastDue', null)]);
    expect(taken.ok ? [...taken.value] : taken).toEqual([
      ['roa', '0.1'],
      ['daysPastDue', null],
    ]);
  });
});
