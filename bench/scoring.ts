/**
 * How long the pure scorer takes for one customer of a batch, without any input or output. Floor: a loop written by hand for
 * just this scorecard, which finds the tenth of every value and adds up weighted points, and knows nothing of missing
 * values, notes, caps or grades.
 */
/* eslint-disable @typescript-eslint/no-non-null-assertion -- every index is in bounds by construction. */
import { INDICATORS } from '../src/indicators';
import { compileScorer, freezeCutPoints, EXPERT_SCORECARD, MISSING_VALUE, type CutPointSet } from '../src/scorecards';
import type { Characteristic, CompiledScorer, ScorecardDefinition } from '../src/scorecards';
import { figure, median, type Figure } from './support/figure';

export interface ScoringOptions {
  readonly customers: number;
  readonly rounds: number;
  readonly onStep: (title: string) => void;
}

const CHARACTERISTICS = 20;
const SEGMENTS = 12;
const REFERENCE_SIZE = 500;
const CUTS = 9;

export const scoring = ({ customers, rounds, onStep }: ScoringOptions): Figure[] => {
  onStep(`drawing ${customers} customers`);
  const draw = randomNumbers(20_260_101);
  const columns = Array.from({ length: CHARACTERISTICS }, () => Float64Array.from({ length: REFERENCE_SIZE }, draw));
  const sets = Array.from({ length: SEGMENTS }, (_, k) => frozen(CARD, `S${k}`, columns));
  const scorers = sets.map((set) => compileScorer(CARD, set));
  const width = scorers[0]!.width;
  const values = Float64Array.from({ length: customers * width }, () => {
    const value = draw();
    return value < MISSING_SHARE ? MISSING_VALUE : value;
  });
  const ours: number[] = [];
  const floors: number[] = [];
  const rows = scorers[0]!.newRows(customers);
  for (let round = 0; round <= rounds; round++) {
    onStep(round === 0 ? 'warming up' : `round ${round}`);
    const scored = microseconds(customers, () => scoreAll(scorers, values, width, rows));
    const bare = microseconds(customers, () => addUp(sets[0]!, values, width, rows.scoreE4));
    if (round === 0) continue;
    ours.push(scored);
    floors.push(bare);
  }
  return [
    figure({
      bench: 'scoring',
      case: `${CHARACTERISTICS} decile characteristics, ${CARD.knockOuts.length} knock-outs, ${SEGMENTS} segments`,
      concurrency: 1,
      value: median(ours),
      unit: 'microseconds per customer',
      floor: median(floors),
    }),
  ];
};

const MISSING_SHARE = 0.02;

const CARD: ScorecardDefinition = {
  ...EXPERT_SCORECARD,
  characteristics: INDICATORS.filter((row) => row.unit !== 'FLAG' && row.direction !== 'BAND')
    .slice(0, CHARACTERISTICS)
    .map(({ code, dimension }): Characteristic => ({
      id: code,
      indicator: code,
      dimension,
      weight: String(100 / CHARACTERISTICS),
      normalisation: { kind: 'DECILE' },
      missing: { kind: 'INDUSTRY_MEAN' },
      noteWhenMissing: EXPERT_SCORECARD.notes[0]!.code,
    })),
};

const scoreAll = (
  scorers: readonly CompiledScorer[],
  values: Float64Array,
  width: number,
  rows: ReturnType<CompiledScorer['newRows']>,
): void => {
  for (let row = 0; row < rows.capacity; row++) {
    if (!scorers[row % SEGMENTS]!.scoreRow(values, row * width, rows, row))
      throw new Error('a customer was not scored');
  }
};

const addUp = (set: CutPointSet, values: Float64Array, width: number, scoreE4: Int32Array): void => {
  const cuts = Float64Array.from(set.perCharacteristic.flatMap((row) => row.cuts));
  const weights = Float64Array.from(set.effectiveWeightsPpm);
  for (let row = 0; row < scoreE4.length; row++) {
    let total = 0;
    for (let i = 0; i < CHARACTERISTICS; i++) {
      const value = values[row * width + i]!;
      let points = 1;
      for (let k = 0; k < CUTS; k++) points += +(value >= cuts[i * CUTS + k]!);
      total += points * weights[i]!;
    }
    scoreE4[row] = total / 10;
  }
};

const frozen = (definition: ScorecardDefinition, segment: string, columns: readonly Float64Array[]): CutPointSet => {
  const set = freezeCutPoints(definition, segment, { columns });
  if (!set.ok) throw new Error(set.refusal.message);
  return set.value;
};

const microseconds = (customers: number, work: () => void): number => {
  const startedMs = performance.now();
  work();
  return ((performance.now() - startedMs) * 1000) / customers;
};

/** The same numbers from 0 to 1 at every run (mulberry32), so that figures of two runs compare. */
const randomNumbers = (seed: number): (() => number) => {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
};
