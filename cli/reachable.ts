/**
 * Whether the servers that the environment names answer, asked before anything slow is begun or anything is written.
 */
import type { Config, RedisConfig } from '../src/config';
import { DatabaseUnreachable, openDatabase, type Database } from '../src/platform/database';
import { createQueueBackend } from '../src/platform/queue';
import { CommandFailed } from './output';

/** Throws a {@link DatabaseUnreachable} unless the PostgreSQL of DATABASE_URL answers. The embedded one is not asked. */
export const demandDatabase = async ({ databaseUrl }: Config): Promise<void> => {
  if (databaseUrl === null) return;
  await (await openIfEverMigrated(databaseUrl))?.close();
};

/** The database as the application sees it; null where no migration has made the program's roles yet. */
export const openIfEverMigrated = async (url: string): Promise<Database | null> => {
  try {
    return await openDatabase({ url, entities: [], poolSize: 1, applicationName: 'tierwarden-probe' });
  } catch (error) {
    if (error instanceof DatabaseUnreachable && isMissingRole(error.cause)) return null;
    throw error;
  }
};

/** The server has answered that the role it was asked to take on is not there. */
const isMissingRole = (cause: unknown): boolean => (cause as { readonly code?: unknown } | null)?.code === '22023';

/** Throws a {@link CommandFailed} that names the address, and no password, unless the Redis of REDIS_URL answers. */
export const demandRedis = async ({ redis }: Config): Promise<void> => {
  if (redis === null) return;
  const backend = createQueueBackend({ redis, databaseUrl: '', applicationName: 'tierwarden-probe' });
  try {
    await backend.ping();
  } catch (error) {
    throw new CommandFailed(`Redis unreachable at ${addressOf(redis)}: ${reasonOf(error)}`);
  } finally {
    await backend.close();
  }
};

const addressOf = (redis: RedisConfig): string => {
  if (redis.kind === 'cluster') return redis.nodes.map(({ host, port }) => `${host}:${port}`).join(', ');
  const url = new URL(redis.url);
  url.password = '';
  return url.toString();
};

/** The client only says how often it has tried. */
const reasonOf = (error: unknown): string =>
  error instanceof Error && !/max retries/i.test(error.message) ? error.message : 'nobody answers there';
