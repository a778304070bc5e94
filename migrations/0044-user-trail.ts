/** The names of users stay out of the trail that rows leave in the log, which is for ever: there they stand by their ids. */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class UserTrail1767225600044 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      INSERT INTO audit_trail_exemption (table_name, column_name, reason) VALUES
        ('app_user', 'display_name', 'names of people; in the log they stand by their ids');
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DELETE FROM audit_trail_exemption WHERE (table_name, column_name) = ('app_user', 'display_name')
    `);
  }
}
