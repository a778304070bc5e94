/** How complete the log is, and what rows were at any time, from the log alone. It never writes. */
import type { Actor } from '../kernel/actor';
import { refuse } from '../kernel/refusal';
import { ok, type Result } from '../kernel/result';
import { permit } from '../identity';
import type { Database } from '../platform/database';
import type { ListSource } from '../platform/read-model';
import { LEAVES_WALK, trailedTables, type Difference } from './completeness.store';
import { writtenText } from './audit-event.queries';
import { readWrittenForm, type AuditEvent } from './domain/audit-event';
import { rowKey, rowVersionsOf, stateOf, type RowVersion } from './domain/row-version';

export interface CompletenessStatus {
  /** Leaves whose rows have been read. */
  readonly leaves: number;
  /** Tables that leave a trail. */
  readonly tables: number;
  /** Of them, those whose rows were all compared both ways at least once. */
  readonly comparedTables: number;
  /** When the slowest of the last full rounds ended; null before all tables had one. */
  readonly comparedSince: Date | null;
  readonly openDiscrepancies: number;
}

/** A state of a row as one leaf of the log holds it. */
export interface RebuiltVersion {
  readonly leafIndex: number;
  readonly event: Pick<AuditEvent, 'id' | 'occurredAt' | 'actorId' | 'action' | 'requestId'>;
  readonly op: RowVersion['op'];
  /** Texts of PostgreSQL by column; null once the row was deleted. */
  readonly state: Readonly<Record<string, string | null>> | null;
}

interface OpenDiscrepancy extends Difference {
  readonly foundAt: Date;
}

const MOST_VERSIONS = 1_000;
const MOST_SHOWN = 1_000;

export const createCompletenessQueries = ({ query }: Pick<Database, 'query'>) => ({
  status: async (): Promise<CompletenessStatus> => {
    const [row] = await query<{
      leaves: string;
      tables: number;
      comparedTables: number;
      comparedSince: Date | null;
      open: number;
    }>(
      `WITH walked AS (
         SELECT least(rows.round_ended_at, leaves.round_ended_at) AS ended_at
         FROM audit_trail AS trail
         LEFT JOIN audit_check AS rows ON rows.walk = 'rows of ' || trail.table_name
         LEFT JOIN audit_check AS leaves ON leaves.walk = 'leaves of ' || trail.table_name)
       SELECT count(*)::int AS tables, count(ended_at)::int AS "comparedTables",
         CASE WHEN count(*) = count(ended_at) THEN min(ended_at) END AS "comparedSince",
         (SELECT count(*)::int FROM audit_discrepancy WHERE gone_at IS NULL) AS open,
         coalesce((SELECT leaves FROM audit_check WHERE walk = $1), 0)::text AS leaves
       FROM walked`,
      [LEAVES_WALK],
    );
    const { leaves = '0', tables = 0, comparedTables = 0, comparedSince = null, open = 0 } = row ?? {};
    return { leaves: Number(leaves), tables, comparedTables, comparedSince, openDiscrepancies: open };
  },

  /** What does not agree at present, the oldest first, up to a thousand. */
  open: (): Promise<OpenDiscrepancy[]> =>
    query<OpenDiscrepancy>(
      `SELECT table_name AS table, row_key AS key, kind, leaf_index::int AS "leafIndex", found_at AS "foundAt"
       FROM audit_discrepancy WHERE gone_at IS NULL ORDER BY found_at, id LIMIT ${MOST_SHOWN}`,
    ),

  /** Newest first. Needs `audit.read`. */
  discrepancies: (actor: Actor): Result<ListSource> => {
    const permitted = permit(actor, 'audit.read');
    if (!permitted.ok) return permitted;
    return ok({
      model: 'AuditDiscrepancy',
      alias: 'discrepancy',
      select: () => ({
        from: 'audit_discrepancy AS discrepancy',
        where: [],
        order: [
          { expression: 'discrepancy.found_at', type: 'timestamptz', direction: 'DESC' },
          { expression: 'discrepancy.id', type: 'uuid', direction: 'DESC' },
        ],
      }),
    });
  },

  /**
   * Every version of a row, the oldest first, out of the log alone, as far as its leaves have been read: up to a thousand.
   * `key` names each column of the table's key. Needs `audit.read`; refuses NOT_FOUND for a table or key that the log does
   * not know.
   */
  versionsOf: async (
    actor: Actor,
    table: string,
    columns: Readonly<Record<string, string>>,
  ): Promise<Result<RebuiltVersion[]>> => {
    const permitted = permit(actor, 'audit.read');
    if (!permitted.ok) return permitted;
    const keys = new Map((await trailedTables(query)).map(({ name, keyColumns }) => [name, keyColumns]));
    const keyColumns = keys.get(table);
    if (keyColumns === undefined) {
      return refuse('NOT_FOUND', `No table ${table} leaves a trail.`, { reason: 'TABLE', field: ['table'] });
    }
    const parts = keyColumns.flatMap((column) => (columns[column] === undefined ? [] : [columns[column]]));
    if (parts.length < keyColumns.length) {
      return refuse('NOT_FOUND', `The key of ${table} is ${keyColumns.join(', ')}.`, { reason: 'KEY', field: ['key'] });
    }
    const key = rowKey(parts);
    const rows = await query<{ leafIndex: string; written: string | null }>(
      `SELECT found.leaf_index::text AS "leafIndex", ${writtenText('e')} AS written
       FROM (SELECT leaf_index, bool_or(is_baseline) AS is_baseline FROM audit_row
             WHERE table_name = $1 AND row_key = $2 GROUP BY leaf_index) AS found
       JOIN audit_log_leaf AS l USING (leaf_index) JOIN audit_event AS e ON e.id = l.event_id
       ORDER BY found.is_baseline DESC, found.leaf_index LIMIT $3`,
      [table, key, MOST_VERSIONS],
    );
    return ok(
      rows.flatMap(({ leafIndex, written }) => {
        if (written === null) return [];
        const event = readWrittenForm(written);
        return rowVersionsOf(event, keys)
          .filter((version) => version.table === table && version.key === key)
          .map((version) => rebuilt(Number(leafIndex), event, version));
      }),
    );
  },
});

export type CompletenessQueries = ReturnType<typeof createCompletenessQueries>;

const rebuilt = (leafIndex: number, event: AuditEvent, version: RowVersion): RebuiltVersion => {
  const { id, occurredAt, actorId, action, requestId } = event;
  return { leafIndex, event: { id, occurredAt, actorId, action, requestId }, op: version.op, state: stateOf(version) };
};
