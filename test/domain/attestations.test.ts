/** What is said of each statement, and when an attestation is due. */
import { decideAttestation, dueDay, yearOver, type AttestationAnswer } from '../../src/validation/domain/attestation';

const statements = ['RERATED', 'LOG'].map((code) => ({ code, nameZh: code, nameEn: code }));
const yes = (statement: string): AttestationAnswer => ({ statement, holds: true });

describe('answers', () => {
  it('stand in the order of the policy, in its words', () => {
    expect(
      decideAttestation({ statements }, [{ statement: 'LOG', holds: false, remark: ' Two rows. ' }, yes('RERATED')]),
    ).toEqual({
      ok: true,
      value: [
        { statement: 'RERATED', nameZh: 'RERATED', nameEn: 'RERATED', holds: true, remark: null },
        { statement: 'LOG', nameZh: 'LOG', nameEn: 'LOG', holds: false, remark: 'Two rows.' },
      ],
    });
  });

  it.each<[string, AttestationAnswer[], object]>([
    ['a statement without an answer', [yes('LOG')], { reason: 'STATEMENTS', params: { statements: 'RERATED' } }],
    ['a statement with two', [yes('LOG'), yes('LOG'), yes('RERATED')], { params: { statements: 'LOG' } }],
    ['an answer to nothing', [yes('LOG'), yes('RERATED'), yes('OTHER')], { params: { statements: 'OTHER' } }],
    [
      'no word on why it does not hold',
      [yes('LOG'), { statement: 'RERATED', holds: false, remark: ' ' }],
      { code: 'REQUIRED', field: ['answers', 'remark'], index: 1 },
    ],
  ])('are refused with %s', (_, answers, refusal) => {
    expect(decideAttestation({ statements }, answers)).toMatchObject({ ok: false, refusal });
  });
});

it.each([
  ['2027-01-01T00:00:00.000Z', 3, 2026, '2027-03-31'],
  ['2026-12-31T23:59:59.999Z', 2, 2025, '2026-02-28'],
  ['2028-06-01T00:00:00.000Z', 2, 2027, '2028-02-29'],
  ['2027-01-01T00:00:00.000Z', 12, 2026, '2027-12-31'],
] as const)('at %s, with %s months, that of %s is due by %s', (now, dueMonths, year, day) => {
  expect(yearOver(new Date(now))).toBe(year);
  expect(dueDay(year, { dueMonths })).toBe(day);
});
