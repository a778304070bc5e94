/** Moves the two grades of customers, many at a time, each move with its history entry. */
import { momentAfter } from '../kernel/clock';
import type { Grade } from '../kernel/grade';
import type { Tx } from '../platform/unit-of-work';
import { isSameState, type GradeState } from './domain/follow-grade';

export interface CustomerGrade extends GradeState {
  readonly customerId: string;
  /** Rating that the model grade comes from. */
  readonly ratingId: string;
  /** Since when the grade in force is in force. */
  readonly effectiveFrom: Date;
  readonly lastRatedAt: Date;
  /** Grows when one of the grades or their basis changes, not with a rating that confirms them. */
  readonly version: number;
}

export const GRADE_COLUMNS = `customer_id AS "customerId", model_grade AS "modelGrade", grade, basis,
  override_id AS "overrideId", rating_id AS "ratingId", effective_from AS "effectiveFrom",
  last_rated_at AS "lastRatedAt", version`;

export type GradeCause = 'RATING' | 'OVERRIDE_APPLIED' | 'OVERRIDE_EXPIRED';

/** A customer whose grade in force was set, changed or confirmed. */
export interface GradeChange {
  readonly customerId: string;
  readonly before: { readonly grade: Grade; readonly modelGrade: Grade } | null;
  readonly after: { readonly grade: Grade; readonly modelGrade: Grade };
  readonly cause: GradeCause;
  /** Whether the grade in force is another than before. */
  readonly changed: boolean;
  /** Rating or override behind it. */
  readonly causeId: string;
}

/** Grades of the customers that have one, locked in a stable order until the transaction ends. */
export const lockGrades = (tx: Tx, customerIds: readonly string[]): Promise<CustomerGrade[]> =>
  tx.query<CustomerGrade>(
    `SELECT ${GRADE_COLUMNS} FROM customer_grade WHERE customer_id = ANY ($1::uuid[]) ORDER BY customer_id FOR UPDATE`,
    [customerIds],
  );

export interface GradeMove {
  readonly customerId: string;
  /** Given by {@link momentOfMove}. */
  readonly at: Date;
  /** Null at the first rating. */
  readonly before: CustomerGrade | null;
  readonly after: GradeState;
  readonly ratingId: string;
  readonly causeId: string;
}

/**
 * Writes the moves and yields what became of each grade in force. Throws when a customer that was thought to be ungraded
 * has been graded meanwhile; the caller holds the lock that keeps that from happening.
 */
export const moveGrades = async (tx: Tx, cause: GradeCause, moves: readonly GradeMove[]): Promise<GradeChange[]> => {
  if (moves.length === 0) return [];
  const rows = moves.map((move) => ({
    ...move,
    moved: move.before === null || !isSameState(move.before, move.after),
  }));
  const written = await tx.query<{ customerId: string; version: number }>(
    `INSERT INTO customer_grade AS current (customer_id, model_grade, grade, basis, override_id, rating_id,
       effective_from, last_rated_at, version)
     SELECT customer_id, model_grade, grade, basis, override_id, rating_id, moved_at, moved_at, 1
     FROM unnest($1::uuid[], $2::grade[], $3::grade[], $4::text[], $5::uuid[], $6::uuid[], $7::timestamptz[])
       AS moved (customer_id, model_grade, grade, basis, override_id, rating_id, moved_at)
     ON CONFLICT (customer_id) DO UPDATE SET
       model_grade = excluded.model_grade, grade = excluded.grade, basis = excluded.basis,
       override_id = excluded.override_id, rating_id = excluded.rating_id,
       effective_from = CASE WHEN current.grade = excluded.grade THEN current.effective_from ELSE excluded.effective_from END,
       last_rated_at = CASE WHEN $8 THEN excluded.last_rated_at ELSE current.last_rated_at END,
       version = current.version + CASE
         WHEN (current.model_grade, current.grade, current.basis, current.override_id)
              IS DISTINCT FROM (excluded.model_grade, excluded.grade, excluded.basis, excluded.override_id) THEN 1 ELSE 0 END
     RETURNING customer_id AS "customerId", version`,
    [
      rows.map((row) => row.customerId),
      rows.map((row) => row.after.modelGrade),
      rows.map((row) => row.after.grade),
      rows.map((row) => row.after.basis),
      rows.map((row) => row.after.overrideId),
      rows.map((row) => row.ratingId),
      rows.map((row) => row.at),
      cause === 'RATING',
    ],
  );
  const versions = new Map(written.map((row) => [row.customerId, row.version]));
  const raced = rows.find((row) => row.before === null && versions.get(row.customerId) !== 1);
  if (raced !== undefined) throw new Error(`customer ${raced.customerId} was graded by somebody else meanwhile`);
  const changed = rows.filter((row) => row.moved).map((row) => ({ ...row, historyId: tx.newId() }));
  if (changed.length > 0) {
    await tx.query(
      `INSERT INTO grade_history (id, customer_id, cause, cause_id, model_grade_before, grade_before, model_grade_after,
         grade_after, basis_after, changed_at, changed_by)
       SELECT id, customer_id, $9, cause_id, model_grade_before, grade_before, model_grade_after, grade_after, basis_after,
         moved_at, $11
       FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::grade[], $5::grade[], $6::grade[], $7::grade[], $8::text[],
           $10::timestamptz[])
         AS moved (id, customer_id, cause_id, model_grade_before, grade_before, model_grade_after, grade_after,
           basis_after, moved_at)`,
      [
        changed.map((row) => row.historyId),
        changed.map((row) => row.customerId),
        changed.map((row) => row.causeId),
        changed.map((row) => row.before?.modelGrade ?? null),
        changed.map((row) => row.before?.grade ?? null),
        changed.map((row) => row.after.modelGrade),
        changed.map((row) => row.after.grade),
        changed.map((row) => row.after.basis),
        cause,
        changed.map((row) => row.at),
        tx.initiator.actor.id,
      ],
    );
  }
  return rows.map(({ customerId, before, after, causeId }) => ({
    customerId,
    before: before === null ? null : { grade: before.grade, modelGrade: before.modelGrade },
    after: { grade: after.grade, modelGrade: after.modelGrade },
    cause,
    changed: before?.grade !== after.grade,
    causeId,
  }));
};

/** A move is stamped later than the one before it, even where this transaction began earlier and had to wait. */
export const momentOfMove = (tx: Tx, before: CustomerGrade | null): Date =>
  before === null ? tx.at : momentAfter(tx.at, before.lastRatedAt, before.effectiveFrom);
