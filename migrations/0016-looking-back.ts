/**
 * For looking back: indexes for what was there before, and moves of a limit that are booked in the order of their time, as
 * grades already are. So the newest entry up to a moment is the one that was in force then.
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class LookingBack1767225600016 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE INDEX customer_version_number ON customer_version ((fields ->> 'number'));
      CREATE INDEX customer_relation_from ON customer_relation (from_id, kind);
    `);
    await replaceBooking(runner, 'AND updated_at <= NEW.booked_at');
  }

  async down(runner: QueryRunner): Promise<void> {
    await replaceBooking(runner, '');
    await runner.query('DROP INDEX customer_relation_from; DROP INDEX customer_version_number;');
  }
}

const replaceBooking = async (runner: QueryRunner, inOrder: string): Promise<void> => {
  await runner.query(`
    CREATE OR REPLACE FUNCTION credit_limit_book() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
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
        WHERE customer_id = NEW.customer_id AND amount = NEW.before AND currency = NEW.currency ${inOrder};
        IF NOT FOUND THEN
          RAISE EXCEPTION 'limit entry does not start from the limit in force' USING ERRCODE = 'TW009';
        END IF;
      END IF;
      RETURN NULL;
    END $$;
  `);
};
