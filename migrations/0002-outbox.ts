/**
 * The outbox: rows come with a unit of work and go with their delivery; it holds nothing that is evidence. And the name of
 * this installation, which keeps its jobs apart from those of others on the same Redis.
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Outbox1767225600002 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE outbox (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        kind text NOT NULL,
        job_key text NOT NULL,
        payload jsonb NOT NULL,
        request_id text NOT NULL,
        created_at timestamptz NOT NULL
      );
      -- The relay deletes outside any unit of work, so only additions demand an actor.
      CREATE TRIGGER outbox_actor BEFORE INSERT ON outbox FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
      -- UPDATE is what PostgreSQL asks for SELECT … FOR UPDATE.
      GRANT SELECT, INSERT, UPDATE, DELETE ON outbox TO tierwarden_app;
      GRANT SELECT ON outbox TO tierwarden_reader;

      CREATE TABLE installation (
        id uuid PRIMARY KEY,
        only_one boolean NOT NULL DEFAULT true UNIQUE CHECK (only_one)
      );
      INSERT INTO installation (id) VALUES (gen_random_uuid());
      GRANT SELECT ON installation TO tierwarden_app, tierwarden_reader;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE installation; DROP TABLE outbox;');
  }
}
