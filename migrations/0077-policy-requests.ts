/**
 * Policies change by request alone: a version after the first stands with the request that was agreed to, says what was agreed to,
 * and keeps the cases that it was tried with.
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class PolicyRequests1767225600077 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE policy_version
        ADD COLUMN test_cases jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(test_cases) = 'array'),
        ADD COLUMN request_id uuid UNIQUE REFERENCES change_request;

      CREATE FUNCTION policy_version_needs_request() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF NOT EXISTS (SELECT FROM change_request WHERE id = NEW.request_id AND kind = 'POLICY_VERSION' AND state = 'APPLIED'
                       AND subject_type = 'Policy' AND subject_id = NEW.kind AND payload -> 'content' = NEW.content
                       AND payload -> 'testCases' = NEW.test_cases) THEN
          RAISE EXCEPTION 'policy version without an applied request' USING ERRCODE = 'TW008';
        END IF;
        RETURN NULL;
      END $$;
      -- The first version of a kind comes with the installation.
      CREATE CONSTRAINT TRIGGER policy_version_needs_request AFTER INSERT ON policy_version
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
        WHEN (NEW.number > 1 AND current_setting('role') = 'tierwarden_app')
        EXECUTE FUNCTION policy_version_needs_request();
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TRIGGER policy_version_needs_request ON policy_version;
      DROP FUNCTION policy_version_needs_request();
      ALTER TABLE policy_version DROP COLUMN request_id, DROP COLUMN test_cases;
    `);
  }
}
