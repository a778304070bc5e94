/**
 * Who acts for whom, and who lets something through alone: only in one's own name, or by a request that others agreed to. And
 * the role of those who agree in finance.
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Duties1767225600071 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE user_role DROP CONSTRAINT user_role_role_check,
        ADD CONSTRAINT user_role_role_check CHECK (role IN ('SALES_MAKER', 'RISK_ANALYST', 'RISK_APPROVER', 'FINANCE_APPROVER',
          'CHIEF_RISK_OFFICER', 'AUDITOR', 'POLICY_ADMIN', 'SYSTEM_ADMIN', 'SECURITY_ADMIN', 'SERVICE'));
      ALTER TABLE delegation ADD CONSTRAINT delegation_request FOREIGN KEY (request_id) REFERENCES change_request;

      CREATE INDEX delegation_ends ON delegation (ends_at DESC, id DESC);
      CREATE FUNCTION delegation_guard() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF NEW.given_by IS DISTINCT FROM current_setting('tierwarden.actor', true)
           OR NEW.request_id IS NULL AND NEW.from_id::text <> NEW.given_by THEN
          RAISE EXCEPTION 'nobody delegates for another without a request' USING ERRCODE = 'TW010';
        END IF;
        RETURN NEW;
      END $$;
      CREATE TRIGGER delegation_guard BEFORE INSERT ON delegation FOR EACH ROW EXECUTE FUNCTION delegation_guard();

      CREATE FUNCTION delegation_needs_request() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF NOT EXISTS (SELECT FROM change_request WHERE id = NEW.request_id AND kind = 'DELEGATION' AND state = 'APPLIED'
                       AND subject_id = NEW.from_id::text AND payload ->> 'toId' = NEW.to_id::text) THEN
          RAISE EXCEPTION 'delegation without an applied request' USING ERRCODE = 'TW008';
        END IF;
        RETURN NULL;
      END $$;
      CREATE CONSTRAINT TRIGGER delegation_needs_request AFTER INSERT ON delegation
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.request_id IS NOT NULL)
        EXECUTE FUNCTION delegation_needs_request();

      CREATE FUNCTION break_glass_guard() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF NEW.broken_by::text IS DISTINCT FROM current_setting('tierwarden.actor', true) THEN
          RAISE EXCEPTION 'nobody breaks the glass in the name of another' USING ERRCODE = 'TW010';
        END IF;
        IF EXISTS (SELECT FROM change_request WHERE id = NEW.request_id
                   AND NEW.broken_by::text = ANY (lower(maker_id) || editor_ids || interested_ids)) THEN
          RAISE EXCEPTION 'nobody breaks the glass for himself' USING ERRCODE = 'TW003';
        END IF;
        IF NEW.ratify_by > NEW.broken_at + interval '72 hours' OR NOT EXISTS (
          SELECT FROM change_request WHERE id = NEW.review_id AND kind = 'BREAK_GLASS_REVIEW' AND state = 'IN_REVIEW'
            AND subject_id = NEW.request_id::text AND maker_id = NEW.broken_by::text AND decide_by = NEW.ratify_by) THEN
          RAISE EXCEPTION 'what is let through alone is looked at afterwards, within hours' USING ERRCODE = 'TW007';
        END IF;
        RETURN NEW;
      END $$;
      CREATE TRIGGER break_glass_guard BEFORE INSERT ON break_glass FOR EACH ROW EXECUTE FUNCTION break_glass_guard();

      -- Ratified by those who agreed to its review, and by nobody else; without them it was reverted.
      CREATE FUNCTION break_glass_outcome() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF (NEW.outcome = 'RATIFIED') <> EXISTS (SELECT FROM change_request WHERE id = NEW.review_id AND state = 'APPLIED') THEN
          RAISE EXCEPTION 'ratified by its review alone' USING ERRCODE = 'TW007';
        END IF;
        RETURN NULL;
      END $$;
      CREATE CONSTRAINT TRIGGER break_glass_outcome AFTER UPDATE ON break_glass
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.outcome IS NOT NULL) EXECUTE FUNCTION break_glass_outcome();
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TRIGGER break_glass_outcome ON break_glass;
      DROP FUNCTION break_glass_outcome();
      DROP TRIGGER break_glass_guard ON break_glass;
      DROP FUNCTION break_glass_guard();
      DROP TRIGGER delegation_needs_request ON delegation;
      DROP FUNCTION delegation_needs_request();
      DROP TRIGGER delegation_guard ON delegation;
      DROP FUNCTION delegation_guard();
      DROP INDEX delegation_ends;
      ALTER TABLE delegation DROP CONSTRAINT delegation_request;
      -- The schema before does not know the role; who had it was given it by an event that stays.
      ALTER TABLE user_role DISABLE TRIGGER USER;
      DELETE FROM user_role WHERE role = 'FINANCE_APPROVER';
      ALTER TABLE user_role ENABLE TRIGGER USER;
      ALTER TABLE user_role DROP CONSTRAINT user_role_role_check,
        ADD CONSTRAINT user_role_role_check CHECK (role IN ('SALES_MAKER', 'RISK_ANALYST', 'RISK_APPROVER', 'CHIEF_RISK_OFFICER',
          'AUDITOR', 'POLICY_ADMIN', 'SYSTEM_ADMIN', 'SECURITY_ADMIN', 'SERVICE'));
    `);
  }
}
