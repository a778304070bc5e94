/** Moves the two grades of customers, many at a time, each move with its history entry. */
import { momentAfter } from '../kernel/clock';
import type { Grade } from '../kernel/grade';
import type { Tx } from '../platform/unit-of-work';
import type { ReratingCalendar } from '../policies';
import { isSameState, type GradeState } from './domain/follow-grade';
import { ratingDueAt } from './domain/rating-due';

export interface CustomerGrade extends GradeState {
  readonly customerId: string;
  /** Rating that the model grade comes from. */
  readonly ratingId: string;
  /** Since when the grade in force is in force. */
  readonly effectiveFrom: Date;
  readonly lastRatedAt: Date;
  /** When the next rating is due; moves with every rating, and with the grades that say how often. */
  readonly ratingDueAt: Date;
  /** Months at most between ratings, as asked for by rooms to the right; null where the grade alone says it. */
  readonly monthsAtMost: number | null;
  /** Grows when one of the grades or their basis changes, not with a rating that confirms them. */
  readonly version: number;
}

export const GRADE_COLUMNS = `customer_id AS "customerId", model_grade AS "modelGrade", grade, basis,
  override_id AS "overrideId", rating_id AS "ratingId", effective_from AS "effectiveFrom",
  last_rated_at AS "lastRatedAt", rating_due_at AS "ratingDueAt", months_at_most AS "monthsAtMost",
  downgraded_at AS "downgradedAt", version`;

export const GRADE_CAUSES = ['RATING', 'OVERRIDE_APPLIED', 'OVERRIDE_EXPIRED', 'UPGRADE_APPROVED'] as const;
export type GradeCause = (typeof GRADE_CAUSES)[number];

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

/** As {@link lockGrades}, of one customer, for which the server keeps its plan; null where he has none. */
export const lockGrade = async (tx: Tx, customerId: string): Promise<CustomerGrade | null> => {
  const [grade] = await tx.query<CustomerGrade>(
    `SELECT ${GRADE_COLUMNS} FROM customer_grade WHERE customer_id = $1 FOR UPDATE`,
    [customerId],
  );
  return grade ?? null;
};

/** Customers whose better grade a run held back, and whom nothing has moved since; in the order of ids. */
export const heldOfRun = async (tx: Tx, runId: string): Promise<string[]> => {
  const rows = await tx.query<{ id: string }>(
    `SELECT customer_id AS id FROM customer_grade JOIN rating_run AS run ON run.id = $1
     WHERE basis = 'HELD' AND rating_id >= run_id_floor(run.number) AND rating_id < run_id_floor(run.number + 1)
     ORDER BY customer_id`,
    [runId],
  );
  return rows.map(({ id }) => id);
};

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
export const moveGrades = async (
  tx: Tx,
  cause: GradeCause,
  calendar: ReratingCalendar,
  moves: readonly GradeMove[],
): Promise<GradeChange[]> => {
  if (moves.length === 0) return [];
  const rows = moves.map((move) => {
    const { before, after, at } = move;
    const lastRatedAt = before === null || cause === 'RATING' ? at : before.lastRatedAt;
    return {
      ...move,
      moved: before === null || !isSameState(before, after),
      dueAt: ratingDueAt({ ...after, lastRatedAt, monthsAtMost: before?.monthsAtMost ?? null }, calendar),
    };
  });
  const written = tx.query<{ customerId: string; version: number }>(
    `INSERT INTO customer_grade AS current (customer_id, model_grade, grade, basis, override_id, rating_id,
       effective_from, last_rated_at, rating_due_at, downgraded_at, version)
     SELECT customer_id, model_grade, grade, basis, override_id, rating_id, moved_at, moved_at, due_at, downgraded_at, 1
     FROM unnest($1::uuid[], $2::grade[], $3::grade[], $4::text[], $5::uuid[], $6::uuid[], $7::timestamptz[],
         $9::timestamptz[], $10::timestamptz[])
       AS moved (customer_id, model_grade, grade, basis, override_id, rating_id, moved_at, due_at, downgraded_at)
     ON CONFLICT (customer_id) DO UPDATE SET
       model_grade = excluded.model_grade, grade = excluded.grade, basis = excluded.basis,
       override_id = excluded.override_id, rating_id = excluded.rating_id,
       effective_from = CASE WHEN current.grade = excluded.grade THEN current.effective_from ELSE excluded.effective_from END,
       last_rated_at = CASE WHEN $8 THEN excluded.last_rated_at ELSE current.last_rated_at END,
       rating_due_at = excluded.rating_due_at, downgraded_at = excluded.downgraded_at,
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
      rows.map((row) => row.dueAt),
      rows.map((row) => row.after.downgradedAt),
    ],
  );
  const changed = rows.filter((row) => row.moved).map((row) => ({ ...row, historyId: tx.newId() }));
  const [current] = await Promise.all([written, changed.length > 0 && putInHistory(tx, cause, changed)]);
  const versions = new Map(current.map((row) => [row.customerId, row.version]));
  const raced = rows.find((row) => row.before === null && versions.get(row.customerId) !== 1);
  if (raced !== undefined) throw new Error(`customer ${raced.customerId} was graded by somebody else meanwhile`);
  return rows.map(({ customerId, before, after, causeId }) => ({
    customerId,
    before: before === null ? null : { grade: before.grade, modelGrade: before.modelGrade },
    after: { grade: after.grade, modelGrade: after.modelGrade },
    cause,
    changed: before?.grade !== after.grade,
    causeId,
  }));
};

const putInHistory = async (
  tx: Tx,
  cause: GradeCause,
  changed: readonly (GradeMove & { readonly historyId: string })[],
): Promise<void> => {
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
};

/** Customers with a grade after an id, in the order of ids. */
export const gradedAfter = async (tx: Tx, after: string | null, atMost: number): Promise<string[]> => {
  const rows = await tx.query<{ id: string }>(
    `SELECT customer_id AS id FROM customer_grade
     WHERE customer_id > coalesce($1::uuid, '00000000-0000-0000-0000-000000000000') ORDER BY customer_id LIMIT $2`,
    [after, atMost],
  );
  return rows.map(({ id }) => id);
};

export interface DueMove {
  readonly customerId: string;
  readonly before: Date;
  readonly after: Date;
}

/**
 * Customers whose ratings may be no older than so many months, whatever their grade, null where the grade alone says it; their due
 * dates are what the calendar says with it. Where nothing is new nothing is written. Yields the dates that moved.
 */
export const limitIntervals = async (
  tx: Tx,
  calendar: ReratingCalendar,
  limits: ReadonlyMap<string, number | null>,
): Promise<DueMove[]> => {
  const grades = await lockGrades(tx, [...limits.keys()]);
  const told = grades.map((grade) => {
    const monthsAtMost = limits.get(grade.customerId) ?? null;
    return {
      was: grade,
      customerId: grade.customerId,
      monthsAtMost,
      dueAt: ratingDueAt({ ...grade, monthsAtMost }, calendar),
    };
  });
  const moved = told.filter(
    ({ was, monthsAtMost, dueAt }) =>
      monthsAtMost !== was.monthsAtMost || dueAt.getTime() !== was.ratingDueAt.getTime(),
  );
  if (moved.length === 0) return [];
  await tx.query(
    `UPDATE customer_grade AS held SET months_at_most = limited.months, rating_due_at = limited.due_at
     FROM unnest($1::uuid[], $2::smallint[], $3::timestamptz[]) AS limited (customer_id, months, due_at)
     WHERE held.customer_id = limited.customer_id`,
    [
      moved.map(({ customerId }) => customerId),
      moved.map(({ monthsAtMost }) => monthsAtMost),
      moved.map(({ dueAt }) => dueAt),
    ],
  );
  return moved
    .map(({ customerId, was, dueAt }) => ({ customerId, before: was.ratingDueAt, after: dueAt }))
    .filter(({ before, after }) => before.getTime() !== after.getTime());
};

/** A move is stamped later than the one before it, even where this transaction began earlier and had to wait. */
export const momentOfMove = (tx: Tx, before: CustomerGrade | null): Date =>
  before === null ? tx.at : momentAfter(tx.at, before.lastRatedAt, before.effectiveFrom);
