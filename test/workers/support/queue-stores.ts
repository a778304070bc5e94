/**
 * The queue stores that can be tested on this machine: PostgreSQL always, Redis where REDIS_URL or localhost:6379 answers,
 * a Redis Cluster of one node where the server program is installed.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Redis from 'ioredis';
import { readConfig, type RedisConfig } from '../../../src/config';

export interface QueueStore {
  readonly name: string;
  /** Where Redis is; null for PostgreSQL. Each call of `start` is paired with one of `stop`. */
  start(): Promise<RedisConfig | null>;
  stop(): Promise<void>;
}

const REDIS_URL = process.env['REDIS_URL'] ?? 'redis://localhost:6379';

/** Test tables are built before any hook can wait, hence a probe in a process of its own. */
const answers = (url: string): boolean => {
  const { hostname, port } = new URL(url.split(',', 1)[0] ?? url);
  const probe = `const s=require('node:net').connect(${Number(port || 6379)},${JSON.stringify(hostname)});
    s.setTimeout(2000,()=>process.exit(1));s.on('connect',()=>process.exit(0));s.on('error',()=>process.exit(1))`;
  return spawnSync(process.execPath, ['-e', probe], { stdio: 'ignore' }).status === 0;
};

const hasRedisServer = spawnSync('redis-server', ['--version'], { stdio: 'ignore' }).status === 0;

const postgres: QueueStore = { name: 'PostgreSQL', start: async () => null, stop: async () => undefined };

const redis: QueueStore = {
  name: 'Redis',
  start: async () => readConfig({ REDIS_URL }).redis,
  stop: async () => undefined,
};

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });

const redisCluster = (): QueueStore => {
  let node: ChildProcess | undefined;
  let directory = '';
  return {
    name: 'Redis Cluster',
    start: async () => {
      // The node also listens on a second port, 10000 above the first.
      let port = await freePort();
      while (port > 55_000) port = await freePort();
      directory = mkdtempSync(join(tmpdir(), 'tierwarden-cluster-'));
      // A node that has met no other must be told its own address.
      node = spawn(
        'redis-server',
        [
          '--port',
          String(port),
          '--cluster-enabled',
          'yes',
          '--cluster-announce-ip',
          '127.0.0.1',
          '--dir',
          directory,
          '--save',
          '',
        ],
        {
          stdio: 'ignore',
        },
      );
      const client = new Redis(port, '127.0.0.1', { maxRetriesPerRequest: null });
      client.on('error', () => undefined);
      await client.call('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
      while (!String(await client.call('CLUSTER', 'INFO')).includes('cluster_state:ok')) {
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      await client.quit();
      return readConfig({ REDIS_URL: `redis+cluster://127.0.0.1:${port}` }).redis;
    },
    stop: async () => {
      const exited = new Promise((resolve) => node?.once('exit', resolve));
      node?.kill('SIGKILL');
      await exited;
      rmSync(directory, { recursive: true, force: true });
    },
  };
};

const redisReachable = answers(REDIS_URL);

export const QUEUE_STORES: readonly QueueStore[] = [
  postgres,
  ...(redisReachable ? [redis] : []),
  ...(hasRedisServer ? [redisCluster()] : []),
];

/** Says in the test output which stores this machine could not offer. */
export const describeAbsentStores = (): void => {
  describe('queue stores of this machine', () => {
    it(redisReachable ? `Redis answers at ${REDIS_URL}` : `no Redis at ${REDIS_URL}: not tested on Redis`, () => {
      expect(QUEUE_STORES.some((store) => store.name === 'Redis')).toBe(redisReachable);
    });
    it(
      hasRedisServer ? 'a Redis Cluster can be started' : 'no redis-server program: not tested on a Redis Cluster',
      () => {
        expect(QUEUE_STORES.some((store) => store.name === 'Redis Cluster')).toBe(hasRedisServer);
      },
    );
  });
};

/** Keys of one test never meet those of another. */
export const uniquePrefix = (): string => `{tw-test-${randomUUID()}}`;

export const removeKeys = async (redis: RedisConfig | null, prefix: string): Promise<void> => {
  // The Cluster of a test goes with everything in it.
  if (redis?.kind !== 'single') return;
  const client = new Redis(redis.url);
  const keys = await client.keys(`${prefix}:*`);
  if (keys.length > 0) await client.del(...keys);
  await client.quit();
};
