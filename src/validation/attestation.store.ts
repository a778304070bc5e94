/** Writes what is due of attestations: one row for each year, opened when it is over, and closed by the request that was agreed to. */
import type { Tx } from '../platform/unit-of-work';

export interface OpenAttestation {
  readonly year: number;
  /** YYYY-MM-DD. */
  readonly dueOn: string;
  readonly reminders: number;
}

/** Opens a year in which somebody had a grade, once; null where there is nothing to open. */
export const openYear = async (tx: Tx, year: number, dueOn: string): Promise<OpenAttestation | null> =>
  (
    await tx.query<OpenAttestation>(
      `INSERT INTO attestation (year, due_on, opened_at, reminded_at, reminders)
       SELECT $1, $2::date, $3, $3, 0 WHERE EXISTS (SELECT FROM grade_history WHERE changed_at < make_date($1 + 1, 1, 1))
       ON CONFLICT (year) DO NOTHING RETURNING year, due_on::text AS "dueOn", reminders`,
      [year, dueOn, tx.at],
    )
  )[0] ?? null;

/** Counts a reminder of each year that nobody has been reminded of since the moment; the oldest year first. */
export const remindOfYears = (tx: Tx, since: Date): Promise<OpenAttestation[]> =>
  tx.query<OpenAttestation>(
    `WITH due AS (SELECT year FROM attestation WHERE attested_at IS NULL AND reminded_at <= $1 ORDER BY year FOR UPDATE),
     told AS (UPDATE attestation SET reminders = reminders + 1, reminded_at = $2 FROM due WHERE attestation.year = due.year
       RETURNING attestation.year, due_on::text AS "dueOn", reminders)
     SELECT * FROM told ORDER BY year`,
    [since, tx.at],
  );

/** Locked until the transaction ends; null where the year was never opened. */
export const lockYear = async (tx: Tx, year: number): Promise<{ readonly attested: boolean } | null> =>
  (
    await tx.query<{ attested: boolean }>(
      'SELECT attested_at IS NOT NULL AS attested FROM attestation WHERE year = $1 FOR UPDATE',
      [year],
    )
  )[0] ?? null;

export const closeYear = async (tx: Tx, year: number, requestId: string): Promise<void> => {
  await tx.query('UPDATE attestation SET request_id = $2, attested_at = $3 WHERE year = $1', [year, requestId, tx.at]);
};
