/**
 * Snapshots of indicator values, which are only ever added, and the projection of what is current. The projection is
 * always the one that a rebuild from the snapshots would give.
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Indicators1767225600008 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE indicator_snapshot (
        id uuid PRIMARY KEY,
        customer_id uuid NOT NULL REFERENCES customer,
        as_of date NOT NULL,
        recorded_at timestamptz NOT NULL,
        source text NOT NULL CHECK (source <> ''),
        quality text NOT NULL CHECK (quality IN ('VERIFIED', 'REPORTED', 'ESTIMATED', 'SCALED')),
        values jsonb NOT NULL CHECK (jsonb_typeof(values) = 'object' AND values <> '{}'),
        content_digest text NOT NULL CHECK (content_digest ~ '^[0-9a-f]{64}$'),
        batch_id uuid REFERENCES import_batch
      );
      CREATE INDEX indicator_snapshot_newest ON indicator_snapshot (customer_id, as_of, source, recorded_at, id);
      CREATE INDEX indicator_snapshot_recorded ON indicator_snapshot (recorded_at);
      CREATE INDEX indicator_snapshot_batch ON indicator_snapshot (batch_id);

      -- Arrays in the order of the dictionary's ordinals; NULL where no value is known.
      CREATE TABLE indicator_current (
        customer_id uuid PRIMARY KEY REFERENCES customer,
        values float8[] NOT NULL,
        as_of date[] NOT NULL,
        recorded_at timestamptz[] NOT NULL,
        updated_at timestamptz NOT NULL,
        CHECK (cardinality(as_of) = cardinality(values) AND cardinality(recorded_at) = cardinality(values))
      );

      CREATE TRIGGER indicator_snapshot_actor BEFORE INSERT OR UPDATE OR DELETE ON indicator_snapshot
        FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
      CREATE TRIGGER indicator_snapshot_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON indicator_snapshot
        FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
      CREATE TRIGGER indicator_current_actor BEFORE INSERT OR UPDATE OR DELETE ON indicator_current
        FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();

      GRANT SELECT, INSERT ON indicator_snapshot TO tierwarden_app;
      GRANT SELECT, INSERT, UPDATE ON indicator_current TO tierwarden_app;
      GRANT SELECT ON indicator_snapshot, indicator_current TO tierwarden_reader;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TABLE indicator_current;
      DROP TABLE indicator_snapshot;
    `);
  }
}
