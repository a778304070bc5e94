/**
 * The life cycle by rules: every move of a customer from stage to stage, numbered, append-only. What counts is the newest entry;
 * each says which rule of which policy version decided, on which figures, and of which day they were.
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class LifeCycle1767225600081 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE life_cycle_entry (
        id uuid PRIMARY KEY,
        customer_id uuid NOT NULL REFERENCES customer,
        -- 1, 2, 3 … of the customer: two workers cannot both add the next one.
        number integer NOT NULL CHECK (number > 0),
        stage_before text CHECK (stage_before IN ('ACQUISITION', 'GROWTH', 'MATURITY', 'DECLINE', 'EXITED')),
        stage_after text NOT NULL CHECK (stage_after IN ('ACQUISITION', 'GROWTH', 'MATURITY', 'DECLINE', 'EXITED')),
        rule text NOT NULL CHECK (rule <> ''),
        -- By measure; null where not known.
        facts jsonb NOT NULL,
        -- Day that the newest of the figures tells of.
        as_of date NOT NULL,
        policy_version_id uuid NOT NULL REFERENCES policy_version,
        changed_at timestamptz NOT NULL,
        changed_by text NOT NULL CHECK (changed_by <> ''),
        UNIQUE (customer_id, number),
        CHECK ((number = 1) = (stage_before IS NULL))
      );
      CREATE INDEX life_cycle_entry_customer ON life_cycle_entry (customer_id, changed_at DESC, id DESC);

      -- An entry goes on from where the one before it ended, and later.
      CREATE FUNCTION life_cycle_entry_guard() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF EXISTS (SELECT FROM entries WHERE changed_by IS DISTINCT FROM current_setting('tierwarden.actor', true)) THEN
          RAISE EXCEPTION 'an entry names its own actor' USING ERRCODE = 'TW010';
        END IF;
        IF EXISTS (
          SELECT FROM entries AS entry LEFT JOIN life_cycle_entry AS last
            ON last.customer_id = entry.customer_id AND last.number = entry.number - 1
          WHERE entry.number > 1 AND (last.id IS NULL OR last.stage_after <> entry.stage_before
            OR last.changed_at >= entry.changed_at OR (last.stage_after, last.rule) = (entry.stage_after, entry.rule))) THEN
          RAISE EXCEPTION 'an entry of a life cycle does not follow the one before it' USING ERRCODE = 'TW009';
        END IF;
        RETURN NULL;
      END $$;
      CREATE TRIGGER life_cycle_entry_guard AFTER INSERT ON life_cycle_entry REFERENCING NEW TABLE AS entries
        FOR EACH STATEMENT EXECUTE FUNCTION life_cycle_entry_guard();
      CREATE TRIGGER life_cycle_entry_actor BEFORE INSERT ON life_cycle_entry
        FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
      CREATE TRIGGER life_cycle_entry_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON life_cycle_entry
        FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
      GRANT SELECT, INSERT ON life_cycle_entry TO tierwarden_app;
      GRANT SELECT ON life_cycle_entry TO tierwarden_reader;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE life_cycle_entry; DROP FUNCTION life_cycle_entry_guard();');
  }
}
