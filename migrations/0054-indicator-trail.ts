/**
 * What of the indicators leaves no trail in the log: the projection, which follows from the snapshots and is folded anew for
 * everybody at once, and the words of complaints, which may tell of persons while the log is for ever.
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class IndicatorTrail1767225600054 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      INSERT INTO audit_trail_exemption (table_name, column_name, reason) VALUES
        ('indicator_origin', '', 'folded from indicator_snapshot, and folded anew on demand'),
        ('complaint', 'text', 'words of customers, which may tell of persons');
      DROP TRIGGER IF EXISTS tw_trail_insert ON indicator_origin;
      DROP TRIGGER IF EXISTS tw_trail_update ON indicator_origin;
      DELETE FROM audit_trail WHERE table_name = 'indicator_origin';
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DELETE FROM audit_trail_exemption
      WHERE (table_name, column_name) IN (('indicator_origin', ''), ('complaint', 'text'))
    `);
  }
}
