/**
 * What was shown under an idempotency key: the answer as it left, so that asking again shows the same also where the objects
 * in it have changed since. Written once, after the commit that the key stands for.
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class ShownAnswers1767225600021 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE idempotency_key
        -- Text, in the order in which it was asked for.
        ADD COLUMN shown json,
        -- Digest of the fields that were asked for and of whoever may see what.
        ADD COLUMN shown_to text CHECK (shown_to ~ '^[0-9a-f]{64}$'),
        ADD CHECK ((shown IS NULL) = (shown_to IS NULL));
      DROP TRIGGER idempotency_key_answered ON idempotency_key;
      CREATE TRIGGER idempotency_key_answered BEFORE UPDATE ON idempotency_key FOR EACH ROW
        WHEN (OLD.answer IS NOT NULL
              AND (OLD.shown IS NOT NULL OR NEW.shown IS NULL OR NEW.answer::text IS DISTINCT FROM OLD.answer::text))
        EXECUTE FUNCTION tw_refuse_change();
      GRANT UPDATE (shown, shown_to) ON idempotency_key TO tierwarden_app;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TRIGGER idempotency_key_answered ON idempotency_key;
      ALTER TABLE idempotency_key DROP COLUMN shown, DROP COLUMN shown_to;
      CREATE TRIGGER idempotency_key_answered BEFORE UPDATE ON idempotency_key
        FOR EACH ROW WHEN (OLD.answer IS NOT NULL) EXECUTE FUNCTION tw_refuse_change();
    `);
  }
}
