/**
 * Further moves of limits: raises that end by themselves, sub-limits and group limits with a journal of their own, and what is
 * used beyond a limit that was cut. What tightens takes one person; what loosens takes an applied request.
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class LimitMoves1767225600073 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE credit_limit_entry
        ADD COLUMN until timestamptz,
        DROP CONSTRAINT credit_limit_entry_kind_check,
        ADD CONSTRAINT credit_limit_entry_kind_check CHECK (kind IN ('OPENING', 'POLICY_CUT', 'RAISE', 'FALL_BACK')),
        DROP CONSTRAINT credit_limit_entry_check,
        ADD CONSTRAINT credit_limit_entry_check CHECK (CASE kind WHEN 'OPENING' THEN before = 0
          WHEN 'RAISE' THEN after > before ELSE after < before END),
        ADD CONSTRAINT credit_limit_entry_until CHECK (until IS NULL OR kind = 'RAISE' AND until > booked_at);
      CREATE INDEX credit_limit_falls_back_due ON credit_limit (falls_back_at) WHERE falls_back_at IS NOT NULL;
    `);
    await runner.query(BOOK);
    await runner.query(
      NEEDS_REQUEST.replace(
        '$UNTIL',
        `AND (payload ->> 'until')::timestamptz IS NOT DISTINCT FROM NEW.until
                       AND coalesce(payload ->> 'scope', 'CUSTOMER') = 'CUSTOMER'`,
      ),
    );
    await runner.query(`
      CREATE TABLE sub_limit_entry (
        id uuid PRIMARY KEY,
        customer_id uuid NOT NULL REFERENCES customer,
        scope text NOT NULL CHECK (scope IN ('PRODUCT', 'GROUP')),
        product text NOT NULL DEFAULT '',
        -- Null where there was none.
        before numeric(20, 2) CHECK (before >= 0 AND before <> 'NaN'),
        after numeric(20, 2) NOT NULL CHECK (after >= 0 AND after <> 'NaN'),
        reason text NOT NULL CHECK (reason <> ''),
        request_id uuid REFERENCES change_request,
        booked_at timestamptz NOT NULL,
        booked_by text NOT NULL,
        CHECK ((scope = 'GROUP') = (product = '')),
        CONSTRAINT sub_limit_entry_loosens CHECK (CASE WHEN request_id IS NULL THEN coalesce(after < before, true)
          ELSE after > before AND before IS NOT NULL END)
      );
      CREATE INDEX sub_limit_entry_customer ON sub_limit_entry (customer_id, booked_at DESC, id DESC);

      CREATE FUNCTION sub_limit_book() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
        SET search_path = public, pg_temp AS $$
      BEGIN
        IF TG_RELID <> 'public.sub_limit_entry'::regclass THEN
          RAISE EXCEPTION 'sub-limits move by their journal alone' USING ERRCODE = 'TW009';
        END IF;
        IF NEW.booked_by IS DISTINCT FROM current_setting('tierwarden.actor', true) THEN
          RAISE EXCEPTION 'an entry names its own actor' USING ERRCODE = 'TW010';
        END IF;
        IF NEW.scope = 'GROUP' THEN
          INSERT INTO group_limit (customer_id) VALUES (NEW.customer_id) ON CONFLICT DO NOTHING;
          UPDATE group_limit SET amount = NEW.after
          WHERE customer_id = NEW.customer_id AND amount IS NOT DISTINCT FROM NEW.before;
        ELSE
          PERFORM FROM credit_limit WHERE customer_id = NEW.customer_id FOR UPDATE;
          INSERT INTO credit_sub_limit (customer_id, product) VALUES (NEW.customer_id, NEW.product) ON CONFLICT DO NOTHING;
          UPDATE credit_sub_limit SET amount = NEW.after
          WHERE customer_id = NEW.customer_id AND product = NEW.product AND amount IS NOT DISTINCT FROM NEW.before;
        END IF;
        IF NOT FOUND THEN
          RAISE EXCEPTION 'entry does not start from what is in force' USING ERRCODE = 'TW009';
        END IF;
        IF NEW.scope = 'PRODUCT' THEN
          PERFORM credit_over_use_ends(NEW.customer_id, NEW.booked_at);
          INSERT INTO credit_over_use (id, customer_id, product, limit_amount, exposure, cause_id, found_at)
          SELECT gen_random_uuid(), customer_id, product, amount, used + reserved, NEW.id, NEW.booked_at FROM credit_sub_limit
          WHERE customer_id = NEW.customer_id AND product = NEW.product AND used + reserved > amount
          ON CONFLICT (customer_id, product) WHERE ended_at IS NULL DO NOTHING;
        END IF;
        RETURN NULL;
      END $$;
      REVOKE EXECUTE ON FUNCTION sub_limit_book() FROM PUBLIC;
      CREATE TRIGGER sub_limit_book AFTER INSERT ON sub_limit_entry FOR EACH ROW EXECUTE FUNCTION sub_limit_book();

      CREATE FUNCTION sub_limit_needs_request() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF NOT EXISTS (SELECT FROM change_request WHERE id = NEW.request_id AND state = 'APPLIED'
                       AND kind = 'CREDIT_LIMIT' AND subject_id = NEW.customer_id::text
                       AND payload ->> 'scope' = NEW.scope AND coalesce(payload ->> 'product', '') = NEW.product
                       AND payload ->> 'toAmount' = NEW.after::text) THEN
          RAISE EXCEPTION 'raise without an applied request' USING ERRCODE = 'TW008';
        END IF;
        RETURN NULL;
      END $$;
      CREATE CONSTRAINT TRIGGER sub_limit_needs_request AFTER INSERT ON sub_limit_entry
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.request_id IS NOT NULL)
        EXECUTE FUNCTION sub_limit_needs_request();

      CREATE TRIGGER sub_limit_entry_actor BEFORE INSERT ON sub_limit_entry
        FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
      CREATE TRIGGER sub_limit_entry_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON sub_limit_entry
        FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
      GRANT SELECT, INSERT ON sub_limit_entry TO tierwarden_app;
      GRANT SELECT ON sub_limit_entry TO tierwarden_reader;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TABLE sub_limit_entry;
      DROP FUNCTION sub_limit_book(), sub_limit_needs_request();
    `);
    await runner.query(NEEDS_REQUEST.replace('$UNTIL', ''));
    await runner.query(BOOK_BEFORE);
    await runner.query(`
      DROP INDEX credit_limit_falls_back_due;
      ALTER TABLE credit_limit_entry
        DROP CONSTRAINT credit_limit_entry_until,
        DROP CONSTRAINT credit_limit_entry_check,
        DROP CONSTRAINT credit_limit_entry_kind_check,
        DROP COLUMN until;
      -- A limit that fell back keeps its entry, under the name that the schema before has for a cut.
      ALTER TABLE credit_limit_entry DISABLE TRIGGER USER;
      UPDATE credit_limit_entry SET kind = 'POLICY_CUT' WHERE kind = 'FALL_BACK';
      ALTER TABLE credit_limit_entry ENABLE TRIGGER USER;
      ALTER TABLE credit_limit_entry
        ADD CONSTRAINT credit_limit_entry_kind_check CHECK (kind IN ('OPENING', 'POLICY_CUT', 'RAISE')),
        ADD CONSTRAINT credit_limit_entry_check CHECK
          (CASE kind WHEN 'OPENING' THEN before = 0 WHEN 'POLICY_CUT' THEN after < before ELSE after > before END);
      DELETE FROM audit_trail WHERE table_name = 'sub_limit_entry';
    `);
  }
}

const book = (move: string): string => `
  CREATE OR REPLACE FUNCTION credit_limit_book() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = public, pg_temp AS $$
  DECLARE
    is_over boolean;
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
${move}
    END IF;
    RETURN NULL;
  END $$`;

const BOOK_BEFORE = book(`
      UPDATE credit_limit SET amount = NEW.after, version = version + 1, updated_at = NEW.booked_at
      WHERE customer_id = NEW.customer_id AND amount = NEW.before AND currency = NEW.currency
        AND updated_at <= NEW.booked_at;
      IF NOT FOUND THEN
        RAISE EXCEPTION 'limit entry does not start from the limit in force' USING ERRCODE = 'TW009';
      END IF;`).replace('  DECLARE\n    is_over boolean;\n', '');

/** One temporary raise at a time; a lasting raise takes its place, and a cut to where it would fall back leaves nothing of it. */
const BOOK = book(`
      UPDATE credit_limit SET amount = NEW.after, version = version + 1, updated_at = NEW.booked_at,
        falls_back_at = CASE NEW.kind WHEN 'RAISE' THEN NEW.until
          WHEN 'POLICY_CUT' THEN CASE WHEN NEW.after > falls_back_to THEN falls_back_at END END,
        falls_back_to = CASE NEW.kind WHEN 'RAISE' THEN CASE WHEN NEW.until IS NOT NULL THEN NEW.before END
          WHEN 'POLICY_CUT' THEN CASE WHEN NEW.after > falls_back_to THEN falls_back_to END END,
        review_on = CASE WHEN NEW.kind = 'RAISE' AND NEW.until IS NULL
          THEN (NEW.booked_at AT TIME ZONE 'UTC' + interval '12 months')::date ELSE review_on END
      WHERE customer_id = NEW.customer_id AND amount = NEW.before AND currency = NEW.currency
        AND updated_at <= NEW.booked_at AND (NEW.until IS NULL OR falls_back_at IS NULL)
        AND (NEW.kind <> 'FALL_BACK' OR falls_back_at <= NEW.booked_at AND falls_back_to = NEW.after)
      RETURNING used + reserved > amount INTO is_over;
      IF NOT FOUND THEN
        RAISE EXCEPTION 'limit entry does not start from the limit in force' USING ERRCODE = 'TW009';
      END IF;
      IF is_over THEN
        INSERT INTO credit_over_use (id, customer_id, product, limit_amount, exposure, cause_id, found_at)
        SELECT gen_random_uuid(), customer_id, '', amount, used + reserved, NEW.id, NEW.booked_at FROM credit_limit
        WHERE customer_id = NEW.customer_id
        ON CONFLICT (customer_id, product) WHERE ended_at IS NULL DO NOTHING;
      ELSIF NEW.kind = 'RAISE' THEN
        PERFORM credit_over_use_ends(NEW.customer_id, NEW.booked_at);
      END IF;`);

const NEEDS_REQUEST = `
  CREATE OR REPLACE FUNCTION credit_limit_raise_needs_request() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    IF NOT EXISTS (SELECT FROM change_request WHERE id::text = NEW.cause_id AND state = 'APPLIED'
                   AND kind = 'CREDIT_LIMIT' AND subject_id = NEW.customer_id::text
                   AND payload ->> 'toAmount' = NEW.after::text
                   $UNTIL) THEN
      RAISE EXCEPTION 'raise without an applied request' USING ERRCODE = 'TW008';
    END IF;
    RETURN NULL;
  END $$`;
