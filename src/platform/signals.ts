/**
 * Signals: word that an object has moved on, for processes with people who watch it. A signal is a row of the transaction
 * that moved the object, so it exists exactly when the change does; followers read the table gap-free. Wake-ups travel
 * outside of any transaction and only shorten the wait. What a topic means is not known here.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { RedisConfig } from '../config';
import type { Database, Query } from './database';
import { wakeableNap } from './nap';
import { listenTo } from './notification';
import { connectRedis, redisPrefixOf } from './queue';

/** Kinds of objects that signal, by the names under which the audit log knows them. */
export type SignalTopic =
  'ChangeRequest' | 'CreditLimit' | 'CustomerTier' | 'RatingRun' | 'User' | 'ValueComputation' | 'Warning';

export interface Signal {
  readonly topic: SignalTopic;
  readonly objectId: string;
  /** Version of the object after the change; of several signals for one object the highest says all. */
  readonly version: number;
}

/** Called by the unit of work, last before it commits: the newest signal of an object stands for its earlier ones. */
export const appendSignals = async (query: Query, signals: readonly Signal[]): Promise<void> => {
  const newest = [...new Map(signals.map((signal) => [`${signal.topic}/${signal.objectId}`, signal])).values()];
  await query(
    'INSERT INTO signal (topic, object_id, version) SELECT * FROM unnest($1::text[], $2::text[], $3::int[])',
    [
      newest.map((signal) => signal.topic),
      newest.map((signal) => signal.objectId),
      newest.map((signal) => signal.version),
    ],
  );
};

export interface SignalHandlers {
  /** At most one signal for each object; every committed one sooner or later. Topics of newer programs may be among them. */
  readonly onSignals: (signals: readonly Signal[]) => void;
  /** Signals may have been missed: whatever is watched has to be looked at anew. */
  readonly onGap: () => void;
}

export interface Following {
  close(): Promise<void>;
}

export interface Signals {
  /** Tells followers that something was committed; returns at once and never fails. */
  wake(): void;
  /** Resolves when every later commit will be heard of. Throws when the database cannot be reached. */
  follow(handlers: SignalHandlers): Promise<Following>;
  /** Deletes signals that every follower has long read; yields how many. */
  forgetOld(): Promise<number>;
  close(): Promise<void>;
}

export interface SignalsOptions {
  readonly database: Database;
  readonly databaseUrl: string;
  readonly redis: RedisConfig | null;
  readonly logger: Pick<Logger, 'warn'>;
  /** How long a lost wake-up can cost. */
  readonly pollMs?: number;
}

const CHANNEL = 'tierwarden_signal';
/** Commits in quick succession are read together. */
const BREATH_MS = 25;
const KEEP_MINUTES = 60;
/** A follower that could not read for this long may have missed what was deleted. */
const GAP_MS = (KEEP_MINUTES - 5) * 60_000;
/** Objects of one reading; above, looking at everything anew costs no more. */
const MAX_READ = 10_000;

export const createSignals = ({ database, databaseUrl, redis, logger, pollMs = 2_000 }: SignalsOptions): Signals => {
  const wakeUps =
    redis === null ? throughPostgres(database, databaseUrl) : throughRedis(redis, () => redisPrefixOf(database));
  const followers = new Set<() => void>();
  const sender = coalesced(() => wakeUps.send());

  return {
    wake: () => {
      for (const wake of followers) wake();
      sender.request();
    },
    follow: async ({ onSignals, onGap }) => {
      let position = await presentPosition(database.query);
      let readMs = performance.now();
      const nap = wakeableNap();
      const receiver = wakeUps.receive(nap.wake);
      followers.add(nap.wake);
      let closing = false;
      let failing = false;

      const read = async (): Promise<void> => {
        const { signals, gap, next } = await readSignals(database.query, position);
        const missed = gap || performance.now() - readMs > GAP_MS;
        position = next;
        readMs = performance.now();
        if (missed) onGap();
        else if (signals.length > 0) onSignals(signals);
      };
      const loop = async (): Promise<void> => {
        while (!closing) {
          try {
            await receiver.ensure();
            await read();
            failing = false;
          } catch (error) {
            if (!failing && !closing) logger.warn({ err: error }, 'signals cannot be read; tried again until they can');
            failing = true;
          }
          await sleep(BREATH_MS);
          await nap.sleep(pollMs);
        }
      };
      const done = loop();

      return {
        close: async () => {
          closing = true;
          followers.delete(nap.wake);
          nap.end();
          await done;
          await receiver.close();
        },
      };
    },
    forgetOld: async () => {
      const forgotten = await database.query(
        `DELETE FROM signal WHERE signalled_at < clock_timestamp() - interval '${KEEP_MINUTES} minutes' RETURNING topic`,
      );
      return forgotten.length;
    },
    close: async () => {
      await sender.settled();
      await wakeUps.close();
    },
  };
};

/* Reading. A position is a snapshot of PostgreSQL: it says of every transaction whether it had committed by then. */

const presentPosition = async (query: Query): Promise<string> => {
  const [row] = await query<{ position: string }>('SELECT pg_current_snapshot()::text AS position');
  if (row === undefined) throw new Error('no snapshot');
  return row.position;
};

/**
 * What this statement sees and the position did not: exactly the commits in between, in whatever order their transactions
 * began, and without waiting for one that is still running.
 */
const readSignals = async (
  query: Query,
  position: string,
): Promise<{ signals: readonly Signal[]; gap: boolean; next: string }> => {
  const [row] = await query<{ next: string; wentBack: boolean; signals: readonly Signal[] }>(
    `SELECT pg_current_snapshot()::text AS next,
       pg_snapshot_xmax(pg_current_snapshot()) < pg_snapshot_xmax($1::pg_snapshot) AS "wentBack",
       (SELECT coalesce(json_agg(moved), '[]') FROM (
          SELECT topic, object_id AS "objectId", max(version) AS version FROM signal
          WHERE xid >= pg_snapshot_xmin($1::pg_snapshot) AND NOT pg_visible_in_snapshot(xid, $1::pg_snapshot)
          GROUP BY topic, object_id LIMIT ${MAX_READ + 1}) AS moved) AS signals`,
    [position],
  );
  if (row === undefined) throw new Error('no snapshot');
  // Numbers of transactions run backwards only where another database answers, such as a restored one.
  return { signals: row.signals, gap: row.wentBack || row.signals.length > MAX_READ, next: row.next };
};

/* Wake-ups */

interface WakeUps {
  send(): Promise<void>;
  receive(wake: () => void): { ensure(): Promise<void>; close(): Promise<void> };
  close(): Promise<void>;
}

const throughPostgres = ({ query }: Database, databaseUrl: string): WakeUps => ({
  // A commit that notifies holds a lock of the whole server; this one holds nothing else and does not wait for the disk.
  send: async () => {
    await query(`SELECT set_config('synchronous_commit', 'off', true), pg_notify('${CHANNEL}', '')`);
  },
  receive: (wake) => listenTo({ databaseUrl, channel: CHANNEL, applicationName: 'tierwarden-signals' }, wake),
  close: async () => undefined,
});

const throughRedis = (redis: RedisConfig, prefix: () => Promise<string>): WakeUps => {
  let sender: ReturnType<typeof connectRedis> | null = null;
  let channel: string | null = null;
  const channelName = async (): Promise<string> => (channel ??= `${await prefix()}:signal`);
  const end = async (connection: ReturnType<typeof connectRedis>): Promise<void> => {
    if (connection.status === 'ready') await connection.quit();
    else connection.disconnect();
  };
  return {
    send: async () => {
      sender ??= connectRedis(redis, 'tierwarden-signals', 1);
      await sender.publish(await channelName(), '');
    },
    receive: (wake) => {
      const connection = connectRedis(redis, 'tierwarden-signals-follower', null);
      connection.on('message', wake);
      let subscribed = false;
      const subscribe = async (): Promise<void> => {
        // Sent any earlier, it would stand in the way of the questions by which the connection gets ready.
        if (subscribed || connection.status !== 'ready') return;
        await connection.subscribe(await channelName());
        subscribed = true;
      };
      const soon = (): void => {
        subscribe().catch(() => undefined);
      };
      connection.on('ready', soon);
      connection.on('close', () => {
        subscribed = false;
      });
      return {
        ensure: async () => soon(),
        close: () => end(connection),
      };
    },
    close: async () => {
      if (sender !== null) await end(sender);
    },
  };
};

/** Runs `send` for all requests that came since it last began, one at a time; failures are nobody's concern. */
const coalesced = (send: () => Promise<void>): { request(): void; settled(): Promise<void> } => {
  let sending: Promise<void> | null = null;
  let again = false;
  const run = async (): Promise<void> => {
    do {
      again = false;
      await send().catch(() => undefined);
    } while (again);
    sending = null;
  };
  return {
    request: () => {
      again = true;
      sending ??= run();
    },
    settled: async () => {
      await sending;
    },
  };
};
