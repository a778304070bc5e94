/** The source precedence: whose value holds where sources speak of the same period, and what counts as a contradiction. */
import { z } from 'zod';

/** Where a value comes from. DERIVED: worked out by us from other values; OTHER: a source that the policy does not name. */
export const SOURCE_KINDS = ['INTERNAL', 'BUREAU', 'INDUSTRY', 'MACRO', 'EXPERT', 'DERIVED', 'OTHER'] as const;
export type SourceKind = (typeof SOURCE_KINDS)[number];

const decimalText = z.string().regex(/^\d+(\.\d+)?$/);
/** A kind, or the name of one source. */
const rankedSource = z.string().min(1).max(80);
const once = (names: readonly string[]): boolean => new Set(names).size === names.length;

export const sourcePrecedenceSchema = z.strictObject({
  /** Kind of each source, by its name. */
  sources: z.record(rankedSource, z.enum(SOURCE_KINDS)),
  /** Kinds, the first to be believed first; what is not in the list comes last. */
  order: z.array(z.enum(SOURCE_KINDS)).min(1).refine(once, 'a kind stands once'),
  /** Whether the kind that the dictionary names for an indicator comes before all others. */
  ownKindFirst: z.boolean(),
  /** Orders of single indicators, by code, in place of the general one. */
  indicators: z.record(z.string(), z.array(rankedSource).min(1).refine(once, 'a source stands once')),
  /** Difference between two values, relative to the greater one, from which they contradict one another. */
  tolerance: z.strictObject({ general: decimalText, indicators: z.record(z.string(), decimalText) }),
});

export type SourcePrecedence = z.infer<typeof sourcePrecedenceSchema>;
