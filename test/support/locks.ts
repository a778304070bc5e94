/** Who waits for a lock or holds one, as any login may see it: pg_stat_activity shows other logins' statements to few. */
import type { TestDatabase } from './database';

const HERE = 'database = (SELECT oid FROM pg_database WHERE datname = current_database())';

/** How many statements wait for the table. */
export const waitingFor = async ({ asOwner }: Pick<TestDatabase, 'asOwner'>, table: string): Promise<number> =>
  (await asOwner(`SELECT FROM pg_locks WHERE ${HERE} AND relation = $1::regclass AND NOT granted`, [table])).length;

/** Whether somebody holds the advisory lock of this number. */
export const isHeld = async ({ asOwner }: Pick<TestDatabase, 'asOwner'>, number: number): Promise<boolean> =>
  (await asOwner(`SELECT FROM pg_locks WHERE ${HERE} AND locktype = 'advisory' AND objid = $1 AND granted`, [number]))
    .length > 0;
