/**
 * Votes that are signed with the voter's own key. Where a level demands it, no vote enters the book without one; a key signs for
 * its owner alone, and not once it is revoked.
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class SignedVotes1767225600091 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE signing_key (
        id uuid PRIMARY KEY,
        owner_id uuid NOT NULL REFERENCES app_user,
        kind text NOT NULL CHECK (kind IN ('ED25519', 'PASSKEY')),
        name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
        public_key bytea NOT NULL UNIQUE CHECK (kind <> 'ED25519' OR octet_length(public_key) = 32),
        credential_id bytea UNIQUE,
        -- How often a passkey said that it was used; 0 where it does not count.
        uses bigint NOT NULL DEFAULT 0 CHECK (uses >= 0),
        registered_at timestamptz NOT NULL,
        revoked_at timestamptz CHECK (revoked_at >= registered_at),
        CHECK ((kind = 'PASSKEY') = (credential_id IS NOT NULL))
      );
      CREATE INDEX signing_key_owner ON signing_key (owner_id, registered_at, id);
      CREATE TABLE change_request_signature (
        vote_id uuid PRIMARY KEY REFERENCES change_request_vote,
        key_id uuid NOT NULL REFERENCES signing_key,
        signature bytea NOT NULL,
        authenticator_data bytea,
        client_data bytea,
        CHECK (num_nulls(authenticator_data, client_data) IN (0, 2))
      );

      CREATE FUNCTION signing_key_guard() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF NEW.owner_id::text IS DISTINCT FROM current_setting('tierwarden.actor', true) THEN
          RAISE EXCEPTION 'nobody registers or revokes the key of another' USING ERRCODE = 'TW010';
        END IF;
        IF TG_OP = 'UPDATE' AND OLD.revoked_at IS NOT NULL THEN
          RAISE EXCEPTION 'a revoked key stays as it is' USING ERRCODE = 'TW002';
        END IF;
        RETURN NEW;
      END $$;
      CREATE TRIGGER signing_key_guard BEFORE INSERT OR UPDATE ON signing_key FOR EACH ROW EXECUTE FUNCTION signing_key_guard();

      CREATE FUNCTION change_request_signature_guard() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF NOT EXISTS (
          SELECT FROM change_request_vote AS vote JOIN signing_key AS held ON held.owner_id = vote.voter_id
          WHERE vote.id = NEW.vote_id AND held.id = NEW.key_id AND held.revoked_at IS NULL
            AND vote.voter_id::text = current_setting('tierwarden.actor', true)
            AND (held.kind = 'PASSKEY') = (NEW.client_data IS NOT NULL)) THEN
          RAISE EXCEPTION 'a vote is signed by its voter, with a key of his own in force' USING ERRCODE = 'TW010';
        END IF;
        RETURN NEW;
      END $$;
      CREATE TRIGGER change_request_signature_guard BEFORE INSERT ON change_request_signature
        FOR EACH ROW EXECUTE FUNCTION change_request_signature_guard();

      CREATE FUNCTION change_request_vote_signed() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF EXISTS (SELECT FROM change_request_level WHERE request_id = NEW.request_id AND round = NEW.round
                   AND ordinal = NEW.level_ordinal AND part = NEW.part AND signed)
           AND NOT EXISTS (SELECT FROM change_request_signature WHERE vote_id = NEW.id) THEN
          RAISE EXCEPTION 'this level demands signed votes' USING ERRCODE = 'TW007';
        END IF;
        RETURN NULL;
      END $$;
      CREATE CONSTRAINT TRIGGER change_request_vote_signed AFTER INSERT ON change_request_vote
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION change_request_vote_signed();

      CREATE TRIGGER signing_key_actor BEFORE INSERT OR UPDATE ON signing_key
        FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
      CREATE TRIGGER signing_key_keep BEFORE DELETE OR TRUNCATE ON signing_key
        FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
      CREATE TRIGGER change_request_signature_actor BEFORE INSERT ON change_request_signature
        FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
      CREATE TRIGGER change_request_signature_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON change_request_signature
        FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
      GRANT SELECT, INSERT ON signing_key, change_request_signature TO tierwarden_app;
      GRANT UPDATE (uses, revoked_at) ON signing_key TO tierwarden_app;
      GRANT SELECT ON signing_key, change_request_signature TO tierwarden_reader;
      INSERT INTO audit_trail_exemption (table_name, column_name, reason) VALUES
        ('signing_key', 'name', 'names that people give to keys may tell of persons');
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TRIGGER change_request_vote_signed ON change_request_vote;
      DROP FUNCTION change_request_vote_signed();
      DROP TABLE change_request_signature, signing_key;
      DROP FUNCTION change_request_signature_guard();
      DROP FUNCTION signing_key_guard();
      DELETE FROM audit_trail_exemption WHERE table_name = 'signing_key';
      DELETE FROM audit_trail WHERE table_name IN ('change_request_signature', 'signing_key');
    `);
  }
}
