/**
 * What clients have spent in the running minute, where there is no Redis to count it. Nothing here is worth keeping: the
 * table writes no log of its own and is empty after a crash.
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class RateLimit1767225600014 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- Names, types and order of the columns are those of the library that counts.
      CREATE UNLOGGED TABLE rate_limit (
        key varchar(255) PRIMARY KEY,
        points integer NOT NULL DEFAULT 0,
        expire bigint
      );
      GRANT SELECT, INSERT, UPDATE, DELETE ON rate_limit TO tierwarden_app;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE rate_limit');
  }
}
