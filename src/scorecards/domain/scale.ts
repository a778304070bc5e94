/**
 * The scale of one characteristic in one segment: how a value becomes goodness, from which goodness the next step begins,
 * and the points of each step (domain rule D13). Made from the version and the frozen cut points alone.
 */
import { CENTI_PER_POINT } from './arithmetic';
import type { CharacteristicCuts } from './cut-points';
import { pointsToE4, type Characteristic, type Normalisation } from './scorecard-definition';
import { cutFromGoodness, goodnessOf, orientationOf, type Orientation } from './value';

export interface CharacteristicScale {
  readonly orientation: Orientation;
  /** Goodness from which the second step, the third … begins, ascending; empty where points are linear. */
  readonly cuts: readonly number[];
  /** Hundredths of a point of each step, one more than cuts; empty where points are linear. */
  readonly stepCenti: readonly number[];
  /** 5.5 points at `mean`, and `centiPerUnit` hundredths more for every unit of goodness, from 1 to 10 points. */
  readonly linear: { readonly mean: number; readonly centiPerUnit: number } | null;
}

/** Bands and bins are cut along the value itself, whichever way is better. */
const ALONG_THE_VALUE: Orientation = { sign: 1, low: 0, high: 0 };
const MIDDLE_CENTI = 550;
const HALF_SPAN_CENTI = 450;
const MOST_CENTI = 1000;

export const orientationFor = ({ indicator, normalisation }: Characteristic): Orientation =>
  normalisation.kind === 'BANDS' || normalisation.kind === 'WOE' ? ALONG_THE_VALUE : orientationOf(indicator);

/** Throws when the cut points are not those of the characteristic. */
export const scaleOf = (
  characteristic: Characteristic,
  frozen: Pick<CharacteristicCuts, 'cuts' | 'mean' | 'deviation'>,
): CharacteristicScale => {
  const { normalisation } = characteristic;
  const orientation = orientationFor(characteristic);
  const cuts = frozen.cuts.map((cut) => cutFromGoodness(cut, orientation.sign));
  const misfit = () => new Error(`the cut points of ${characteristic.id} were not made for this definition`);
  if (normalisation.kind === 'Z_SCORE') {
    if (frozen.mean === undefined || frozen.deviation === undefined || cuts.length > 0) throw misfit();
    const spread = Number(normalisation.clampAt) * frozen.deviation;
    const linear = {
      mean: cutFromGoodness(frozen.mean, orientation.sign),
      centiPerUnit: spread === 0 ? 0 : HALF_SPAN_CENTI / spread,
    };
    return { orientation, cuts: [], stepCenti: [], linear };
  }
  const stepCenti = stepCentiOf(normalisation);
  if (cuts.length !== stepCenti.length - 1) throw misfit();
  return { orientation, cuts, stepCenti, linear: null };
};

/** Hundredths of a point of each step, worst tenth or lowest value first. */
export const stepCentiOf = (normalisation: Exclude<Normalisation, { kind: 'Z_SCORE' }>): readonly number[] => {
  switch (normalisation.kind) {
    case 'DECILE':
      return Array.from({ length: 10 }, (_, step) => CENTI_PER_POINT * (step + 1));
    case 'BANDS':
      return normalisation.bands.map((band) => pointsToE4(band.points) / CENTI_PER_POINT);
    case 'WOE': {
      const evidence = normalisation.bins.map((bin) => woeE6(bin.woe));
      const least = Math.min(...evidence);
      const span = Math.max(...evidence) - least;
      // Half-up in whole numbers.
      return evidence.map((woe) =>
        span === 0
          ? MIDDLE_CENTI
          : CENTI_PER_POINT + Math.floor((2 * 2 * HALF_SPAN_CENTI * (woe - least) + span) / (2 * span)),
      );
    }
  }
};

/** Values from which the second band or bin, the third … begins. */
export const startsOf = (rows: readonly { readonly from: number | null }[]): readonly number[] =>
  rows.slice(1).map(({ from }) => from ?? -Number.MAX_VALUE);

/** Millionths, exact. */
export const woeE6 = (decimal: string): number => Math.round(Number(decimal) * 1_000_000);

/** Half-up. */
export const linearCenti = (goodness: number, mean: number, centiPerUnit: number): number => {
  const centi = Math.floor(MIDDLE_CENTI + (goodness - mean) * centiPerUnit + 0.5);
  return centi < CENTI_PER_POINT ? CENTI_PER_POINT : centi > MOST_CENTI ? MOST_CENTI : centi;
};

/** Number of the step that a value lies on, from 0. For looking at single values; batches have a loop of their own. */
export const stepAt = ({ orientation: { sign, low, high }, cuts }: CharacteristicScale, value: number): number => {
  const goodness = goodnessOf(value, sign, low, high);
  return cuts.filter((cut) => goodness >= cut).length;
};
