/** Versioned policies. A published version is never changed; a new one is a new row. */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Policies1767225600005 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE policy_version (
        id uuid PRIMARY KEY,
        kind text NOT NULL,
        number integer NOT NULL CHECK (number > 0),
        content jsonb NOT NULL,
        digest text NOT NULL,
        effective_from timestamptz NOT NULL,
        published_at timestamptz NOT NULL,
        published_by text NOT NULL,
        UNIQUE (kind, number)
      );
      CREATE TRIGGER policy_version_actor BEFORE INSERT OR UPDATE OR DELETE ON policy_version
        FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
      CREATE TRIGGER policy_version_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON policy_version
        FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
      GRANT SELECT, INSERT ON policy_version TO tierwarden_app;
      GRANT SELECT ON policy_version TO tierwarden_reader;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE policy_version');
  }
}
