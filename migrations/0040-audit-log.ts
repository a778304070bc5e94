/**
 * The tree over the audit events: which event is which leaf, the hashes of the tree as they were appended, the checkpoints
 * that were signed and who cosigned them; and bodies of events that are too large for a leaf. All of it is only ever added.
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class AuditLog1767225600040 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- No foreign key to the event: it would be looked up once more for every leaf. Completeness is checked both ways.
      CREATE TABLE audit_log_leaf (
        leaf_index bigint PRIMARY KEY CHECK (leaf_index >= 0),
        event_id uuid NOT NULL UNIQUE
      );
      -- Hashes of a level of tiles in the order of their appending; pieces of one tile, by first, are its bytes.
      CREATE TABLE audit_log_tile (
        level smallint NOT NULL CHECK (level >= 0),
        tile bigint NOT NULL CHECK (tile >= 0),
        first smallint NOT NULL CHECK (first BETWEEN 0 AND 255),
        hashes bytea NOT NULL CHECK (
          octet_length(hashes) > 0 AND octet_length(hashes) % 32 = 0 AND first + octet_length(hashes) / 32 <= 256),
        PRIMARY KEY (level, tile, first)
      );
      CREATE TABLE audit_log_checkpoint (
        size bigint PRIMARY KEY CHECK (size >= 0),
        root bytea NOT NULL CHECK (octet_length(root) = 32),
        note text NOT NULL,
        signed_at timestamptz NOT NULL,
        -- How far the sequencer has read: everything that seen shows is in the tree; of what until shows beyond it, everything
        -- up to (last_xact, last_event).
        seen pg_snapshot NOT NULL,
        until pg_snapshot,
        last_xact xid8,
        last_event uuid,
        -- Snapshots mean something on the server alone that they were taken on.
        server text NOT NULL,
        CHECK (num_nulls(until, last_xact, last_event) IN (0, 3))
      );
      CREATE TABLE audit_log_cosignature (
        size bigint NOT NULL REFERENCES audit_log_checkpoint,
        witness text NOT NULL,
        line text NOT NULL,
        received_at timestamptz NOT NULL,
        PRIMARY KEY (size, witness)
      );
      -- Whole written forms whose entry in the log holds their digest.
      CREATE TABLE audit_event_body (
        event_id uuid PRIMARY KEY REFERENCES audit_event,
        bytes bytea NOT NULL CHECK (octet_length(bytes) > 65535)
      );

      CREATE FUNCTION audit_log_leaf_guard() RETURNS trigger LANGUAGE plpgsql AS $$
      DECLARE
        lowest bigint; highest bigint; added bigint;
      BEGIN
        SELECT min(leaf_index), max(leaf_index), count(*) INTO lowest, highest, added FROM new_leaves;
        IF added > 0 AND (highest - lowest + 1 <> added
            OR lowest <> coalesce((SELECT max(leaf_index) + 1 FROM audit_log_leaf WHERE leaf_index < lowest), 0)) THEN
          RAISE EXCEPTION 'leaves % to % leave a gap', lowest, highest USING ERRCODE = 'TW011';
        END IF;
        RETURN NULL;
      END $$;
      CREATE TRIGGER audit_log_leaf_guard AFTER INSERT ON audit_log_leaf REFERENCING NEW TABLE AS new_leaves
        FOR EACH STATEMENT EXECUTE FUNCTION audit_log_leaf_guard();

      -- The key forbids two checkpoints of one size; this forbids one that goes back, or that is not of the leaves there are.
      CREATE FUNCTION audit_log_checkpoint_guard() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF NEW.size <= (SELECT max(size) FROM audit_log_checkpoint) THEN
          RAISE EXCEPTION 'a checkpoint of % leaves comes after one of as many or more', NEW.size USING ERRCODE = 'TW012';
        END IF;
        IF NEW.size <> coalesce((SELECT max(leaf_index) + 1 FROM audit_log_leaf), 0) THEN
          RAISE EXCEPTION 'a checkpoint of % leaves is not of the leaves there are', NEW.size USING ERRCODE = 'TW012';
        END IF;
        RETURN NEW;
      END $$;
      CREATE TRIGGER audit_log_checkpoint_guard BEFORE INSERT ON audit_log_checkpoint
        FOR EACH ROW EXECUTE FUNCTION audit_log_checkpoint_guard();
    `);
    for (const table of TABLES) {
      await runner.query(`
        CREATE TRIGGER ${table}_actor BEFORE INSERT OR UPDATE OR DELETE ON ${table}
          FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
        CREATE TRIGGER ${table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ${table}
          FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
        GRANT SELECT, INSERT ON ${table} TO tierwarden_app;
        GRANT SELECT ON ${table} TO tierwarden_reader;
      `);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of [...TABLES].reverse()) await runner.query(`DROP TABLE ${table}`);
    await runner.query('DROP FUNCTION audit_log_checkpoint_guard(); DROP FUNCTION audit_log_leaf_guard();');
  }
}

const TABLES = [
  'audit_log_leaf',
  'audit_log_tile',
  'audit_log_checkpoint',
  'audit_log_cosignature',
  'audit_event_body',
] as const;
