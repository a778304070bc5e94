/** Values of people in place of sources', for a time. One at a time per customer and indicator; only its end is ever written later. */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class InputOverrides1767225600092 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE input_override (
        id uuid PRIMARY KEY,
        customer_id uuid NOT NULL REFERENCES customer,
        request_id uuid NOT NULL UNIQUE REFERENCES change_request,
        snapshot_id uuid NOT NULL UNIQUE REFERENCES indicator_snapshot,
        indicator text NOT NULL CHECK (indicator <> ''),
        as_of date NOT NULL,
        from_value text CHECK (from_value <> ''),
        to_value text NOT NULL CHECK (to_value <> ''),
        reason_code text NOT NULL CHECK (reason_code <> ''),
        justification text NOT NULL CHECK (justification <> ''),
        evidence jsonb NOT NULL CHECK (jsonb_array_length(evidence) > 0),
        effective_from timestamptz NOT NULL,
        valid_until timestamptz NOT NULL CHECK (valid_until > effective_from),
        ended_at timestamptz,
        end_cause text CHECK (end_cause IN ('EXPIRED', 'SUPERSEDED', 'REVERTED')),
        CHECK ((ended_at IS NULL) = (end_cause IS NULL))
      );
      CREATE UNIQUE INDEX input_override_one_live ON input_override (customer_id, indicator) WHERE ended_at IS NULL;
      CREATE INDEX input_override_customer ON input_override (customer_id, effective_from DESC, id DESC);
      CREATE INDEX input_override_due ON input_override (valid_until) WHERE ended_at IS NULL;

      -- It takes effect only through its approved request, in the transaction that applies it, as the snapshot that says so.
      CREATE FUNCTION input_override_needs_request() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF NOT EXISTS (
          SELECT FROM change_request AS request JOIN indicator_snapshot AS snapshot ON snapshot.id = NEW.snapshot_id
          WHERE request.id = NEW.request_id AND request.state = 'APPLIED' AND request.kind = 'INPUT_OVERRIDE'
            AND request.subject_id = NEW.customer_id::text AND request.payload ->> 'code' = NEW.indicator
            AND request.payload ->> 'toValue' = NEW.to_value
            AND (request.payload ->> 'validUntil')::timestamptz = NEW.valid_until
            AND snapshot.source = 'override' AND snapshot.customer_id = NEW.customer_id
            AND snapshot.values ->> NEW.indicator = NEW.to_value) THEN
          RAISE EXCEPTION 'input override without an applied request' USING ERRCODE = 'TW008';
        END IF;
        RETURN NULL;
      END $$;
      CREATE CONSTRAINT TRIGGER input_override_needs_request AFTER INSERT ON input_override
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION input_override_needs_request();
      -- And no snapshot says that a person overrode a source where nobody agreed to it.
      CREATE FUNCTION indicator_snapshot_override() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF NOT EXISTS (SELECT FROM input_override WHERE customer_id = NEW.customer_id AND as_of = NEW.as_of
                       AND NEW.values ? indicator AND (snapshot_id = NEW.id
                         OR NEW.values ->> indicator IS NULL AND ended_at IS NOT NULL)) THEN
          RAISE EXCEPTION 'a value in place of a source without an override' USING ERRCODE = 'TW008';
        END IF;
        RETURN NULL;
      END $$;
      CREATE CONSTRAINT TRIGGER indicator_snapshot_override AFTER INSERT ON indicator_snapshot
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.source = 'override')
        EXECUTE FUNCTION indicator_snapshot_override();

      CREATE TRIGGER input_override_ended BEFORE UPDATE ON input_override
        FOR EACH ROW WHEN (OLD.ended_at IS NOT NULL) EXECUTE FUNCTION tw_refuse_reopening();
      CREATE TRIGGER input_override_actor BEFORE INSERT OR UPDATE OR DELETE ON input_override
        FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
      CREATE TRIGGER input_override_keep BEFORE DELETE OR TRUNCATE ON input_override
        FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
      GRANT SELECT, INSERT ON input_override TO tierwarden_app;
      GRANT UPDATE (ended_at, end_cause) ON input_override TO tierwarden_app;
      GRANT SELECT ON input_override TO tierwarden_reader;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TRIGGER indicator_snapshot_override ON indicator_snapshot;
      DROP FUNCTION indicator_snapshot_override();
      DROP TABLE input_override;
      DROP FUNCTION input_override_needs_request();
      DELETE FROM audit_trail WHERE table_name = 'input_override';
    `);
  }
}
