/**
 * A worker process that can be told to halt at a dangerous moment, so that a test can kill it there. Prints one line
 * when it has halted.
 */
import { v7 as uuidv7 } from 'uuid';
import pino from 'pino';
import { writeAuditEvents, writePosting } from '../../../src/audit/audit-event.store';
import type { RedisConfig } from '../../../src/config';
import { ENTITIES } from '../../../src/entities';
import { openDatabase } from '../../../src/platform/database';
import { createQueueBackend, type QueueBackend } from '../../../src/platform/queue';
import { createUnitOfWork } from '../../../src/platform/unit-of-work';
import { startJobRunner } from '../../../workers/job-runner';
import { effectHandlers } from './effects';

export const HALTS = ['BEFORE_ENQUEUE', 'AFTER_ENQUEUE', 'BEFORE_COMMIT', 'AFTER_COMMIT'] as const;
export type Halt = (typeof HALTS)[number];

export interface ChildOptions {
  readonly databaseUrl: string;
  readonly redis: RedisConfig | null;
  readonly prefix: string;
  readonly haltAt: Halt | null;
}

const run = async (options: ChildOptions): Promise<void> => {
  const at = async (moment: Halt): Promise<void> => {
    if (options.haltAt !== moment) return;
    process.stdout.write('halted\n');
    await new Promise(() => undefined);
  };
  const database = await openDatabase({
    url: options.databaseUrl,
    entities: ENTITIES,
    poolSize: 8,
    applicationName: 'effect-child',
  });
  const unitOfWork = createUnitOfWork({
    database,
    clock: () => new Date(),
    newId: uuidv7,
    writeAudit: writeAuditEvents,
    writePosting,
  });
  const backend = createQueueBackend({
    redis: options.redis,
    redisPrefix: options.prefix,
    databaseUrl: options.databaseUrl,
    applicationName: 'effect-child',
  });
  const halting: QueueBackend = {
    ...backend,
    queue: (name, retry) => {
      const queue = backend.queue(name, retry);
      return {
        ...queue,
        add: async (jobs) => {
          await at('BEFORE_ENQUEUE');
          await queue.add(jobs);
          await at('AFTER_ENQUEUE');
        },
      };
    },
  };
  startJobRunner({
    app: null,
    handlers: effectHandlers(unitOfWork, {
      beforeCommit: () => at('BEFORE_COMMIT'),
      afterCommit: () => at('AFTER_COMMIT'),
    }),
    schedules: [],
    database,
    databaseUrl: options.databaseUrl,
    backend: halting,
    log: pino({ level: 'silent' }),
    newId: uuidv7,
    concurrency: 2,
    graceMs: 1_000,
    recovery: { lockMs: 1_000, stalledCheckMs: 300 },
  });
};

if (require.main === module) void run(JSON.parse(process.argv[2] ?? '') as ChildOptions);
