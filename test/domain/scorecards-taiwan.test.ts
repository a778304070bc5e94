/**
 * The delivered expert scorecard on real firms: 6,819 listed companies of Taiwan, of which 220 went bankrupt. The weights
 * were not fitted to them. The data set is not part of the repository; without it there is nothing to check.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse as parseCsv } from 'csv-parse/sync';
import { parse as parseYaml } from 'yaml';
import { findIndicator, indicatorOf } from '../../src/indicators/domain/dictionary';
import { GRADES } from '../../src/kernel/grade';
import { EXPERT_SCORECARD, compileScorer } from '../../src/scorecards';
import { freeze, scoreOf } from './scorecards-fixture';

interface RatioMap {
  readonly columns: readonly { readonly column: string; readonly indicator: string; readonly unit: string }[];
  readonly outcome: { readonly column: string; readonly bad: readonly string[] };
  readonly customer: { readonly create: { readonly industry: string } };
}

const map = parseYaml(readFileSync(join(__dirname, '../../samples/taiwan-ratios.map.yaml'), 'utf8')) as RatioMap;
const scored = new Set<string>(EXPERT_SCORECARD.characteristics.map((row) => row.indicator));

describe('the map of the ratios', () => {
  const indicators = map.columns.map((row) => row.indicator);

  test('maps at least 20 columns, each once, onto indicators of the dictionary', () => {
    expect(indicators.length).toBeGreaterThanOrEqual(20);
    expect(new Set(indicators).size).toBe(indicators.length);
    expect(new Set(map.columns.map((row) => row.column)).size).toBe(indicators.length);
    for (const code of indicators) expect(findIndicator(code)?.code).toBe(code);
  });

  test('never takes the outcome for an input, nor a scaled value for a measured one', () => {
    expect(map.columns.map((row) => row.column)).not.toContain(map.outcome.column);
    expect(new Set(map.columns.map((row) => row.unit))).toEqual(new Set(['scaled']));
    for (const code of indicators) expect(indicatorOf(code).unit).not.toBe('FLAG');
  });
});

const file = join(__dirname, '../../../shared/data/taiwanese_bankruptcy_6819.csv');
const describeWithFile = existsSync(file)
  ? describe
  : (title: string, _: () => void) => describe(title, () => test(`not checked: ${file} is not there`, () => undefined));

describeWithFile('the expert scorecard on 6,819 firms', () => {
  type Firm = { readonly score: number; readonly grade: string; readonly bankrupt: boolean };
  let firms: readonly Firm[] = [];

  beforeAll(() => {
    const rows = parseCsv<Record<string, string>>(readFileSync(file), { columns: true, bom: true });
    const columnOf = new Map(map.columns.map((row) => [row.indicator, row.column]));
    const valueOf = (row: Record<string, string>, indicator: string): number | null => {
      const column = columnOf.get(indicator);
      return column === undefined ? null : Number(row[column]);
    };
    const columns = EXPERT_SCORECARD.characteristics.map(({ indicator }) => rows.map((row) => valueOf(row, indicator)));
    const cutPoints = freeze(EXPERT_SCORECARD, columns, map.customer.create.industry);
    const compiled = compileScorer(EXPERT_SCORECARD, cutPoints);
    firms = rows.map((row) => {
      const { score, modelGrade } = scoreOf(
        compiled,
        compiled.inputs.map((indicator) => valueOf(row, indicator)),
      );
      const bankrupt = map.outcome.bad.includes(row[map.outcome.column] ?? '');
      return { score: Number(score), grade: modelGrade, bankrupt };
    });
  });

  test('at least 15 of the mapped ratios are scored', () => {
    expect(map.columns.filter((row) => scored.has(row.indicator)).length).toBeGreaterThanOrEqual(15);
  });

  test('ranks the bankrupt below the others: area under the ROC curve at least 0.90', () => {
    expect(firms).toHaveLength(6819);
    expect(firms.filter((firm) => firm.bankrupt)).toHaveLength(220);
    expect(areaUnderCurve(firms)).toBeGreaterThanOrEqual(0.9);
  });

  test('uses all nine grades, and fails more often from grade to grade downwards', () => {
    const shares = GRADES.map((grade) => {
      const members = firms.filter((firm) => firm.grade === grade);
      expect(members.length).toBeGreaterThan(0);
      return members.filter((firm) => firm.bankrupt).length / members.length;
    });
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
  });

  /** Share of pairs (survivor, bankrupt) in which the survivor scores higher, ties counting half. */
  const areaUnderCurve = (all: readonly Firm[]): number => {
    const bad = all.filter((firm) => firm.bankrupt).map((firm) => firm.score);
    const good = all.filter((firm) => !firm.bankrupt).map((firm) => firm.score);
    let won = 0;
    for (const low of bad) for (const high of good) won += high > low ? 1 : high === low ? 0.5 : 0;
    return won / (bad.length * good.length);
  };
});
