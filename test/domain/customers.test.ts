/** Credit codes, LEIs, the rules of a party's own fields, the life cycle, decisions on the register, relations. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { creditCodeCheck, creditCodeFault, normaliseCode } from '../../src/customers/domain/credit-code';
import { changedFields, checkFields, type Customer, type CustomerInput } from '../../src/customers/domain/customer';
import { decideChange, decideRegistration } from '../../src/customers/domain/decide-customer';
import { INDUSTRIES, checkIndustry } from '../../src/customers/domain/industry';
import { leiCheck, leiFault } from '../../src/customers/domain/lei';
import { FIRST_STAGE, mayMove, STAGE_MOVES, STAGES } from '../../src/customers/domain/lifecycle';
import { Register } from '../../src/customers/domain/register';
import {
  decideRelation,
  normaliseRelation,
  type RelationFacts,
  type RelationInput,
} from '../../src/customers/domain/relation';
import { messageKey, type Refusal } from '../../src/kernel/refusal';
import type { Result } from '../../src/kernel/result';

const codeOf = (result: Result<unknown>): string => (result.ok ? 'ok' : describeRefusal(result.refusal));
const describeRefusal = (refusal: Refusal): string =>
  `${messageKey(refusal)}${refusal.field === undefined ? '' : `@${refusal.field.join('.')}`}`;

describe('unified social credit codes', () => {
  test.each([
    ['91350100M000100Y43', null],
    ['91110000600037341L', null],
    ['91350100M000100Y44', 'CHECK_DIGIT'],
    ['91350100M000100Y4', 'SHAPE'],
    ['91350100M000100Y433', 'SHAPE'],
    ['91350100I000100Y43', 'SHAPE'],
    ['91350100O000100Y43', 'SHAPE'],
    ['9135010AM000100Y43', 'SHAPE'],
    ['', 'SHAPE'],
  ])('%s → %s', (code, fault) => {
    expect(creditCodeFault(code)).toBe(fault);
  });

  test.each([
    [' 91350100m000100y43 ', '91350100M000100Y43'],
    ['9135 0100 M000 100Y43', '91350100M000100Y43'],
    ['９１３５０１００Ｍ０００１００Ｙ４３', '91350100M000100Y43'],
  ])('%s is written as %s', (written, code) => {
    expect(normaliseCode(written)).toBe(code);
  });

  const alphabet = [...'0123456789ABCDEFGHJKLMNPQRTUWXY'];
  const body = fc
    .tuple(
      fc.string({ unit: fc.constantFrom(...alphabet), minLength: 2, maxLength: 2 }),
      fc.string({ unit: fc.constantFrom(...alphabet.slice(0, 10)), minLength: 6, maxLength: 6 }),
      fc.string({ unit: fc.constantFrom(...alphabet), minLength: 9, maxLength: 9 }),
    )
    .map((parts) => parts.join(''));

  test('a code with its check character is sound; with any one character changed or two neighbours swapped it is not', () => {
    fc.assert(
      fc.property(body, fc.nat(17), fc.nat(29), (text, at, shift) => {
        const code = text + creditCodeCheck(text);
        expect(creditCodeFault(code)).toBeNull();
        const other = alphabet[(alphabet.indexOf(code.charAt(at)) + 1 + shift) % 31] as string;
        expect(creditCodeFault(code.slice(0, at) + other + code.slice(at + 1))).not.toBeNull();
        if (at < 16 && code[at] !== code[at + 1]) {
          const swapped = code.slice(0, at) + code.charAt(at + 1) + code.charAt(at) + code.slice(at + 2);
          expect(creditCodeFault(swapped)).not.toBeNull();
        }
      }),
    );
  });

  const examples = join(__dirname, '../../../shared/data/uscc_examples.txt');
  // The published codes are not part of the repository.
  if (existsSync(examples)) {
    test('published codes are sound', () => {
      const codes = readFileSync(examples, 'utf8').split(/\s+/).filter(Boolean);
      expect(codes.length).toBeGreaterThan(100);
      expect(codes.filter((code) => creditCodeFault(code) !== null)).toEqual([]);
    });
  }
});

describe('LEIs', () => {
  test.each([
    ['HWUPKR0MPOU8FGXBT394', null],
    ['7H6GLXDRUGQFU57RNE97', null],
    ['HWUPKR0MPOU8FGXBT395', 'CHECK_DIGIT'],
    ['HWUPKR0MPOU8FGXBT3', 'SHAPE'],
    ['HWUPKR0MPOU8FGXBT3A4', 'SHAPE'],
  ])('%s → %s', (code, fault) => {
    expect(leiFault(code)).toBe(fault);
  });

  // A digit for a letter moves all that stands before it, so one such change in 97 goes unseen by any such check.
  test('a code with its check digits is sound, and a digit or a letter changed for another shows', () => {
    const unit = fc.constantFrom(...'0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ');
    fc.assert(
      fc.property(fc.string({ unit, minLength: 18, maxLength: 18 }), fc.nat(17), unit, (text, at, other) => {
        const code = text + leiCheck(text);
        expect(leiFault(code)).toBeNull();
        const isDigit = (character: string): boolean => /\d/.test(character);
        fc.pre(code.charAt(at) !== other && isDigit(code.charAt(at)) === isDigit(other));
        expect(leiFault(code.slice(0, at) + other + code.slice(at + 1))).toBe('CHECK_DIGIT');
      }),
    );
  });
});

describe("a party's fields", () => {
  const least: CustomerInput = { number: 'C-1', nameZh: '上海恒瑞机械有限公司' };

  test('text is put in order, blanks become null, the rest has defaults', () => {
    expect(
      checkFields(null, {
        number: ' C-1 ',
        nameZh: ' 上海恒瑞机械有限公司 ',
        nameEn: '  ',
        creditCode: '9135 0100 m000 100y43',
        industryCode: 'manufacturing',
        size: 'large',
      }),
    ).toEqual({
      ok: true,
      value: {
        number: 'C-1',
        kind: 'CUSTOMER',
        nameZh: '上海恒瑞机械有限公司',
        nameEn: null,
        shortName: null,
        creditCode: '91350100M000100Y43',
        lei: null,
        industryCode: 'MANUFACTURING',
        region: null,
        size: 'LARGE',
        stage: 'ACQUISITION',
        ownerUserId: null,
        orgUnitId: null,
      },
    });
  });

  test.each<[string, CustomerInput, string]>([
    ['no number', { nameZh: '甲' }, 'REQUIRED.NUMBER@number'],
    ['no name', { number: 'C-1', nameZh: ' ' }, 'REQUIRED.NAME@nameZh'],
    ['an English name alone', { number: 'C-1', nameEn: 'Acme' }, 'ok'],
    ['a number with spaces', { ...least, number: 'C 1' }, 'INVALID.SHAPE@number'],
    ['a number in Chinese', { ...least, number: '客户-001' }, 'ok'],
    ['a number of 41 characters', { ...least, number: 'C'.repeat(41) }, 'INVALID.TOO_LONG@number'],
    ['a name of 201 characters', { ...least, nameZh: '恒'.repeat(201) }, 'INVALID.TOO_LONG@nameZh'],
    ['a name with a line break', { ...least, nameZh: '恒\n瑞' }, 'INVALID.CONTROL_CHARACTER@nameZh'],
    ['a wrong check character', { ...least, creditCode: '91350100M000100Y44' }, 'INVALID.CHECK_DIGIT@creditCode'],
    ['a short credit code', { ...least, creditCode: '9135' }, 'INVALID.SHAPE@creditCode'],
    ['wrong check digits', { ...least, lei: 'HWUPKR0MPOU8FGXBT395' }, 'INVALID.CHECK_DIGIT@lei'],
    ['an unknown kind', { ...least, kind: 'FRIEND' }, 'INVALID.UNKNOWN_VALUE@kind'],
    ['an unknown size', { ...least, size: 'HUGE' }, 'INVALID.UNKNOWN_VALUE@size'],
    ['an unknown stage', { ...least, stage: 'ASLEEP' }, 'INVALID.UNKNOWN_VALUE@stage'],
    ['an owner that is no id', { ...least, ownerUserId: 'mei' }, 'INVALID.SHAPE@ownerUserId'],
  ])('%s → %s', (_, input, expected) => {
    expect(codeOf(checkFields(null, input))).toBe(expected);
  });

  test('what is not spoken of stays, null clears', () => {
    const known = checkFields(null, { ...least, region: '上海', size: 'SMALL', kind: 'SUPPLIER' });
    if (!known.ok) throw new Error();
    const next = checkFields(known.value, { size: null, nameEn: 'Hengrui' });
    if (!next.ok) throw new Error();
    expect(changedFields(known.value, next.value)).toEqual(['nameEn', 'size']);
    expect(next.value).toMatchObject({ region: '上海', size: null, kind: 'SUPPLIER', nameEn: 'Hengrui' });
  });
});

describe('the life cycle', () => {
  test('every stage is reached from the first one, and none is a dead end', () => {
    const reached = new Set([FIRST_STAGE]);
    for (const stage of reached) for (const next of STAGE_MOVES[stage]) reached.add(next);
    expect([...reached].sort()).toEqual([...STAGES].sort());
    for (const stage of STAGES) expect(STAGE_MOVES[stage].length).toBeGreaterThan(0);
  });

  test.each([
    ['ACQUISITION', 'GROWTH', true],
    ['ACQUISITION', 'MATURITY', false],
    ['GROWTH', 'GROWTH', true],
    ['DECLINE', 'EXITED', true],
    ['EXITED', 'GROWTH', false],
    ['EXITED', 'ACQUISITION', true],
  ] as const)('%s → %s: %s', (from, to, allowed) => {
    expect(mayMove(from, to)).toBe(allowed);
  });
});

describe('decisions on the register', () => {
  const at = new Date('2026-01-15T08:00:00Z');
  const customer = (id: string, input: CustomerInput): Customer => {
    const fields = checkFields(null, input);
    if (!fields.ok) throw new Error(fields.refusal.message);
    return { ...fields.value, id, version: 1, createdAt: at, updatedAt: at };
  };
  const first = customer('1', { number: 'C-1', nameZh: '甲', creditCode: '91350100M000100Y43', stage: 'GROWTH' });
  const known = { industries: new Set(['RETAIL']), users: new Set(['u']), orgUnits: new Set(['o']) };
  const register = new Register(
    [first, customer('2', { number: 'C-2', nameEn: 'B', lei: 'HWUPKR0MPOU8FGXBT394' })],
    known,
  );
  const owner = '00000000-0000-7000-8000-000000000001';

  test.each<[string, CustomerInput, string]>([
    ['a new party', { number: 'C-3', nameZh: '丙', industryCode: 'RETAIL' }, 'ok'],
    ['a field of its own is judged first', { number: 'C-1', nameZh: '丙', size: 'X' }, 'INVALID.UNKNOWN_VALUE@size'],
    ['an unknown industry', { number: 'C-1', nameZh: '丙', industryCode: 'MAGIC' }, 'NOT_FOUND.INDUSTRY@industryCode'],
    ['an unknown owner', { number: 'C-3', nameZh: '丙', ownerUserId: owner }, 'NOT_FOUND.OWNER@ownerUserId'],
    ['an unknown org unit', { number: 'C-3', nameZh: '丙', orgUnitId: owner }, 'NOT_FOUND.ORG_UNIT@orgUnitId'],
    ['a number that is taken', { number: 'C-1', nameZh: '丙' }, 'ALREADY_EXISTS.NUMBER@number'],
    [
      'a credit code that is taken',
      { number: 'C-3', nameZh: '丙', creditCode: '91350100M000100Y43' },
      'ALREADY_EXISTS.CREDIT_CODE@creditCode',
    ],
    ['an LEI that is taken', { number: 'C-3', nameZh: '丙', lei: 'HWUPKR0MPOU8FGXBT394' }, 'ALREADY_EXISTS.LEI@lei'],
  ])('registering %s', (_, input, expected) => {
    expect(codeOf(decideRegistration(input, register))).toBe(expected);
  });

  test.each<[string, CustomerInput, string | undefined, string]>([
    ['a name', { nameEn: 'A' }, undefined, 'ok'],
    ['its own keys again', { number: 'C-1', creditCode: '91350100M000100Y43' }, undefined, 'ok'],
    ["another one's number", { number: 'C-2' }, undefined, 'ALREADY_EXISTS.NUMBER@number'],
    ['a stage that follows', { stage: 'MATURITY' }, undefined, 'ok'],
    ['a stage that does not', { stage: 'ACQUISITION' }, undefined, 'INVALID_STATE.STAGE_MOVE@stage'],
    ['leaving without a reason', { stage: 'EXITED' }, ' ', 'REQUIRED.EXIT_REASON@reason'],
    ['leaving with a reason', { stage: 'EXITED' }, 'moved abroad', 'ok'],
  ])('changing %s', (_, input, reason, expected) => {
    expect(codeOf(decideChange(first, input, reason, register))).toBe(expected);
  });

  test('a change says which fields it changes', () => {
    const change = decideChange(first, { nameZh: '甲', region: '上海', stage: 'MATURITY' }, undefined, register);
    expect(change).toMatchObject({ ok: true, value: { changed: ['region', 'stage'] } });
  });

  test('a key given up in a batch is not free before the next one', () => {
    const batch = new Register([first], known);
    batch.put({ ...first, creditCode: null });
    const taker = { number: 'C-9', nameZh: '壬', creditCode: '91350100M000100Y43' };
    expect(codeOf(decideRegistration(taker, batch))).toBe('ALREADY_EXISTS.CREDIT_CODE@creditCode');
    expect(batch.byNumber('C-1')?.creditCode).toBeNull();
  });
});

describe('industries', () => {
  test('codes and names are given once each', () => {
    for (const key of ['code', 'nameZh', 'nameEn'] as const) {
      expect(new Set(INDUSTRIES.map((entry) => entry[key])).size).toBe(INDUSTRIES.length);
    }
    for (const entry of INDUSTRIES) expect(checkIndustry(entry)).toEqual({ ok: true, value: entry });
  });

  test.each([
    [{ code: 'retail', nameZh: '零售', nameEn: 'Retail' }, 'INVALID.SHAPE@code'],
    [{ code: 'RETAIL', nameZh: ' ', nameEn: 'Retail' }, 'REQUIRED@nameZh'],
  ])('%j → %s', (entry, expected) => {
    expect(codeOf(checkIndustry(entry))).toBe(expected);
  });
});

describe('relations', () => {
  const none: RelationFacts = { inward: [], closesCircle: false, exists: false };
  const held = (...shares: string[]): RelationFacts => ({
    ...none,
    inward: shares.map((share, index) => ({ fromId: String(index), share })),
  });
  const relation = (kind: RelationInput['kind'], share?: string): RelationInput => ({
    fromId: 'a',
    toId: 'b',
    kind,
    ...(share === undefined ? {} : { share }),
  });

  test.each<[string, RelationInput, RelationFacts, string]>([
    ['a party and itself', { ...relation('PARENT'), toId: 'a' }, none, 'INVALID.SELF_RELATION@toId'],
    ['a parent', relation('PARENT'), none, 'ok'],
    [
      'a second parent',
      relation('PARENT'),
      { ...none, inward: [{ fromId: 'c', share: null }] },
      'INVALID_STATE.SECOND_PARENT@toId',
    ],
    ['a circle of parents', relation('PARENT'), { ...none, closesCircle: true }, 'INVALID_STATE.CIRCLE@toId'],
    ['the same again', relation('GUARANTOR'), { ...none, exists: true }, 'ALREADY_EXISTS.RELATION@toId'],
    ['a share where none belongs', relation('GUARANTOR', '0.5'), none, 'INVALID.SHARE_NOT_ALLOWED@share'],
    ['a shareholder without share', relation('SHAREHOLDER'), none, 'REQUIRED.SHARE@share'],
    ['a share of nothing', relation('SHAREHOLDER', '0'), none, 'OUT_OF_RANGE.SHARE@share'],
    ['a share over the whole', relation('SHAREHOLDER', '1.01'), none, 'OUT_OF_RANGE.SHARE@share'],
    ['a share with seven places', relation('SHAREHOLDER', '0.1234567'), none, 'OUT_OF_RANGE.SHARE@share'],
    ['a share that is no number', relation('SHAREHOLDER', 'half'), none, 'OUT_OF_RANGE.SHARE@share'],
    ['shares up to the whole', relation('SHAREHOLDER', '0.4'), held('0.5', '0.1'), 'ok'],
    [
      'shares over the whole',
      relation('SHAREHOLDER', '0.400001'),
      held('0.5', '0.1'),
      'OUT_OF_RANGE.SHARES_OVER_WHOLE@share',
    ],
  ])('%s', (_, input, facts, expected) => {
    expect(codeOf(decideRelation(input, facts))).toBe(expected);
  });

  test('mutual relations have one direction, others keep theirs', () => {
    const ids = { fromId: 'b', toId: 'a' };
    expect(normaliseRelation({ ...ids, kind: 'SAME_CONTROLLER' })).toEqual({
      fromId: 'a',
      toId: 'b',
      kind: 'SAME_CONTROLLER',
    });
    expect(normaliseRelation({ ...ids, kind: 'PARENT' })).toEqual({ ...ids, kind: 'PARENT' });
  });
});
