/**
 * Movers are written as the rows of a run are, without proof row by row: a chunk names the customers that it has just rated, each
 * once, and neither customers nor runs are ever deleted.
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class WhatIfMovers1767225600069 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE simulation_mover
        DROP CONSTRAINT simulation_mover_run_id_fkey,
        DROP CONSTRAINT simulation_mover_customer_id_fkey,
        DROP CONSTRAINT simulation_mover_run_id_customer_id_key;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE simulation_mover
        ADD FOREIGN KEY (run_id) REFERENCES rating_run,
        ADD FOREIGN KEY (customer_id) REFERENCES customer,
        ADD UNIQUE (run_id, customer_id);
    `);
  }
}
