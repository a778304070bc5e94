/**
 * Indexes behind the orders that lists can be asked for in: requests by the end of their time to decide, among those of one
 * state too, and what has changed by the moment of its last change.
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Orders1767225600093 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP INDEX change_request_due, change_request_updated;
      CREATE INDEX change_request_due ON change_request (state, decide_by, id);
      CREATE INDEX change_request_decide_by ON change_request (decide_by, id);
      CREATE INDEX change_request_updated ON change_request (updated_at, id);
      CREATE INDEX rating_run_updated ON rating_run (updated_at, id);
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP INDEX rating_run_updated, change_request_updated, change_request_decide_by, change_request_due;
      CREATE INDEX change_request_due ON change_request (decide_by) WHERE state IN ('IN_REVIEW', 'RETURNED');
      CREATE INDEX change_request_updated ON change_request (updated_at);
    `);
  }
}
