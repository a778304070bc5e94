/** Who would move in a simulation may move between tiers too. */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class WhatIfTiers1767225600068 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE simulation_mover ADD COLUMN tier_before text, ADD COLUMN tier_after text;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE simulation_mover DROP COLUMN tier_after, DROP COLUMN tier_before;
    `);
  }
}
