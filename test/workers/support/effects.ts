/**
 * A command whose effects can be counted: it claims its key and leaves one row, as commands behind jobs do. The table of
 * effects itself would take any number of rows for one key.
 */
import { ok } from '../../../src/kernel/result';
import type { UnitOfWork } from '../../../src/platform/unit-of-work';
import type { JobHandlers } from '../../../workers/job-runner';
import type { TestDatabase } from '../../support/database';
import { asSystem } from './system';

const EFFECT_JOB = 'test.effect';

export const createEffectTables = (db: TestDatabase): Promise<unknown> =>
  db.asOwner(`
    CREATE TABLE effect_claim (job_key text PRIMARY KEY);
    CREATE TABLE effect (job_key text NOT NULL, pid integer NOT NULL);
    GRANT SELECT, INSERT ON effect_claim, effect TO tierwarden_app;
    CREATE TRIGGER effect_actor BEFORE INSERT ON effect FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
  `);

export interface EffectHooks {
  /** Inside the transaction, with everything written. */
  readonly beforeCommit: () => Promise<void>;
  readonly afterCommit: () => Promise<void>;
}

export const effectHandlers = (unitOfWork: UnitOfWork, hooks: EffectHooks): JobHandlers<unknown> => ({
  [EFFECT_JOB]: {
    queue: 'command',
    run: async (_, __, { jobKey, requestId }) => {
      const result = await unitOfWork.run(asSystem(requestId), async (tx) => {
        const claimed = await tx.query(
          'INSERT INTO effect_claim (job_key) VALUES ($1) ON CONFLICT DO NOTHING RETURNING job_key',
          [jobKey],
        );
        if (claimed.length === 0) {
          tx.unchanged();
          return ok(false);
        }
        await tx.query('INSERT INTO effect (job_key, pid) VALUES ($1, $2)', [jobKey, process.pid]);
        tx.record({ action: 'test.affected', object: { type: 'test', id: jobKey } });
        await hooks.beforeCommit();
        return ok(true);
      });
      await hooks.afterCommit();
      return result;
    },
  },
});

export const enqueueEffects = async (db: TestDatabase, keys: readonly string[]): Promise<void> => {
  await db.unitOfWork.run(asSystem('test'), async (tx) => {
    tx.record({ action: 'test.asked', object: { type: 'test', id: 'all' } });
    for (const key of keys) tx.enqueue({ kind: EFFECT_JOB, key, payload: null });
    return ok(null);
  });
};

/** Key → number of effects. */
export const effectCounts = async (db: TestDatabase): Promise<Record<string, number>> => {
  const rows = await db.asOwner<{ job_key: string; count: number }>(
    'SELECT job_key, count(*)::int AS count FROM effect GROUP BY job_key ORDER BY job_key',
  );
  return Object.fromEntries(rows.map(({ job_key, count }) => [job_key, count]));
};
