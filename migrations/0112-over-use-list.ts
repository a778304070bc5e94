/** Everybody who uses more than he may is found without looking at over-use that has ended. */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class OverUseList1767225600112 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      'CREATE INDEX credit_over_use_now ON credit_over_use (found_at DESC, id DESC) WHERE ended_at IS NULL',
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX credit_over_use_now');
  }
}
