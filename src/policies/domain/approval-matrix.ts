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
  for (const row of matrix.rows) {
    const fit = fits(row.when, facts);
    if (fit === 'UNKNOWN') break;
    if (fit) return { rowId: row.id, levels: row.levels };
  }
  return { rowId: HIGHEST_ROW, levels: matrix.highest };
};

type Condition = ApprovalMatrix['rows'][number]['when'];

/** Conditions are judged in order; `UNKNOWN` when one asks for a fact that is not there and none before it rules the row out. */
const fits = (when: Condition, facts: ChangeFacts): boolean | 'UNKNOWN' => {
  if (when.kind !== facts.kind) return false;
  if (when.direction !== undefined) {
    if (facts.direction === undefined) return 'UNKNOWN';
    if (when.direction !== facts.direction) return false;
  }
  if (when.notches !== undefined) {
    if (facts.notches === undefined) return 'UNKNOWN';
    const size = Math.abs(facts.notches);
    if (size < when.notches.min || size > when.notches.max) return false;
  }
  if (when.amountUpTo !== undefined) {
    if (facts.amount === undefined) return 'UNKNOWN';
    if (new Decimal(facts.amount).abs().gt(when.amountUpTo)) return false;
  }
  if (when.relativeChangeUpTo !== undefined) {
    if (facts.relativeChange === undefined) return 'UNKNOWN';
    if (new Decimal(facts.relativeChange).abs().gt(when.relativeChangeUpTo)) return false;
  }
  return true;
};
