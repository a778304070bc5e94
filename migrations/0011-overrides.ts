/** Overrides that took effect. One at a time per customer; only its end is ever written later. */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Overrides1767225600011 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE grade_override (
        id uuid PRIMARY KEY,
        customer_id uuid NOT NULL REFERENCES customer,
        request_id uuid NOT NULL UNIQUE REFERENCES change_request,
        model_grade grade NOT NULL,
        from_grade grade NOT NULL,
        to_grade grade NOT NULL,
        reason_code text NOT NULL CHECK (reason_code <> ''),
        justification text NOT NULL CHECK (justification <> ''),
        evidence jsonb NOT NULL,
        effective_from timestamptz NOT NULL,
        valid_until timestamptz NOT NULL,
        ended_at timestamptz,
        end_cause text CHECK (end_cause IN ('EXPIRED', 'SUPERSEDED')),
        CHECK (valid_until > effective_from),
        CHECK ((ended_at IS NULL) = (end_cause IS NULL))
      );
      CREATE UNIQUE INDEX grade_override_one_live ON grade_override (customer_id) WHERE ended_at IS NULL;
      CREATE INDEX grade_override_customer ON grade_override (customer_id, effective_from DESC);
      CREATE INDEX grade_override_due ON grade_override (valid_until) WHERE ended_at IS NULL;

      -- An override takes effect only through its approved request, in the transaction that applies it.
      CREATE FUNCTION grade_override_needs_request() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF NOT EXISTS (SELECT FROM change_request WHERE id = NEW.request_id AND state = 'APPLIED' AND kind = 'GRADE_OVERRIDE'
                       AND subject_id = NEW.customer_id::text AND payload ->> 'toGrade' = NEW.to_grade::text
                       AND (payload ->> 'validUntil')::timestamptz = NEW.valid_until) THEN
          RAISE EXCEPTION 'override without an applied request' USING ERRCODE = 'TW008';
        END IF;
        RETURN NULL;
      END $$;
      CREATE CONSTRAINT TRIGGER grade_override_needs_request AFTER INSERT ON grade_override
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION grade_override_needs_request();

      CREATE TRIGGER grade_override_ended BEFORE UPDATE ON grade_override
        FOR EACH ROW WHEN (OLD.ended_at IS NOT NULL) EXECUTE FUNCTION tw_refuse_reopening();

      -- A grade in force that is not the model's is that of the customer's live override.
      ALTER TABLE customer_grade ADD CONSTRAINT customer_grade_override FOREIGN KEY (override_id)
        REFERENCES grade_override;
      CREATE FUNCTION customer_grade_needs_override() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF EXISTS (SELECT FROM customer_grade AS now
                   WHERE now.customer_id = NEW.customer_id AND now.basis = 'OVERRIDE'
                     AND NOT EXISTS (SELECT FROM grade_override
                                     WHERE id = now.override_id AND customer_id = now.customer_id
                                       AND to_grade = now.grade AND ended_at IS NULL)) THEN
          RAISE EXCEPTION 'grade in force without a live override' USING ERRCODE = 'TW012';
        END IF;
        RETURN NULL;
      END $$;
      CREATE CONSTRAINT TRIGGER customer_grade_needs_override AFTER INSERT OR UPDATE ON customer_grade
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.basis = 'OVERRIDE')
        EXECUTE FUNCTION customer_grade_needs_override();
      -- And an override never ends without its customer going back to the model.
      CREATE CONSTRAINT TRIGGER grade_override_end AFTER UPDATE ON grade_override
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.ended_at IS NOT NULL)
        EXECUTE FUNCTION customer_grade_needs_override();

      CREATE TRIGGER grade_override_actor BEFORE INSERT OR UPDATE OR DELETE ON grade_override
        FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
      CREATE TRIGGER grade_override_keep BEFORE DELETE OR TRUNCATE ON grade_override
        FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
      GRANT SELECT, INSERT ON grade_override TO tierwarden_app;
      GRANT UPDATE (ended_at, end_cause) ON grade_override TO tierwarden_app;
      GRANT SELECT ON grade_override TO tierwarden_reader;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE customer_grade DROP CONSTRAINT customer_grade_override;
      DROP TRIGGER customer_grade_needs_override ON customer_grade;
      DROP TABLE grade_override;
      DROP FUNCTION grade_override_needs_request();
      DROP FUNCTION customer_grade_needs_override();
    `);
  }
}
