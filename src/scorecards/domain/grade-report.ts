/**
 * What a rating says to people (domain rules D17, D22): how far each characteristic stands from the peers, what speaks for and
 * against the customer, what would lift the grade, and what may be done. It reads what was computed and judges nothing anew.
 */
import { indicatorOf, type Dimension } from '../../indicators/domain/dictionary';
import { gradeOfRank, rankOf, type Grade } from '../../kernel/grade';
import { productOf, PRODUCTS_PER_E4 } from './arithmetic';
import type { CutPointSet } from './cut-points';
import type { ExplainedCharacteristic, ScoreExplanation } from './explain-score';
import { masterScalePd } from './probability';
import { scaleOf, stepAt } from './scale';
import {
  definitionFor,
  isWeighted,
  pointsFromE4,
  pointsToE4,
  type Bilingual,
  type ScorecardDefinition,
} from './scorecard-definition';
import { cutFromGoodness } from './value';
import { SUGGESTION_RULES } from './suggestion-rules';

/** A characteristic beside its peers: the reference population that its cut points were taken from. */
export interface PeerDistance {
  readonly characteristic: string;
  readonly indicator: string;
  readonly dimension: Dimension;
  readonly input: number | null;
  /** 1.00 to 10.00. */
  readonly points: string;
  readonly peerPoints: string;
  /** Value in the middle of the peers, in the indicator's unit; null where cut points do not tell it. */
  readonly peerMedian: number | null;
  /** Points of the score that the distance to the peers makes, four places; below zero where the peers are better. */
  readonly effect: string;
}

export interface LiftStep {
  readonly characteristic: string;
  readonly indicator: string;
  readonly input: number | null;
  /** Value to be reached, in the indicator's unit. */
  readonly target: number;
  /** Points of the score it would bring, four places. */
  readonly gain: string;
}

export interface Lift {
  readonly toGrade: Grade;
  /** Points of the score that are missing, four places; "0.0000" where only a cap stands in the way. */
  readonly missing: string;
  /** Caps that hold the grade below, by id. */
  readonly caps: readonly string[];
  /** The fewest improvements that together bring enough; empty where none do. */
  readonly steps: readonly LiftStep[];
}

export interface DimensionScore {
  readonly dimension: Dimension;
  /** What it added to the score, of what it could have added; four places. */
  readonly contribution: string;
  readonly most: string;
  /** What the peers have on average. */
  readonly peers: string;
}

export interface Suggestion {
  readonly id: string;
  readonly side: 'FOR' | 'AGAINST';
  readonly indicator: string;
  readonly input: number;
  readonly peerMedian: number | null;
  readonly text: Bilingual;
}

export interface GradeReport {
  readonly masterScalePd: string | null;
  readonly dimensions: readonly DimensionScore[];
  readonly reasonsFor: readonly PeerDistance[];
  readonly reasonsAgainst: readonly PeerDistance[];
  readonly missing: readonly string[];
  /** Null at AAA, and where the model gives no points that could be followed. */
  readonly lift: Lift | null;
  readonly suggestions: readonly Suggestion[];
}

/** Reasons of each side that are told. */
const TOP = 5;
/** Hundredths of a point from the peers that are worth a suggestion. */
const CLEARLY_CENTI = 150;
const MEDIAN_CUT = 4;

/** `hidden`: indicators that the reader may not see; nothing is said of them. */
export const gradeReport = (
  version: ScorecardDefinition,
  cutPoints: CutPointSet,
  explained: ScoreExplanation,
  rated: { readonly modelGrade: Grade; readonly uncappedGrade: Grade },
  hidden: (indicator: string) => boolean,
): GradeReport => {
  const definition = definitionFor(version, cutPoints.segment);
  const seen = explained.characteristics.filter((row) => row.state !== 'NOT_APPLICABLE' && !hidden(row.indicator));
  const distances = isWeighted(definition) ? seen.map((row) => distanceOf(cutPoints, row)) : [];
  const byEffect = [...distances].sort((a, b) => Number(b.effect) - Number(a.effect));
  return {
    masterScalePd: masterScalePd(definition, rated.modelGrade),
    dimensions: isWeighted(definition) ? dimensionsOf(definition, cutPoints, explained) : [],
    reasonsFor: byEffect.filter((row) => Number(row.effect) > 0).slice(0, TOP),
    reasonsAgainst: byEffect
      .filter((row) => Number(row.effect) < 0)
      .reverse()
      .slice(0, TOP),
    missing: explained.characteristics.filter((row) => row.state === 'MISSING').map((row) => row.indicator),
    lift: isWeighted(definition) ? liftOf(definition, cutPoints, explained, seen, rated) : null,
    suggestions: suggestionsFor(distances),
  };
};

const indexOf = (cutPoints: CutPointSet, id: string): number =>
  cutPoints.perCharacteristic.findIndex((row) => row.id === id);

const centiOf = (points: string): number => Math.round(Number(points) * 100);

const distanceOf = (cutPoints: CutPointSet, row: ExplainedCharacteristic): PeerDistance => {
  const at = indexOf(cutPoints, row.id);
  const frozen = cutPoints.perCharacteristic[at];
  const peerCenti = frozen?.meanPointsCenti ?? 0;
  const product = productOf(centiOf(row.points) - peerCenti, cutPoints.effectiveWeightsPpm[at] ?? 0);
  return {
    characteristic: row.id,
    indicator: row.indicator,
    dimension: row.dimension,
    input: row.input,
    points: row.points,
    peerPoints: (peerCenti / 100).toFixed(2),
    // Where a band is best cut points are distances, which tell no value.
    peerMedian:
      indicatorOf(row.indicator).direction === 'BAND' ? null : (frozen?.cuts[MEDIAN_CUT] ?? frozen?.mean ?? null),
    effect: pointsFromE4(Math.round(product / PRODUCTS_PER_E4)),
  };
};

const dimensionsOf = (
  definition: ScorecardDefinition,
  cutPoints: CutPointSet,
  explained: ScoreExplanation,
): readonly DimensionScore[] =>
  (Object.keys(definition.dimensionWeights) as Dimension[]).map((dimension) => {
    let [contribution, most, peers] = [0, 0, 0];
    explained.characteristics.forEach((row, i) => {
      if (row.dimension !== dimension) return;
      const weightPpm = cutPoints.effectiveWeightsPpm[i] ?? 0;
      contribution += pointsToE4(row.contribution);
      most += weightPpm;
      peers += productOf(cutPoints.perCharacteristic[i]?.meanPointsCenti ?? 0, weightPpm);
    });
    return {
      dimension,
      contribution: pointsFromE4(contribution),
      most: pointsFromE4(most),
      peers: pointsFromE4(Math.round(peers / PRODUCTS_PER_E4)),
    };
  });

const liftOf = (
  definition: ScorecardDefinition,
  cutPoints: CutPointSet,
  explained: ScoreExplanation,
  seen: readonly ExplainedCharacteristic[],
  { modelGrade, uncappedGrade }: { readonly modelGrade: Grade; readonly uncappedGrade: Grade },
): Lift | null => {
  if (modelGrade === 'AAA') return null;
  const toGrade = gradeOfRank(rankOf(modelGrade) + 1);
  const caps = explained.rules
    .filter((rule) => rule.kind === 'CAP' && rule.grade !== null && rankOf(rule.grade as Grade) < rankOf(toGrade))
    .map(({ id }) => id);
  const threshold = definition.gradeThresholds.find(({ grade }) => grade === toGrade)?.minScore ?? '100';
  const missingE4 =
    rankOf(uncappedGrade) >= rankOf(toGrade) ? 0 : Math.max(0, pointsToE4(threshold) - pointsToE4(explained.score));
  return { toGrade, missing: pointsFromE4(missingE4), caps, steps: stepsTo(definition, cutPoints, seen, missingE4) };
};

interface Chance {
  readonly row: ExplainedCharacteristic;
  /** Every step upwards with the value it begins at, smallest first. */
  readonly steps: readonly { readonly target: number; readonly gainE4: number }[];
}

/** The greatest chances first, and of the last one no more than is needed. */
const stepsTo = (
  definition: ScorecardDefinition,
  cutPoints: CutPointSet,
  seen: readonly ExplainedCharacteristic[],
  missingE4: number,
): readonly LiftStep[] => {
  const chances = seen
    .map((row) => chanceOf(definition, cutPoints, row))
    .sort((a, b) => (b.steps.at(-1)?.gainE4 ?? 0) - (a.steps.at(-1)?.gainE4 ?? 0));
  const taken: LiftStep[] = [];
  let leftE4 = missingE4;
  for (const { row, steps } of chances) {
    if (leftE4 <= 0) break;
    const enough = leftE4;
    const step = steps.find(({ gainE4 }) => gainE4 >= enough) ?? steps.at(-1);
    if (step === undefined) continue;
    leftE4 -= step.gainE4;
    const { id, indicator, input } = row;
    taken.push({ characteristic: id, indicator, input, target: step.target, gain: pointsFromE4(step.gainE4) });
  }
  return leftE4 > 0 ? [] : taken;
};

const chanceOf = (definition: ScorecardDefinition, cutPoints: CutPointSet, row: ExplainedCharacteristic): Chance => {
  const at = indexOf(cutPoints, row.id);
  const [characteristic, frozen] = [definition.characteristics[at], cutPoints.perCharacteristic[at]];
  // What is best within a band has no one value to reach.
  if (characteristic === undefined || frozen === undefined || indicatorOf(row.indicator).direction === 'BAND') {
    return { row, steps: [] };
  }
  const scale = scaleOf(characteristic, frozen);
  const from = row.input === null ? -1 : stepAt(scale, row.input);
  const weightPpm = cutPoints.effectiveWeightsPpm[at] ?? 0;
  const steps = scale.cuts.flatMap((cut, k) => {
    const gainE4 = Math.floor(
      productOf((scale.stepCenti[k + 1] ?? 0) - centiOf(row.points), weightPpm) / PRODUCTS_PER_E4,
    );
    return k + 1 > from && gainE4 > 0 ? [{ target: cutFromGoodness(cut, scale.orientation.sign), gainE4 }] : [];
  });
  return { row, steps };
};

const suggestionsFor = (distances: readonly PeerDistance[]): readonly Suggestion[] =>
  SUGGESTION_RULES.flatMap(({ id, indicator, side, text }) => {
    const row = distances.find((distance) => distance.indicator === indicator);
    if (row?.input == null) return [];
    const apart = centiOf(row.points) - centiOf(row.peerPoints);
    if (side === 'FOR' ? apart < CLEARLY_CENTI : apart > -CLEARLY_CENTI) return [];
    return [{ id, side, indicator, input: row.input, peerMedian: row.peerMedian, text }];
  });
