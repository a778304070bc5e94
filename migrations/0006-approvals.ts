/**
 * Change requests, their frozen levels and the votes on them. What maker-checker promises is refused here too, whatever
 * the program does: the maker's vote, a vote on another digest, a second vote, an application without its quorum.
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Approvals1767225600006 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE change_request (
        id uuid PRIMARY KEY,
        serial bigint NOT NULL UNIQUE GENERATED ALWAYS AS IDENTITY,
        kind text NOT NULL,
        subject_type text NOT NULL,
        subject_id text NOT NULL,
        payload jsonb NOT NULL,
        base jsonb NOT NULL,
        impact jsonb NOT NULL,
        policy_version_id uuid NOT NULL REFERENCES policy_version,
        routing_row text NOT NULL,
        digest text NOT NULL,
        state text NOT NULL CHECK (state IN ('IN_REVIEW', 'APPLIED', 'REJECTED', 'WITHDRAWN', 'EXPIRED', 'STALE')),
        current_level smallint NOT NULL,
        maker_id text NOT NULL CHECK (maker_id <> ''),
        submitted_at timestamptz NOT NULL,
        decide_by timestamptz NOT NULL,
        closed_at timestamptz,
        version integer NOT NULL,
        CHECK ((state = 'IN_REVIEW') = (closed_at IS NULL))
      );
      CREATE UNIQUE INDEX change_request_one_open ON change_request (kind, subject_type, subject_id)
        WHERE state = 'IN_REVIEW';
      CREATE INDEX change_request_subject ON change_request (subject_type, subject_id, submitted_at DESC, id DESC);
      CREATE INDEX change_request_maker ON change_request (maker_id, submitted_at DESC, id DESC);
      CREATE INDEX change_request_state ON change_request (state, submitted_at DESC, id DESC);
      CREATE INDEX change_request_due ON change_request (decide_by) WHERE state = 'IN_REVIEW';

      CREATE TABLE change_request_level (
        request_id uuid NOT NULL REFERENCES change_request,
        ordinal smallint NOT NULL CHECK (ordinal > 0),
        role text NOT NULL,
        quorum smallint NOT NULL CHECK (quorum > 0),
        PRIMARY KEY (request_id, ordinal)
      );

      CREATE TABLE change_request_vote (
        id uuid PRIMARY KEY,
        request_id uuid NOT NULL,
        level_ordinal smallint NOT NULL,
        voter_id uuid NOT NULL REFERENCES app_user,
        verdict text NOT NULL CHECK (verdict IN ('APPROVE', 'REJECT')),
        comment text CHECK (comment <> ''),
        digest text NOT NULL,
        cast_at timestamptz NOT NULL,
        UNIQUE (request_id, voter_id),
        FOREIGN KEY (request_id, level_ordinal) REFERENCES change_request_level,
        CHECK (verdict = 'APPROVE' OR comment IS NOT NULL)
      );
      CREATE INDEX change_request_vote_voter ON change_request_vote (voter_id, cast_at DESC);

      CREATE FUNCTION change_request_vote_guard() RETURNS trigger LANGUAGE plpgsql AS $$
      DECLARE
        request change_request;
      BEGIN
        SELECT * INTO request FROM change_request WHERE id = NEW.request_id FOR UPDATE;
        IF lower(request.maker_id) = NEW.voter_id::text THEN
          RAISE EXCEPTION 'the maker of request % cannot decide it', request.serial USING ERRCODE = 'TW003';
        END IF;
        IF request.state <> 'IN_REVIEW' THEN
          RAISE EXCEPTION 'request % is already %', request.serial, request.state USING ERRCODE = 'TW004';
        END IF;
        IF request.current_level <> NEW.level_ordinal OR request.digest <> NEW.digest THEN
          RAISE EXCEPTION 'vote on another level or digest of request %', request.serial USING ERRCODE = 'TW005';
        END IF;
        IF NEW.voter_id::text IS DISTINCT FROM current_setting('tierwarden.actor', true) THEN
          RAISE EXCEPTION 'nobody votes in the name of another' USING ERRCODE = 'TW010';
        END IF;
        IF NEW.cast_at >= request.decide_by THEN
          RAISE EXCEPTION 'the time to decide request % is over', request.serial USING ERRCODE = 'TW004';
        END IF;
        IF NOT EXISTS (
          SELECT FROM change_request_level AS level
          JOIN user_role AS held ON held.role = level.role AND held.user_id = NEW.voter_id AND held.revoked_at IS NULL
          JOIN app_user AS voter ON voter.id = held.user_id AND voter.active
          WHERE level.request_id = NEW.request_id AND level.ordinal = NEW.level_ordinal) THEN
          RAISE EXCEPTION 'the voter does not hold the role of this level' USING ERRCODE = 'TW011';
        END IF;
        RETURN NEW;
      END $$;
      CREATE TRIGGER change_request_vote_guard BEFORE INSERT ON change_request_vote
        FOR EACH ROW EXECUTE FUNCTION change_request_vote_guard();

      CREATE FUNCTION change_request_guard() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF OLD.state <> 'IN_REVIEW' THEN
          RAISE EXCEPTION 'request % is already %', OLD.serial, OLD.state USING ERRCODE = 'TW004';
        END IF;
        IF (OLD.id, OLD.kind, OLD.subject_type, OLD.subject_id, OLD.payload, OLD.base, OLD.impact, OLD.policy_version_id,
            OLD.routing_row, OLD.digest, OLD.maker_id, OLD.submitted_at, OLD.decide_by)
           IS DISTINCT FROM
           (NEW.id, NEW.kind, NEW.subject_type, NEW.subject_id, NEW.payload, NEW.base, NEW.impact, NEW.policy_version_id,
            NEW.routing_row, NEW.digest, NEW.maker_id, NEW.submitted_at, NEW.decide_by) THEN
          RAISE EXCEPTION 'the substance of request % is frozen', OLD.serial USING ERRCODE = 'TW006';
        END IF;
        IF NEW.state = 'APPLIED' AND EXISTS (
          SELECT FROM change_request_vote WHERE request_id = NEW.id AND verdict = 'REJECT') THEN
          RAISE EXCEPTION 'request % was rejected', OLD.serial USING ERRCODE = 'TW007';
        END IF;
        IF NEW.state = 'APPLIED' AND EXISTS (
          SELECT FROM change_request_level AS level
          WHERE level.request_id = NEW.id
            AND level.quorum > (SELECT count(*) FROM change_request_vote AS vote
                                WHERE vote.request_id = NEW.id AND vote.level_ordinal = level.ordinal
                                  AND vote.verdict = 'APPROVE' AND vote.digest = NEW.digest)) THEN
          RAISE EXCEPTION 'request % lacks approvals', OLD.serial USING ERRCODE = 'TW007';
        END IF;
        RETURN NEW;
      END $$;
      CREATE TRIGGER change_request_guard BEFORE UPDATE ON change_request
        FOR EACH ROW EXECUTE FUNCTION change_request_guard();

      -- A request enters the book undecided; levels are fixed in the transaction that submits it.
      CREATE FUNCTION change_request_entry_guard() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF NEW.state <> 'IN_REVIEW' OR NEW.current_level <> 1 THEN
          RAISE EXCEPTION 'a request starts in review' USING ERRCODE = 'TW007';
        END IF;
        IF NEW.maker_id IS DISTINCT FROM current_setting('tierwarden.actor', true) THEN
          RAISE EXCEPTION 'nobody makes a request in the name of another' USING ERRCODE = 'TW010';
        END IF;
        RETURN NEW;
      END $$;
      CREATE TRIGGER change_request_entry_guard BEFORE INSERT ON change_request
        FOR EACH ROW EXECUTE FUNCTION change_request_entry_guard();

      CREATE FUNCTION change_request_level_guard() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        -- xmin of a row of this very transaction is its id, cut to 32 bits.
        IF NOT EXISTS (SELECT FROM change_request WHERE id = NEW.request_id
                       AND xmin::text::bigint = pg_current_xact_id()::text::bigint & 4294967295) THEN
          RAISE EXCEPTION 'levels are fixed when a request is submitted' USING ERRCODE = 'TW006';
        END IF;
        RETURN NEW;
      END $$;
      CREATE TRIGGER change_request_level_guard BEFORE INSERT ON change_request_level
        FOR EACH ROW EXECUTE FUNCTION change_request_level_guard();

      CREATE FUNCTION change_request_has_levels() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF NOT EXISTS (SELECT FROM change_request_level WHERE request_id = NEW.id) THEN
          RAISE EXCEPTION 'request % has no level: nobody would have to agree', NEW.serial USING ERRCODE = 'TW007';
        END IF;
        RETURN NULL;
      END $$;
      CREATE CONSTRAINT TRIGGER change_request_has_levels AFTER INSERT ON change_request
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION change_request_has_levels();

      CREATE TRIGGER change_request_actor BEFORE INSERT OR UPDATE OR DELETE ON change_request
        FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
      CREATE TRIGGER change_request_keep BEFORE DELETE OR TRUNCATE ON change_request
        FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
      CREATE TRIGGER change_request_level_actor BEFORE INSERT ON change_request_level
        FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
      CREATE TRIGGER change_request_level_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON change_request_level
        FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
      CREATE TRIGGER change_request_vote_actor BEFORE INSERT ON change_request_vote
        FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
      CREATE TRIGGER change_request_vote_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON change_request_vote
        FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();

      GRANT SELECT, INSERT ON change_request, change_request_level, change_request_vote TO tierwarden_app;
      GRANT UPDATE (state, current_level, closed_at, version) ON change_request TO tierwarden_app;
      GRANT SELECT ON change_request, change_request_level, change_request_vote TO tierwarden_reader;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TABLE change_request_vote;
      DROP TABLE change_request_level;
      DROP TABLE change_request;
      DROP FUNCTION change_request_vote_guard();
      DROP FUNCTION change_request_guard();
      DROP FUNCTION change_request_entry_guard();
      DROP FUNCTION change_request_has_levels();
      DROP FUNCTION change_request_level_guard();
    `);
  }
}
