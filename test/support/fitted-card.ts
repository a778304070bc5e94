/**
 * A logistic card fitted on half of 6,819 listed firms of Taiwan, and the same model as an ONNX file would have it. The data set is not
 * part of the repository; without it there is nothing to fit.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse as parseCsv } from 'csv-parse/sync';
import { parse as parseYaml } from 'yaml';
import { indicatorOf } from '../../src/indicators/domain/dictionary';
import { EXPERT_SCORECARD, type ScorecardDefinition } from '../../src/scorecards';
import { characteristic, SMALL_SCORECARD } from '../domain/scorecards-fixture';
import { binned, fitLogistic, woeAt } from './logistic';
import type { Steps } from './onnx';

const FIRMS = join(__dirname, '../../../shared/data/taiwanese_bankruptcy_6819.csv');
const MAP = join(__dirname, '../../samples/taiwan-ratios.map.yaml');
export const hasFirms = existsSync(FIRMS);

const NO_WEIGHTS = { CREDIT: '0', OPERATION: '0', COOPERATION: '0', POTENTIAL: '0' };
const SCALING = { evenOddsScore: '25', pointsToDoubleOdds: '8' };

/** A card that asks the model in the file about these indicators. */
export const brought = (ids: readonly string[], file: Buffer): ScorecardDefinition => ({
  ...SMALL_SCORECARD,
  knockOuts: [],
  dimensionWeights: NO_WEIGHTS,
  characteristics: ids.map((id) => ({ ...characteristic(id, indicatorOf(id).dimension, '0') })),
  model: {
    kind: 'ONNX',
    digest: createHash('sha256').update(file).digest('hex'),
    input: 'x',
    output: 'p',
    outputKind: 'PROBABILITY',
    scaling: SCALING,
  },
});

export interface FittedCard {
  readonly card: ScorecardDefinition;
  readonly model: Steps;
  /** Values of the chosen indicators, one row for each firm in the order of the file. */
  readonly rows: number[][];
  /** Which firms went bankrupt. Those at even places were fitted on. */
  readonly bad: boolean[];
}

/** The next number of single precision above. */
const nextSingle = (value: number): number => {
  const bits = new Int32Array(1);
  const singles = new Float32Array(bits.buffer);
  singles[0] = value;
  bits[0] = (bits[0] ?? 0) + (value < 0 ? -1 : 1);
  return singles[0] ?? NaN;
};

/** A start of a bin near by that nobody is rounded up to: a model from elsewhere sees values in single precision. */
const clearOf = (start: number, values: readonly number[]): number => {
  let clear = Math.fround(start);
  while (values.some((value) => value < clear && Math.fround(value) >= clear)) clear = nextSingle(clear);
  return clear;
};

export const fitFirms = (): FittedCard => {
  const map = parseYaml(readFileSync(MAP, 'utf8')) as {
    columns: { column: string; indicator: string }[];
    outcome: { column: string; bad: string[] };
  };
  const firms = parseCsv<Record<string, string>>(readFileSync(FIRMS), { columns: true, bom: true });
  const offered = map.columns.filter(
    ({ indicator }) =>
      indicatorOf(indicator).direction !== 'BAND' &&
      EXPERT_SCORECARD.characteristics.some((row) => row.indicator === indicator),
  );
  const bad = firms.map((firm) => map.outcome.bad.includes(firm[map.outcome.column] ?? ''));
  const training = firms.map((_, i) => i).filter((i) => i % 2 === 0);
  const trained = training.map((i) => bad[i] === true);
  const bins = offered.map(({ column, indicator }) => {
    const values = firms.map((firm) => Number(firm[column]));
    const { starts, woe } = binned(
      training.map((i) => values[i] ?? NaN),
      trained,
      indicatorOf(indicator).direction === 'HIGHER' ? 1 : -1,
    );
    return { starts: starts.map((start) => clearOf(start, values)), woe };
  });
  const fit = fitLogistic(
    offered.map(({ column }, k) =>
      training.map((i) => woeAt(bins[k] ?? { starts: [], woe: [] }, Number(firms[i]?.[column]))),
    ),
    trained,
  );
  const chosen = fit.kept.flatMap((k) => {
    const [bin, offer] = [bins[k], offered[k]];
    return bin === undefined || offer === undefined ? [] : [{ bin, ...offer }];
  });
  const coefficients = fit.coefficients.map((each) => each.toFixed(6));
  const card: ScorecardDefinition = {
    ...SMALL_SCORECARD,
    knockOuts: [],
    dimensionWeights: NO_WEIGHTS,
    model: { kind: 'LOGISTIC', intercept: fit.intercept.toFixed(6), scaling: SCALING },
    characteristics: chosen.map(({ indicator, bin }, k) => ({
      ...characteristic(indicator, indicatorOf(indicator).dimension, '0', 'WORST'),
      coefficient: coefficients[k] ?? '0',
      normalisation: {
        kind: 'WOE',
        bins: bin.woe.map((woe, b) => ({
          from: bin.starts[b - 1] ?? null,
          to: bin.starts[b] ?? null,
          woe: String(woe),
        })),
      },
    })),
  };
  const share = (k: number, woe: number | undefined) => Number(coefficients[k]) * (woe ?? 0);
  return {
    card,
    bad,
    rows: firms.map((firm) => chosen.map(({ column }) => Number(firm[column]))),
    model: {
      columns: chosen.length,
      constant: Number(fit.intercept.toFixed(6)) + chosen.reduce((sum, { bin }, k) => sum + share(k, bin.woe[0]), 0),
      steps: chosen.flatMap(({ bin }, column) =>
        bin.starts.map((from, b) => ({
          column,
          from,
          adds: share(column, bin.woe[b + 1]) - share(column, bin.woe[b]),
        })),
      ),
    },
  };
};
