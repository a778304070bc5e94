/**
 * Takes in indicator values, one customer at a time or chunk by chunk, and rebuilds the projection of what is current.
 * Values need `indicator.import`; what a source says again without a change is not stored again.
 */
import { digestOf } from '../kernel/canonical-json';
import type { Initiator } from '../kernel/actor';
import type { Clock } from '../kernel/clock';
import { Decimal } from '../kernel/decimal';
import { refuse } from '../kernel/refusal';
import { ok, refused, type Result } from '../kernel/result';
import {
  customerExists,
  ensureBatch,
  findIdsByNumber,
  rowCodeOf,
  rowRefusal,
  type Customers,
  type ImportBatch,
  type ImportOutcome,
  type PartyKind,
  type RowRefusal,
} from '../customers';
import { permit } from '../identity';
import type { Policies } from '../policies';
import type { Tx, UnitOfWork } from '../platform/unit-of-work';
import type { IndicatorRow } from './domain/read-row';
import { OWN_SOURCES } from './domain/precedence';
import { sourceQuality, type ArrivalCounts } from './domain/source-quality';
import { checkSnapshot, contentDigest, type Snapshot, type SnapshotContent } from './domain/snapshot';
import { currentValues } from './indicator.queries';
import { customersWithSnapshots, lockValues, newestDigests, rebuildCurrent } from './indicator.store';
import { adoptedPrecedence, insertAdoption, type AdoptedPrecedence } from './precedence.store';
import { arrivalOfBatch, noteArrival } from './source-arrival.store';
import { newSnapshot, takeIn } from './take-in';

/** How customers are registered that a file names and the register does not have. */
export interface CreateCustomers {
  readonly kind: PartyKind;
  readonly industryCode: string | null;
  readonly region: string | null;
}

export interface IndicatorRows {
  readonly rows: readonly IndicatorRow[];
  readonly source: string;
  /** Batch that the rows belong to; absent for rows that come from no file. */
  readonly batch?: ImportBatch;
  /** Without it rows of unknown customers are refused. */
  readonly create?: CreateCustomers;
  /** How the file names the column of the customer's number; null when there is none. */
  readonly keyColumn?: string | null;
  /** Does everything and keeps nothing. */
  readonly dryRun?: boolean;
  /** Row codes of what was refused before the rows came here. */
  readonly refusedBefore?: readonly RowRefusal['code'][];
}

export interface IndicatorCommandDeps {
  readonly unitOfWork: UnitOfWork;
  readonly clock: Clock;
  readonly customers: Customers;
  readonly policies: Pick<Policies, 'inForce'>;
}

export const createIndicatorCommands = ({ unitOfWork, clock, customers, policies }: IndicatorCommandDeps) => {
  const write = async <T>(by: Initiator, work: (tx: Tx) => Promise<Result<T>>): Promise<Result<T>> => {
    const permitted = permit(by.actor, 'indicator.import');
    return permitted.ok ? unitOfWork.run(by, work) : permitted;
  };

  /** Ids of the customers that the rows are about; those that have to be registered first are. */
  const customersOf = async (tx: Tx, { rows, create, keyColumn = null }: IndicatorRows): Promise<FoundCustomers> => {
    const ids = await findIdsByNumber(tx, [...new Set(rows.map((row) => row.number))]);
    const unknown = new Map(rows.filter((row) => !ids.has(row.number)).map((row) => [row.number, row]));
    const refusals: RowRefusal[] = [];
    const refuseRows = (number: string, code: RowRefusal['code']): void => {
      for (const row of rows) if (row.number === number) refusals.push(rowRefusal(row.line, keyColumn, code, number));
    };
    if (unknown.size === 0) return { ids, registered: 0, industryAdded: null, refusals };
    if (create === undefined) {
      for (const number of unknown.keys()) refuseRows(number, 'UNKNOWN_CUSTOMER');
      return { ids, registered: 0, industryAdded: null, refusals };
    }
    const { industryCode } = create;
    const industryAdded =
      industryCode !== null &&
      (await customers.commands.ensureIndustryWithin(tx, {
        code: industryCode,
        nameZh: industryCode,
        nameEn: industryCode,
      }));
    const registration = await customers.commands.registerWithin(
      tx,
      [...unknown.values()].map(({ number, name }) => ({
        number,
        kind: create.kind,
        [isChinese(name ?? number) ? 'nameZh' : 'nameEn']: name ?? number,
        industryCode,
        region: create.region,
      })),
    );
    for (const [number, id] of registration.ids) ids.set(number, id);
    for (const [number, refusal] of registration.refusals) refuseRows(number, rowCodeOf(refusal));
    return { ids, registered: registration.registered, industryAdded: industryAdded ? industryCode : null, refusals };
  };

  /** The rows have been checked; chunks of one unit of work and one audit event. */
  const importCheckedRows = (by: Initiator, request: IndicatorRows): Promise<Result<ImportOutcome>> =>
    write(by, async (tx) => {
      await lockValues(tx);
      const { batch } = request;
      if (batch !== undefined && request.dryRun === true) await ensureBatch(tx, batch);
      const { ids, registered, industryAdded, refusals } = await customersOf(tx, request);
      const drafts = request.rows.flatMap(({ number, content }) => {
        const customerId = ids.get(number);
        return customerId === undefined ? [] : [{ customerId, content, digest: contentDigest(content) }];
      });
      const newest = await newestDigests(
        tx,
        drafts.map(({ customerId, content }) => ({ customerId, asOf: content.asOf, source: content.source })),
      );
      const seen = new Map<string, string | null>();
      const snapshots: Snapshot[] = [];
      const counts = { new: 0, changed: 0, unchanged: 0 };
      drafts.forEach(({ customerId, content, digest }, index) => {
        const key = [customerId, content.asOf, content.source].join();
        const before = seen.get(key) ?? newest[index] ?? null;
        seen.set(key, digest);
        if (before === digest) {
          counts.unchanged++;
          return;
        }
        counts[before === null ? 'new' : 'changed']++;
        snapshots.push(newSnapshot(tx, customerId, content, batch?.id ?? null));
      });
      const { contradictions, derived } = await takeIn(tx, snapshots);
      const arrived = [...snapshots, ...derived];
      // What a file has refused is counted once it has been read to its end.
      const refused =
        batch === undefined ? [...(request.refusedBefore ?? []), ...refusals.map(({ code }) => code)] : [];
      const outcome: ImportOutcome = { ...counts, refusals };
      if (snapshots.length + refused.length === 0 || request.dryRun === true) {
        tx.unchanged();
        return ok(outcome);
      }
      const { source } = request;
      const arrival = await noteArrival(tx, { source, batchId: batch?.id ?? null, snapshots, contradictions, refused });
      tx.record({
        action: 'indicator.imported',
        object: { type: 'ImportBatch', id: batch?.id ?? tx.newId() },
        data: {
          source: request.source,
          ...counts,
          refused: refusals.length,
          values: { ...arrival },
          derived: derived.length,
          customersRegistered: registered,
          industryAdded,
          digest: digestOf(arrived.map(({ id, customerId, contentDigest: content }) => ({ id, customerId, content }))),
        },
      });
      return ok(outcome);
    });

  return {
    /**
     * Moves one indicator of a customer inside the transaction of what moved it, with today as its date, as a source of its own; `valueOf` is given the
     * value on record. Yields the snapshot, null where nothing changed. Refuses what checkSnapshot refuses, about `value`.
     */
    adjustWithin: async (
      tx: Tx,
      change: {
        readonly customerId: string;
        readonly code: string;
        readonly valueOf: (known: string | null) => string;
      },
    ): Promise<Result<string | null>> => {
      const { customerId, code } = change;
      const source = OWN_SOURCES.EVENTS;
      await lockValues(tx);
      const known = (await currentValues(tx.query, code, [customerId])).get(customerId) ?? null;
      const value = change.valueOf(known);
      if (known !== null && new Decimal(known).equals(value)) return ok(null);
      const asOf = tx.at.toISOString().slice(0, 10);
      // What is ours by name passes no check of what others may call themselves.
      const checked = checkSnapshot({ asOf, source: 'event', quality: 'REPORTED', values: { [code]: value } }, tx.at);
      if (!checked.ok) return refused({ ...checked.refusal, field: ['value'] });
      const snapshot = newSnapshot(tx, customerId, { ...checked.value, source });
      const { contradictions } = await takeIn(tx, [snapshot]);
      await noteArrival(tx, { source, batchId: null, snapshots: [snapshot], contradictions, refused: [] });
      return ok(snapshot.id);
    },

    /**
     * One snapshot of one customer, as events bring them. Refuses NOT_FOUND/CUSTOMER and what checkSnapshot refuses. When
     * the newest snapshot of that day and source says the same, nothing is written and `snapshot` is null.
     */
    recordSnapshot: (
      by: Initiator,
      { customerId, ...content }: SnapshotContent & { readonly customerId: string },
    ): Promise<Result<{ readonly snapshot: Snapshot | null; readonly auditEventId: string | null }>> =>
      write<{ snapshot: Snapshot | null; auditEventId: string | null }>(by, async (tx) => {
        const checked = checkSnapshot(content, tx.at);
        if (!checked.ok) return checked;
        await lockValues(tx);
        if (!(await customerExists(tx, customerId))) {
          return refuse('NOT_FOUND', 'There is no such party.', { reason: 'CUSTOMER', field: ['customerId'] });
        }
        const { asOf, source, quality, values } = checked.value;
        const digest = contentDigest(checked.value);
        const [newest] = await newestDigests(tx, [{ customerId, asOf, source }]);
        if (newest === digest) {
          tx.unchanged();
          return ok({ snapshot: null, auditEventId: null });
        }
        const snapshot = newSnapshot(tx, customerId, checked.value);
        const { contradictions, derived } = await takeIn(tx, [snapshot]);
        await noteArrival(tx, { source, batchId: null, snapshots: [snapshot], contradictions, refused: [] });
        const auditEventId = tx.record({
          action: 'indicator.recorded',
          object: { type: 'Customer', id: customerId },
          after: { snapshotId: snapshot.id, asOf, source, quality, values },
          ...(contradictions.length + derived.length === 0
            ? {}
            : {
                data: {
                  contradictions: contradictions.length,
                  derived: derived.map(({ id, asOf: day }) => ({ id, asOf: day })),
                },
              }),
        });
        return ok({ snapshot, auditEventId });
      }),

    /**
     * Snapshots of many customers by number, from a program rather than a file. A row that is refused stops no other; its
     * position in the list stands as its line.
     */
    importSnapshots: async (
      by: Initiator,
      request: Omit<IndicatorRows, 'rows'> & {
        readonly rows: readonly { readonly number: string; readonly content: SnapshotContent }[];
      },
    ): Promise<Result<ImportOutcome>> => {
      const rows: IndicatorRow[] = [];
      const refusals: RowRefusal[] = [];
      request.rows.forEach(({ number, content }, index) => {
        const checked = checkSnapshot(content, clock());
        if (checked.ok) {
          rows.push({ line: index + 1, number, name: null, content: checked.value });
          return;
        }
        const { field = [] } = checked.refusal;
        const code = SNAPSHOT_ROW_CODES[checked.refusal.reason ?? ''] ?? 'SHAPE';
        refusals.push(rowRefusal(index + 1, field.at(-1) ?? null, code, content.values[field[1] ?? ''] ?? ''));
      });
      const refusedBefore = refusals.map(({ code }) => code);
      const outcome = await importCheckedRows(by, { ...request, rows, refusedBefore });
      return outcome.ok ? ok({ ...outcome.value, refusals: [...refusals, ...outcome.value.refusals] }) : outcome;
    },

    importCheckedRows,

    /** Counts what a file had refused, once it has been read to its end, and puts the quality of what came with it on record. */
    judgeBatch: (
      by: Initiator,
      {
        batchId,
        source,
        refused,
      }: { readonly batchId: string; readonly source: string; readonly refused: readonly RowRefusal['code'][] },
    ): Promise<Result<ArrivalCounts>> =>
      write(by, async (tx) => {
        await noteArrival(tx, { source, batchId, snapshots: [], contradictions: [], refused });
        const arrived = await arrivalOfBatch(tx, batchId);
        const score = sourceQuality(arrived);
        if (score === null) tx.unchanged();
        else {
          tx.record({
            action: 'indicator.sourceJudged',
            object: { type: 'ImportBatch', id: batchId },
            data: { source, ...arrived, score },
          });
        }
        return ok(arrived);
      }),

    /**
     * Lets the source precedence that is in force count, if it does not yet: from this moment on values are folded by it,
     * those that are there included, all in one unit of work. Yields whether there was something to adopt.
     */
    adoptPrecedence: (by: Initiator): Promise<Result<boolean>> =>
      unitOfWork.run<boolean>(by, async (tx) => {
        await lockValues(tx);
        const policy = await policies.inForce(tx, 'SOURCE_PRECEDENCE');
        const before = await adoptedPrecedence(tx.query);
        if (policy.number <= before.number) {
          tx.unchanged();
          return ok(false);
        }
        await insertAdoption(tx, policy);
        const precedence = await adoptedPrecedence(tx.query);
        const folded = await foldEverybody(tx, precedence);
        tx.record({
          action: 'indicator.precedenceAdopted',
          object: { type: 'PolicyVersion', id: policy.id },
          ...(before.number === 0 ? {} : { before: { number: before.number } }),
          after: { number: policy.number, digest: policy.digest },
          data: { customers: folded },
        });
        return ok(true);
      }),

    /**
     * Folds the projection anew for every customer, in units of work of their own. It ends as it was unless the projection
     * had been damaged or the rule of folding has changed.
     */
    rebuildProjection: async (by: Initiator): Promise<Result<{ readonly customers: number }>> => {
      let after: string | null = null;
      let total = 0;
      for (;;) {
        const chunk: Result<string[]> = await write(by, async (tx) => {
          await lockValues(tx);
          const found = await customersWithSnapshots(tx, after, REBUILD_CHUNK);
          if (found.length === 0) {
            tx.unchanged();
            return ok(found);
          }
          await rebuildCurrent(tx, found, await adoptedPrecedence(tx.query));
          tx.record({
            action: 'indicator.projectionRebuilt',
            object: { type: 'IndicatorProjection', id: 'current' },
            data: { customers: found.length, first: found[0] ?? null, last: found.at(-1) ?? null },
          });
          return ok(found);
        });
        if (!chunk.ok) return chunk;
        const last = chunk.value.at(-1);
        if (last === undefined) return ok({ customers: total });
        after = last;
        total += chunk.value.length;
      }
    },
  };
};

export type IndicatorCommands = ReturnType<typeof createIndicatorCommands>;

interface FoundCustomers {
  readonly ids: Map<string, string>;
  readonly registered: number;
  /** Code of an industry that had to be added for them. */
  readonly industryAdded: string | null;
  readonly refusals: RowRefusal[];
}

const REBUILD_CHUNK = 1000;

/** Folds all customers anew inside one unit of work, a chunk at a time; yields how many. */
const foldEverybody = async (tx: Tx, precedence: AdoptedPrecedence): Promise<number> => {
  let total = 0;
  for (let after: string | null = null; ;) {
    const found: string[] = await customersWithSnapshots(tx, after, REBUILD_CHUNK);
    const last = found.at(-1);
    if (last === undefined) return total;
    await rebuildCurrent(tx, found, precedence);
    after = last;
    total += found.length;
  }
};

const SNAPSHOT_ROW_CODES: Readonly<Record<string, RowRefusal['code']>> = {
  AS_OF: 'NOT_A_DATE',
  FUTURE_DATE: 'FUTURE_DATE',
  VALUES: 'NO_VALUES',
  INDICATOR: 'UNKNOWN_VALUE',
  NOT_A_NUMBER: 'NOT_A_NUMBER',
  TOO_PRECISE: 'TOO_PRECISE',
  NOT_WHOLE: 'NOT_WHOLE',
  VALUE: 'OUT_OF_RANGE',
};

const isChinese = (name: string): boolean => /\p{Script=Han}/u.test(name);
