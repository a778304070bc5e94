/**
 * What a published policy changes for customers is brought about in chunks after it: one row for each version says how far that
 * has come, so that a worker that dies loses a chunk and another goes on. What is done stays done.
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class PolicyFollowThrough1767225600140 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE policy_follow_through (
        policy_version_id uuid PRIMARY KEY REFERENCES policy_version,
        -- Customers up to this id are done.
        done_upto uuid,
        moved integer NOT NULL CHECK (moved >= 0),
        begun_at timestamptz NOT NULL,
        updated_at timestamptz NOT NULL CHECK (updated_at >= begun_at),
        finished_at timestamptz CHECK (finished_at >= begun_at)
      );
      -- Nobody is passed over or taken twice: it goes forward only.
      CREATE FUNCTION policy_follow_through_forward() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF NEW.moved < OLD.moved OR NEW.updated_at < OLD.updated_at
           OR OLD.done_upto IS NOT NULL AND NEW.done_upto IS DISTINCT FROM greatest(OLD.done_upto, NEW.done_upto) THEN
          RAISE EXCEPTION 'a policy is followed through forward only' USING ERRCODE = 'TW009';
        END IF;
        RETURN NEW;
      END $$;
      CREATE TRIGGER policy_follow_through_forward BEFORE UPDATE ON policy_follow_through
        FOR EACH ROW EXECUTE FUNCTION policy_follow_through_forward();
      CREATE TRIGGER policy_follow_through_closed BEFORE UPDATE ON policy_follow_through
        FOR EACH ROW WHEN (OLD.finished_at IS NOT NULL) EXECUTE FUNCTION tw_refuse_reopening();
      CREATE TRIGGER policy_follow_through_actor BEFORE INSERT OR UPDATE OR DELETE ON policy_follow_through
        FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
      CREATE TRIGGER policy_follow_through_keep BEFORE DELETE OR TRUNCATE ON policy_follow_through
        FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
      GRANT SELECT, INSERT, UPDATE (done_upto, moved, updated_at, finished_at) ON policy_follow_through TO tierwarden_app;
      GRANT SELECT ON policy_follow_through TO tierwarden_reader;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TABLE policy_follow_through;
      DROP FUNCTION policy_follow_through_forward();
      DELETE FROM audit_trail WHERE table_name = 'policy_follow_through';
    `);
  }
}
