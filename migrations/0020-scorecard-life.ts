/**
 * The life of a scorecard version, from draft to retirement. A draft may be edited; from review on, and as soon as cut points
 * were frozen under it, what a version says is fixed, whoever asks.
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class ScorecardLife1767225600020 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE scorecard_version DROP CONSTRAINT scorecard_version_state_check;
      ALTER TABLE scorecard_version DROP CONSTRAINT scorecard_version_check;
      ALTER TABLE scorecard_version RENAME COLUMN published_at TO effective_from;
      ALTER TABLE scorecard_version ALTER COLUMN effective_from DROP NOT NULL;
      ALTER TABLE scorecard_version
        ADD COLUMN revision integer NOT NULL DEFAULT 1 CHECK (revision > 0),
        ADD COLUMN based_on_id uuid REFERENCES scorecard_version,
        ADD COLUMN created_at timestamptz;
      DROP TRIGGER scorecard_version_fixed ON scorecard_version;
      SELECT set_config('tierwarden.actor', 'system:migrate', true);
      UPDATE scorecard_version SET created_at = effective_from;
      ALTER TABLE scorecard_version ALTER COLUMN created_at SET NOT NULL;
      ALTER TABLE scorecard_version ALTER COLUMN revision DROP DEFAULT;
      ALTER TABLE scorecard_version
        ADD CONSTRAINT scorecard_version_state_check CHECK
          (state IN ('DRAFT', 'IN_REVIEW', 'APPROVED', 'SCHEDULED', 'LIVE', 'RETIRED', 'DISCARDED')),
        ADD CONSTRAINT scorecard_version_retired_check CHECK ((state = 'RETIRED') = (retired_at IS NOT NULL)),
        ADD CONSTRAINT scorecard_version_effective_check CHECK
          ((state IN ('SCHEDULED', 'LIVE', 'RETIRED')) = (effective_from IS NOT NULL));
      CREATE INDEX scorecard_version_created ON scorecard_version (created_at DESC, id DESC);
      CREATE INDEX scorecard_version_state ON scorecard_version (state, created_at DESC, id DESC);
      CREATE INDEX scorecard_version_due ON scorecard_version (effective_from) WHERE state = 'SCHEDULED';

      CREATE FUNCTION scorecard_version_begin() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF NEW.state <> 'DRAFT' AND NOT (NEW.state = 'LIVE' AND NEW.number = 1) THEN
          RAISE EXCEPTION 'a scorecard version begins as a draft' USING ERRCODE = 'TW004';
        END IF;
        RETURN NEW;
      END $$;
      CREATE TRIGGER scorecard_version_begin BEFORE INSERT ON scorecard_version
        FOR EACH ROW EXECUTE FUNCTION scorecard_version_begin();

      CREATE FUNCTION scorecard_version_guard() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF ROW (NEW.id, NEW.scorecard_id, NEW.number, NEW.based_on_id, NEW.created_by, NEW.created_at)
           IS DISTINCT FROM ROW (OLD.id, OLD.scorecard_id, OLD.number, OLD.based_on_id, OLD.created_by, OLD.created_at) THEN
          RAISE EXCEPTION 'scorecard version % is what it was made as', OLD.id USING ERRCODE = 'TW002';
        END IF;
        IF ROW (NEW.definition, NEW.digest) IS DISTINCT FROM ROW (OLD.definition, OLD.digest) AND (OLD.state <> 'DRAFT'
            OR NEW.state <> 'DRAFT' OR EXISTS (SELECT FROM cut_point_set WHERE version_id = OLD.id)) THEN
          RAISE EXCEPTION 'scorecard version % has been used and never changes', OLD.id USING ERRCODE = 'TW002';
        END IF;
        IF OLD.effective_from IS NOT NULL AND OLD.state <> 'SCHEDULED'
           AND NEW.effective_from IS DISTINCT FROM OLD.effective_from THEN
          RAISE EXCEPTION 'scorecard version % is live since then', OLD.id USING ERRCODE = 'TW002';
        END IF;
        IF NEW.state <> OLD.state AND (OLD.state, NEW.state) NOT IN (
            ('DRAFT', 'IN_REVIEW'), ('DRAFT', 'DISCARDED'), ('IN_REVIEW', 'DRAFT'), ('IN_REVIEW', 'APPROVED'),
            ('APPROVED', 'SCHEDULED'), ('APPROVED', 'LIVE'), ('SCHEDULED', 'LIVE'), ('LIVE', 'RETIRED')) THEN
          RAISE EXCEPTION 'no way leads from % to %', OLD.state, NEW.state USING ERRCODE = 'TW004';
        END IF;
        IF NEW.state = 'APPROVED' AND NOT EXISTS (SELECT FROM change_request WHERE kind = 'SCORECARD_VERSION'
            AND subject_type = 'ScorecardVersion' AND subject_id = NEW.id::text AND state = 'IN_REVIEW') THEN
          RAISE EXCEPTION 'scorecard version % was not agreed to', NEW.id USING ERRCODE = 'TW006';
        END IF;
        RETURN NEW;
      END $$;
      CREATE TRIGGER scorecard_version_guard BEFORE UPDATE ON scorecard_version
        FOR EACH ROW EXECUTE FUNCTION scorecard_version_guard();
      CREATE TRIGGER scorecard_version_keep BEFORE DELETE OR TRUNCATE ON scorecard_version
        FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
      GRANT UPDATE (definition, digest, revision, effective_from) ON scorecard_version TO tierwarden_app;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TRIGGER scorecard_version_keep ON scorecard_version;
      DROP TRIGGER scorecard_version_guard ON scorecard_version;
      DROP FUNCTION scorecard_version_guard();
      DROP TRIGGER scorecard_version_begin ON scorecard_version;
      DROP FUNCTION scorecard_version_begin();
      DROP INDEX scorecard_version_due;
      DROP INDEX scorecard_version_state;
      DROP INDEX scorecard_version_created;
      REVOKE UPDATE (definition, digest, revision, effective_from) ON scorecard_version FROM tierwarden_app;
      ALTER TABLE scorecard_version DROP CONSTRAINT scorecard_version_effective_check;
      ALTER TABLE scorecard_version DROP CONSTRAINT scorecard_version_retired_check;
      ALTER TABLE scorecard_version DROP CONSTRAINT scorecard_version_state_check;
      ALTER TABLE scorecard_version DROP COLUMN created_at, DROP COLUMN based_on_id, DROP COLUMN revision;
      ALTER TABLE scorecard_version ALTER COLUMN effective_from SET NOT NULL;
      ALTER TABLE scorecard_version RENAME COLUMN effective_from TO published_at;
      ALTER TABLE scorecard_version
        ADD CONSTRAINT scorecard_version_state_check CHECK (state IN ('LIVE', 'RETIRED')),
        ADD CONSTRAINT scorecard_version_check CHECK ((state = 'RETIRED') = (retired_at IS NOT NULL));
      CREATE TRIGGER scorecard_version_fixed
        BEFORE DELETE OR TRUNCATE OR
          UPDATE OF id, scorecard_id, number, definition, digest, created_by, published_at ON scorecard_version
        FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
    `);
  }
}
