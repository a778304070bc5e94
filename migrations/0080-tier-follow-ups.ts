/**
 * Tiers that follow a run over a large portfolio, in chunks after it is published: one row for each such run says how far they
 * have come, so that a job that is lost or killed is taken up again where it was.
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class TierFollowUps1767225600080 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE tier_follow_up (
        run_id uuid PRIMARY KEY REFERENCES rating_run,
        -- Customers up to this id are done.
        done_upto uuid,
        moved integer NOT NULL DEFAULT 0 CHECK (moved >= 0),
        opened_at timestamptz NOT NULL,
        updated_at timestamptz NOT NULL CHECK (updated_at >= opened_at),
        finished_at timestamptz CHECK (finished_at >= opened_at)
      );
      CREATE INDEX tier_follow_up_open ON tier_follow_up (updated_at) WHERE finished_at IS NULL;
      CREATE TRIGGER tier_follow_up_closed BEFORE UPDATE ON tier_follow_up
        FOR EACH ROW WHEN (OLD.finished_at IS NOT NULL) EXECUTE FUNCTION tw_refuse_reopening();
      CREATE TRIGGER tier_follow_up_actor BEFORE INSERT OR UPDATE OR DELETE ON tier_follow_up
        FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
      CREATE TRIGGER tier_follow_up_keep BEFORE DELETE OR TRUNCATE ON tier_follow_up
        FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
      GRANT SELECT, INSERT, UPDATE (done_upto, moved, updated_at, finished_at) ON tier_follow_up TO tierwarden_app;
      GRANT SELECT ON tier_follow_up TO tierwarden_reader;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE tier_follow_up');
  }
}
