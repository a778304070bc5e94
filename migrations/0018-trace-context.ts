/** The outbox says to which trace a job belongs, so that what a worker does is seen together with the request behind it. */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class TraceContext1767225600018 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE outbox ADD COLUMN trace_parent text
        CHECK (trace_parent ~ '^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$');
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE outbox DROP COLUMN trace_parent;');
  }
}
