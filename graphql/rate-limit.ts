/**
 * How much a client may spend in a minute. What this process spends is known here at once and added to the common store
 * beside the request, so that neither a slow store nor a broken one holds anybody up.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { RateLimitStore } from '../src/platform/rate-limit-store';

export const WINDOW_SECONDS = 60;

export interface RateLimiter {
  /** Spends points; yields how long to wait where the client has none left, in milliseconds, else null. */
  spend(client: string, points: number): Promise<number | null>;
  /** Waits until the store knows everything that was spent here, or has failed to. */
  settled(): Promise<void>;
}

export interface RateLimiterOptions {
  readonly pointsPerWindow: number;
  readonly store: Pick<RateLimitStore, 'add'>;
  readonly logger: Pick<Logger, 'warn'>;
  /** How long the first request of a client's window waits to hear what other processes have counted. */
  readonly patienceMs?: number;
}

/** What is known of one client in the running window. */
interface Account {
  points: number;
  /** Of these, points that the store does not know yet. */
  unbooked: number;
  endsAt: number;
  booking: Promise<void> | null;
}

/** Clients that are remembered; then the oldest go, which the store still knows. */
const MAX_ACCOUNTS = 10_000;

export const createRateLimiter = (options: RateLimiterOptions): RateLimiter => {
  const { pointsPerWindow, store, logger, patienceMs = 250 } = options;
  const accounts = new Map<string, Account>();
  let failing = false;

  const open = (client: string): Account => {
    const [oldest] = accounts.keys();
    if (accounts.size >= MAX_ACCOUNTS && oldest !== undefined) accounts.delete(oldest);
    const account = { points: 0, unbooked: 0, endsAt: Date.now() + WINDOW_SECONDS * 1000, booking: null };
    // Taken out first, as a key that is set again keeps its old place.
    accounts.delete(client);
    accounts.set(client, account);
    return account;
  };

  /** One statement at a time for each client: what is spent meanwhile goes with the next. */
  const book = async (client: string, account: Account): Promise<void> => {
    while (account.unbooked > 0) {
      const points = account.unbooked;
      account.unbooked = 0;
      try {
        const spending = await store.add(client, points);
        account.points = spending.points + account.unbooked;
        account.endsAt = Date.now() + spending.endsInMs;
        failing = false;
      } catch (error) {
        if (!failing) logger.warn({ err: error }, 'the rate limit is counted by each process for itself');
        failing = true;
      }
    }
  };

  const waitMs = (account: Account): number => Math.max(account.endsAt - Date.now(), 1);

  return {
    spend: async (client, points) => {
      const known = accounts.get(client);
      const current = known !== undefined && known.endsAt > Date.now() ? known : null;
      const account = current ?? open(client);
      if (account.points + points > pointsPerWindow) return waitMs(account);
      account.points += points;
      account.unbooked += points;
      account.booking ??= book(client, account).finally(() => {
        account.booking = null;
      });
      if (current !== null) return null;
      await Promise.race([account.booking, sleep(patienceMs, undefined, { ref: false })]);
      return account.points > pointsPerWindow ? waitMs(account) : null;
    },
    settled: async () => {
      await Promise.all([...accounts.values()].flatMap(({ booking }) => booking ?? []));
    },
  };
};
