/**
 * How much of a limit is in use: an append-only journal of reservations, and one balance row for each customer and product that
 * only the functions here move. Whatever the program does, use and reservations together never grow beyond the limit, the
 * sub-limit or the limit of the group (I11).
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export const RELATION_WAITS = `\
      CREATE FUNCTION customer_relation_waits() RETURNS trigger LANGUAGE plpgsql AS $$
      DECLARE
        locked uuid[] := '{}';
        members uuid[];
      BEGIN
        LOOP
          members := customer_group(NEW.from_id) || customer_group(NEW.to_id);
          EXIT WHEN members <@ locked;
          PERFORM FROM credit_limit WHERE customer_id = ANY (members) ORDER BY customer_id FOR UPDATE;
          locked := members;
        END LOOP;
        RETURN NULL;
      END $$;`;

export const RESERVE_BY_STEPS = `\
      CREATE FUNCTION exposure_reserve(entry_id uuid, of_id uuid, of_product text, wanted numeric, wanted_currency text,
          ref text, minutes integer, at timestamptz,
          OUT posted boolean, OUT known_id uuid, OUT facts exposure_facts) RETURNS SETOF record
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
      DECLARE
        members uuid[];
      BEGIN
        PERFORM FROM credit_limit WHERE customer_id = of_id FOR UPDATE;
        IF NOT FOUND THEN RETURN; END IF;
        posted := false;
        SELECT id INTO known_id FROM exposure_entry WHERE customer_id = of_id AND kind = 'RESERVE' AND reference = ref;
        IF NOT FOUND THEN
          members := customer_group(of_id);
          -- One at a time in a group, by its first member: what the others reserve meanwhile would not be seen.
          IF cardinality(members) > 1 THEN
            PERFORM pg_advisory_xact_lock(hashtextextended('exposure of ' || members[1], 0));
          END IF;
          SELECT * INTO facts FROM exposure_facts(of_id, of_product, members, at);
          posted := NOT facts.frozen AND facts.new_business AND facts.currency = wanted_currency
            AND facts.used + facts.reserved + wanted <= facts.limit_amount
            AND coalesce(facts.product_exposure + wanted <= facts.product_limit, true)
            AND coalesce(facts.group_exposure + wanted <= facts.group_limit, true);
          IF posted THEN
            PERFORM exposure_post(ROW(entry_id, of_id, 0, 'RESERVE', ref, NULL, of_product, wanted, wanted_currency, minutes,
              at + make_interval(mins => minutes), 0, wanted, facts.limit_amount, 0, 0, at, '')::exposure_entry);
          END IF;
        END IF;
        RETURN NEXT;
      END $$;`;

export class Exposure1767225600072 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE credit_limit
        ADD COLUMN used numeric(20, 2) NOT NULL DEFAULT 0 CHECK (used >= 0 AND used <> 'NaN'),
        ADD COLUMN reserved numeric(20, 2) NOT NULL DEFAULT 0 CHECK (reserved >= 0 AND reserved <> 'NaN'),
        -- Entries of its exposure journal.
        ADD COLUMN postings integer NOT NULL DEFAULT 0 CHECK (postings >= 0),
        -- A temporary raise ends by itself: from then on no more than this.
        ADD COLUMN falls_back_at timestamptz,
        ADD COLUMN falls_back_to numeric(20, 2) CHECK (falls_back_to >= 0 AND falls_back_to <> 'NaN'),
        ADD COLUMN review_on date,
        ADD CONSTRAINT credit_limit_falls_back CHECK ((falls_back_at IS NULL) = (falls_back_to IS NULL));

      CREATE FUNCTION exposure_exceeds() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        RAISE EXCEPTION 'use and reservations of % would exceed the limit', NEW.customer_id USING ERRCODE = 'TW011';
      END $$;
      CREATE TRIGGER credit_limit_within BEFORE UPDATE ON credit_limit FOR EACH ROW
        WHEN (NEW.used + NEW.reserved > OLD.used + OLD.reserved AND NEW.used + NEW.reserved > NEW.amount)
        EXECUTE FUNCTION exposure_exceeds();

      -- A product has a row from its first use on; without an amount only the limit itself bounds it.
      CREATE TABLE credit_sub_limit (
        customer_id uuid NOT NULL REFERENCES credit_limit,
        product text NOT NULL CHECK (product ~ '^[A-Z0-9][A-Z0-9_-]{0,39}$'),
        amount numeric(20, 2) CHECK (amount >= 0 AND amount <> 'NaN'),
        used numeric(20, 2) NOT NULL DEFAULT 0 CHECK (used >= 0 AND used <> 'NaN'),
        reserved numeric(20, 2) NOT NULL DEFAULT 0 CHECK (reserved >= 0 AND reserved <> 'NaN'),
        PRIMARY KEY (customer_id, product)
      );
      CREATE TRIGGER credit_sub_limit_within BEFORE UPDATE ON credit_sub_limit FOR EACH ROW
        WHEN (NEW.used + NEW.reserved > OLD.used + OLD.reserved AND NEW.used + NEW.reserved > NEW.amount)
        EXECUTE FUNCTION exposure_exceeds();

      -- Set for a customer, it bounds whatever group he is in; of several in a group the lowest holds.
      CREATE TABLE group_limit (
        customer_id uuid PRIMARY KEY REFERENCES customer,
        amount numeric(20, 2) CHECK (amount >= 0 AND amount <> 'NaN')
      );

      CREATE TABLE credit_freeze (
        id uuid PRIMARY KEY,
        customer_id uuid NOT NULL REFERENCES credit_limit,
        reason text NOT NULL CHECK (reason <> ''),
        frozen_at timestamptz NOT NULL,
        frozen_by text NOT NULL,
        lifted_at timestamptz CHECK (lifted_at >= frozen_at),
        request_id uuid REFERENCES change_request,
        CONSTRAINT credit_freeze_lifted_by_request CHECK ((lifted_at IS NULL) = (request_id IS NULL))
      );
      CREATE UNIQUE INDEX credit_freeze_open ON credit_freeze (customer_id) WHERE lifted_at IS NULL;
      CREATE INDEX credit_freeze_customer ON credit_freeze (customer_id, frozen_at DESC, id DESC);

      CREATE TABLE exposure_entry (
        id uuid PRIMARY KEY,
        customer_id uuid NOT NULL REFERENCES credit_limit,
        -- 1, 2, 3 … for each customer.
        number integer NOT NULL CHECK (number > 0),
        kind text NOT NULL CHECK (kind IN ('RESERVE', 'CONFIRM', 'RELEASE', 'EXPIRE', 'REPAY')),
        reference text NOT NULL CHECK (length(reference) BETWEEN 1 AND 100),
        reservation_id uuid REFERENCES exposure_entry,
        -- Empty where none was named.
        product text NOT NULL CHECK (product ~ '^([A-Z0-9][A-Z0-9_-]{0,39})?$'),
        amount numeric(20, 2) NOT NULL CHECK (amount > 0 AND amount <> 'NaN'),
        currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
        hold_minutes integer CHECK (hold_minutes > 0),
        expires_at timestamptz,
        used_change numeric(20, 2) NOT NULL,
        reserved_change numeric(20, 2) NOT NULL,
        -- As it was, and as it was left.
        limit_amount numeric(20, 2) NOT NULL,
        used_after numeric(20, 2) NOT NULL CHECK (used_after >= 0),
        reserved_after numeric(20, 2) NOT NULL CHECK (reserved_after >= 0),
        booked_at timestamptz NOT NULL,
        booked_by text NOT NULL,
        UNIQUE (customer_id, kind, reference),
        UNIQUE (customer_id, number),
        CONSTRAINT exposure_entry_moves CHECK (CASE kind
          WHEN 'RESERVE' THEN used_change = 0 AND reserved_change = amount
          WHEN 'CONFIRM' THEN used_change = amount AND reserved_change <= -amount
          WHEN 'REPAY' THEN used_change = -amount AND reserved_change = 0
          ELSE used_change = 0 AND reserved_change = -amount END),
        CONSTRAINT exposure_entry_settles CHECK ((kind IN ('CONFIRM', 'RELEASE', 'EXPIRE')) = (reservation_id IS NOT NULL)),
        CONSTRAINT exposure_entry_holds CHECK ((kind = 'RESERVE') = (expires_at IS NOT NULL)
          AND (kind = 'RESERVE') = (hold_minutes IS NOT NULL)),
        CONSTRAINT exposure_entry_within CHECK (kind <> 'RESERVE' OR used_after + reserved_after <= limit_amount)
      );
      -- A reservation ends once.
      CREATE UNIQUE INDEX exposure_entry_ends ON exposure_entry (reservation_id) WHERE reservation_id IS NOT NULL;

      -- Reservations that have not ended, for whoever ends them when their time is over.
      CREATE TABLE exposure_hold (
        reservation_id uuid PRIMARY KEY REFERENCES exposure_entry,
        customer_id uuid NOT NULL,
        expires_at timestamptz NOT NULL
      );
      CREATE INDEX exposure_hold_due ON exposure_hold (expires_at, reservation_id);
      CREATE INDEX exposure_hold_customer ON exposure_hold (customer_id);

      -- More in use or reserved than a limit allows since it was cut.
      CREATE TABLE credit_over_use (
        id uuid PRIMARY KEY,
        customer_id uuid NOT NULL REFERENCES credit_limit,
        product text NOT NULL,
        limit_amount numeric(20, 2) NOT NULL,
        exposure numeric(20, 2) NOT NULL,
        -- Entry of the cut.
        cause_id uuid NOT NULL,
        found_at timestamptz NOT NULL,
        ended_at timestamptz CHECK (ended_at >= found_at),
        CHECK (exposure > limit_amount)
      );
      CREATE UNIQUE INDEX credit_over_use_open ON credit_over_use (customer_id, product) WHERE ended_at IS NULL;
      CREATE INDEX credit_over_use_found ON credit_over_use (found_at DESC, id DESC);
      CREATE INDEX credit_over_use_customer ON credit_over_use (customer_id, found_at DESC, id DESC);

      -- Everybody reached over live parents, common controllers and majority shares, himself included, in the order of ids.
      CREATE FUNCTION customer_group(of_id uuid) RETURNS uuid[] LANGUAGE plpgsql STABLE AS $$
      DECLARE
        members uuid[] := ARRAY[of_id];
        found uuid[];
      BEGIN
        LOOP
          SELECT array_agg(id ORDER BY id) INTO found FROM (
            SELECT unnest(members) AS id
            UNION SELECT to_id FROM customer_relation WHERE from_id = ANY (members) AND ended_at IS NULL
              AND (kind IN ('PARENT', 'SAME_CONTROLLER') OR kind = 'SHAREHOLDER' AND share > 0.5)
            UNION SELECT from_id FROM customer_relation WHERE to_id = ANY (members) AND ended_at IS NULL
              AND (kind IN ('PARENT', 'SAME_CONTROLLER') OR kind = 'SHAREHOLDER' AND share > 0.5)) AS reached;
          EXIT WHEN cardinality(found) = cardinality(members);
          members := found;
        END LOOP;
        RETURN members;
      END $$;

      -- Groups stand still while one of their members reserves: whoever relates parties waits for the limits of all whom it
      -- brings together or parts.
${RELATION_WAITS}
      CREATE TRIGGER customer_relation_waits AFTER INSERT OR UPDATE ON customer_relation
        FOR EACH ROW EXECUTE FUNCTION customer_relation_waits();

      -- All that a reservation is decided by.
      CREATE TYPE exposure_facts AS (
        currency text,
        limit_amount numeric,
        used numeric,
        reserved numeric,
        frozen boolean,
        new_business boolean,
        -- Null where the product has no sub-limit.
        product_limit numeric,
        product_exposure numeric,
        -- Null outside of groups, and where the group has no limit.
        group_limit numeric,
        group_exposure numeric
      );
      CREATE FUNCTION exposure_facts(of_id uuid, of_product text, members uuid[], at timestamptz) RETURNS SETOF exposure_facts
        LANGUAGE sql STABLE AS $$
        SELECT held.currency,
          CASE WHEN held.falls_back_at <= at THEN least(held.amount, held.falls_back_to) ELSE held.amount END,
          held.used, held.reserved,
          EXISTS (SELECT FROM credit_freeze WHERE customer_id = of_id AND lifted_at IS NULL),
          coalesce((policy.content #>> ARRAY['grades', graded.grade::text, 'newBusinessAllowed'])::boolean, false),
          part.amount, CASE WHEN part.amount IS NOT NULL THEN part.used + part.reserved END,
          together.limit_amount, CASE WHEN together.limit_amount IS NOT NULL THEN together.exposure END
        FROM credit_limit AS held
        LEFT JOIN customer_grade AS graded ON graded.customer_id = held.customer_id
        LEFT JOIN credit_sub_limit AS part ON part.customer_id = held.customer_id AND part.product = of_product
        LEFT JOIN LATERAL (SELECT content FROM policy_version WHERE kind = 'LIMIT' AND effective_from <= at
          ORDER BY number DESC LIMIT 1) AS policy ON true
        LEFT JOIN LATERAL (
          SELECT least((policy.content ->> 'groupLimit')::numeric,
              (SELECT min(amount) FROM group_limit WHERE customer_id = ANY (members))) AS limit_amount,
            (SELECT sum(member.used + member.reserved) FROM credit_limit AS member
             WHERE member.customer_id = ANY (members)) AS exposure
          WHERE cardinality(members) > 1) AS together ON true
        WHERE held.customer_id = of_id $$;

      -- Where use fell to what is allowed again.
      CREATE FUNCTION credit_over_use_ends(of_id uuid, at timestamptz) RETURNS void LANGUAGE sql AS $$
        UPDATE credit_over_use AS over SET ended_at = greatest(at, over.found_at)
        WHERE over.customer_id = of_id AND over.ended_at IS NULL AND CASE over.product
          WHEN '' THEN EXISTS (SELECT FROM credit_limit WHERE customer_id = of_id AND used + reserved <= amount)
          ELSE NOT EXISTS (SELECT FROM credit_sub_limit AS part WHERE part.customer_id = of_id
                           AND part.product = over.product AND part.used + part.reserved > part.amount) END $$;

      -- Moves the balances and writes down why; nothing else does either.
      CREATE FUNCTION exposure_post(entry exposure_entry) RETURNS void LANGUAGE plpgsql AS $$
      BEGIN
        UPDATE credit_limit SET used = used + entry.used_change, reserved = reserved + entry.reserved_change,
          postings = postings + 1
        WHERE customer_id = entry.customer_id RETURNING postings, used, reserved
        INTO entry.number, entry.used_after, entry.reserved_after;
        IF entry.product <> '' THEN
          UPDATE credit_sub_limit SET used = used + entry.used_change, reserved = reserved + entry.reserved_change
          WHERE customer_id = entry.customer_id AND product = entry.product;
          IF NOT FOUND THEN
            INSERT INTO credit_sub_limit (customer_id, product, used, reserved)
            VALUES (entry.customer_id, entry.product, entry.used_change, entry.reserved_change);
          END IF;
        END IF;
        entry.booked_by := current_setting('tierwarden.actor', true);
        INSERT INTO exposure_entry SELECT entry.*;
        IF entry.kind = 'RESERVE' THEN
          INSERT INTO exposure_hold VALUES (entry.id, entry.customer_id, entry.expires_at);
        ELSE
          DELETE FROM exposure_hold WHERE reservation_id = entry.reservation_id;
          PERFORM credit_over_use_ends(entry.customer_id, entry.booked_at);
        END IF;
      END $$;

      -- Reserves, or says what stands against it: the facts of the moment, or the entry that has the reference. No row where the
      -- customer has no limit.
${RESERVE_BY_STEPS}

      -- Ends a reservation: confirmed for as much of it as is named, and the rest is free; or released; or expired. Else it says how the
      -- reservation stands. No row where there is none.
      CREATE FUNCTION exposure_settle(entry_id uuid, of_id uuid, ref text, verb text, wanted numeric, at timestamptz,
          OUT posted boolean, OUT known_id uuid, OUT held numeric, OUT expires_at timestamptz, OUT ended_as text) RETURNS SETOF record
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
      DECLARE
        reservation exposure_entry;
        taken numeric;
      BEGIN
        PERFORM FROM credit_limit WHERE customer_id = of_id FOR UPDATE;
        SELECT * INTO reservation FROM exposure_entry
        WHERE customer_id = of_id AND kind = 'RESERVE' AND reference = ref;
        IF NOT FOUND THEN RETURN; END IF;
        held := reservation.amount;
        expires_at := reservation.expires_at;
        SELECT id, kind INTO known_id, ended_as FROM exposure_entry WHERE reservation_id = reservation.id;
        taken := CASE verb WHEN 'CONFIRM' THEN coalesce(wanted, held) ELSE held END;
        posted := ended_as IS NULL AND taken <= held AND (CASE verb WHEN 'CONFIRM' THEN at < reservation.expires_at
          WHEN 'RELEASE' THEN true ELSE at >= reservation.expires_at END);
        IF posted THEN
          PERFORM exposure_post(ROW(entry_id, of_id, 0, verb, ref, reservation.id, reservation.product, taken,
            reservation.currency, NULL, NULL, CASE verb WHEN 'CONFIRM' THEN taken ELSE 0 END, -held,
            (SELECT amount FROM credit_limit WHERE customer_id = of_id), 0, 0, at, '')::exposure_entry);
        END IF;
        RETURN NEXT;
      END $$;

      -- Books what was paid back, or says how much is in use: of the product, or of none.
      CREATE FUNCTION exposure_repay(entry_id uuid, of_id uuid, of_product text, paid numeric, paid_currency text, ref text,
          at timestamptz, OUT posted boolean, OUT known_id uuid, OUT currency text, OUT in_use numeric) RETURNS SETOF record
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
      DECLARE
        balance credit_limit;
      BEGIN
        SELECT * INTO balance FROM credit_limit WHERE customer_id = of_id FOR UPDATE;
        IF NOT FOUND THEN RETURN; END IF;
        currency := balance.currency;
        SELECT CASE of_product WHEN '' THEN balance.used - coalesce(sum(used), 0)
          ELSE coalesce(sum(used) FILTER (WHERE product = of_product), 0) END
        INTO in_use FROM credit_sub_limit WHERE customer_id = of_id;
        SELECT id INTO known_id FROM exposure_entry WHERE customer_id = of_id AND kind = 'REPAY' AND reference = ref;
        posted := known_id IS NULL AND currency = paid_currency AND paid <= in_use;
        IF posted THEN
          PERFORM exposure_post(ROW(entry_id, of_id, 0, 'REPAY', ref, NULL, of_product, paid, paid_currency, NULL, NULL,
            -paid, 0, balance.amount, 0, 0, at, '')::exposure_entry);
        END IF;
        RETURN NEXT;
      END $$;

      REVOKE EXECUTE ON FUNCTION exposure_post(exposure_entry), exposure_reserve, exposure_settle, exposure_repay,
        credit_over_use_ends FROM PUBLIC;
      GRANT EXECUTE ON FUNCTION exposure_reserve, exposure_settle, exposure_repay TO tierwarden_app;

      -- Freezing waits for reservations under way, and those that come after it see it.
      CREATE FUNCTION credit_freeze_guard() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF TG_OP = 'UPDATE' THEN
          IF OLD.lifted_at IS NOT NULL THEN
            RAISE EXCEPTION 'it is lifted once' USING ERRCODE = 'TW004';
          END IF;
        ELSIF NEW.lifted_at IS NOT NULL OR NEW.frozen_by IS DISTINCT FROM current_setting('tierwarden.actor', true) THEN
          RAISE EXCEPTION 'nobody freezes in the name of another' USING ERRCODE = 'TW010';
        END IF;
        PERFORM FROM credit_limit WHERE customer_id = NEW.customer_id FOR UPDATE;
        RETURN NEW;
      END $$;
      CREATE TRIGGER credit_freeze_guard BEFORE INSERT OR UPDATE ON credit_freeze
        FOR EACH ROW EXECUTE FUNCTION credit_freeze_guard();
      CREATE FUNCTION credit_freeze_needs_request() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF NOT EXISTS (SELECT FROM change_request WHERE id = NEW.request_id AND state = 'APPLIED'
                       AND kind = 'LIMIT_UNFREEZE' AND subject_id = NEW.customer_id::text) THEN
          RAISE EXCEPTION 'a freeze is lifted by an applied request' USING ERRCODE = 'TW008';
        END IF;
        RETURN NULL;
      END $$;
      CREATE CONSTRAINT TRIGGER credit_freeze_needs_request AFTER UPDATE ON credit_freeze
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION credit_freeze_needs_request();

      GRANT INSERT ON credit_freeze TO tierwarden_app;
      GRANT UPDATE (lifted_at, request_id) ON credit_freeze TO tierwarden_app;
      GRANT UPDATE (review_on) ON credit_limit TO tierwarden_app;

      INSERT INTO audit_trail_exemption (table_name, reason) VALUES
        ('exposure_hold', 'reservations of exposure_entry that have not ended, forgotten when they end');
    `);
    for (const table of TABLES) {
      await runner.query(`
        CREATE TRIGGER ${table}_actor BEFORE INSERT OR UPDATE OR DELETE ON ${table}
          FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
        GRANT SELECT ON ${table} TO tierwarden_app, tierwarden_reader;
      `);
      if (table === 'exposure_hold') continue;
      await runner.query(`
        CREATE TRIGGER ${table}_keep BEFORE ${table === 'exposure_entry' ? 'UPDATE OR ' : ''}DELETE OR TRUNCATE ON ${table}
          FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
      `);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TRIGGER customer_relation_waits ON customer_relation;
      DROP FUNCTION customer_relation_waits();
      DROP FUNCTION exposure_reserve, exposure_settle, exposure_repay, exposure_post, credit_over_use_ends, customer_group;
      DROP FUNCTION exposure_facts(uuid, text, uuid[], timestamptz);
      DROP TYPE exposure_facts;
      DROP TABLE exposure_hold, exposure_entry, credit_over_use, credit_freeze, group_limit, credit_sub_limit;
      DROP FUNCTION credit_freeze_guard(), credit_freeze_needs_request();
      DROP TRIGGER credit_limit_within ON credit_limit;
      DROP FUNCTION exposure_exceeds();
      ALTER TABLE credit_limit DROP CONSTRAINT credit_limit_falls_back, DROP COLUMN used, DROP COLUMN reserved,
        DROP COLUMN postings, DROP COLUMN falls_back_at, DROP COLUMN falls_back_to, DROP COLUMN review_on;
      DELETE FROM audit_trail_exemption WHERE table_name = 'exposure_hold';
      DELETE FROM audit_trail WHERE table_name IN ('exposure_entry', 'credit_over_use', 'credit_freeze', 'group_limit', 'credit_sub_limit');
    `);
  }
}

const TABLES = [
  'credit_sub_limit',
  'group_limit',
  'credit_freeze',
  'exposure_entry',
  'exposure_hold',
  'credit_over_use',
];
