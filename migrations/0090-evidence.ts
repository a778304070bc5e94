/**
 * Evidence files. What is stored is what was announced, to the bit, and stands with a request for good; only what stands with
 * none may go.
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Evidence1767225600090 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE evidence_file (
        id uuid PRIMARY KEY,
        name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
        media_type text NOT NULL CHECK (media_type IN ('application/pdf', 'image/png', 'image/jpeg', 'text/csv', 'text/plain',
          'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
          'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet')),
        size integer NOT NULL CHECK (size > 0),
        sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
        owner_id uuid NOT NULL REFERENCES app_user,
        prepared_at timestamptz NOT NULL,
        -- Purged from then on, unless it stands with a request.
        unused_until timestamptz NOT NULL CHECK (unused_until > prepared_at)
      );
      CREATE INDEX evidence_file_unused ON evidence_file (unused_until, id);
      CREATE TABLE evidence_content (
        file_id uuid PRIMARY KEY REFERENCES evidence_file,
        content bytea NOT NULL,
        stored_at timestamptz NOT NULL
      );
      -- Documents are packed by themselves.
      ALTER TABLE evidence_content ALTER COLUMN content SET STORAGE EXTERNAL;
      -- The key to the content keeps both it and the file from being deleted.
      CREATE TABLE change_request_evidence (
        id uuid PRIMARY KEY,
        request_id uuid NOT NULL REFERENCES change_request,
        file_id uuid NOT NULL REFERENCES evidence_content,
        title text NOT NULL CHECK (title <> ''),
        added_by text NOT NULL CHECK (added_by <> ''),
        added_at timestamptz NOT NULL,
        UNIQUE (request_id, file_id)
      );
      CREATE INDEX change_request_evidence_file ON change_request_evidence (file_id);

      CREATE FUNCTION evidence_content_guard() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF NOT EXISTS (SELECT FROM evidence_file WHERE id = NEW.file_id AND size = octet_length(NEW.content)
                       AND sha256 = encode(sha256(NEW.content), 'hex')
                       AND owner_id::text = current_setting('tierwarden.actor', true)) THEN
          RAISE EXCEPTION 'file % was announced otherwise, or by another', NEW.file_id USING ERRCODE = 'TW006';
        END IF;
        RETURN NEW;
      END $$;
      CREATE TRIGGER evidence_content_guard BEFORE INSERT ON evidence_content
        FOR EACH ROW EXECUTE FUNCTION evidence_content_guard();
      CREATE FUNCTION change_request_evidence_guard() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF NEW.added_by IS DISTINCT FROM current_setting('tierwarden.actor', true)
           OR NOT EXISTS (SELECT FROM evidence_file WHERE id = NEW.file_id AND owner_id::text = NEW.added_by) THEN
          RAISE EXCEPTION 'nobody attaches the file of another' USING ERRCODE = 'TW010';
        END IF;
        RETURN NEW;
      END $$;
      CREATE TRIGGER change_request_evidence_guard BEFORE INSERT ON change_request_evidence
        FOR EACH ROW EXECUTE FUNCTION change_request_evidence_guard();

      INSERT INTO audit_trail_exemption (table_name, column_name, reason) VALUES
        ('evidence_content', 'content', 'its digest stands in evidence_file, and a trigger holds the two together'),
        ('evidence_file', 'name', 'names that people give to files may tell of persons');
    `);
    for (const table of ['evidence_file', 'evidence_content']) {
      await runner.query(`
        CREATE TRIGGER ${table}_actor BEFORE INSERT OR UPDATE OR DELETE ON ${table}
          FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
        CREATE TRIGGER ${table}_final BEFORE UPDATE OR TRUNCATE ON ${table}
          FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
        GRANT SELECT, INSERT, DELETE ON ${table} TO tierwarden_app;
      `);
    }
    await runner.query(`
      -- A row is locked by whoever is about to purge or to use the file.
      GRANT UPDATE (unused_until) ON evidence_file TO tierwarden_app;
      CREATE TRIGGER change_request_evidence_actor BEFORE INSERT ON change_request_evidence
        FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
      CREATE TRIGGER change_request_evidence_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON change_request_evidence
        FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
      GRANT SELECT, INSERT ON change_request_evidence TO tierwarden_app;
      GRANT SELECT ON evidence_file, change_request_evidence TO tierwarden_reader;
      GRANT SELECT (file_id, stored_at) ON evidence_content TO tierwarden_reader;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TABLE change_request_evidence, evidence_content, evidence_file;
      DROP FUNCTION change_request_evidence_guard();
      DROP FUNCTION evidence_content_guard();
      DELETE FROM audit_trail_exemption WHERE table_name IN ('evidence_content', 'evidence_file');
      DELETE FROM audit_trail WHERE table_name IN ('change_request_evidence', 'evidence_content', 'evidence_file');
    `);
  }
}
