/**
 * Signals to those who watch, and when requests and runs last changed, for those who ask. A signal carries the number of its
 * transaction, so that readers can tell by their snapshots what is new to them; it is deleted after an hour.
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Signals1767225600017 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE signal (
        xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
        topic text NOT NULL,
        object_id text NOT NULL,
        version integer NOT NULL,
        signalled_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        PRIMARY KEY (xid, topic, object_id)
      );
      -- Old signals are deleted outside any unit of work, so only additions demand an actor.
      CREATE TRIGGER signal_actor BEFORE INSERT ON signal FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
      GRANT SELECT, INSERT, DELETE ON signal TO tierwarden_app;
      GRANT SELECT ON signal TO tierwarden_reader;
    `);
    // What is known of the past says it exactly; the guards of closed rows would not let it be written.
    await runner.query(`
      ALTER TABLE change_request ADD COLUMN updated_at timestamptz;
      ALTER TABLE change_request DISABLE TRIGGER USER;
      UPDATE change_request AS request SET updated_at = greatest(submitted_at, closed_at,
        (SELECT max(cast_at) FROM change_request_vote AS vote WHERE vote.request_id = request.id));
      ALTER TABLE change_request ENABLE TRIGGER USER;
      ALTER TABLE change_request ALTER COLUMN updated_at SET NOT NULL,
        ADD CONSTRAINT change_request_updated_after CHECK (updated_at >= submitted_at);
      CREATE INDEX change_request_updated ON change_request (updated_at);
      GRANT UPDATE (updated_at) ON change_request TO tierwarden_app;

      ALTER TABLE rating_run ADD COLUMN updated_at timestamptz;
      ALTER TABLE rating_run DISABLE TRIGGER USER;
      UPDATE rating_run AS run SET updated_at = greatest(started_at, finished_at,
        (SELECT max(done_at) FROM rating_run_chunk AS chunk WHERE chunk.run_id = run.id));
      ALTER TABLE rating_run ENABLE TRIGGER USER;
      ALTER TABLE rating_run ALTER COLUMN updated_at SET NOT NULL,
        ADD CONSTRAINT rating_run_updated_after CHECK (updated_at >= started_at);
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE rating_run DROP COLUMN updated_at;
      ALTER TABLE change_request DROP COLUMN updated_at;
      DROP TABLE signal;
    `);
  }
}
