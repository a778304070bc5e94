/** The log asks with every batch whether it has ever been on another server; checkpoints are many, servers few. */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Sequencing1767225600100 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE INDEX audit_log_checkpoint_server ON audit_log_checkpoint (server)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX audit_log_checkpoint_server');
  }
}
