/**
 * Campaigns: after a new scorecard version went live, how far everybody has been rated by it, held against targets that are
 * fixed at the start. Points are what was counted on a day, and only ever added.
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class RatingCampaigns1767225600058 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE rating_campaign (
        id uuid PRIMARY KEY,
        scorecard_version_id uuid NOT NULL UNIQUE REFERENCES scorecard_version,
        started_at timestamptz NOT NULL,
        targets jsonb NOT NULL,
        state text NOT NULL CHECK (state IN ('OPEN', 'REACHED', 'SUPERSEDED')),
        -- How many targets have been missed and told of.
        missed integer NOT NULL CHECK (missed >= 0),
        ended_at timestamptz CHECK (ended_at >= started_at),
        CHECK ((state = 'OPEN') = (ended_at IS NULL))
      );
      CREATE UNIQUE INDEX rating_campaign_one_open ON rating_campaign ((true)) WHERE state = 'OPEN';
      CREATE INDEX rating_campaign_time ON rating_campaign (started_at DESC, id DESC);
      CREATE TRIGGER rating_campaign_closed BEFORE UPDATE ON rating_campaign
        FOR EACH ROW WHEN (OLD.state <> 'OPEN') EXECUTE FUNCTION tw_refuse_reopening();
      CREATE TRIGGER rating_campaign_actor BEFORE INSERT OR UPDATE OR DELETE ON rating_campaign
        FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
      CREATE TRIGGER rating_campaign_keep BEFORE DELETE OR TRUNCATE ON rating_campaign
        FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
      GRANT SELECT, INSERT ON rating_campaign TO tierwarden_app;
      GRANT UPDATE (state, missed, ended_at) ON rating_campaign TO tierwarden_app;
      GRANT SELECT ON rating_campaign TO tierwarden_reader;

      CREATE TABLE rating_campaign_point (
        campaign_id uuid NOT NULL REFERENCES rating_campaign,
        day date NOT NULL,
        customers integer NOT NULL CHECK (customers >= 0),
        covered integer NOT NULL CHECK (covered BETWEEN 0 AND customers),
        PRIMARY KEY (campaign_id, day)
      );
      CREATE TRIGGER rating_campaign_point_actor BEFORE INSERT ON rating_campaign_point
        FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
      CREATE TRIGGER rating_campaign_point_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON rating_campaign_point
        FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
      GRANT SELECT, INSERT ON rating_campaign_point TO tierwarden_app;
      GRANT SELECT ON rating_campaign_point TO tierwarden_reader;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE rating_campaign_point, rating_campaign;');
  }
}
