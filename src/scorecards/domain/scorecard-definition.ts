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

/** Knock-outs, floors and group rules of one customer, and its notes, travel as bits of a 32-bit integer through a batch. */
const MAX_FLAGS = 30;
/** Steps that the scale of a characteristic has at most. */
export const MAX_STEPS = 16;

/** 0 to 100 with at most four decimals, as text: weights and thresholds are exact decimals. */
const points = z
  .string()
  .regex(/^(?:100(?:\.0{1,4})?|\d{1,2}(?:\.\d{1,4})?)$/, 'is not a decimal from 0 to 100 with at most 4 places');
/** Points of one characteristic. */
const ofTen = z
  .string()
  .regex(/^(?:10(?:\.0{1,2})?|[1-9](?:\.\d{1,2})?)$/, 'is not a decimal from 1 to 10 with at most 2 places');
const coefficient = z.string().regex(/^-?\d{1,3}(?:\.\d{1,6})?$/, 'is not a decimal below 1000 with at most 6 places');
const probability = z.string().regex(/^0\.\d{1,6}$/, 'is not a probability below 1 with at most 6 places');
const id = z.string().regex(/^[a-z][A-Za-z0-9]{1,39}$/, 'is not a camelCase id');
const noteCode = z.string().regex(/^[A-Z][A-Z0-9_]{2,59}$/, 'is not a SCREAMING_SNAKE code');
const industryCode = z.string().regex(/^[A-Z][A-Z0-9_]{1,39}$/, 'is not the code of an industry');
const label = z.string().min(1).max(200);
const bilingual = z.strictObject({ zh: label, en: label });

export const WEIGHT_PROFILES = ['EXPERT', 'BALANCED', 'MARKET_EXPANSION', 'RISK_CONTROL'] as const;
export type WeightProfile = (typeof WEIGHT_PROFILES)[number];

/** Of values from `from` on and below `to`, in the unit of the indicator; null is open. */
const range = { from: z.number().nullable(), to: z.number().nullable() };

const normalisation = z.discriminatedUnion('kind', [
  /** Tenths of the reference population: the best tenth 10 points, the worst tenth 1. */
  z.strictObject({ kind: z.literal('DECILE') }),
  /** 5.5 points at the mean of the reference population, 10 and 1 at so many standard deviations above and below. */
  z.strictObject({ kind: z.literal('Z_SCORE'), clampAt: z.enum(['1', '1.5', '2', '2.5', '3']) }),
  /** Bands fixed by the version, in ascending order. */
  z.strictObject({
    kind: z.literal('BANDS'),
    bands: z
      .array(z.strictObject({ ...range, points: ofTen }))
      .min(1)
      .max(MAX_STEPS),
  }),
  /**
   * Weight of evidence: ln of the share of the good that fall into a bin over the share of the bad, fixed by the version.
   * Where points are asked for, the bin of the least evidence has 1 and the bin of the most has 10.
   */
  z.strictObject({
    kind: z.literal('WOE'),
    bins: z
      .array(z.strictObject({ ...range, woe: coefficient }))
      .min(1)
      .max(MAX_STEPS),
  }),
]);

const missingRule = z.discriminatedUnion('kind', [
  /** The mean points of the reference population, frozen with the cut points. */
  z.strictObject({ kind: z.literal('INDUSTRY_MEAN') }),
  /** As the worst value there is. */
  z.strictObject({ kind: z.literal('WORST') }),
  /** Points stated here. */
  z.strictObject({ kind: z.literal('POINTS'), points: ofTen }),
  /** Weight of evidence of those without a value; where a model is fitted on bins. */
  z.strictObject({ kind: z.literal('WOE'), woe: coefficient }),
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
  /** What the log-odds of default grow by per unit of evidence: LOGISTIC only, where the weight is 0. */
  coefficient: coefficient.optional(),
  /** What the algorithm proposed, and why people took another weight: HYBRID only. */
  proposedWeight: points.optional(),
  weightReason: label.optional(),
});

const condition = {
  id,
  indicator: z.string().min(1).max(40),
  op: z.enum(['GT', 'GTE', 'LT', 'LTE', 'EQ']),
  value: z.number(),
  reason: bilingual,
};
const knockOut = z.strictObject({ ...condition, capGrade: z.enum(GRADES) });
const floor = z.strictObject({ ...condition, floorGrade: z.enum(GRADES) });

const GROUP_RELATIONS = ['PARENT', 'SHAREHOLDER', 'SAME_CONTROLLER', 'GUARANTOR', 'SUPPLY_CHAIN'] as const;

/** Moves the grade by notches for the grades in force of related parties that stand behind the customer. */
const groupRule = z.strictObject({
  id,
  relations: z.array(z.enum(GROUP_RELATIONS)).min(1),
  /** WORST_AT_MOST: the worst of them has this grade or a worse one; BEST_AT_LEAST: the best has it or a better one. */
  when: z.enum(['WORST_AT_MOST', 'BEST_AT_LEAST']),
  grade: z.enum(GRADES),
  /** Above 0 lifts the grade. */
  notches: z.union([z.literal(-3), z.literal(-2), z.literal(-1), z.literal(1), z.literal(2)]),
  reason: bilingual,
});

/** How log-odds become a score: so many points at odds of 1 to 1, and so many more whenever the odds of being good double. */
const scaling = z.strictObject({
  evenOddsScore: points,
  pointsToDoubleOdds: z.string().regex(/^(?:[1-9]|[1-3]\d)(?:\.\d{1,4})?$/, 'is not a decimal from 1 to 40'),
});

const model = z.discriminatedUnion('kind', [
  /** Weighted points. */
  z.strictObject({ kind: z.literal('EXPERT') }),
  /** Log-odds of default: an intercept, and a coefficient times the weight of evidence of each characteristic. */
  z.strictObject({ kind: z.literal('LOGISTIC'), intercept: coefficient, scaling }),
  /** A model trained elsewhere. Points are shown beside its score and do not enter it. */
  z.strictObject({
    kind: z.literal('ONNX'),
    /** Lower-case hex SHA-256 of the file. */
    digest: z.string().regex(/^[0-9a-f]{64}$/, 'is not a SHA-256 digest'),
    /** Of a float tensor [customers, characteristics], NaN where there is no value. */
    input: label,
    /** Of a float tensor [customers] or [customers, 1]. */
    output: label,
    /** What the output says of default. */
    outputKind: z.enum(['PROBABILITY', 'LOG_ODDS']),
    scaling,
  }),
  /** Weighted points, with weights that an algorithm proposed and people adjusted. */
  z.strictObject({ kind: z.literal('HYBRID'), method: label, largestShift: points }),
]);

const dimensionWeights = z.strictObject({ CREDIT: points, OPERATION: points, COOPERATION: points, POTENTIAL: points });
/** Least score of each grade, best grade first. */
const gradeThresholds = z.array(z.strictObject({ grade: z.enum(GRADES), minScore: points })).length(GRADES.length);

/** What is different for some industries; everything else is inherited. */
const variant = z.strictObject({
  id,
  name: bilingual,
  industries: z.array(industryCode).min(1),
  dimensionWeights: dimensionWeights.optional(),
  characteristics: z.array(
    z.strictObject({
      id,
      weight: points.optional(),
      normalisation: normalisation.optional(),
      missing: missingRule.optional(),
      coefficient: coefficient.optional(),
    }),
  ),
  gradeThresholds: gradeThresholds.optional(),
});

const scorecardDefinition = z
  .strictObject({
    /** Of this shape, so that stored definitions stay readable when the shape moves on. */
    schema: z.literal(1),
    name: bilingual,
    /** Left out: EXPERT. */
    model: model.optional(),
    /** The profile that the weights were taken from, where they were. */
    weightProfile: z.enum(WEIGHT_PROFILES).optional(),
    /** Points of 100 a dimension is meant to carry. */
    dimensionWeights,
    characteristics: z.array(characteristic).min(1).max(200),
    knockOuts: z.array(knockOut).max(MAX_FLAGS),
    floors: z.array(floor).max(MAX_FLAGS).optional(),
    groupRules: z.array(groupRule).max(MAX_FLAGS).optional(),
    gradeThresholds,
    /** Probability of default within a year, per grade, best first. */
    masterScale: z
      .array(z.strictObject({ grade: z.enum(GRADES), pd: probability }))
      .length(GRADES.length)
      .optional(),
    variants: z.array(variant).max(50).optional(),
    notes: z.array(z.strictObject({ code: noteCode, text: bilingual })).max(MAX_FLAGS),
  })
  .refine(
    ({ knockOuts, floors = [], groupRules = [] }) => knockOuts.length + floors.length + groupRules.length <= MAX_FLAGS,
    {
      message: `holds more than ${MAX_FLAGS} knock-outs, floors and group rules`,
      path: ['knockOuts'],
    },
  );

type DeepReadonly<T> = T extends object ? { readonly [K in keyof T]: DeepReadonly<T[K]> } : T;

export type ScorecardDefinition = DeepReadonly<z.infer<typeof scorecardDefinition>>;
export type Characteristic = ScorecardDefinition['characteristics'][number];
export type Normalisation = Characteristic['normalisation'];
export type KnockOut = ScorecardDefinition['knockOuts'][number];
export type Floor = NonNullable<ScorecardDefinition['floors']>[number];
export type GroupRule = NonNullable<ScorecardDefinition['groupRules']>[number];
export type Model = NonNullable<ScorecardDefinition['model']>;
export type Scaling = Extract<Model, { kind: 'LOGISTIC' }>['scaling'];
export type Variant = NonNullable<ScorecardDefinition['variants']>[number];
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

/** The model of a version; versions of the first kind do not say so. */
export const modelOf = (definition: ScorecardDefinition): Model => definition.model ?? { kind: 'EXPERT' };

/** Whether points are weighted into the score; models that are not give the score by themselves. */
export const isWeighted = (definition: ScorecardDefinition): boolean => {
  const { kind } = modelOf(definition);
  return kind === 'EXPERT' || kind === 'HYBRID';
};

/**
 * The indicators a version reads, in the order in which values are handed to it and kept in the calculation log: one per
 * characteristic, in their order, then those that only knock-outs and floors look at. The same for all its variants.
 */
export const inputIndicators = (definition: ScorecardDefinition): readonly string[] => [
  ...new Set(
    [...definition.characteristics, ...definition.knockOuts, ...(definition.floors ?? [])].map((row) => row.indicator),
  ),
];

/** What a row of values holds, slot by slot: indicators, what the model said, then one slot for each group rule. */
export type Slot =
  | { readonly kind: 'INDICATOR'; readonly indicator: string }
  | { readonly kind: 'MODEL_OUTPUT' }
  /** Rank, 9 for AAA down to 1 for C, of the related party that the rule looks at. */
  | { readonly kind: 'RELATED_RANK'; readonly rule: GroupRule };

export const rowSlots = (definition: ScorecardDefinition): readonly Slot[] => [
  ...inputIndicators(definition).map((indicator) => ({ kind: 'INDICATOR', indicator }) as const),
  ...(modelOf(definition).kind === 'ONNX' ? [{ kind: 'MODEL_OUTPUT' } as const] : []),
  ...(definition.groupRules ?? []).map((rule) => ({ kind: 'RELATED_RANK', rule }) as const),
];

/** A version as it rates a segment: the variant of an industry laid over what it inherits, without any variants left. */
export const definitionFor = (definition: ScorecardDefinition, segment: string): ScorecardDefinition => {
  const { variants = [], ...base } = definition;
  const variant = variants.find(({ industries }) => industries.includes(segment));
  return variant === undefined ? base : overlaid(base, variant);
};

export const overlaid = (base: ScorecardDefinition, variant: Variant): ScorecardDefinition => ({
  ...base,
  dimensionWeights: variant.dimensionWeights ?? base.dimensionWeights,
  gradeThresholds: variant.gradeThresholds ?? base.gradeThresholds,
  characteristics: base.characteristics.map((row) => {
    const change = variant.characteristics.find((changed) => changed.id === row.id);
    return change === undefined ? row : { ...row, ...change };
  }),
});

/** Ten-thousandths of a point: the whole numbers all weights and thresholds are computed in. */
export const pointsToE4 = (text: string): number => {
  const [whole = '', fraction = ''] = text.split('.');
  return Number(whole) * 10_000 + Number(fraction.padEnd(4, '0'));
};

export const pointsFromE4 = (e4: number): string =>
  `${e4 < 0 ? '-' : ''}${Math.trunc(Math.abs(e4) / 10_000)}.${String(Math.abs(e4) % 10_000).padStart(4, '0')}`;
