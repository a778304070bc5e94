/**
 * Org units, users, and who granted or revoked which role when. A revoked grant stays on record, nothing is deleted, and
 * nobody's own id can stand under his grant.
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Identity1767225600003 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE org_unit (
        id uuid PRIMARY KEY,
        code text NOT NULL UNIQUE CHECK (code <> ''),
        name_zh text NOT NULL,
        name_en text NOT NULL,
        parent_id uuid REFERENCES org_unit CHECK (parent_id <> id),
        line text NOT NULL CHECK (line IN ('SALES', 'RISK', 'FINANCE', 'AUDIT', 'IT'))
      );

      CREATE TABLE app_user (
        id uuid PRIMARY KEY,
        subject text NOT NULL UNIQUE CHECK (subject <> ''),
        display_name text NOT NULL CHECK (display_name <> ''),
        org_unit_id uuid NOT NULL REFERENCES org_unit,
        active boolean NOT NULL DEFAULT true,
        version integer NOT NULL DEFAULT 1 CHECK (version > 0)
      );
      CREATE INDEX app_user_name ON app_user (display_name, id);

      CREATE TABLE user_role (
        id uuid PRIMARY KEY,
        user_id uuid NOT NULL REFERENCES app_user,
        role text NOT NULL CHECK (role IN ('SALES_MAKER', 'RISK_ANALYST', 'RISK_APPROVER', 'CHIEF_RISK_OFFICER', 'AUDITOR',
          'POLICY_ADMIN', 'SYSTEM_ADMIN', 'SECURITY_ADMIN', 'SERVICE')),
        granted_by text NOT NULL CHECK (granted_by <> user_id::text),
        granted_at timestamptz NOT NULL,
        revoked_by text CHECK (revoked_by <> user_id::text),
        revoked_at timestamptz CHECK (revoked_at >= granted_at),
        CHECK ((revoked_at IS NULL) = (revoked_by IS NULL))
      );
      CREATE UNIQUE INDEX user_role_in_force ON user_role (user_id, role) WHERE revoked_at IS NULL;
      CREATE INDEX user_role_holders ON user_role (role, user_id) WHERE revoked_at IS NULL;

      CREATE FUNCTION tw_revocation_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        RAISE EXCEPTION 'a revoked grant is never changed: %', OLD.id USING ERRCODE = 'TW002';
      END $$;
      CREATE TRIGGER user_role_final BEFORE UPDATE ON user_role
        FOR EACH ROW WHEN (OLD.revoked_at IS NOT NULL) EXECUTE FUNCTION tw_revocation_is_final();

      CREATE TRIGGER org_unit_actor BEFORE INSERT OR UPDATE OR DELETE ON org_unit
        FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
      CREATE TRIGGER app_user_actor BEFORE INSERT OR UPDATE OR DELETE ON app_user
        FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
      CREATE TRIGGER user_role_actor BEFORE INSERT OR UPDATE OR DELETE ON user_role
        FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();

      GRANT SELECT, INSERT ON org_unit, app_user, user_role TO tierwarden_app;
      GRANT UPDATE (display_name, org_unit_id, active, version) ON app_user TO tierwarden_app;
      GRANT UPDATE (revoked_by, revoked_at) ON user_role TO tierwarden_app;
      GRANT SELECT ON org_unit, app_user, user_role TO tierwarden_reader;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TABLE user_role;
      DROP FUNCTION tw_revocation_is_final();
      DROP TABLE app_user;
      DROP TABLE org_unit;
    `);
  }
}
