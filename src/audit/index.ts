/** Door of the audit room: who did what, when, from which value to which, and why. */
import type { Database } from '../platform/database';
import { createAuditQueries, type AuditQueries } from './audit-event.queries';
import { writeAuditEvents } from './audit-event.store';

export { auditReads } from './audit-event.reads';
export type { AuditFilter } from './audit-event.queries';

export interface Audit {
  /** Port of the unit of work. */
  readonly write: typeof writeAuditEvents;
  readonly queries: AuditQueries;
}

export const createAudit = (deps: { database: Database }): Audit => ({
  write: writeAuditEvents,
  queries: createAuditQueries(deps.database),
});
