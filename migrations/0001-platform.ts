/**
 * Vocabulary and guards that every later table uses: the grade scale, the trigger that demands an actor,
 * the trigger that keeps history append-only. The group roles exist before any migration runs (see platform/migrate).
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Platform1767225600001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TYPE grade AS ENUM ('C', 'CC', 'CCC', 'B', 'BB', 'BBB', 'A', 'AA', 'AAA');

      CREATE FUNCTION tw_require_actor() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF coalesce(current_setting('tierwarden.actor', true), '') = '' THEN
          RAISE EXCEPTION 'write to % without an actor', TG_TABLE_NAME
            USING ERRCODE = 'TW001', HINT = 'writes go through the unit of work';
        END IF;
        RETURN NULL;
      END $$;

      CREATE FUNCTION tw_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'TW002';
      END $$;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP FUNCTION tw_refuse_change();
      DROP FUNCTION tw_require_actor();
      DROP TYPE grade;
    `);
  }
}
