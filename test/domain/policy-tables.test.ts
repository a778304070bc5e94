import fc from 'fast-check';
import { analyseTable, type TableFinding } from '../../src/policies/domain/analyse-table';
import {
  matchRow,
  rowFits,
  type DecisionTable,
  type Dimension,
  type TableInput,
  type TableRow,
} from '../../src/policies/domain/decision-table';

const SIZE: Dimension = { name: 'size', kind: 'NUMBER', min: '0', max: '4', step: '1' };
const AMOUNT: Dimension = { name: 'amount', kind: 'NUMBER', min: '0' };
const GRADE: Dimension = { name: 'grade', kind: 'CHOICE', values: ['A', 'B', 'C'] };
const FLAG: Dimension = { name: 'listed', kind: 'FLAG' };

const row = (id: string, when: TableRow['when'], outcome = id): TableRow => ({ id, when, outcome });
const table = (
  hitPolicy: DecisionTable['hitPolicy'],
  dimensions: readonly Dimension[],
  ...rows: TableRow[]
): DecisionTable => ({ hitPolicy, dimensions, rows });

describe('a decision table', () => {
  it.each<[string, DecisionTable, readonly TableFinding[]]>([
    [
      'that covers everything once is proved sound',
      table(
        'UNIQUE',
        [AMOUNT, GRADE],
        row('small', { amount: { to: '100' } }),
        row('large', { amount: { from: '100', fromExcluded: true }, grade: ['A', 'B'] }),
        row('large-c', { amount: { from: '100', fromExcluded: true }, grade: ['C'] }),
      ),
      [],
    ],
    [
      'whose rows both leave out the point where they meet has a gap of one number',
      table(
        'UNIQUE',
        [AMOUNT],
        row('below', { amount: { to: '0.3', toExcluded: true } }),
        row('above', { amount: { from: '0.3', fromExcluded: true } }),
      ),
      [{ fault: 'GAP', rows: [], example: { amount: '0.3' } }],
    ],
    [
      'that begins a cent later has no gap where amounts are in cents',
      table(
        'UNIQUE',
        [{ ...AMOUNT, step: '0.01' }],
        row('below', { amount: { to: '5000000' } }),
        row('above', { amount: { from: '5000000.01' } }),
      ),
      [],
    ],
    [
      'that begins a cent later has one where they are not',
      table('UNIQUE', [AMOUNT], row('below', { amount: { to: '5' } }), row('above', { amount: { from: '5.01' } })),
      [{ fault: 'GAP', rows: [], example: { amount: '5.005' } }],
    ],
    [
      'two of whose rows hold the same number overlaps there',
      table('UNIQUE', [AMOUNT], row('below', { amount: { to: '5' } }), row('above', { amount: { from: '5' } })),
      [{ fault: 'OVERLAP', rows: ['below', 'above'], example: { amount: '5' } }],
    ],
    ['by first hit may overlap', table('FIRST', [AMOUNT], row('below', { amount: { to: '5' } }), row('rest', {})), []],
    [
      'has a shadowed row where others together take its place',
      table(
        'FIRST',
        [GRADE, FLAG],
        row('listed', { listed: true }),
        row('good', { grade: ['A', 'B'] }),
        row('late', { grade: ['B'], listed: false }),
        row('rest', {}),
      ),
      [{ fault: 'SHADOWED', rows: ['late', 'good'], example: { grade: 'B', listed: false } }],
    ],
    [
      'that says two things of the same contradicts itself',
      table('FIRST', [GRADE], row('one', { grade: ['A'] }), row('two', { grade: ['A'] }), row('rest', {})),
      [{ fault: 'CONTRADICTION', rows: ['one', 'two'], example: { grade: 'A' } }],
    ],
    [
      'has rows that nothing can fit',
      table(
        'FIRST',
        [SIZE],
        row('nothing', { size: { from: '3', to: '1' } }),
        row('beyond', { size: { from: '9' } }),
        row('rest', {}),
      ),
      [
        { fault: 'EMPTY_ROW', rows: ['nothing'], example: null },
        { fault: 'EMPTY_ROW', rows: ['beyond'], example: null },
      ],
    ],
    [
      'without rows leaves everything out',
      table('FIRST', [GRADE, AMOUNT]),
      [{ fault: 'GAP', rows: [], example: { grade: 'A', amount: '0' } }],
    ],
    ['without inputs is one case', table('FIRST', [], row('all', {})), []],
  ])('%s', (_, given, findings) => {
    expect(analyseTable(given)).toEqual(findings);
  });

  it('is called too large instead of sound where it cannot be looked through', () => {
    const dimensions = Array.from({ length: 30 }, (_, i): Dimension => ({ name: `f${i}`, kind: 'FLAG' }));
    const rows = dimensions.map(({ name }, i) => row(name, { [name]: i % 2 === 0 }));
    expect(analyseTable(table('FIRST', dimensions, ...rows))).toEqual([
      { fault: 'TOO_LARGE', rows: [], example: null },
    ]);
  });

  describe('held against trying every input', () => {
    const interval = fc
      .record({
        from: fc.option(fc.integer({ min: -1, max: 5 }), { nil: undefined }),
        fromExcluded: fc.boolean(),
        to: fc.option(fc.integer({ min: -1, max: 5 }), { nil: undefined }),
        toExcluded: fc.boolean(),
      })
      .map(({ from, to, fromExcluded, toExcluded }) => ({
        ...(from === undefined ? {} : { from: String(from), fromExcluded }),
        ...(to === undefined ? {} : { to: String(to), toExcluded }),
      }));
    const when = fc.record(
      { size: interval, grade: fc.subarray(['A', 'B', 'C'], { minLength: 1 }), listed: fc.boolean() },
      { requiredKeys: [] },
    );
    const drawn = fc
      .tuple(
        fc.constantFrom('FIRST' as const, 'UNIQUE' as const),
        fc.array(fc.tuple(when, fc.constantFrom('x', 'y')), { maxLength: 6 }),
      )
      .map(([hitPolicy, rows]) =>
        table(hitPolicy, [SIZE, GRADE, FLAG], ...rows.map(([asked, outcome], i) => row(`r${i}`, asked, outcome))),
      );
    const inputs: TableInput[] = ['0', '1', '2', '3', '4'].flatMap((size) =>
      ['A', 'B', 'C'].flatMap((grade) => [true, false].map((listed) => ({ size, grade, listed }))),
    );
    const idsOf = (findings: readonly TableFinding[], ...faults: TableFinding['fault'][]) =>
      findings.filter(({ fault }) => faults.includes(fault));

    it('finds a gap exactly where an input fits no row, and shows one that does not', () => {
      fc.assert(
        fc.property(drawn, (given) => {
          const gaps = idsOf(analyseTable(given), 'GAP');
          expect(gaps.length > 0).toBe(inputs.some((input) => matchRow(given, input) === null));
          for (const { example } of gaps) expect(matchRow(given, example ?? {})).toBeNull();
        }),
        { numRuns: 500 },
      );
    });

    it('finds exactly the pairs of rows that fit one input', () => {
      fc.assert(
        fc.property(drawn, (given) => {
          const unique = { ...given, hitPolicy: 'UNIQUE' as const };
          const found = idsOf(analyseTable(unique), 'OVERLAP', 'CONTRADICTION');
          const pairs = given.rows.flatMap((a, i) => given.rows.slice(i + 1).map((b) => [a, b] as const));
          const overlapping = pairs.filter(([a, b]) => inputs.some((input) => rowFits(a, input) && rowFits(b, input)));
          const told = new Set(found.map(({ rows }) => rows.join()));
          for (const [a, b] of overlapping) {
            // Of several rows with the same box the later ones are told of beside the first.
            const same = inputs.every((input) => rowFits(a, input) === rowFits(b, input));
            if (!same) expect(told).toContain(`${a.id},${b.id}`);
          }
          for (const { rows, example } of found) {
            const both = given.rows.filter(({ id }) => rows.includes(id));
            expect(both.every((one) => rowFits(one, example ?? {}))).toBe(true);
          }
        }),
        { numRuns: 500 },
      );
    });

    it('finds exactly the rows that fit something and never decide', () => {
      fc.assert(
        fc.property(drawn, (given) => {
          const first = { ...given, hitPolicy: 'FIRST' as const };
          const findings = analyseTable(first);
          const idle = given.rows
            .filter((one) => inputs.some((input) => rowFits(one, input)))
            .filter((one) => !inputs.some((input) => matchRow(first, input) === one))
            .map(({ id }) => id);
          const told = findings.flatMap(({ fault, rows: [a = '', b = ''] }) =>
            fault === 'SHADOWED' ? [a] : fault === 'CONTRADICTION' ? [b] : [],
          );
          expect([...told].sort()).toEqual(idle);
          const empty = given.rows.filter((one) => !inputs.some((input) => rowFits(one, input))).map(({ id }) => id);
          expect(idsOf(findings, 'EMPTY_ROW').flatMap(({ rows }) => rows)).toEqual(empty);
        }),
        { numRuns: 500 },
      );
    });
  });
});
