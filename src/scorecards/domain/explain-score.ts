/**
 * The calculation log of a rating (domain rule D17), rebuilt from its compact stored form: what went in, the points it
 * got, what those points weighed and contributed. It shows what was computed then; it never computes anew.
 */
import type { Dimension } from '../../indicators/domain/dictionary';
import type { CutPointSet } from './cut-points';
import { largestRemainder } from './largest-remainder';
import { PRODUCTS_PER_E4 } from './arithmetic';
import { compileScale } from './compile-scale';
import { modelPd } from './probability';
import { scaleOf, stepAt } from './scale';
import {
  definitionFor,
  isWeighted,
  pointsFromE4,
  pointsToE4,
  rowSlots,
  type Bilingual,
  type ScorecardDefinition,
} from './scorecard-definition';
import { MISSING_VALUE, type Values } from './value';

/** What is kept of a rating beside the ids of its version and cut point set. */
export interface ScoreRecord {
  /** In the order of `rowSlots(definition)`. */
  readonly inputs: Values;
  /** In the order of the characteristics. */
  readonly pointsCenti: Int16Array | readonly number[];
  readonly score: string;
  readonly caps: readonly string[];
  readonly notes: readonly string[];
}

export interface ExplainedCharacteristic {
  readonly id: string;
  readonly indicator: string;
  readonly dimension: Dimension;
  /** In the indicator's unit; null when there was none. */
  readonly input: number | null;
  /** SCORED from its value; MISSING: the missing rule gave the points; NOT_APPLICABLE: the segment has no cut points. */
  readonly state: 'SCORED' | 'MISSING' | 'NOT_APPLICABLE';
  /** 1.00 to 10.00, or 0.00 when not applicable; of a LOGISTIC model points of the score, which may be below zero. */
  readonly points: string;
  /** Points of 100 as the version states them. */
  readonly weight: string;
  /** Points of 100 after those of what is not applicable went to the others; four places. */
  readonly effectiveWeight: string;
  /** Points of the score, four places; all of them and the base add up to the score. */
  readonly contribution: string;
}

/** A knock-out, a floor or a group rule that struck. */
export interface ExplainedRule {
  readonly id: string;
  readonly kind: 'CAP' | 'FLOOR' | 'GROUP';
  /** Null for group rules, which look at related parties. */
  readonly indicator: string | null;
  /** Value of the indicator; of group rules the rank of the related party, 9 for AAA down to 1 for C. */
  readonly input: number | null;
  /** Grade at most, or at least; null for group rules. */
  readonly grade: string | null;
  /** Of group rules. */
  readonly notches: number | null;
  readonly reason: Bilingual;
}

export interface ScoreExplanation {
  readonly score: string;
  /** What everybody begins with, less what lies beyond 0 and 100; four places, "0.0000" where points are weighted. */
  readonly base: string;
  /** Probability of default that the model states, six places; null for models that do not. */
  readonly pd: string | null;
  readonly characteristics: readonly ExplainedCharacteristic[];
  readonly rules: readonly ExplainedRule[];
  readonly notes: readonly { readonly code: string; readonly text: Bilingual }[];
}

/** Throws when the record was not made with this version and these cut points. */
export const explainScore = (
  version: ScorecardDefinition,
  cutPoints: CutPointSet,
  record: ScoreRecord,
): ScoreExplanation => {
  const definition = definitionFor(version, cutPoints.segment);
  const slots = rowSlots(definition);
  if (record.inputs.length !== slots.length || record.pointsCenti.length !== definition.characteristics.length) {
    throw new Error('the record was not made with this scorecard version');
  }
  const valueOf = (position: number): number | null => {
    const value = record.inputs[position];
    return value === undefined || value === MISSING_VALUE ? null : value;
  };
  const inputOf = (indicator: string): number | null =>
    valueOf(slots.findIndex((slot) => slot.kind === 'INDICATOR' && slot.indicator === indicator));
  const { base, contributionsE4 } = contributionsOf(definition, cutPoints, record, inputOf);

  return {
    score: record.score,
    base: pointsFromE4(base),
    pd: modelPd(definition, record.score),
    characteristics: definition.characteristics.map((row, i) => {
      const input = inputOf(row.indicator);
      const applicable = cutPoints.perCharacteristic[i]?.applicable === true;
      return {
        id: row.id,
        indicator: row.indicator,
        dimension: row.dimension,
        input,
        state: !applicable ? 'NOT_APPLICABLE' : input === null ? 'MISSING' : 'SCORED',
        points: ((record.pointsCenti[i] ?? 0) / 100).toFixed(2),
        weight: row.weight,
        effectiveWeight: pointsFromE4(cutPoints.effectiveWeightsPpm[i] ?? 0),
        contribution: pointsFromE4(contributionsE4[i] ?? 0),
      };
    }),
    rules: struckRules(definition, record.caps, inputOf, (rule) =>
      valueOf(slots.findIndex((slot) => slot.kind === 'RELATED_RANK' && slot.rule.id === rule)),
    ),
    notes: definition.notes.filter((note) => record.notes.includes(note.code)),
  };
};

/** What each characteristic added to the score, rounded so that nothing is lost between them. */
const contributionsOf = (
  definition: ScorecardDefinition,
  cutPoints: CutPointSet,
  record: ScoreRecord,
  inputOf: (indicator: string) => number | null,
): { readonly base: number; readonly contributionsE4: readonly number[] } => {
  const scoreE4 = pointsToE4(record.score);
  const points = [...record.pointsCenti];
  if (isWeighted(definition)) {
    const products = points.map((centi, i) => centi * (cutPoints.effectiveWeightsPpm[i] ?? 0));
    return { base: 0, contributionsE4: largestRemainder(products, PRODUCTS_PER_E4, scoreE4) };
  }
  if (definition.model?.kind !== 'LOGISTIC') return { base: scoreE4, contributionsE4: points.map(() => 0) };
  const { stepCenti, stepProduct, missingProduct } = compileScale(definition, cutPoints);
  const slotsEach = stepProduct.length / points.length;
  const products = definition.characteristics.map((characteristic, i) => {
    const frozen = cutPoints.perCharacteristic[i];
    const input = inputOf(characteristic.indicator);
    if (frozen?.applicable !== true) return 0;
    if (input === null) return missingProduct[i] ?? 0;
    const step = i * slotsEach + stepAt(scaleOf(characteristic, frozen), input);
    if (stepCenti[step] !== points[i]) throw new Error('the record was not made with this scorecard version');
    return stepProduct[step] ?? 0;
  });
  const base = scoreE4 * PRODUCTS_PER_E4 - products.reduce((sum, product) => sum + product, 0);
  const [baseE4 = 0, ...contributionsE4] = largestRemainder([base, ...products], PRODUCTS_PER_E4, scoreE4);
  return { base: baseE4, contributionsE4 };
};

const struckRules = (
  { knockOuts, floors = [], groupRules = [] }: ScorecardDefinition,
  struck: readonly string[],
  inputOf: (indicator: string) => number | null,
  rankFor: (rule: string) => number | null,
): readonly ExplainedRule[] =>
  [
    ...knockOuts.map(({ id, indicator, capGrade, reason }) => {
      return { id, kind: 'CAP', indicator, input: inputOf(indicator), grade: capGrade, notches: null, reason } as const;
    }),
    ...floors.map(({ id, indicator, floorGrade, reason }) => {
      const input = inputOf(indicator);
      return { id, kind: 'FLOOR', indicator, input, grade: floorGrade, notches: null, reason } as const;
    }),
    ...groupRules.map(({ id, notches, reason }) => {
      return { id, kind: 'GROUP', indicator: null, input: rankFor(id), grade: null, notches, reason } as const;
    }),
  ].filter(({ id }) => struck.includes(id));
