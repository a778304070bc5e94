/**
 * Who was looked at in which event, searches that auditors keep, and the index for what was done on behalf of somebody.
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Looks1767225600043 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- The event names them too; this finds it. Written before the event, so there is no foreign key.
      CREATE TABLE audit_look (
        customer_id uuid NOT NULL,
        event_id uuid NOT NULL,
        looked_at timestamptz NOT NULL,
        PRIMARY KEY (customer_id, event_id)
      );
      CREATE TRIGGER audit_look_actor BEFORE INSERT OR UPDATE OR DELETE ON audit_look
        FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
      CREATE TRIGGER audit_look_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_look
        FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
      INSERT INTO audit_trail_exemption (table_name, reason) VALUES
        ('audit_look', 'the event of the same transaction names the customers');

      CREATE INDEX audit_event_behalf ON audit_event (on_behalf_of, occurred_at, id) WHERE on_behalf_of IS NOT NULL;

      CREATE TABLE audit_search (
        id uuid PRIMARY KEY,
        owner_id text NOT NULL CHECK (owner_id <> ''),
        name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
        conditions jsonb NOT NULL,
        saved_at timestamptz NOT NULL,
        ended_at timestamptz CHECK (ended_at >= saved_at)
      );
      CREATE UNIQUE INDEX audit_search_name ON audit_search (owner_id, name) WHERE ended_at IS NULL;
      CREATE TRIGGER audit_search_actor BEFORE INSERT OR UPDATE OR DELETE ON audit_search
        FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
      CREATE TRIGGER audit_search_keep BEFORE DELETE OR TRUNCATE ON audit_search
        FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();

      GRANT SELECT, INSERT ON audit_look, audit_search TO tierwarden_app;
      GRANT UPDATE (ended_at) ON audit_search TO tierwarden_app;
      GRANT SELECT ON audit_look TO tierwarden_reader;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TABLE audit_search, audit_look;
      DROP INDEX audit_event_behalf;
      DELETE FROM audit_trail_exemption WHERE table_name = 'audit_look';
      DELETE FROM audit_trail WHERE table_name = 'audit_search';
    `);
  }
}
