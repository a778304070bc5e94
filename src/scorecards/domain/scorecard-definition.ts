/**
 * A scorecard version as data (domain rule D12): characteristics, weights, normalisation, missing rules, knock-outs,
 * grade thresholds, in plain JSON that is digested, stored and shown as it stands. This file states the shape; whether
 * a definition also makes sense is the matter of lint-scorecard.ts.
 */
import { z } from 'zod';
import { DIMENSIONS } from '../../indicators/domain/dictionary';
import { GRADES } from '../../kernel/grade';
import { refuse } from '../../kernel/refusal';
import { ok, type Result } from '../../kernel/result';

/** Knock-outs and notes of one customer travel as bits of a 32-bit integer through a batch. */
const MAX_FLAGS = 30;

/** 0 to 100 with at most four decimals, as text: weights and thresholds are exact decimals. */
const points = z
  .string()
  .regex(/^(?:100(?:\.0{1,4})?|\d{1,2}(?:\.\d{1,4})?)$/, 'is not a decimal from 0 to 100 with at most 4 places');
const id = z.string().regex(/^[a-z][A-Za-z0-9]{1,39}$/, 'is not a camelCase id');
const noteCode = z.string().regex(/^[A-Z][A-Z0-9_]{2,59}$/, 'is not a SCREAMING_SNAKE code');
const label = z.string().min(1).max(200);
const bilingual = z.strictObject({ zh: label, en: label });

const normalisation = z.discriminatedUnion('kind', [
  /** Tenths of the reference population: the best tenth 10 points, the worst tenth 1. */
  z.strictObject({ kind: z.literal('DECILE') }),
]);

const missingRule = z.discriminatedUnion('kind', [
  /** The mean points of the reference population, frozen with the cut points. */
  z.strictObject({ kind: z.literal('INDUSTRY_MEAN') }),
  /** As if the value lay in the worst tenth. */
  z.strictObject({ kind: z.literal('WORST') }),
]);

const characteristic = z.strictObject({
  /** Stable across versions: histories of points are compared by it. */
  id,
  indicator: z.string().min(1).max(40),
  dimension: z.enum(DIMENSIONS),
  weight: points,
  normalisation,
  missing: missingRule,
  noteWhenMissing: noteCode,
});

const knockOut = z.strictObject({
  id,
  indicator: z.string().min(1).max(40),
  op: z.enum(['GT', 'GTE', 'LT', 'LTE', 'EQ']),
  value: z.number(),
  capGrade: z.enum(GRADES),
  reason: bilingual,
});

const scorecardDefinition = z.strictObject({
  /** Of this shape, so that stored definitions stay readable when the shape moves on. */
  schema: z.literal(1),
  name: bilingual,
  /** Points of 100 a dimension is meant to carry. */
  dimensionWeights: z.strictObject({ CREDIT: points, OPERATION: points, COOPERATION: points, POTENTIAL: points }),
  characteristics: z.array(characteristic).min(1).max(200),
  knockOuts: z.array(knockOut).max(MAX_FLAGS),
  /** Least score of each grade, best grade first. */
  gradeThresholds: z.array(z.strictObject({ grade: z.enum(GRADES), minScore: points })).length(GRADES.length),
  notes: z.array(z.strictObject({ code: noteCode, text: bilingual })).max(MAX_FLAGS),
});

type DeepReadonly<T> = T extends object ? { readonly [K in keyof T]: DeepReadonly<T[K]> } : T;

export type ScorecardDefinition = DeepReadonly<z.infer<typeof scorecardDefinition>>;
export type Characteristic = ScorecardDefinition['characteristics'][number];
export type KnockOut = ScorecardDefinition['knockOuts'][number];
export type Bilingual = DeepReadonly<z.infer<typeof bilingual>>;

/** Reads untrusted JSON; the refusal INVALID.SCORECARD_DEFINITION names the first place that does not fit. */
export const parseScorecardDefinition = (json: unknown): Result<ScorecardDefinition> => {
  const parsed = scorecardDefinition.safeParse(json);
  if (parsed.success) return ok(parsed.data);
  const issue = parsed.error.issues[0];
  return refuse('INVALID', `scorecard definition: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`.trim(), {
    reason: 'SCORECARD_DEFINITION',
    field: (issue?.path ?? []).map(String),
  });
};

/**
 * The indicators a version reads, in the order in which values are handed to it and kept in the calculation log:
 * one per characteristic, in their order, then those that only knock-outs look at.
 */
export const inputIndicators = (definition: ScorecardDefinition): readonly string[] => [
  ...new Set([...definition.characteristics, ...definition.knockOuts].map((row) => row.indicator)),
];

/** Ten-thousandths of a point: the whole numbers all weights and thresholds are computed in. */
export const pointsToE4 = (text: string): number => {
  const [whole = '', fraction = ''] = text.split('.');
  return Number(whole) * 10_000 + Number(fraction.padEnd(4, '0'));
};

export const pointsFromE4 = (e4: number): string =>
  `${Math.trunc(e4 / 10_000)}.${String(e4 % 10_000).padStart(4, '0')}`;
