/**
 * The yearly attestation: a row for each year that is over, opened with the day by which it is due. It is given by an applied
 * request alone, once; nothing of it is undone.
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Attestations1767225600142 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE attestation (
        year integer PRIMARY KEY CHECK (year BETWEEN 2000 AND 9999),
        due_on date NOT NULL CHECK (due_on > make_date(year, 12, 31)),
        -- Nothing is attested of a year that is not over.
        opened_at timestamptz NOT NULL CHECK (opened_at >= make_date(year + 1, 1, 1)::timestamp AT TIME ZONE 'UTC'),
        reminded_at timestamptz NOT NULL CHECK (reminded_at >= opened_at),
        reminders integer NOT NULL CHECK (reminders >= 0),
        request_id uuid UNIQUE REFERENCES change_request,
        attested_at timestamptz CHECK (attested_at >= opened_at),
        CHECK ((request_id IS NULL) = (attested_at IS NULL))
      );
      CREATE FUNCTION attestation_needs_request() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF NOT EXISTS (SELECT FROM change_request WHERE id = NEW.request_id AND kind = 'ATTESTATION' AND state = 'APPLIED'
                       AND subject_type = 'Attestation' AND subject_id = NEW.year::text) THEN
          RAISE EXCEPTION 'attestation without an applied request' USING ERRCODE = 'TW008';
        END IF;
        RETURN NULL;
      END $$;
      CREATE CONSTRAINT TRIGGER attestation_needs_request AFTER INSERT OR UPDATE ON attestation
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.request_id IS NOT NULL)
        EXECUTE FUNCTION attestation_needs_request();
      CREATE TRIGGER attestation_given BEFORE UPDATE ON attestation
        FOR EACH ROW WHEN (OLD.attested_at IS NOT NULL) EXECUTE FUNCTION tw_refuse_reopening();
      CREATE TRIGGER attestation_actor BEFORE INSERT OR UPDATE OR DELETE ON attestation
        FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
      CREATE TRIGGER attestation_keep BEFORE DELETE OR TRUNCATE ON attestation
        FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
      GRANT SELECT, INSERT, UPDATE (reminded_at, reminders, request_id, attested_at) ON attestation TO tierwarden_app;
      GRANT SELECT ON attestation TO tierwarden_reader;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TABLE attestation;
      DROP FUNCTION attestation_needs_request();
      DELETE FROM audit_trail WHERE table_name = 'attestation';
    `);
  }
}
