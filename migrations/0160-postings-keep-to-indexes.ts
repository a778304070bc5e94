/**
 * Postings read by index whatever the size of a table was when their plans were made. A connection keeps the plan that it made
 * while the ledger was a page, and would read all of it for every posting until statistics of it are taken.
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';

const POSTINGS = ['exposure_reserve', 'exposure_settle', 'exposure_repay'];

export class PostingsKeepToIndexes1767225600160 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const name of POSTINGS) await runner.query(`ALTER FUNCTION ${name} SET enable_seqscan = off`);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const name of POSTINGS) await runner.query(`ALTER FUNCTION ${name} RESET enable_seqscan`);
  }
}
