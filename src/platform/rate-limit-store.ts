/**
 * Points that clients have spent in the running window, counted together by all processes: in Redis where there is one,
 * else in PostgreSQL. It counts and nothing else; who is refused is decided elsewhere.
 */
import { RateLimiterPostgres, RateLimiterRedis } from 'rate-limiter-flexible';
import type { RedisConfig } from '../config';
import type { Database } from './database';
import { connectRedis, redisPrefixOf } from './queue';

export interface Spending {
  /** Points of the client in the running window, those just added included. */
  readonly points: number;
  /** When the window ends, from now. */
  readonly endsInMs: number;
}

export interface RateLimitStore {
  /** Adds points and yields the sum. Throws when the store cannot be reached. */
  add(client: string, points: number): Promise<Spending>;
  close(): Promise<void>;
}

export interface RateLimitStoreOptions {
  readonly redis: RedisConfig | null;
  readonly database: Database;
  readonly windowSeconds: number;
}

export const openRateLimitStore = async ({
  redis,
  database,
  windowSeconds,
}: RateLimitStoreOptions): Promise<RateLimitStore> => {
  // The library refuses above `points`; here it only counts.
  const counting = { points: Number.MAX_SAFE_INTEGER, duration: windowSeconds };
  if (redis === null) {
    const counter = new RateLimiterPostgres({
      ...counting,
      storeClient: database.dataSource,
      storeType: 'typeorm',
      tableName: 'rate_limit',
      tableCreated: true,
      keyPrefix: '',
    });
    return { add: adderOf(counter), close: async () => undefined };
  }
  const connection = connectRedis(redis, 'tierwarden-rate-limit', 1);
  const counter = new RateLimiterRedis({
    ...counting,
    storeClient: connection,
    keyPrefix: `${await redisPrefixOf(database)}:rate`,
    // Nobody waits for a server that is not there.
    rejectIfRedisNotReady: true,
  });
  return {
    add: adderOf(counter),
    close: async () => {
      if (connection.status === 'ready') await connection.quit();
      else connection.disconnect();
    },
  };
};

const adderOf =
  (counter: RateLimiterPostgres | RateLimiterRedis): RateLimitStore['add'] =>
  async (client, points) => {
    const { consumedPoints, msBeforeNext } = await counter.penalty(client, points);
    return { points: consumedPoints, endsInMs: msBeforeNext };
  };
