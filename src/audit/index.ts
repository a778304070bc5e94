/** Door of the audit room: who did what, when, from which value to which, and why. */
import type { Clock } from '../kernel/clock';
import type { Database } from '../platform/database';
import type { UnitOfWork } from '../platform/unit-of-work';
import type { RoomReads } from '../platform/read-model';
import { createAuditReads } from './audit-event.reads';
import { createAuditQueries, type AuditQueries } from './audit-event.queries';
import { writeAuditEvents, writePosting } from './audit-event.store';
import { createSequencer, type Sequencer } from './audit-log.commands';
import { openLogKeys, type LogKeys, type LogKeysConfig } from './audit-log.keys';
import { createAuditLogQueries, type AuditLogQueries } from './audit-log.queries';
import { createWitnesses, type Witnesses } from './audit-log.witnesses';
import { createSignedStatements, type SignedStatements } from './signed-statements';
import { createCompleteness, type Completeness } from './completeness.commands';
import { createCompletenessQueries, type CompletenessQueries } from './completeness.queries';

/** Trees inside of events, such as that over the ratings of a run, are made as the log's own is. */
export { accumulate } from './domain/merkle-tree';
export { leavesAround, outlineTree, pathIn, type TreeOutline } from './domain/tree-outline';
export { proveEventsOf, type ProvenEvent } from './audit-log.queries';
export type { Appended } from './audit-log.commands';
export type { RebuiltVersion } from './completeness.queries';
export { DISCREPANCY_KINDS, type DiscrepancyKind } from './completeness.store';
export { readWrittenForm } from './domain/audit-event';
export { stateOf } from './domain/row-version';
export { formatVerifierKey, hexKeyId } from './domain/signed-note';
export { parseTilePath, tilePath, tilesOf } from './domain/tile';
export { EVENT_RESULTS, type AuditEventOrder, type AuditFilter, type EventResult } from './audit-event.queries';

export interface AuditLog {
  readonly sequencer: Sequencer;
  readonly queries: AuditLogQueries;
  readonly witnesses: Witnesses;
  readonly keys: LogKeys;
  readonly statements: SignedStatements;
}

export interface Audit {
  /** Port of the unit of work. */
  readonly write: typeof writeAuditEvents;
  readonly writePosting: typeof writePosting;
  readonly queries: AuditQueries;
  readonly reads: RoomReads;
  /** The tree over all events. */
  readonly log: AuditLog;
  /** Whether rows and leaves agree. */
  readonly completeness: CompletenessQueries;
}

export interface AuditDeps {
  readonly database: Database;
  readonly clock: Clock;
  readonly config: LogKeysConfig;
}

export const createAudit = ({ database, clock, config }: AuditDeps): Audit => {
  const keys = openLogKeys(config);
  const { origin, witnesses } = config.auditLog;
  return {
    write: writeAuditEvents,
    writePosting,
    queries: createAuditQueries(database),
    reads: createAuditReads(database),
    log: {
      sequencer: createSequencer({ database, clock, keys, origin }),
      queries: createAuditLogQueries(database, clock),
      witnesses: createWitnesses({ database, clock, keys: witnesses }),
      keys,
      statements: createSignedStatements(keys, origin),
    },
    completeness: createCompletenessQueries(database),
  };
};

export interface AuditCheckDeps {
  readonly database: Database;
  readonly unitOfWork: UnitOfWork;
  readonly clock: Clock;
  readonly config: Pick<LogKeysConfig, 'auditLog'>;
}

/** Apart from the room itself, which the unit of work stands on. */
export const createAuditCheck = ({ config, ...deps }: AuditCheckDeps): Completeness =>
  createCompleteness({ ...deps, origin: config.auditLog.origin });
export type AuditCheck = Completeness;

export { createAuditSearches, type AuditSearches } from './audit-search.commands';
export { createLookRecorder, type LookRecorder } from './look-recorder';
