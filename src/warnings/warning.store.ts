/** Writes risk events, warnings with their entries, and tasks. */
import type { Tx } from '../platform/unit-of-work';
import type { Severity } from '../policies';
import type { Warning, WarningAction, WarningOutcome, WarningState, WarningTaskKind } from './domain/warning';

const WARNING = `id, customer_id AS "customerId", kind, severity, state, owner_id AS "ownerId", deadline, version`;

export interface StoredEvent {
  readonly id: string;
  readonly customerId: string;
  readonly kind: string;
  readonly warningId: string;
}

/** Serialises events of one source and reference, and yields the one that was recorded before. */
export const claimReference = async (tx: Tx, source: string, reference: string): Promise<StoredEvent | null> => {
  await tx.query("SELECT pg_advisory_xact_lock(hashtextextended('risk_event/' || $1 || '/' || $2, 0))", [
    source,
    reference,
  ]);
  const [row] = await tx.query<StoredEvent>(
    `SELECT id, customer_id AS "customerId", kind, warning_id AS "warningId" FROM risk_event
     WHERE source = $1 AND reference = $2`,
    [source, reference],
  );
  return row ?? null;
};

export interface EventSubject {
  readonly customerId: string;
  readonly ownerUserId: string | null;
}

/** Locks the customer's row, so that its events come one after the other. */
export const lockSubject = async (tx: Tx, customerId: string): Promise<EventSubject | null> => {
  const [row] = await tx.query<EventSubject>(
    `SELECT customer.id AS "customerId", owner.id AS "ownerUserId" FROM customer
     LEFT JOIN app_user AS owner ON owner.id = customer.owner_user_id AND owner.active
     WHERE customer.id = $1 FOR NO KEY UPDATE OF customer`,
    [customerId],
  );
  return row ?? null;
};

export const openWarningOf = async (tx: Tx, customerId: string, kind: string): Promise<Warning | null> => {
  const [row] = await tx.query<Warning>(
    `SELECT ${WARNING} FROM warning WHERE customer_id = $1 AND kind = $2 AND state <> 'CLOSED' FOR NO KEY UPDATE`,
    [customerId, kind],
  );
  return row ?? null;
};

export const lockWarning = async (tx: Tx, id: string): Promise<Warning | null> => {
  const [row] = await tx.query<Warning>(`SELECT ${WARNING} FROM warning WHERE id = $1 FOR NO KEY UPDATE`, [id]);
  return row ?? null;
};

export interface NewWarning {
  readonly customerId: string;
  readonly kind: string;
  readonly severity: Severity;
  readonly ownerId: string | null;
  readonly ownerRole: string | null;
  readonly deadline: Date;
}

export const insertWarning = async (tx: Tx, warning: NewWarning): Promise<string> => {
  const id = tx.newId();
  await tx.query(
    `INSERT INTO warning (id, customer_id, kind, severity, state, owner_id, owner_role, deadline, raised_at, updated_at, version)
     VALUES ($1, $2, $3, $4, 'OPEN', $5, $6, $7, $8, $8, 1)`,
    [
      id,
      warning.customerId,
      warning.kind,
      warning.severity,
      warning.ownerId,
      warning.ownerRole,
      warning.deadline,
      tx.at,
    ],
  );
  return id;
};

/** Moves a locked warning; what is left out stays. Yields its version. */
export const moveWarning = async (
  tx: Tx,
  warning: Warning,
  change: {
    readonly severity?: Severity;
    readonly deadline?: Date;
    readonly state?: WarningState;
    readonly outcome?: WarningOutcome;
    readonly note?: string;
  },
): Promise<number> => {
  const version = warning.version + 1;
  await tx.query(
    `UPDATE warning SET severity = coalesce($2, severity), deadline = coalesce($3, deadline), state = coalesce($4, state),
       acknowledged_at = CASE WHEN $4 = 'IN_PROGRESS' THEN greatest($7, raised_at) ELSE acknowledged_at END,
       closed_at = CASE WHEN $4 = 'CLOSED' THEN greatest($7, acknowledged_at) END, outcome = $5, outcome_note = $6,
       updated_at = greatest($7, updated_at), version = $8
     WHERE id = $1`,
    [
      warning.id,
      change.severity,
      change.deadline,
      change.state,
      change.outcome,
      change.outcome === undefined ? null : change.note,
      tx.at,
      version,
    ],
  );
  return version;
};

export const insertEntry = async (
  tx: Tx,
  entry: {
    readonly warningId: string;
    readonly action: WarningAction;
    readonly severity: Severity;
    readonly state: WarningState;
    readonly note: string;
  },
): Promise<void> => {
  await tx.query(
    `INSERT INTO warning_entry (id, warning_id, action, severity, state, note, made_at, made_by)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [tx.newId(), entry.warningId, entry.action, entry.severity, entry.state, entry.note, tx.at, tx.initiator.actor.id],
  );
};

export interface NewRiskEvent {
  readonly id: string;
  readonly customerId: string;
  readonly kind: string;
  readonly occurredAt: Date;
  readonly source: string;
  readonly reference: string;
  readonly detail: string;
  readonly value: string | null;
  readonly warningId: string;
  readonly snapshotId: string | null;
  readonly reratingId: string | null;
}

export const insertEvent = async (tx: Tx, event: NewRiskEvent): Promise<void> => {
  await tx.query(
    `INSERT INTO risk_event (id, customer_id, kind, occurred_at, source, reference, detail, value, warning_id, snapshot_id,
       rerating_id, recorded_at, recorded_by)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
    [
      event.id,
      event.customerId,
      event.kind,
      event.occurredAt,
      event.source,
      event.reference,
      event.detail,
      event.value,
      event.warningId,
      event.snapshotId,
      event.reratingId,
      tx.at,
      tx.initiator.actor.id,
    ],
  );
};

/** Once for each warning and kind; yields whether it is new. */
export const ensureTask = async (tx: Tx, warningId: string, kind: WarningTaskKind, dueAt: Date): Promise<boolean> =>
  (
    await tx.query(
      `INSERT INTO warning_task (id, warning_id, kind, due_at, state, version) VALUES ($1, $2, $3, $4, 'OPEN', 1)
       ON CONFLICT (warning_id, kind) DO NOTHING RETURNING id`,
      [tx.newId(), warningId, kind, dueAt],
    )
  ).length === 1;

export const countOpenTasks = async (tx: Tx, warningId: string): Promise<number> => {
  const [row] = await tx.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM warning_task WHERE warning_id = $1 AND state = 'OPEN'`,
    [warningId],
  );
  return row?.count ?? 0;
};

export interface LockedTask {
  readonly id: string;
  readonly warningId: string;
  readonly kind: WarningTaskKind;
  readonly done: boolean;
}

export const lockTask = async (tx: Tx, id: string): Promise<LockedTask | null> => {
  const [row] = await tx.query<LockedTask>(
    `SELECT id, warning_id AS "warningId", kind, state = 'DONE' AS done FROM warning_task WHERE id = $1 FOR NO KEY UPDATE`,
    [id],
  );
  return row ?? null;
};

export const completeTask = async (tx: Tx, id: string, note: string): Promise<void> => {
  await tx.query(
    `UPDATE warning_task SET state = 'DONE', note = $2, done_at = $3, done_by = $4, version = version + 1 WHERE id = $1`,
    [id, note, tx.at, tx.initiator.actor.id],
  );
};
