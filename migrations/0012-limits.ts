/**
 * Credit limits and the journal that explains every change of one. The amount is what the newest entry says: an entry
 * moves it in the same statement, and nothing else may.
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Limits1767225600012 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE credit_limit (
        customer_id uuid PRIMARY KEY REFERENCES customer,
        amount numeric(20, 2) NOT NULL CHECK (amount >= 0 AND amount <> 'NaN'),
        currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
        version integer NOT NULL CHECK (version > 0),
        updated_at timestamptz NOT NULL
      );

      CREATE TABLE credit_limit_entry (
        id uuid PRIMARY KEY,
        customer_id uuid NOT NULL REFERENCES customer,
        kind text NOT NULL CHECK (kind IN ('OPENING', 'POLICY_CUT', 'RAISE')),
        before numeric(20, 2) NOT NULL CHECK (before >= 0 AND before <> 'NaN'),
        after numeric(20, 2) NOT NULL CHECK (after >= 0 AND after <> 'NaN'),
        currency text NOT NULL,
        cause_id text NOT NULL,
        booked_at timestamptz NOT NULL,
        booked_by text NOT NULL,
        CHECK (CASE kind WHEN 'OPENING' THEN before = 0 WHEN 'POLICY_CUT' THEN after < before ELSE after > before END)
      );
      CREATE UNIQUE INDEX credit_limit_entry_opening ON credit_limit_entry (customer_id) WHERE kind = 'OPENING';
      CREATE UNIQUE INDEX credit_limit_entry_raise ON credit_limit_entry (cause_id) WHERE kind = 'RAISE';
      CREATE INDEX credit_limit_entry_customer ON credit_limit_entry (customer_id, booked_at DESC, id DESC);

      -- Books the entry: the limit must stand where the entry starts from.
      CREATE FUNCTION credit_limit_book() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
        SET search_path = public, pg_temp AS $$
      BEGIN
        -- It runs with the owner's rights, so it serves no other table.
        IF TG_RELID <> 'public.credit_limit_entry'::regclass THEN
          RAISE EXCEPTION 'limits move by their journal alone' USING ERRCODE = 'TW009';
        END IF;
        IF NEW.booked_by IS DISTINCT FROM current_setting('tierwarden.actor', true) THEN
          RAISE EXCEPTION 'an entry names its own actor' USING ERRCODE = 'TW010';
        END IF;
        IF NEW.kind = 'OPENING' THEN
          -- People open a limit at nothing, by a raise; a book that is taken over is opened by the installation.
          IF NEW.after > 0 AND NEW.booked_by NOT LIKE 'system:%' THEN
            RAISE EXCEPTION 'a person opens no limit' USING ERRCODE = 'TW008';
          END IF;
          INSERT INTO credit_limit (customer_id, amount, currency, version, updated_at)
          VALUES (NEW.customer_id, NEW.after, NEW.currency, 1, NEW.booked_at);
        ELSE
          UPDATE credit_limit SET amount = NEW.after, version = version + 1, updated_at = NEW.booked_at
          WHERE customer_id = NEW.customer_id AND amount = NEW.before AND currency = NEW.currency;
          IF NOT FOUND THEN
            RAISE EXCEPTION 'limit entry does not start from the limit in force' USING ERRCODE = 'TW009';
          END IF;
        END IF;
        RETURN NULL;
      END $$;
      REVOKE EXECUTE ON FUNCTION credit_limit_book() FROM PUBLIC;
      CREATE TRIGGER credit_limit_book AFTER INSERT ON credit_limit_entry
        FOR EACH ROW EXECUTE FUNCTION credit_limit_book();

      -- A raise needs its applied request.
      CREATE FUNCTION credit_limit_raise_needs_request() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF NOT EXISTS (SELECT FROM change_request WHERE id::text = NEW.cause_id AND state = 'APPLIED'
                       AND kind = 'CREDIT_LIMIT' AND subject_id = NEW.customer_id::text
                       AND payload ->> 'toAmount' = NEW.after::text) THEN
          RAISE EXCEPTION 'raise without an applied request' USING ERRCODE = 'TW008';
        END IF;
        RETURN NULL;
      END $$;
      CREATE CONSTRAINT TRIGGER credit_limit_raise_needs_request AFTER INSERT ON credit_limit_entry
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.kind = 'RAISE')
        EXECUTE FUNCTION credit_limit_raise_needs_request();

      CREATE TRIGGER credit_limit_actor BEFORE INSERT OR UPDATE OR DELETE ON credit_limit
        FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
      CREATE TRIGGER credit_limit_keep BEFORE DELETE OR TRUNCATE ON credit_limit
        FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
      CREATE TRIGGER credit_limit_entry_actor BEFORE INSERT ON credit_limit_entry
        FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
      CREATE TRIGGER credit_limit_entry_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON credit_limit_entry
        FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();

      GRANT SELECT ON credit_limit TO tierwarden_app;
      -- Only for row locks; the amount moves through the journal alone.
      GRANT UPDATE (updated_at) ON credit_limit TO tierwarden_app;
      GRANT SELECT, INSERT ON credit_limit_entry TO tierwarden_app;
      GRANT SELECT ON credit_limit, credit_limit_entry TO tierwarden_reader;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TABLE credit_limit_entry;
      DROP TABLE credit_limit;
      DROP FUNCTION credit_limit_book();
      DROP FUNCTION credit_limit_raise_needs_request();
    `);
  }
}
