/** Whose value holds where sources differ, and what counts as a contradiction. */
import fc from 'fast-check';
import { foldSnapshots, NOTHING_KNOWN } from '../../src/indicators/domain/current';
import { indicatorOf } from '../../src/indicators/domain/dictionary';
import { findContradictions, type ComparedSnapshot } from '../../src/indicators/domain/find-contradictions';
import { freshnessOf } from '../../src/indicators/domain/freshness';
import { NO_PRECEDENCE, precedenceOf } from '../../src/indicators/domain/precedence';
import { DEFAULT_POLICIES, type SourcePrecedence } from '../../src/policies';

const DEFAULT = DEFAULT_POLICIES.SOURCE_PRECEDENCE;
const precedence = precedenceOf(DEFAULT);

const changed = (changes: Partial<SourcePrecedence>) => precedenceOf({ ...DEFAULT, ...changes });

describe('rank', () => {
  test.each<[string, string, string[]]>([
    [
      'the kind that the dictionary names comes first',
      'roa',
      ['erp', 'bureau', 'association', 'expert', 'somebody', 'derived'],
    ],
    ['also where it is not the first kind', 'marketShareGain', ['association', 'bureau', 'erp', 'somebody']],
    ['credit data are the bureau’s', 'externalGuarantees', ['bureau', 'erp', 'somebody', 'derived']],
  ])('%s', (_, code, sources) => {
    const ranks = sources.map((source) => precedence.rankOf(code, source));
    expect(ranks).toEqual([...ranks].sort((a, b) => a - b));
    expect(new Set(ranks).size).toBe(sources.length);
  });

  test('an order of its own names sources or kinds; what it leaves out comes last', () => {
    const own = changed({ indicators: { roa: ['somebody', 'BUREAU'] } });
    expect(['somebody', 'bureau', 'erp', 'derived'].map((source) => own.rankOf('roa', source))).toEqual([0, 1, 2, 2]);
    expect(own.rankOf('roe', 'erp')).toBe(precedence.rankOf('roe', 'erp'));
  });

  test('without the preference for the own kind the general order alone counts', () => {
    const general = changed({ ownKindFirst: false });
    expect(general.rankOf('roa', 'bureau')).toBeLessThan(general.rankOf('roa', 'erp'));
  });
});

test.each([
  ['openLawsuits', '2025-05-17', '2025-05-17'],
  ['daysPastDue', '2025-05-17', '2025-05'],
  ['roa', '2025-01-01', '2025-Q1'],
  ['roa', '2025-06-30', '2025-Q2'],
  ['roa', '2025-12-31', '2025-Q4'],
  ['strategicFit', '2025-05-17', '2025'],
])('%s of %s is of the period %s', (code, day, period) => {
  expect(precedence.periodOf(code, day)).toBe(period);
});

let ids = 0;
const said = (
  source: string,
  asOf: string,
  values: Record<string, string | null>,
  recordedAt = '2026-01-01T00:00:00Z',
  quality: ComparedSnapshot['quality'] = 'REPORTED',
): ComparedSnapshot => ({
  id: `s${++ids}`,
  customerId: 'c',
  source,
  asOf,
  recordedAt: new Date(recordedAt),
  quality,
  values,
});

describe('the fold', () => {
  const held = (snapshots: ComparedSnapshot[], by = precedence): string | null => {
    const { snapshotIds } = foldSnapshots(NOTHING_KNOWN, snapshots, by);
    const id = snapshotIds[indicatorOf('roa').ordinal - 1];
    return snapshots.find((snapshot) => snapshot.id === id)?.values['roa'] ?? null;
  };

  test.each<[string, ComparedSnapshot[], string | null]>([
    [
      'of one quarter the better source',
      [said('erp', '2025-05-01', { roa: '1' }), said('bureau', '2025-06-30', { roa: '2' })],
      '1',
    ],
    [
      'a later quarter by a lesser source',
      [said('erp', '2025-06-30', { roa: '1' }), said('bureau', '2025-07-01', { roa: '2' })],
      '2',
    ],
    [
      'of one source the later day',
      [said('erp', '2025-05-01', { roa: '1' }), said('erp', '2025-06-30', { roa: '2' })],
      '2',
    ],
    [
      'of one source and day the later recording',
      [said('erp', '2025-05-01', { roa: '1' }, '2026-01-02T00:00:00Z'), said('erp', '2025-05-01', { roa: '2' })],
      '1',
    ],
    [
      'what was taken back does not count',
      [said('erp', '2025-06-30', { roa: '1' }), said('erp', '2025-06-30', { roa: null })],
      null,
    ],
    [
      'and gives way to what others say',
      [
        said('bureau', '2025-06-30', { roa: '2' }),
        said('erp', '2025-06-30', { roa: '1' }),
        said('erp', '2025-06-30', { roa: null }),
      ],
      '2',
    ],
    [
      'what was taken back can be said again',
      [
        said('erp', '2025-06-30', { roa: '1' }),
        said('erp', '2025-06-30', { roa: null }),
        said('erp', '2025-06-30', { roa: '3' }, '2026-01-02T00:00:00Z'),
      ],
      '3',
    ],
  ])('%s holds', (_, snapshots, expected) => {
    expect(held(snapshots)).toBe(expected);
  });

  test('before any precedence the latest day holds, whoever speaks', () => {
    const snapshots = [said('erp', '2025-05-01', { roa: '1' }), said('bureau', '2025-06-30', { roa: '2' })];
    expect(held(snapshots, NO_PRECEDENCE)).toBe('2');
  });

  test('is the same in any order and in any number of steps', () => {
    const drawn = fc.uniqueArray(
      fc.record({
        source: fc.constantFrom('erp', 'bureau', 'association', 'somebody', 'derived'),
        asOf: fc.constantFrom('2025-03-31', '2025-05-01', '2025-06-30', '2025-07-01'),
        minute: fc.nat(59),
        roa: fc.integer({ min: 0, max: 9 }),
      }),
      { selector: ({ minute }) => minute, maxLength: 10 },
    );
    fc.assert(
      fc.property(drawn, fc.infiniteStream(fc.nat()), fc.nat(10), (list, keys, cut) => {
        const snapshots = list.map(({ source, asOf, minute, roa }) =>
          said(source, asOf, { roa: String(roa) }, new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString()),
        );
        const shuffled = snapshots
          .map((item) => ({ item, key: keys.next().value as number }))
          .sort((a, b) => a.key - b.key)
          .map(({ item }) => item);
        const first = foldSnapshots(NOTHING_KNOWN, shuffled.slice(0, cut), precedence);
        expect(foldSnapshots(first, shuffled.slice(cut), precedence)).toEqual(
          foldSnapshots(NOTHING_KNOWN, snapshots, precedence),
        );
      }),
    );
  });
});

describe('contradictions', () => {
  const against = (arriving: ComparedSnapshot, known: ComparedSnapshot[], by = precedence): string[] =>
    findContradictions([arriving], known, by).map(
      ({ indicator, holdingSnapshotId, deviation }) =>
        `${indicator} ${holdingSnapshotId === arriving.id ? 'arrived' : 'known'} ${deviation}`,
    );

  test.each<[string, ComparedSnapshot, ComparedSnapshot[], string[]]>([
    [
      'none within the tolerance',
      said('bureau', '2025-06-30', { roa: '0.105' }),
      [said('erp', '2025-06-30', { roa: '0.1' })],
      [],
    ],
    [
      'beyond it',
      said('bureau', '2025-06-30', { roa: '0.2' }),
      [said('erp', '2025-06-30', { roa: '0.1' })],
      ['roa known 0.500000'],
    ],
    [
      'the arriving one holds',
      said('erp', '2025-06-30', { roa: '-0.1' }),
      [said('bureau', '2025-05-30', { roa: '0.1' })],
      ['roa arrived 2.000000'],
    ],
    ['zero and zero agree', said('erp', '2025-06-30', { roa: '0' }), [said('bureau', '2025-06-30', { roa: '0' })], []],
    ['another quarter', said('erp', '2025-07-01', { roa: '1' }), [said('bureau', '2025-06-30', { roa: '2' })], []],
    [
      'the same source corrects itself',
      said('erp', '2025-06-30', { roa: '1' }),
      [said('erp', '2025-06-30', { roa: '2' })],
      [],
    ],
    [
      'only what the other source said last',
      said('erp', '2025-06-30', { roa: '1' }),
      [said('bureau', '2025-06-30', { roa: '2' }), said('bureau', '2025-06-30', { roa: '1' })],
      [],
    ],
    [
      'what was scaled by a measure of its own',
      said('erp', '2025-06-30', { roa: '1' }),
      [said('x', '2025-06-30', { roa: '2' }, undefined, 'SCALED')],
      [],
    ],
    ['what we worked out', said('erp', '2025-06-30', { roa: '1' }), [said('derived', '2025-06-30', { roa: '2' })], []],
    [
      'flags differ or do not',
      said('court', '2025-06-30', { blacklistHit: '1' }),
      [said('erp', '2025-06-30', { blacklistHit: '0' })],
      ['blacklistHit arrived 1.000000'],
    ],
    [
      'just above is above',
      said('bureau', '2025-06-30', { roa: '1.05263158' }),
      [said('erp', '2025-06-30', { roa: '1' })],
      ['roa known 0.050001'],
    ],
  ])('%s', (_, arriving, known, expected) => {
    expect(against(arriving, known)).toEqual(expected);
  });

  test('a tolerance of its own', () => {
    const wide = changed({ tolerance: { general: '0.05', indicators: { roa: '0.6' } } });
    expect(
      against(said('bureau', '2025-06-30', { roa: '2' }), [said('erp', '2025-06-30', { roa: '1' })], wide),
    ).toEqual([]);
  });

  test('what arrives together is compared too', () => {
    const both = [said('erp', '2025-06-30', { roa: '1' }), said('bureau', '2025-06-30', { roa: '2' })];
    expect(findContradictions(both, [], precedence)).toHaveLength(1);
  });
});

test.each([
  ['daysPastDue', '2026-01-15', 0, true],
  ['daysPastDue', '2026-01-16', 0, true],
  ['daysPastDue', '2025-09-17', 120, true],
  ['daysPastDue', '2025-09-16', 121, false],
  ['goneFromTheDictionary', '1999-01-01', 9876, true],
])('%s of %s is %i days old', (code, asOf, ageDays, fresh) => {
  expect(freshnessOf(code, asOf, new Date('2026-01-15T08:00:00Z'))).toEqual({ ageDays, fresh });
});
