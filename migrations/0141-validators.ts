/**
 * Whoever validates a scorecard version did not develop it: a role for those who validate, the developers of each version, and
 * no way for one of them to be among those who agreed to it.
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';

const ROLES_BEFORE = `'SALES_MAKER', 'RISK_ANALYST', 'RISK_APPROVER', 'FINANCE_APPROVER', 'CHIEF_RISK_OFFICER', 'AUDITOR',
          'POLICY_ADMIN', 'SYSTEM_ADMIN', 'SECURITY_ADMIN', 'SERVICE'`;

const roles = (list: string): string => `
      ALTER TABLE user_role DROP CONSTRAINT user_role_role_check,
        ADD CONSTRAINT user_role_role_check CHECK (role IN (${list}));`;

export class Validators1767225600141 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ${roles(`${ROLES_BEFORE}, 'MODEL_VALIDATOR'`)}

      -- Whoever drafted or edited a version, or one that it was drawn from: by the rows, and by the log of before.
      ALTER TABLE scorecard_version ADD COLUMN developer_ids text[];
      ALTER TABLE scorecard_version DISABLE TRIGGER USER;
      WITH RECURSIVE drawn AS (
        SELECT id, id AS origin FROM scorecard_version
        UNION SELECT drawn.id, version.based_on_id FROM drawn JOIN scorecard_version AS version ON version.id = drawn.origin
        WHERE version.based_on_id IS NOT NULL),
      hands AS (
        SELECT id AS origin, created_by AS hand FROM scorecard_version
        UNION SELECT object_id::uuid, actor_id FROM audit_event WHERE action = 'scorecard.edited')
      UPDATE scorecard_version AS version SET developer_ids = made.by
      FROM (SELECT drawn.id, array_agg(DISTINCT hand ORDER BY hand) AS by FROM drawn JOIN hands USING (origin) GROUP BY drawn.id) AS made
      WHERE made.id = version.id;
      ALTER TABLE scorecard_version ENABLE TRIGGER USER;
      ALTER TABLE scorecard_version ALTER COLUMN developer_ids SET NOT NULL;

      CREATE FUNCTION scorecard_version_validators() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF NOT NEW.developer_ids @> ARRAY[NEW.created_by]
           OR NOT NEW.developer_ids @> coalesce((SELECT developer_ids FROM scorecard_version WHERE id = NEW.based_on_id), '{}') THEN
          RAISE EXCEPTION 'scorecard version % keeps all its developers', NEW.id USING ERRCODE = 'TW002';
        END IF;
        IF TG_OP = 'UPDATE' THEN
          IF NOT NEW.developer_ids @> OLD.developer_ids THEN
            RAISE EXCEPTION 'scorecard version % keeps all its developers', NEW.id USING ERRCODE = 'TW002';
          END IF;
          IF NEW.definition IS DISTINCT FROM OLD.definition
             AND NOT NEW.developer_ids @> ARRAY[current_setting('tierwarden.actor', true)] THEN
            RAISE EXCEPTION 'who edits scorecard version % is one of its developers', NEW.id USING ERRCODE = 'TW010';
          END IF;
          IF NEW.state = 'APPROVED' AND OLD.state <> 'APPROVED' AND EXISTS (
            SELECT FROM change_request AS request JOIN change_request_vote AS vote ON vote.request_id = request.id
            WHERE request.kind = 'SCORECARD_VERSION' AND request.subject_type = 'ScorecardVersion'
              AND request.subject_id = NEW.id::text AND request.state = 'IN_REVIEW' AND change_request_vote_stands(vote)
              AND ARRAY[vote.voter_id::text, vote.principal_id::text] && NEW.developer_ids) THEN
            RAISE EXCEPTION 'who developed scorecard version % does not validate it', NEW.id USING ERRCODE = 'TW003';
          END IF;
        END IF;
        RETURN NEW;
      END $$;
      CREATE TRIGGER scorecard_version_validators BEFORE INSERT OR UPDATE ON scorecard_version
        FOR EACH ROW EXECUTE FUNCTION scorecard_version_validators();
      GRANT UPDATE (developer_ids) ON scorecard_version TO tierwarden_app;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TRIGGER scorecard_version_validators ON scorecard_version;
      DROP FUNCTION scorecard_version_validators();
      ALTER TABLE scorecard_version DROP COLUMN developer_ids;
      -- The schema before does not know the role; who had it was given it by an event that stays.
      ALTER TABLE user_role DISABLE TRIGGER USER;
      DELETE FROM user_role WHERE role = 'MODEL_VALIDATOR';
      ALTER TABLE user_role ENABLE TRIGGER USER;
      ${roles(ROLES_BEFORE)}
    `);
  }
}
