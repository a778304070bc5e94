import fc from 'fast-check';
import { GRADES, notchesBetween, type Grade } from '../../src/kernel/grade';
import { decideOverride, type OverrideProposal } from '../../src/overrides/domain/decide-override';
import { DEFAULT_POLICIES } from '../../src/policies/domain/default-policies';
import { afterOverride, afterOverrideEnd, afterRating, type GradeState } from '../../src/ratings/domain/follow-grade';

const policy = DEFAULT_POLICIES.OVERRIDE;
const NOW = new Date('2026-01-15T08:00:00Z');
const moment = { at: NOW, coolDownDays: 0 };
const inDays = (days: number): Date => new Date(NOW.getTime() + days * 86_400_000);

const proposal = (over: Partial<OverrideProposal> = {}): OverrideProposal => ({
  toGrade: 'BBB',
  reasonCode: 'MATERIAL_EVENT',
  justification: 'A large customer of theirs went bankrupt.',
  evidence: [{ title: 'Court notice', reference: '2026-117' }],
  validUntil: inDays(90),
  ...over,
});

describe('an override', () => {
  it.each<[string, Grade, Partial<OverrideProposal>, string, string | undefined]>([
    ['a blank reason', 'A', { reasonCode: '' }, 'REQUIRED', undefined],
    ['a reason that is not in the policy', 'A', { reasonCode: 'MOOD' }, 'POLICY_VIOLATION', 'REASON_NOT_ALLOWED'],
    ['a blank justification', 'A', { justification: '  ' }, 'REQUIRED', undefined],
    ['a short justification', 'A', { justification: 'because' }, 'POLICY_VIOLATION', 'JUSTIFICATION_TOO_SHORT'],
    ['the grade that is in force', 'BBB', {}, 'INVALID', 'SAME_GRADE'],
    ['an end that has passed', 'A', { validUntil: NOW }, 'EXPIRED', 'VALID_UNTIL'],
    ['an end too far ahead', 'A', { validUntil: inDays(366) }, 'POLICY_VIOLATION', 'VALIDITY_TOO_LONG'],
    ['more notches up than the cap', 'B', { toGrade: 'AAA' }, 'POLICY_VIOLATION', 'NOTCH_CAP'],
    ['no evidence upwards', 'BB', { evidence: [] }, 'EVIDENCE_REQUIRED', undefined],
  ])('is refused with %s', (_, grade, over, code, reason) => {
    const result = decideOverride({ modelGrade: grade, grade }, proposal(over), policy, NOW);
    expect(result).toMatchObject({ ok: false, refusal: { code, ...(reason === undefined ? {} : { reason }) } });
  });

  it('is measured against the grade in force, and capped against the model grade', () => {
    expect(decideOverride({ modelGrade: 'BB', grade: 'CCC' }, proposal({ toGrade: 'BBB' }), policy, NOW)).toMatchObject(
      {
        ok: true,
        value: { direction: 'UP', notches: 3 },
      },
    );
  });

  it('above the model is upwards, also from a still better grade in force', () => {
    expect(decideOverride({ modelGrade: 'B', grade: 'AA' }, proposal({ toGrade: 'BBB' }), policy, NOW)).toMatchObject({
      ok: true,
      value: { direction: 'UP', notches: 2 },
    });
    expect(
      decideOverride({ modelGrade: 'B', grade: 'AA' }, proposal({ toGrade: 'BBB', evidence: [] }), policy, NOW),
    ).toMatchObject({ ok: false, refusal: { code: 'EVIDENCE_REQUIRED' } });
  });

  it('must be decided before it would end', () => {
    const soon = decideOverride({ modelGrade: 'A', grade: 'A' }, proposal({ validUntil: inDays(3) }), policy, NOW);
    expect(soon).toMatchObject({ ok: true, value: { decideBy: inDays(3) } });
  });

  it('never passes further than the cap from the model grade', () => {
    const grade = fc.constantFrom(...GRADES);
    fc.assert(
      fc.property(grade, grade, grade, (modelGrade, inForce, toGrade) => {
        const result = decideOverride({ modelGrade, grade: inForce }, proposal({ toGrade }), policy, NOW);
        if (!result.ok) return;
        const notches = notchesBetween(modelGrade, toGrade);
        expect(notches).toBeLessThanOrEqual(policy.notchCap.up);
        expect(-notches).toBeLessThanOrEqual(policy.notchCap.down);
        expect(toGrade).not.toBe(inForce);
      }),
    );
  });
});

describe('the two grades of a customer', () => {
  const grade = fc.constantFrom(...GRADES);
  const event = fc.oneof(
    fc.record({ kind: fc.constant('rate' as const), grade }),
    fc.record({ kind: fc.constant('override' as const), grade, id: fc.constantFrom('a', 'b', 'c') }),
    fc.record({ kind: fc.constant('end' as const), id: fc.constantFrom('a', 'b', 'c') }),
  );

  it('are always both there; the model grade is the last one computed, whatever people decide', () => {
    fc.assert(
      fc.property(grade, fc.array(event), (first, events) => {
        let state: GradeState = afterRating(null, first, moment);
        let model = first;
        for (const next of events) {
          if (next.kind === 'rate') {
            model = next.grade;
            state = afterRating(state, next.grade, moment);
          } else if (next.kind === 'override') {
            state = afterOverride(state, next.grade, next.id);
          } else {
            state = afterOverrideEnd(state, next.id);
          }
          expect(state.modelGrade).toBe(model);
          expect(state.basis === 'OVERRIDE').toBe(state.overrideId !== null);
          if (state.basis === 'MODEL') expect(state.grade).toBe(model);
        }
      }),
    );
  });
});
