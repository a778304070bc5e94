import fc from 'fast-check';
import { Decimal } from '../../src/kernel/decimal';
import { GRADES } from '../../src/kernel/grade';
import { decideRaise } from '../../src/limits/domain/decide-raise';
import { followGrade } from '../../src/limits/domain/follow-grade';
import { DEFAULT_POLICIES } from '../../src/policies/domain/default-policies';

const policy = DEFAULT_POLICIES.LIMIT;
const position = (amount: string, turnover: string | null) => ({
  customerId: 'c',
  amount,
  yearlyTurnover: turnover === null ? null : new Decimal(turnover),
});

describe('a limit that follows the grade in force', () => {
  it.each([
    ['is cut to what the policy allows', '500000.00', '1000000', 'BB', '150000.00'],
    ['stays where the policy allows more', '100000.00', '1000000', 'AAA', '100000.00'],
    ['falls to nothing at C', '500000.00', '1000000', 'C', '0.00'],
    ['falls to nothing where the turnover is not known', '500000.00', null, 'AAA', '0.00'],
  ] as const)('%s', (_, amount, turnover, grade, after) => {
    expect(followGrade(position(amount, turnover), grade, policy).after).toBe(after);
  });

  it('never rises and never ends above what is allowed', () => {
    const cents = fc.integer({ min: 0, max: 1e13 }).map((n) => new Decimal(n).div(100).toFixed(2));
    fc.assert(
      fc.property(cents, cents, fc.constantFrom(...GRADES), (amount, turnover, grade) => {
        const { before, after, terms } = followGrade(position(amount, turnover), grade, policy);
        expect(new Decimal(after).lte(before)).toBe(true);
        expect(new Decimal(after).lte(terms.amount)).toBe(true);
      }),
    );
  });
});

describe('a raise', () => {
  const raise = (amount: string, from = '100.00', justification = 'growing business') =>
    decideRaise({ amount: from, most: '500.00', bound: 'POLICY' }, { amount: new Decimal(amount), justification });

  it.each([
    ['without justification', '200', ' ', 'REQUIRED', undefined],
    ['to three decimal places', '200.001', 'x', 'OUT_OF_RANGE', undefined],
    ['to more than the books hold', '1e19', 'x', 'OUT_OF_RANGE', undefined],
    ['to the amount there is', '100.00', 'x', 'INVALID', 'NOT_A_RAISE'],
    ['downwards', '-5', 'x', 'INVALID', 'NOT_A_RAISE'],
    ['above what the policy allows', '500.01', 'x', 'POLICY_VIOLATION', 'ABOVE_POLICY_LIMIT'],
  ])('is refused %s', (_, amount, justification, code, reason) => {
    const result = raise(amount, '100.00', justification);
    expect(result).toMatchObject({ ok: false, refusal: { code, ...(reason === undefined ? {} : { reason }) } });
  });

  it('says how large it is', () => {
    expect(raise('150')).toEqual({ ok: true, value: { amount: '150.00', relativeChange: '0.500000' } });
    expect(raise('450.01', '300.00')).toMatchObject({ value: { relativeChange: '0.500034' } });
    expect(raise('150', '0.00')).toEqual({ ok: true, value: { amount: '150.00', relativeChange: null } });
  });
});
