/** What a simulation looks like in a terminal. */
import { driftLines, matrixLines } from '../../cli/what-if.text';
import { populationStability, SCORE_BINS } from '../../src/ratings/domain/population-stability';
import type { Grade } from '../../src/kernel/grade';

const cell = (from: Grade | null, to: Grade, count: number) => ({ from, to, count, share: '0.1', exposure: '1.00' });

it('the matrix has a row for every grade that somebody comes from, shaded by share of the row, and what stays in brackets', () => {
  const lines = matrixLines([cell('AAA', 'AAA', 60), cell('AAA', 'AA', 38), cell('AAA', 'C', 2), cell(null, 'B', 7)]);
  expect(lines).toEqual([
    '          AAA      AA       A     BBB      BB       B     CCC      CC       C',
    'AAA      [60]█     38▓      ·       ·       ·       ·       ·       ·       2░',
    'first       ·       ·       ·       ·       ·       7█      ·       ·       ·',
  ]);
});

it('drift has one mark for each bin, by the fullest of both sides', () => {
  const [before, after] = [new Array<number>(SCORE_BINS).fill(0), new Array<number>(SCORE_BINS).fill(0)];
  [before[10], before[11], after[10], after[19]] = [80, 10, 40, 50];
  const drift = populationStability(before, after);
  expect(driftLines(drift)).toEqual([
    'scores 0 to 100, before  |          █▁        |',
    `                 after   |          ▄        ▅|  stability index ${drift.psi}`,
  ]);
  expect(driftLines({ ...drift, psi: null })).toEqual([]);
});
