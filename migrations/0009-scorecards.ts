/**
 * Scorecards, their versions and the cut points frozen under each. What a version says is never changed; the one thing
 * that moves is whether it is live. Cut points are append-only.
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Scorecards1767225600009 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE scorecard (
        id uuid PRIMARY KEY,
        code text NOT NULL UNIQUE CHECK (code <> '')
      );

      CREATE TABLE scorecard_version (
        id uuid PRIMARY KEY,
        scorecard_id uuid NOT NULL REFERENCES scorecard,
        number integer NOT NULL CHECK (number > 0),
        definition jsonb NOT NULL,
        digest text NOT NULL CHECK (digest ~ '^[0-9a-f]{64}$'),
        state text NOT NULL CHECK (state IN ('LIVE', 'RETIRED')),
        created_by text NOT NULL CHECK (created_by <> ''),
        published_at timestamptz NOT NULL,
        retired_at timestamptz,
        UNIQUE (scorecard_id, number),
        CHECK ((state = 'RETIRED') = (retired_at IS NOT NULL))
      );
      CREATE UNIQUE INDEX scorecard_version_live ON scorecard_version (scorecard_id) WHERE state = 'LIVE';

      CREATE TABLE cut_point_set (
        id uuid PRIMARY KEY,
        version_id uuid NOT NULL REFERENCES scorecard_version,
        segment text NOT NULL CHECK (segment <> ''),
        reference_size integer NOT NULL CHECK (reference_size > 0),
        content jsonb NOT NULL,
        digest text NOT NULL CHECK (digest ~ '^[0-9a-f]{64}$'),
        frozen_by text NOT NULL CHECK (frozen_by <> ''),
        frozen_at timestamptz NOT NULL,
        UNIQUE (version_id, segment)
      );

      CREATE TRIGGER scorecard_actor BEFORE INSERT OR UPDATE OR DELETE ON scorecard
        FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
      CREATE TRIGGER scorecard_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON scorecard
        FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
      CREATE TRIGGER scorecard_version_actor BEFORE INSERT OR UPDATE OR DELETE ON scorecard_version
        FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
      CREATE TRIGGER scorecard_version_fixed
        BEFORE DELETE OR TRUNCATE OR
          UPDATE OF id, scorecard_id, number, definition, digest, created_by, published_at ON scorecard_version
        FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
      CREATE TRIGGER cut_point_set_actor BEFORE INSERT OR UPDATE OR DELETE ON cut_point_set
        FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
      CREATE TRIGGER cut_point_set_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON cut_point_set
        FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();

      GRANT SELECT, INSERT ON scorecard, scorecard_version, cut_point_set TO tierwarden_app;
      GRANT UPDATE (state, retired_at) ON scorecard_version TO tierwarden_app;
      GRANT SELECT ON scorecard, scorecard_version, cut_point_set TO tierwarden_reader;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TABLE cut_point_set;
      DROP TABLE scorecard_version;
      DROP TABLE scorecard;
    `);
  }
}
