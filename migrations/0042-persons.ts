/**
 * Natural persons as parties: what is personal of them, sealed under a key of their own; whether it may be worked with, is held
 * for a court or must be kept; and the keys, wrapped, which are destroyed to erase. Their customer rows bear a pseudonym.
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Persons1767225600042 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE person (
        customer_id uuid PRIMARY KEY REFERENCES customer,
        form text NOT NULL CHECK (form IN ('PERSON', 'SOLE_PROPRIETOR')),
        -- AES-256-GCM under the person's key: nonce, ciphertext, tag. Null once erased.
        sealed bytea CHECK (octet_length(sealed) > 28),
        -- HMAC-SHA-256 of what is sealed, under a key derived from the person's.
        commitment text NOT NULL CHECK (commitment ~ '^[0-9a-f]{64}$'),
        -- For finding somebody by a whole value, without keeping it.
        name_index bytea,
        id_number_index bytea,
        phone_index bytea,
        state text NOT NULL CHECK (state IN ('ACTIVE', 'RESTRICTED', 'ERASED')),
        held_since timestamptz,
        retain_until date,
        version integer NOT NULL CHECK (version > 0),
        updated_at timestamptz NOT NULL,
        CHECK ((state = 'ERASED') = (sealed IS NULL)),
        CHECK (state <> 'ERASED' OR num_nonnulls(name_index, id_number_index, phone_index) = 0),
        CHECK (state <> 'ERASED' OR held_since IS NULL)
      );
      CREATE INDEX person_name ON person (name_index) WHERE name_index IS NOT NULL;
      CREATE INDEX person_id_number ON person (id_number_index) WHERE id_number_index IS NOT NULL;
      CREATE INDEX person_phone ON person (phone_index) WHERE phone_index IS NOT NULL;
      CREATE INDEX person_blocked ON person (customer_id) WHERE state <> 'ACTIVE';

      CREATE TABLE subject_key (
        subject_id uuid PRIMARY KEY,
        -- The person's key, wrapped under a master key; null once destroyed.
        wrapped bytea CHECK (octet_length(wrapped) = 60),
        master_key_id text NOT NULL CHECK (master_key_id ~ '^[0-9a-f]{8}$'),
        created_at timestamptz NOT NULL,
        destroyed_at timestamptz,
        CHECK ((wrapped IS NULL) = (destroyed_at IS NOT NULL))
      );
      CREATE INDEX subject_key_master ON subject_key (master_key_id, subject_id) WHERE wrapped IS NOT NULL;

      CREATE FUNCTION subject_key_guard() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF OLD.wrapped IS NULL THEN
          RAISE EXCEPTION 'a destroyed key does not come back' USING ERRCODE = 'TW013';
        END IF;
        RETURN NEW;
      END $$;
      CREATE TRIGGER subject_key_guard BEFORE UPDATE ON subject_key FOR EACH ROW EXECUTE FUNCTION subject_key_guard();

      -- What is erased stays so; what a court has asked for or the law demands is not erased.
      CREATE FUNCTION person_guard() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF OLD.state = 'ERASED' THEN
          RAISE EXCEPTION 'the person is erased' USING ERRCODE = 'TW013';
        END IF;
        IF NEW.state = 'ERASED' THEN
          IF OLD.held_since IS NOT NULL OR OLD.retain_until > NEW.updated_at::date THEN
            RAISE EXCEPTION 'the person is held or must be kept' USING ERRCODE = 'TW013';
          END IF;
          IF EXISTS (SELECT FROM subject_key WHERE subject_id = NEW.customer_id AND wrapped IS NOT NULL) THEN
            RAISE EXCEPTION 'the key of the person is still there' USING ERRCODE = 'TW013';
          END IF;
        END IF;
        RETURN NEW;
      END $$;
      CREATE TRIGGER person_guard BEFORE UPDATE ON person FOR EACH ROW EXECUTE FUNCTION person_guard();

      -- The name of a person never gets into the customer row, and so not into its history, the search or the log.
      CREATE FUNCTION customer_pseudonym_guard() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF EXISTS (SELECT FROM person WHERE customer_id = NEW.id) THEN
          RAISE EXCEPTION 'the names of a person are kept sealed' USING ERRCODE = 'TW014';
        END IF;
        RETURN NEW;
      END $$;
      CREATE TRIGGER customer_pseudonym_guard BEFORE UPDATE ON customer FOR EACH ROW
        WHEN ((OLD.name_zh, OLD.name_en, OLD.short_name) IS DISTINCT FROM (NEW.name_zh, NEW.name_en, NEW.short_name))
        EXECUTE FUNCTION customer_pseudonym_guard();

      CREATE TRIGGER person_actor BEFORE INSERT OR UPDATE OR DELETE ON person
        FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
      CREATE TRIGGER person_keep BEFORE DELETE OR TRUNCATE ON person
        FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
      CREATE TRIGGER subject_key_actor BEFORE INSERT OR UPDATE OR DELETE ON subject_key
        FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
      CREATE TRIGGER subject_key_keep BEFORE DELETE OR TRUNCATE ON subject_key
        FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();

      INSERT INTO audit_trail_exemption (table_name, column_name, reason) VALUES
        ('subject_key', 'wrapped', 'what is in the log stays there: a key in it could never be destroyed'),
        ('person', 'name_index', 'could be linked to the person after the erasure'),
        ('person', 'id_number_index', 'could be linked to the person after the erasure'),
        ('person', 'phone_index', 'could be linked to the person after the erasure');

      GRANT SELECT, INSERT ON person, subject_key TO tierwarden_app;
      GRANT UPDATE (sealed, commitment, name_index, id_number_index, phone_index, state, held_since, retain_until, version,
        updated_at) ON person TO tierwarden_app;
      GRANT UPDATE (wrapped, master_key_id, destroyed_at) ON subject_key TO tierwarden_app;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TRIGGER customer_pseudonym_guard ON customer;
      DROP FUNCTION customer_pseudonym_guard();
      DROP TABLE person, subject_key;
      DROP FUNCTION person_guard();
      DROP FUNCTION subject_key_guard();
      DELETE FROM audit_trail_exemption WHERE table_name IN ('person', 'subject_key');
      DELETE FROM audit_trail WHERE table_name IN ('person', 'subject_key');
    `);
  }
}
