/**
 * Files of models that were trained elsewhere. Versions name them by digest, and the database itself holds that a file is what
 * its digest says. They are only ever added.
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class ModelFiles1767225600031 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE model_file (
        digest text PRIMARY KEY,
        content bytea NOT NULL CHECK (octet_length(content) BETWEEN 1 AND 33554432),
        added_by text NOT NULL CHECK (added_by <> ''),
        added_at timestamptz NOT NULL,
        CONSTRAINT model_file_digest CHECK (digest = encode(sha256(content), 'hex'))
      );
      -- Models do not shrink, and are read as a whole.
      ALTER TABLE model_file ALTER COLUMN content SET STORAGE EXTERNAL;
      CREATE TRIGGER model_file_actor BEFORE INSERT ON model_file
        FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
      CREATE TRIGGER model_file_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON model_file
        FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
      GRANT SELECT, INSERT ON model_file TO tierwarden_app;
      GRANT SELECT ON model_file TO tierwarden_reader;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE model_file');
  }
}
