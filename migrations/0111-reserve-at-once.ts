/**
 * A reservation decides, moves the balances and writes its entry in one statement under the lock, and looks for a group only
 * where there may be one. And nobody slips into a group: whoever opens a limit waits for relations under way, and they for him.
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { RELATION_WAITS, RESERVE_BY_STEPS } from './0072-exposure';

export class ReserveAtOnce1767225600111 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(RESERVE_AT_ONCE);
    await runner.query(`
      -- Who has no limit yet is held by his master data, which opening a limit and relating parties take turns at.
      CREATE FUNCTION credit_limit_waits() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        PERFORM FROM customer WHERE id = NEW.customer_id FOR NO KEY UPDATE;
        RETURN NEW;
      END $$;
      CREATE TRIGGER credit_limit_waits BEFORE INSERT ON credit_limit FOR EACH ROW EXECUTE FUNCTION credit_limit_waits();
    `);
    await runner.query(replacing(RELATION_WAITS).replace(LIMITS, `${MASTER_DATA}\n${LIMITS}`));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TRIGGER credit_limit_waits ON credit_limit;
      DROP FUNCTION credit_limit_waits();
    `);
    await runner.query(replacing(RELATION_WAITS));
    await runner.query(replacing(RESERVE_BY_STEPS));
  }
}

const replacing = (made: string): string => made.replace('CREATE FUNCTION', 'CREATE OR REPLACE FUNCTION');

const LIMITS = '          PERFORM FROM credit_limit';
const MASTER_DATA = '          PERFORM FROM customer WHERE id = ANY (members) ORDER BY id FOR NO KEY UPDATE;';

/** As before: no row where the customer has no limit; where it is not posted, the facts or the entry that has the reference. */
const RESERVE_AT_ONCE = `
  CREATE OR REPLACE FUNCTION exposure_reserve(entry_id uuid, of_id uuid, of_product text, wanted numeric, wanted_currency text,
      ref text, minutes integer, at timestamptz,
      OUT posted boolean, OUT known_id uuid, OUT facts exposure_facts) RETURNS SETOF record
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  DECLARE
    members uuid[] := ARRAY[of_id];
    outcome record;
  BEGIN
    PERFORM FROM credit_limit WHERE customer_id = of_id FOR UPDATE;
    IF NOT FOUND THEN RETURN; END IF;
    IF EXISTS (SELECT FROM customer_relation WHERE from_id = of_id AND ended_at IS NULL
               UNION ALL SELECT FROM customer_relation WHERE to_id = of_id AND ended_at IS NULL) THEN
      members := customer_group(of_id);
      -- One at a time in a group, by its first member: what the others reserve meanwhile would not be seen.
      IF cardinality(members) > 1 THEN
        PERFORM pg_advisory_xact_lock(hashtextextended('exposure of ' || members[1], 0));
      END IF;
    END IF;
    WITH asked AS MATERIALIZED (
      SELECT held, (SELECT id FROM exposure_entry WHERE customer_id = of_id AND kind = 'RESERVE' AND reference = ref) AS known
      FROM exposure_facts(of_id, of_product, members, at) AS held),
    moved AS (
      UPDATE credit_limit AS held SET reserved = held.reserved + wanted, postings = held.postings + 1
      FROM asked
      WHERE held.customer_id = of_id AND known IS NULL AND NOT (asked.held).frozen AND (asked.held).new_business
        AND (asked.held).currency = wanted_currency
        AND (asked.held).used + (asked.held).reserved + wanted <= (asked.held).limit_amount
        AND coalesce((asked.held).product_exposure + wanted <= (asked.held).product_limit, true)
        AND coalesce((asked.held).group_exposure + wanted <= (asked.held).group_limit, true)
      RETURNING held.postings, (asked.held).limit_amount, held.used, held.reserved),
    entry AS (
      INSERT INTO exposure_entry (id, customer_id, number, kind, reference, product, amount, currency, hold_minutes,
        expires_at, used_change, reserved_change, limit_amount, used_after, reserved_after, booked_at, booked_by)
      SELECT entry_id, of_id, postings, 'RESERVE', ref, of_product, wanted, wanted_currency, minutes,
        at + make_interval(mins => minutes), 0, wanted, limit_amount, used, reserved, at, current_setting('tierwarden.actor', true)
      FROM moved RETURNING id, customer_id, expires_at),
    hold AS (INSERT INTO exposure_hold (reservation_id, customer_id, expires_at) SELECT id, customer_id, expires_at FROM entry)
    SELECT EXISTS (SELECT FROM moved) AS posted, known, held INTO outcome FROM asked;
    IF outcome.posted AND of_product <> '' THEN
      UPDATE credit_sub_limit SET reserved = reserved + wanted WHERE customer_id = of_id AND product = of_product;
      IF NOT FOUND THEN
        INSERT INTO credit_sub_limit (customer_id, product, reserved) VALUES (of_id, of_product, wanted);
      END IF;
    END IF;
    posted := outcome.posted;
    known_id := outcome.known;
    facts := outcome.held;
    RETURN NEXT;
  END $$`;
