/**
 * Who uses the embedded server of a home, among processes that know nothing of one another. Every user holds a lease, a
 * file naming its process; a lease whose process is gone counts for nothing. One lock guards every change of state.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { lock, lockSync, type LockOptions } from 'proper-lockfile';
import { processStamp } from './embedded-process';

/** A lock not renewed for so long belonged to a process that was killed. */
const LOCK_STALE_MS = 5000;
const LOCK_RETRY_MS = 100;
/** As long as recovering a big database may take. */
const LOCK_WAIT_MS = 600_000;
/** At exit nothing can be awaited; whoever holds the lock then has this long to give it back. */
const EXIT_WAIT_MS = 2000;

/** Lets the event loop's stalls pass: what the lock guards is checked again by PostgreSQL's own pid file. */
const LOCK_OPTIONS = { stale: LOCK_STALE_MS, onCompromised: () => undefined };

export interface Leases {
  /** Takes a lease for this process; the returned id gives it back. */
  take(): string;
  giveBack(id: string): void;
  /** Whether any living process holds a lease, be it this one. Dead leases are swept away. */
  anyAlive(): boolean;
  locked<T>(work: () => Promise<T>): Promise<T>;
  /** {@link locked} for the exit of the process; does nothing if the lock cannot be had. */
  lockedAtExit(work: () => void): void;
}

/** Folders whose lock some part of this process holds. */
const held = new Set<string>();

/** `folder` must exist. */
export const leasesIn = (folder: string): Leases => {
  const leaseFolder = join(folder, 'leases');
  const lockOptions = { ...LOCK_OPTIONS, lockfilePath: join(folder, 'lock') };
  let taken = 0;

  const fileOf = (id: string): string => join(leaseFolder, id);

  return {
    take: () => {
      mkdirSync(leaseFolder, { recursive: true });
      const id = `${process.pid}-${process.hrtime.bigint().toString(36)}-${++taken}`;
      writeFileSync(fileOf(id), JSON.stringify({ pid: process.pid, stamp: processStamp(process.pid) }));
      return id;
    },
    giveBack: (id) => rmSync(fileOf(id), { force: true }),
    anyAlive: () => {
      const alive = (existsSync(leaseFolder) ? readdirSync(leaseFolder) : []).filter((id) => {
        const lease = readLease(fileOf(id));
        if (lease?.stamp && lease.stamp === processStamp(lease.pid)) return true;
        rmSync(fileOf(id), { force: true });
        return false;
      });
      return alive.length > 0;
    },
    locked: async (work) => {
      const unlock = await lock(folder, {
        ...lockOptions,
        retries: {
          retries: LOCK_WAIT_MS / LOCK_RETRY_MS,
          factor: 1,
          minTimeout: LOCK_RETRY_MS,
          maxTimeout: LOCK_RETRY_MS,
        },
      });
      held.add(folder);
      try {
        return await work();
      } finally {
        held.delete(folder);
        // The lock may have been taken over during a stall; then it is not ours to open.
        await unlock().catch(() => undefined);
      }
    },
    lockedAtExit: (work) => {
      if (held.has(folder)) return work();
      const unlock = lockWithin(folder, lockOptions, EXIT_WAIT_MS);
      if (unlock === null) return;
      work();
      unlock();
    },
  };
};

/** Blocks the whole process while it waits. */
const lockWithin = (folder: string, options: LockOptions, waitMs: number): (() => void) | null => {
  for (let waitedMs = 0; waitedMs < waitMs; waitedMs += LOCK_RETRY_MS) {
    try {
      return lockSync(folder, options);
    } catch {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LOCK_RETRY_MS);
    }
  }
  return null;
};

const readLease = (file: string): { pid: number; stamp: string | null } | null => {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as { pid: number; stamp: string | null };
  } catch {
    return null;
  }
};
