/**
 * The completeness check: is every version of every business row in the log, and does every row that the log speaks of lie in
 * its table as the log left it? It reads new leaves, walks through the tables bit by bit and raises what does not agree. It
 * mends nothing. Any number of processes may call it; one at a time does something.
 */
import type { Clock } from '../kernel/clock';
import type { Initiator } from '../kernel/actor';
import { ok, type Result } from '../kernel/result';
import { inTransaction, type Database, type Query } from '../platform/database';
import type { Tx, UnitOfWork } from '../platform/unit-of-work';
import { readHead } from './audit-log.store';
import {
  agrees,
  closeDiscrepancies,
  compareLeaves,
  compareRows,
  insertDiscrepancies,
  insertRowVersions,
  LEAVES_WALK,
  markBaselined,
  noteLeaves,
  noteWalk,
  openDiscrepancies,
  readLeaves,
  readUnsequenced,
  readWalk,
  trailBaseline,
  trailedTables,
  tryLockCheck,
  type ComparedPage,
  type Difference,
  type IndexedVersion,
  type TrailedTable,
} from './completeness.store';
import { NO_ROWS, readWrittenForm } from './domain/audit-event';
import { rowVersionsOf, type KeyColumns, type RowVersion } from './domain/row-version';

export interface CompletenessDeps {
  readonly database: Database;
  readonly unitOfWork: UnitOfWork;
  readonly clock: Clock;
  /** Name of the log, for events. */
  readonly origin: string;
}

export interface CheckReport {
  /** Leaves that were read. */
  readonly leaves: number;
  /** Rows that were compared, counted once in each direction. */
  readonly compared: number;
  /** What does not agree and was not known before. */
  readonly found: readonly Difference[];
  /** Discrepancies that are gone. */
  readonly gone: number;
  /** Set where the log is too far behind to compare anything. */
  readonly behind: boolean;
}

export interface CheckBounds {
  /** Leaves of one transaction. */
  readonly leaves: number;
  /** Rows of a table that one call compares, in each direction. */
  readonly rows: number;
  /** Of one statement. */
  readonly page: number;
}

const BOUNDS: CheckBounds = { leaves: 500, rows: 20_000, page: 2_000 };
/** More events than this on their way into the log, and nothing is compared until it has caught up. */
const MOST_WAITING = 2_000;
/** Discrepancies that are looked at again each time, and that an event names. */
const MOST_NAMED = 200;

export const createCompleteness = ({ database, unitOfWork, clock, origin }: CompletenessDeps, bounds = BOUNDS) => {
  const log = { type: 'AuditLog', id: origin };

  /** Runs alone and as the initiator; null while another process is at it. */
  const alone = <T>(by: Initiator, work: (query: Query) => Promise<T>): Promise<T | null> =>
    inTransaction(database, async (query) => {
      // What is compared must be of one moment.
      await query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ');
      await query("SELECT set_config('tierwarden.actor', $1, true)", [by.actor.id]);
      return (await tryLockCheck(query)) ? work(query) : null;
    });

  /** Takes note of the rows in new leaves; yields how many leaves were read, null where another process reads. */
  const readNewLeaves = (by: Initiator): Promise<number | null> =>
    alone(by, async (query) => {
      const { leaves: from } = await readWalk(query, LEAVES_WALK);
      const leaves = await readLeaves(query, from, bounds.leaves);
      if (leaves.length === 0) return 0;
      const keys = keyColumnsOf(await trailedTables(query));
      const indexed = leaves.flatMap(({ leafIndex, written }): IndexedVersion[] =>
        versionsIn(written, keys).map((version) => ({ leafIndex, version })),
      );
      await insertRowVersions(query, indexed);
      await noteLeaves(query, from + leaves.length);
      return leaves.length;
    });

  /** Rows that events on their way into the log speak of: they are compared next time. Null where there are too many. */
  const onTheirWay = async (query: Query, keys: KeyColumns): Promise<ReadonlySet<string> | null> => {
    const { leaves: from } = await readWalk(query, LEAVES_WALK);
    const head = await readHead(query);
    const unsequenced = await readUnsequenced(query, head?.position.seen ?? '1:1:', MOST_WAITING);
    if (unsequenced === null) return null;
    const unread = await readLeaves(query, from, MOST_WAITING);
    if (unsequenced.length + unread.length >= MOST_WAITING) return null;
    if ((await readLeaves(query, from + unread.length, 1)).length > 0) return null;
    const forms = [...unsequenced, ...unread.map(({ written }) => written)];
    return new Set(forms.flatMap((written) => versionsIn(written, keys)).map(nameOf));
  };

  const walk = async (
    query: Query,
    name: string,
    compare: (after: readonly string[] | null, atMost: number) => Promise<ComparedPage>,
  ): Promise<ComparedPage> => {
    let { lastKey } = await readWalk(query, name);
    const differences: Difference[] = [];
    let compared = 0;
    while (compared < bounds.rows) {
      const page = await compare(lastKey, bounds.page);
      differences.push(...page.differences);
      compared += page.compared;
      const isEnd = page.compared < bounds.page;
      lastKey = isEnd ? null : page.lastKey;
      await noteWalk(query, name, { lastKey, compared: page.compared, endedAt: isEnd ? clock() : null });
      if (isEnd) break;
    }
    return { compared, lastKey, differences };
  };

  /** Compares the next rows of every table, both ways, and says so before it takes note of how far it came. */
  const compareNext = (by: Initiator): Promise<Omit<CheckReport, 'leaves'> | null> =>
    alone(by, async (query) => {
      const tables = await trailedTables(query);
      const waiting = await onTheirWay(query, keyColumnsOf(tables));
      if (waiting === null) return { compared: 0, found: [], gone: 0, behind: true };
      const settled = (key: { readonly table: string; readonly key: string }): boolean => !waiting.has(nameOf(key));
      const differences: Difference[] = [];
      let compared = 0;
      for (const table of tables.filter(({ isBaselined }) => isBaselined)) {
        const rows = await walk(query, `rows of ${table.name}`, (after, atMost) =>
          compareRows(query, table, after, atMost),
        );
        const leaves = await walk(query, `leaves of ${table.name}`, (after, atMost) =>
          compareLeaves(query, table, after, atMost),
        );
        compared += rows.compared + leaves.compared;
        differences.push(...rows.differences, ...leaves.differences);
      }
      const byName = new Map(tables.map((table) => [table.name, table]));
      const gone: string[] = [];
      for (const open of await openDiscrepancies(query, MOST_NAMED)) {
        const table = byName.get(open.table);
        if (table !== undefined && settled(open) && (await agrees(query, table, open.key))) gone.push(open.id);
      }
      const found = await raise(by, differences.filter(settled), gone);
      return { compared, found, gone: gone.length, behind: false };
    });

  const raise = async (
    by: Initiator,
    differences: readonly Difference[],
    gone: readonly string[],
  ): Promise<readonly Difference[]> => {
    if (differences.length + gone.length === 0) return [];
    const raised = await unitOfWork.run(by, async (tx) => {
      const fresh = await insertDiscrepancies(tx, differences);
      if (gone.length > 0) {
        await closeDiscrepancies(tx, gone);
        tx.record({ action: 'auditDiscrepancy.gone', object: log, data: { discrepancies: gone } });
      }
      if (fresh.length > 0) {
        const named = fresh.slice(0, MOST_NAMED).map((difference) => ({ ...difference }));
        tx.record({ action: 'auditDiscrepancy.found', object: log, data: { count: fresh.length, named } });
      }
      if (fresh.length + gone.length === 0) tx.unchanged();
      return ok(fresh);
    });
    return raised.ok ? raised.value : [];
  };

  /**
   * Brings rows into the log that were there before their table left a trail: by migrations, or from an older version of the
   * program. Once for each table; what appears afterwards without a leaf is a discrepancy.
   */
  const recordBaseline = async (by: Initiator): Promise<void> => {
    for (const table of (await trailedTables(database.query)).filter(({ isBaselined }) => !isBaselined)) {
      const name = `baseline of ${table.name}`;
      const step = (tx: Tx) => baselineStep(tx, table, name);
      for (let done = false; !done;) {
        const result = await unitOfWork.run(by, step);
        done = !result.ok || result.value;
      }
    }
  };

  const baselineStep = async (tx: Tx, table: TrailedTable, name: string): Promise<Result<boolean>> => {
    if (!(await tryLockCheck(tx.query))) {
      tx.unchanged();
      return ok(true);
    }
    const { lastKey: after } = await readWalk(tx.query, name);
    const { recorded, lastKey } = await trailBaseline(tx, table, after, bounds.page);
    const isEnd = lastKey === null;
    if (isEnd) await markBaselined(tx.query, table, tx.at);
    await noteWalk(tx.query, name, { lastKey, compared: recorded, endedAt: isEnd ? tx.at : null });
    tx.record({ action: 'audit.baselined', object: log, data: { table: table.name, rows: recorded, done: isEnd } });
    return ok(isEnd);
  };

  return {
    /** Reads all new leaves and compares the next rows of each table. */
    check: async (by: Initiator): Promise<Result<CheckReport>> => {
      let leaves = 0;
      for (let read = await readNewLeaves(by); read !== null && read > 0; read = await readNewLeaves(by))
        leaves += read;
      const compared = await compareNext(by);
      if (compared !== null && !compared.behind) await recordBaseline(by);
      return ok({ leaves, ...(compared ?? { compared: 0, found: [], gone: 0, behind: false }) });
    },
  };
};

export type Completeness = ReturnType<typeof createCompleteness>;

const keyColumnsOf = (tables: readonly TrailedTable[]): KeyColumns =>
  new Map(tables.map(({ name, keyColumns }) => [name, keyColumns]));

const nameOf = ({ table, key }: Pick<RowVersion, 'table' | 'key'>): string => `${table}/${key}`;

/** None of an event that is gone or no event any more: that is for the verification to find. */
const versionsIn = (written: string | null, keys: KeyColumns): RowVersion[] => {
  if (written === null || written.endsWith(`"rows":${NO_ROWS}`)) return [];
  try {
    return rowVersionsOf(readWrittenForm(written), keys);
  } catch {
    return [];
  }
};
