/**
 * Idempotency keys: what a person was answered under a key, for as long as he may ask again. A key comes with the unit of
 * work that it stands for, and its answer is written once; old keys are purged, as they are no evidence.
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class IdempotencyKeys1767225600015 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE idempotency_key (
        actor_id text NOT NULL CHECK (actor_id <> ''),
        key text NOT NULL CHECK (length(key) BETWEEN 1 AND 200),
        body_digest text NOT NULL CHECK (body_digest ~ '^[0-9a-f]{64}$'),
        created_at timestamptz NOT NULL,
        -- Text of the answer as it was given; jsonb would put its keys into another order. NULL only within the transaction.
        answer json,
        PRIMARY KEY (actor_id, key)
      );
      CREATE INDEX idempotency_key_created ON idempotency_key (created_at);

      -- The purge deletes outside any unit of work, so only additions demand an actor.
      CREATE TRIGGER idempotency_key_actor BEFORE INSERT ON idempotency_key
        FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
      CREATE TRIGGER idempotency_key_answered BEFORE UPDATE ON idempotency_key
        FOR EACH ROW WHEN (OLD.answer IS NOT NULL) EXECUTE FUNCTION tw_refuse_change();

      GRANT SELECT, INSERT, DELETE ON idempotency_key TO tierwarden_app;
      GRANT UPDATE (answer) ON idempotency_key TO tierwarden_app;

      -- Work under a key runs behind a savepoint, whose rows carry an id of its own. What is seen of a transaction under way
      -- is always one's own, so the status of the id tells; xmin is the id cut to 32 bits.
      CREATE OR REPLACE FUNCTION change_request_level_guard() RETURNS trigger LANGUAGE plpgsql AS $$
      DECLARE
        current bigint := pg_current_xact_id()::text::bigint;
        ahead bigint;
      BEGIN
        SELECT (xmin::text::bigint - current) & 4294967295 INTO ahead FROM change_request WHERE id = NEW.request_id;
        IF NOT FOUND OR pg_xact_status((current + CASE WHEN ahead < 2147483648 THEN ahead ELSE ahead - 4294967296 END)
                                       ::text::xid8) IS DISTINCT FROM 'in progress' THEN
          RAISE EXCEPTION 'levels are fixed when a request is submitted' USING ERRCODE = 'TW006';
        END IF;
        RETURN NEW;
      END $$;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE OR REPLACE FUNCTION change_request_level_guard() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        -- xmin of a row of this very transaction is its id, cut to 32 bits.
        IF NOT EXISTS (SELECT FROM change_request WHERE id = NEW.request_id
                       AND xmin::text::bigint = pg_current_xact_id()::text::bigint & 4294967295) THEN
          RAISE EXCEPTION 'levels are fixed when a request is submitted' USING ERRCODE = 'TW006';
        END IF;
        RETURN NEW;
      END $$;
      DROP TABLE idempotency_key;
    `);
  }
}
