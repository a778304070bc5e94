/**
 * The approval matrix: who must agree to a change, by its kind, direction and size (governance §3). First fitting row
 * wins. A matrix that cannot be evaluated for a change demands the highest levels, never none.
 */
import { z } from 'zod';
import { Decimal } from '../../kernel/decimal';
import { ROLES } from '../../kernel/role';

const decimalText = z.string().regex(/^\d+(\.\d+)?$/);

const levelSchema = z.strictObject({
  role: z.enum(ROLES),
  /** Agreeing votes that the level needs, from different people. */
  quorum: z.number().int().min(1),
});

const whenSchema = z.strictObject({
  kind: z.string().min(1),
  direction: z.enum(['UP', 'DOWN']).optional(),
  /** Size of a grade change, absolute, in notches, both ends included. */
  notches: z.strictObject({ min: z.number().int().min(1), max: z.number().int().min(1) }).optional(),
  /** Amount after the change, at most, in major units of the policy's currency. */
  amountUpTo: decimalText.optional(),
  /** Change relative to the amount before, absolute, at most (0.2 = 20 %). */
  relativeChangeUpTo: decimalText.optional(),
});

export const approvalMatrixSchema = z.strictObject({
  rows: z.array(z.strictObject({ id: z.string().min(1), when: whenSchema, levels: z.array(levelSchema).min(1) })),
  /** Levels where no row fits or a condition cannot be evaluated. */
  highest: z.array(levelSchema).min(1),
});

export type ApprovalMatrix = z.infer<typeof approvalMatrixSchema>;
export type ApprovalLevel = z.infer<typeof levelSchema>;

/** What is known of a change. A size that cannot be told is left out; rows that ask for it then cannot be evaluated. */
export interface ChangeFacts {
  readonly kind: string;
  readonly direction?: 'UP' | 'DOWN';
  /** Absolute. */
  readonly notches?: number;
  /** Amount after the change, plain decimal. */
  readonly amount?: string;
  /** |after − before| ÷ before, plain decimal; left out where before is zero. */
  readonly relativeChange?: string;
}

export interface Routing {
  /** Row that fits, or `highest`. */
  readonly rowId: string;
  readonly levels: readonly ApprovalLevel[];
}

export const HIGHEST_ROW = 'highest';

export const routeChange = (matrix: ApprovalMatrix, facts: ChangeFacts): Routing => {
  const rows = matrix.rows.filter(({ when }) => when.kind === facts.kind);
  if (facts.direction === undefined && rows.some(({ when }) => when.direction !== undefined)) return highest(matrix);
  const candidates = rows.filter(({ when }) => when.direction === undefined || when.direction === facts.direction);
  // Asked before any row is tried: an unknown size must not slip past a row that another condition rules out.
  if (candidates.some(({ when }) => asksForUnknown(when, facts))) return highest(matrix);
  const row = candidates.find(({ when }) => fits(when, facts));
  return row === undefined ? highest(matrix) : { rowId: row.id, levels: row.levels };
};

const highest = (matrix: ApprovalMatrix): Routing => ({ rowId: HIGHEST_ROW, levels: matrix.highest });

type Condition = ApprovalMatrix['rows'][number]['when'];

const asksForUnknown = (when: Condition, facts: ChangeFacts): boolean =>
  (when.notches !== undefined && facts.notches === undefined) ||
  (when.amountUpTo !== undefined && facts.amount === undefined) ||
  (when.relativeChangeUpTo !== undefined && facts.relativeChange === undefined);

/** Sizes are absolute; every size that the row asks for is known here. */
const fits = (when: Condition, facts: ChangeFacts): boolean => {
  const size = Math.abs(facts.notches ?? 0);
  return (
    (when.notches === undefined || (size >= when.notches.min && size <= when.notches.max)) &&
    (when.amountUpTo === undefined || new Decimal(facts.amount ?? 0).abs().lte(when.amountUpTo)) &&
    (when.relativeChangeUpTo === undefined || new Decimal(facts.relativeChange ?? 0).abs().lte(when.relativeChangeUpTo))
  );
};
