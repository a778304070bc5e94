/**
 * The audit log's events. Bytes are stored as they will be hashed; `xact` orders committed events for the sequencer that
 * appends them to the Merkle tree, which keeps its own table and never touches this one.
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Audit1767225600004 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE audit_event (
        id uuid PRIMARY KEY,
        occurred_at timestamptz NOT NULL,
        actor_id text NOT NULL CHECK (actor_id <> ''),
        on_behalf_of text,
        action text NOT NULL,
        object_type text NOT NULL,
        object_id text NOT NULL,
        customer_id uuid,
        request_id text NOT NULL,
        bytes bytea NOT NULL CHECK (octet_length(bytes) BETWEEN 2 AND 65535),
        xact xid8 NOT NULL DEFAULT pg_current_xact_id()
      );
      CREATE INDEX audit_event_time ON audit_event (occurred_at, id);
      CREATE INDEX audit_event_actor ON audit_event (actor_id, occurred_at, id);
      CREATE INDEX audit_event_action ON audit_event (action, occurred_at, id);
      CREATE INDEX audit_event_object ON audit_event (object_type, object_id, occurred_at, id);
      CREATE INDEX audit_event_customer ON audit_event (customer_id, occurred_at, id) WHERE customer_id IS NOT NULL;
      CREATE INDEX audit_event_xact ON audit_event (xact, id);

      CREATE TRIGGER audit_event_actor BEFORE INSERT OR UPDATE OR DELETE ON audit_event
        FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
      CREATE TRIGGER audit_event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_event
        FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();

      -- An event names who acts, and nobody else; when it was committed is for the database to say.
      CREATE FUNCTION audit_event_guard() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF NEW.actor_id IS DISTINCT FROM current_setting('tierwarden.actor', true) THEN
          RAISE EXCEPTION 'an audit event names its own actor' USING ERRCODE = 'TW010';
        END IF;
        RETURN NEW;
      END $$;
      CREATE TRIGGER audit_event_guard BEFORE INSERT ON audit_event FOR EACH ROW EXECUTE FUNCTION audit_event_guard();

      GRANT SELECT ON audit_event TO tierwarden_app;
      GRANT INSERT (id, occurred_at, actor_id, on_behalf_of, action, object_type, object_id, customer_id, request_id, bytes)
        ON audit_event TO tierwarden_app;
      GRANT SELECT ON audit_event TO tierwarden_reader;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE audit_event; DROP FUNCTION audit_event_guard();');
  }
}
