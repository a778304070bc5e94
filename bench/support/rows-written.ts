import type { Client } from 'pg';

/** Rows inserted and updated in the database so far. */
export const rowsWritten = async (owner: Client): Promise<number> => {
  // Backends hand in the last of their figures when they have been idle for ten seconds.
  await new Promise((resolve) => setTimeout(resolve, 11_000));
  await owner.query('SELECT pg_stat_clear_snapshot()');
  const { rows } = await owner.query<{ written: string }>(
    'SELECT tup_inserted + tup_updated AS written FROM pg_stat_database WHERE datname = current_database()',
  );
  return Number(rows[0]?.written ?? 0);
};
