/**
 * The calculation log of a rating (domain rule D17), rebuilt from its compact stored form: what went in, the points it
 * got, what those points weighed and contributed. It shows what was computed then; it never computes anew.
 */
import type { Dimension } from '../../indicators/domain/dictionary';
import type { CutPointSet } from './cut-points';
import { largestRemainder } from './largest-remainder';
import { inputIndicators, pointsFromE4, type Bilingual, type ScorecardDefinition } from './scorecard-definition';
import { MISSING_VALUE, type Values } from './value';

/** What is kept of a rating beside the ids of its version and cut point set. */
export interface ScoreRecord {
  /** In the order of `inputIndicators(definition)`. */
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
  /** 1.00 to 10.00, or 0.00 when not applicable. */
  readonly points: string;
  /** Points of 100 as the version states them. */
  readonly weight: string;
  /** Points of 100 after those of what is not applicable went to the others; four places. */
  readonly effectiveWeight: string;
  /** Points of the score, four places; all of them add up to the score. */
  readonly contribution: string;
}

export interface ExplainedCap {
  readonly id: string;
  readonly indicator: string;
  readonly input: number | null;
  readonly capGrade: string;
  readonly reason: Bilingual;
}

export interface ScoreExplanation {
  readonly score: string;
  readonly characteristics: readonly ExplainedCharacteristic[];
  readonly caps: readonly ExplainedCap[];
  readonly notes: readonly { readonly code: string; readonly text: Bilingual }[];
}

/** Throws when the record was not made with this definition and these cut points. */
export const explainScore = (
  definition: ScorecardDefinition,
  cutPoints: CutPointSet,
  record: ScoreRecord,
): ScoreExplanation => {
  const inputs = inputIndicators(definition);
  const count = definition.characteristics.length;
  if (record.inputs.length !== inputs.length || record.pointsCenti.length !== count) {
    throw new Error('the record was not made with this scorecard version');
  }
  const inputOf = (indicator: string): number | null => {
    const value = record.inputs[inputs.indexOf(indicator)];
    return value === undefined || value === MISSING_VALUE ? null : value;
  };
  const weightsPpm = cutPoints.effectiveWeightsPpm;
  // Hundredths of a point times millionths of weight: 1,000 of these are a ten-thousandth of a point of the score.
  const products = [...record.pointsCenti].map((pointsCenti, i) => pointsCenti * (weightsPpm[i] ?? 0));
  const contributionsE4 = largestRemainder(products, 1_000, Math.round(Number(record.score) * 10_000));

  return {
    score: record.score,
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
        effectiveWeight: pointsFromE4(weightsPpm[i] ?? 0),
        contribution: pointsFromE4(contributionsE4[i] ?? 0),
      };
    }),
    caps: definition.knockOuts
      .filter((row) => record.caps.includes(row.id))
      .map(({ id, indicator, capGrade, reason }) => ({ id, indicator, input: inputOf(indicator), capGrade, reason })),
    notes: definition.notes.filter((note) => record.notes.includes(note.code)),
  };
};
