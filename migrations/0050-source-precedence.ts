/**
 * Whose value holds: which precedence was adopted when, which snapshot each current value comes from, and what sources
 * contradict one another about. Snapshots also say who recorded them, why, and what they were worked out from.
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class SourcePrecedence1767225600050 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- Nobody can be named for what was recorded before.
      ALTER TABLE indicator_snapshot
        ADD COLUMN recorded_by text CHECK (recorded_by <> ''),
        ADD COLUMN reason text CHECK (reason <> ''),
        ADD COLUMN derivation jsonb CHECK (jsonb_typeof(derivation) = 'object');
      ALTER TABLE indicator_snapshot
        ALTER COLUMN recorded_by SET DEFAULT nullif(current_setting('tierwarden.actor', true), ''),
        ADD CONSTRAINT indicator_snapshot_derived CHECK ((source = 'derived') = (derivation IS NOT NULL)) NOT VALID,
        ADD CONSTRAINT indicator_snapshot_expert
          CHECK (source <> 'expert' OR (recorded_by IS NOT NULL AND reason IS NOT NULL)) NOT VALID;

      CREATE TABLE indicator_precedence (
        number integer PRIMARY KEY CHECK (number > 0),
        policy_version_id uuid NOT NULL UNIQUE REFERENCES policy_version,
        adopted_at timestamptz NOT NULL,
        adopted_by text NOT NULL CHECK (adopted_by <> '')
      );
      CREATE INDEX indicator_precedence_adopted ON indicator_precedence (adopted_at);

      -- Arrays in the order of the dictionary's ordinals. Apart from indicator_current, which runs read in full.
      CREATE TABLE indicator_origin (
        customer_id uuid PRIMARY KEY REFERENCES customer,
        snapshot_ids uuid[] NOT NULL,
        ranks smallint[] NOT NULL,
        CHECK (cardinality(ranks) = cardinality(snapshot_ids))
      );

      CREATE TABLE indicator_conflict (
        id uuid PRIMARY KEY,
        customer_id uuid NOT NULL REFERENCES customer,
        indicator text NOT NULL CHECK (indicator <> ''),
        period text NOT NULL CHECK (period <> ''),
        holding_snapshot_id uuid NOT NULL REFERENCES indicator_snapshot,
        yielding_snapshot_id uuid NOT NULL REFERENCES indicator_snapshot,
        deviation numeric NOT NULL,
        tolerance numeric NOT NULL CHECK (tolerance >= 0),
        detected_at timestamptz NOT NULL,
        CHECK (deviation > tolerance),
        CHECK (holding_snapshot_id <> yielding_snapshot_id)
      );
      CREATE INDEX indicator_conflict_customer ON indicator_conflict (customer_id, detected_at, id);
      CREATE INDEX indicator_conflict_holding ON indicator_conflict (holding_snapshot_id, indicator);
      CREATE INDEX indicator_conflict_yielding ON indicator_conflict (yielding_snapshot_id, indicator);

      CREATE TRIGGER indicator_precedence_actor BEFORE INSERT OR UPDATE OR DELETE ON indicator_precedence
        FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
      CREATE TRIGGER indicator_precedence_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON indicator_precedence
        FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
      CREATE TRIGGER indicator_origin_actor BEFORE INSERT OR UPDATE OR DELETE ON indicator_origin
        FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
      CREATE TRIGGER indicator_conflict_actor BEFORE INSERT OR UPDATE OR DELETE ON indicator_conflict
        FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
      CREATE TRIGGER indicator_conflict_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON indicator_conflict
        FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();

      GRANT SELECT, INSERT ON indicator_precedence, indicator_conflict TO tierwarden_app;
      GRANT SELECT, INSERT, UPDATE ON indicator_origin TO tierwarden_app;
      GRANT SELECT ON indicator_precedence, indicator_origin, indicator_conflict TO tierwarden_reader;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TABLE indicator_conflict;
      DROP TABLE indicator_origin;
      DROP TABLE indicator_precedence;
      ALTER TABLE indicator_snapshot
        DROP CONSTRAINT indicator_snapshot_expert, DROP CONSTRAINT indicator_snapshot_derived,
        DROP COLUMN derivation, DROP COLUMN reason, DROP COLUMN recorded_by;
    `);
  }
}
