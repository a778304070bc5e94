/**
 * The whole life of a request: drafts, rounds, returns, schedules and failed applications; levels of several groups and of
 * named persons; votes for somebody else, taken back or no longer counting. What maker-checker promises is still refused
 * here, whatever the program does: nobody who had a hand in a request, and nobody whom it benefits, decides it.
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class ApprovalRounds1767225600070 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE delegation (
        id uuid PRIMARY KEY,
        from_id uuid NOT NULL REFERENCES app_user,
        to_id uuid NOT NULL REFERENCES app_user CHECK (to_id <> from_id),
        -- Kinds of requests that it holds for; null for all.
        kinds text[] CHECK (cardinality(kinds) > 0),
        starts_at timestamptz NOT NULL,
        ends_at timestamptz NOT NULL CHECK (ends_at > starts_at),
        reason text NOT NULL CHECK (reason <> ''),
        request_id uuid,
        given_by text NOT NULL,
        given_at timestamptz NOT NULL,
        revoked_by text,
        revoked_at timestamptz,
        CHECK ((revoked_at IS NULL) = (revoked_by IS NULL))
      );
      CREATE INDEX delegation_from ON delegation (from_id, ends_at DESC, id DESC);
      CREATE INDEX delegation_to ON delegation (to_id, ends_at DESC, id DESC);
      CREATE TRIGGER delegation_final BEFORE UPDATE ON delegation
        FOR EACH ROW WHEN (OLD.revoked_at IS NOT NULL) EXECUTE FUNCTION tw_refuse_change();

      ALTER TABLE change_request
        ADD COLUMN round smallint NOT NULL DEFAULT 1 CHECK (round > 0),
        ADD COLUMN facts jsonb NOT NULL DEFAULT '{}',
        ADD COLUMN effective_from timestamptz,
        ADD COLUMN editor_ids text[] NOT NULL DEFAULT '{}',
        ADD COLUMN interested_ids text[] NOT NULL DEFAULT '{}',
        ADD COLUMN returned_from smallint,
        ADD COLUMN failure text CHECK (failure <> ''),
        ADD COLUMN eventful boolean NOT NULL DEFAULT false,
        ADD COLUMN alarm_at timestamptz,
        ADD COLUMN alarms smallint NOT NULL DEFAULT 0,
        DROP CONSTRAINT change_request_state_check,
        DROP CONSTRAINT change_request_check,
        ADD CONSTRAINT change_request_state_check CHECK (state IN ('DRAFT', 'IN_REVIEW', 'RETURNED', 'APPROVED', 'SCHEDULED',
          'APPLY_FAILED', 'APPLIED', 'REJECTED', 'WITHDRAWN', 'EXPIRED', 'STALE')),
        ADD CONSTRAINT change_request_closed CHECK (
          (state IN ('APPLIED', 'REJECTED', 'WITHDRAWN', 'EXPIRED', 'STALE')) = (closed_at IS NOT NULL)),
        ADD CONSTRAINT change_request_failure CHECK ((state = 'APPLY_FAILED') = (failure IS NOT NULL)),
        ADD CONSTRAINT change_request_returned CHECK ((state = 'RETURNED') = (returned_from IS NOT NULL)),
        ADD CONSTRAINT change_request_scheduled CHECK (state <> 'SCHEDULED' OR effective_from IS NOT NULL);
      DROP INDEX change_request_one_open;
      CREATE UNIQUE INDEX change_request_one_open ON change_request (kind, subject_type, subject_id)
        WHERE state IN ('IN_REVIEW', 'RETURNED', 'SCHEDULED', 'APPLY_FAILED');
      DROP INDEX change_request_due;
      CREATE INDEX change_request_due ON change_request (decide_by) WHERE state IN ('IN_REVIEW', 'RETURNED');
      CREATE INDEX change_request_scheduled ON change_request (effective_from) WHERE state = 'SCHEDULED';
      CREATE INDEX change_request_alarm ON change_request (alarm_at) WHERE state = 'IN_REVIEW';

      ALTER TABLE change_request_level
        ADD COLUMN round smallint NOT NULL DEFAULT 1,
        ADD COLUMN part smallint NOT NULL DEFAULT 1 CHECK (part > 0),
        ADD COLUMN phase text NOT NULL DEFAULT 'MAIN' CHECK (phase IN ('BEFORE', 'MAIN', 'AFTER')),
        ADD COLUMN line text CHECK (line IN ('SALES', 'RISK', 'FINANCE', 'AUDIT', 'IT')),
        ADD COLUMN person_id uuid REFERENCES app_user,
        ADD COLUMN every_one boolean NOT NULL DEFAULT false,
        ADD COLUMN sla_hours smallint CHECK (sla_hours > 0),
        ADD COLUMN escalate_to text[] NOT NULL DEFAULT '{}',
        ADD COLUMN signed boolean NOT NULL DEFAULT false,
        ALTER COLUMN role DROP NOT NULL;
      ALTER TABLE change_request_vote DROP CONSTRAINT change_request_vote_request_id_level_ordinal_fkey,
        DROP CONSTRAINT change_request_vote_request_id_voter_id_key,
        ADD COLUMN round smallint NOT NULL DEFAULT 1,
        ADD COLUMN part smallint NOT NULL DEFAULT 1,
        ADD COLUMN principal_id uuid REFERENCES app_user CHECK (principal_id <> voter_id),
        ADD COLUMN lowered_to text CHECK (lowered_to <> '');
      ALTER TABLE change_request_level DROP CONSTRAINT change_request_level_pkey,
        ADD PRIMARY KEY (request_id, round, ordinal, part),
        ADD CONSTRAINT change_request_level_who CHECK (
          CASE WHEN person_id IS NULL THEN num_nonnulls(role, line) > 0 ELSE num_nonnulls(role, line) = 0 AND quorum = 1 END);
      ALTER TABLE change_request_vote ADD CONSTRAINT change_request_vote_level
        FOREIGN KEY (request_id, round, level_ordinal, part) REFERENCES change_request_level;
      CREATE INDEX change_request_vote_request ON change_request_vote (request_id, voter_id);

      -- What was frozen in each round after the first, and the first as it was; votes on later levels ended with it.
      CREATE TABLE change_request_round (
        request_id uuid NOT NULL REFERENCES change_request,
        round smallint NOT NULL CHECK (round > 0),
        from_level smallint NOT NULL CHECK (from_level > 0),
        payload jsonb NOT NULL,
        base jsonb NOT NULL,
        impact jsonb NOT NULL,
        facts jsonb NOT NULL,
        policy_version_id uuid NOT NULL REFERENCES policy_version,
        routing_row text NOT NULL,
        digest text NOT NULL,
        effective_from timestamptz,
        decide_by timestamptz NOT NULL,
        opened_by text NOT NULL,
        opened_at timestamptz NOT NULL,
        PRIMARY KEY (request_id, round)
      );

      -- Whatever was done about a request besides voting. Only ever added.
      CREATE TABLE change_request_step (
        id uuid PRIMARY KEY,
        request_id uuid NOT NULL REFERENCES change_request,
        round smallint NOT NULL,
        level_ordinal smallint NOT NULL,
        verb text NOT NULL CHECK (verb IN ('SUBMIT', 'RESUBMIT', 'REVISE', 'RETURN', 'WITHDRAW', 'REASSIGN', 'ADD_APPROVER',
          'TAKE_BACK', 'COPY', 'REMIND', 'COMMENT', 'ATTACH_EVIDENCE', 'ESCALATE', 'BREAK_GLASS', 'SCHEDULE', 'APPLY', 'FAIL',
          'RETRY', 'FIND_STALE', 'EXPIRE')),
        actor_id text NOT NULL CHECK (actor_id <> ''),
        to_id uuid REFERENCES app_user,
        role text,
        vote_id uuid UNIQUE REFERENCES change_request_vote,
        text text CHECK (text <> ''),
        data jsonb,
        taken_at timestamptz NOT NULL,
        CHECK ((verb = 'TAKE_BACK') = (vote_id IS NOT NULL))
      );
      CREATE INDEX change_request_step_request ON change_request_step (request_id, taken_at, id);
      CREATE INDEX change_request_step_copied ON change_request_step (to_id, request_id) WHERE verb = 'COPY';

      -- One person let a change through alone, for a time; others look at it afterwards.
      CREATE TABLE break_glass (
        request_id uuid PRIMARY KEY REFERENCES change_request,
        review_id uuid NOT NULL UNIQUE REFERENCES change_request,
        broken_by uuid NOT NULL REFERENCES app_user,
        reason text NOT NULL CHECK (reason <> ''),
        broken_at timestamptz NOT NULL,
        ratify_by timestamptz NOT NULL CHECK (ratify_by > broken_at),
        outcome text CHECK (outcome IN ('RATIFIED', 'REVERTED')),
        ended_at timestamptz,
        CHECK ((outcome IS NULL) = (ended_at IS NULL))
      );
      CREATE INDEX break_glass_due ON break_glass (ratify_by) WHERE outcome IS NULL;
      CREATE TRIGGER break_glass_final BEFORE UPDATE ON break_glass
        FOR EACH ROW WHEN (OLD.outcome IS NOT NULL) EXECUTE FUNCTION tw_refuse_change();

      -- What was done at a level lasts until a later round begins there or before.
      CREATE FUNCTION change_request_lasts(request uuid, done_in smallint, at_level smallint) RETURNS boolean
        LANGUAGE sql STABLE AS $$
        SELECT NOT EXISTS (SELECT FROM change_request_round AS later WHERE later.request_id = request
                           AND later.round > done_in AND later.from_level <= at_level)
      $$;
      -- A vote stands as long, unless it is taken back.
      CREATE FUNCTION change_request_vote_stands(vote change_request_vote) RETURNS boolean LANGUAGE sql STABLE AS $$
        SELECT NOT EXISTS (SELECT FROM change_request_step WHERE vote_id = vote.id)
          AND change_request_lasts(vote.request_id, vote.round, vote.level_ordinal)
      $$;

      CREATE OR REPLACE FUNCTION change_request_vote_guard() RETURNS trigger LANGUAGE plpgsql AS $$
      DECLARE
        request change_request;
        seat change_request_level;
        holder uuid := coalesce(NEW.principal_id, NEW.voter_id);
        persons text[] := array_remove(ARRAY[NEW.voter_id::text, NEW.principal_id::text], NULL);
      BEGIN
        SELECT * INTO request FROM change_request WHERE id = NEW.request_id FOR UPDATE;
        IF persons && (ARRAY[lower(request.maker_id)] || request.editor_ids) THEN
          RAISE EXCEPTION 'who made or edited request % cannot decide it', request.serial USING ERRCODE = 'TW003';
        END IF;
        IF request.state <> 'IN_REVIEW' THEN
          RAISE EXCEPTION 'request % is already %', request.serial, request.state USING ERRCODE = 'TW004';
        END IF;
        SELECT * INTO seat FROM change_request_level WHERE request_id = NEW.request_id AND round = NEW.round
          AND ordinal = NEW.level_ordinal AND part = NEW.part;
        IF request.current_level <> NEW.level_ordinal OR request.digest <> NEW.digest OR request.round <> NEW.round
           OR NOT FOUND THEN
          RAISE EXCEPTION 'vote on another round, level or digest of request %', request.serial USING ERRCODE = 'TW005';
        END IF;
        IF NEW.voter_id::text IS DISTINCT FROM current_setting('tierwarden.actor', true) THEN
          RAISE EXCEPTION 'nobody votes in the name of another' USING ERRCODE = 'TW010';
        END IF;
        IF NEW.cast_at >= request.decide_by THEN
          RAISE EXCEPTION 'the time to decide request % is over', request.serial USING ERRCODE = 'TW004';
        END IF;
        IF EXISTS (SELECT FROM change_request_vote AS vote WHERE vote.request_id = NEW.request_id
                   AND (vote.voter_id::text = ANY (persons) OR vote.principal_id::text = ANY (persons))
                   AND change_request_vote_stands(vote)) THEN
          RAISE EXCEPTION 'a person counts once on request %', request.serial USING ERRCODE = 'TW014';
        END IF;
        IF persons && request.interested_ids OR NOT EXISTS (SELECT FROM change_request_level
             WHERE request_id = NEW.request_id AND round = NEW.round AND ordinal > NEW.level_ordinal)
           AND EXISTS (SELECT FROM app_user AS voter JOIN org_unit ON org_unit.id = voter.org_unit_id
                       WHERE voter.id::text = ANY (persons) AND org_unit.line = 'SALES') THEN
          RAISE EXCEPTION 'whom request % benefits does not decide it', request.serial USING ERRCODE = 'TW015';
        END IF;
        IF EXISTS (SELECT FROM app_user WHERE id::text = ANY (persons) AND NOT active)
           OR NEW.principal_id IS NOT NULL AND NOT EXISTS (
             SELECT FROM delegation WHERE from_id = NEW.principal_id AND to_id = NEW.voter_id AND revoked_at IS NULL
               AND NEW.cast_at >= starts_at AND NEW.cast_at < ends_at AND (kinds IS NULL OR request.kind = ANY (kinds)))
           OR NOT (
             coalesce(seat.person_id = holder, false)
             OR EXISTS (SELECT FROM change_request_step AS step WHERE step.request_id = NEW.request_id
                        AND step.level_ordinal = NEW.level_ordinal AND step.verb = 'REASSIGN' AND step.to_id = holder
                        AND seat.person_id IS NOT NULL
                        AND change_request_lasts(step.request_id, step.round, step.level_ordinal))
             OR EXISTS (SELECT FROM app_user AS voter JOIN org_unit ON org_unit.id = voter.org_unit_id
                        WHERE voter.id = holder AND seat.person_id IS NULL
                          AND (seat.line IS NULL OR org_unit.line = seat.line)
                          AND (seat.role IS NULL OR EXISTS (
                            SELECT FROM user_role AS held WHERE held.user_id = holder AND held.revoked_at IS NULL
                              AND held.role = seat.role)))
             OR EXISTS (SELECT FROM change_request_step AS step JOIN user_role AS held ON held.role = step.role
                        WHERE step.request_id = NEW.request_id AND step.verb = 'ESCALATE' AND seat.person_id IS NULL
                          AND step.level_ordinal = NEW.level_ordinal AND held.user_id = holder AND held.revoked_at IS NULL
                          AND change_request_lasts(step.request_id, step.round, step.level_ordinal))) THEN
          RAISE EXCEPTION 'the voter does not have the authority of this level' USING ERRCODE = 'TW011';
        END IF;
        RETURN NEW;
      END $$;

      CREATE OR REPLACE FUNCTION change_request_guard() RETURNS trigger LANGUAGE plpgsql AS $$
      DECLARE
        frozen change_request_round;
      BEGIN
        IF OLD.state IN ('APPLIED', 'REJECTED', 'WITHDRAWN', 'EXPIRED') THEN
          RAISE EXCEPTION 'request % is already %', OLD.serial, OLD.state USING ERRCODE = 'TW004';
        END IF;
        IF NEW.state <> OLD.state AND (OLD.state, NEW.state) NOT IN (
            ('DRAFT', 'IN_REVIEW'), ('DRAFT', 'WITHDRAWN'),
            ('IN_REVIEW', 'RETURNED'), ('IN_REVIEW', 'SCHEDULED'), ('IN_REVIEW', 'APPLY_FAILED'), ('IN_REVIEW', 'APPLIED'),
            ('IN_REVIEW', 'REJECTED'), ('IN_REVIEW', 'WITHDRAWN'), ('IN_REVIEW', 'EXPIRED'), ('IN_REVIEW', 'STALE'),
            ('RETURNED', 'IN_REVIEW'), ('RETURNED', 'WITHDRAWN'), ('RETURNED', 'EXPIRED'),
            ('SCHEDULED', 'APPLIED'), ('SCHEDULED', 'APPLY_FAILED'), ('SCHEDULED', 'STALE'),
            ('APPLY_FAILED', 'APPLIED'), ('APPLY_FAILED', 'WITHDRAWN'), ('APPLY_FAILED', 'STALE'),
            ('STALE', 'IN_REVIEW'), ('STALE', 'WITHDRAWN')) THEN
          RAISE EXCEPTION 'no way leads from % to %', OLD.state, NEW.state USING ERRCODE = 'TW004';
        END IF;
        IF (OLD.id, OLD.kind, OLD.subject_type, OLD.subject_id, OLD.maker_id) IS DISTINCT FROM
           (NEW.id, NEW.kind, NEW.subject_type, NEW.subject_id, NEW.maker_id)
           OR NOT NEW.editor_ids @> OLD.editor_ids OR OLD.eventful AND NOT NEW.eventful THEN
          RAISE EXCEPTION 'what request % is about is frozen', OLD.serial USING ERRCODE = 'TW006';
        END IF;
        -- A new round brings its substance; between rounds nothing of it moves.
        IF (OLD.round, OLD.payload, OLD.base, OLD.impact, OLD.facts, OLD.policy_version_id, OLD.routing_row, OLD.digest,
            OLD.effective_from, OLD.submitted_at, OLD.decide_by, OLD.interested_ids) IS DISTINCT FROM
           (NEW.round, NEW.payload, NEW.base, NEW.impact, NEW.facts, NEW.policy_version_id, NEW.routing_row, NEW.digest,
            NEW.effective_from, NEW.submitted_at, NEW.decide_by, NEW.interested_ids) THEN
          SELECT * INTO frozen FROM change_request_round WHERE request_id = NEW.id AND round = NEW.round;
          IF NOT FOUND OR NEW.round <> OLD.round + 1
             OR (frozen.payload, frozen.base, frozen.impact, frozen.facts, frozen.policy_version_id, frozen.routing_row,
                 frozen.digest, frozen.effective_from, frozen.decide_by) IS DISTINCT FROM
                (NEW.payload, NEW.base, NEW.impact, NEW.facts, NEW.policy_version_id, NEW.routing_row, NEW.digest,
                 NEW.effective_from, NEW.decide_by)
             OR OLD.state NOT IN ('DRAFT', 'RETURNED', 'STALE')
                AND (OLD.state <> 'IN_REVIEW' OR OLD.digest <> NEW.digest OR OLD.decide_by <> NEW.decide_by) THEN
            RAISE EXCEPTION 'the substance of request % is frozen', OLD.serial USING ERRCODE = 'TW006';
          END IF;
        END IF;
        -- Out of a return the levels begin anew, or nothing has changed; out of a draft and a stale request they always do.
        IF NEW.state = 'IN_REVIEW' AND OLD.state IN ('DRAFT', 'STALE') AND NOT EXISTS (
             SELECT FROM change_request_round WHERE request_id = NEW.id AND round = NEW.round AND from_level = 1
               AND opened_at = NEW.submitted_at) THEN
          RAISE EXCEPTION 'request % needs a round of its own', OLD.serial USING ERRCODE = 'TW006';
        END IF;
        IF NEW.state <> OLD.state AND NEW.state IN ('APPLIED', 'SCHEDULED', 'APPLY_FAILED')
           AND NOT (NEW.state = 'APPLIED' AND EXISTS (SELECT FROM break_glass WHERE request_id = NEW.id)) THEN
          IF EXISTS (SELECT FROM change_request_vote AS vote
                     WHERE vote.request_id = NEW.id AND vote.verdict = 'REJECT' AND change_request_vote_stands(vote)) THEN
            RAISE EXCEPTION 'request % was rejected', OLD.serial USING ERRCODE = 'TW007';
          END IF;
          IF EXISTS (
            SELECT FROM change_request_level AS level
            WHERE level.request_id = NEW.id AND level.round = NEW.round
              AND level.quorum > (SELECT count(*) FROM change_request_vote AS vote
                                  WHERE vote.request_id = NEW.id AND vote.level_ordinal = level.ordinal
                                    AND vote.part = level.part AND vote.verdict = 'APPROVE' AND vote.digest = NEW.digest
                                    AND change_request_vote_stands(vote))) THEN
            RAISE EXCEPTION 'request % lacks approvals', OLD.serial USING ERRCODE = 'TW007';
          END IF;
        END IF;
        RETURN NEW;
      END $$;

      -- A request enters the book undecided, or as a draft; levels are fixed in the transaction that submits it.
      CREATE OR REPLACE FUNCTION change_request_entry_guard() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF NEW.state NOT IN ('IN_REVIEW', 'DRAFT') OR NEW.current_level <> 1 OR NEW.round <> 1 THEN
          RAISE EXCEPTION 'a request starts in review or as a draft' USING ERRCODE = 'TW007';
        END IF;
        IF NEW.maker_id IS DISTINCT FROM current_setting('tierwarden.actor', true)
           AND NOT (NEW.kind IN ('RATING_RUN', 'GRADE_UPGRADE') AND NEW.subject_type = 'RatingRun'
             AND current_setting('tierwarden.actor', true) LIKE 'system:%'
             AND NEW.maker_id = (SELECT requested_by FROM rating_run WHERE id::text = NEW.subject_id)) THEN
          RAISE EXCEPTION 'nobody makes a request in the name of another' USING ERRCODE = 'TW010';
        END IF;
        RETURN NEW;
      END $$;

      -- A round belongs to a request that stands still, or to one that goes back to an earlier level as it is.
      CREATE FUNCTION change_request_round_guard() RETURNS trigger LANGUAGE plpgsql AS $$
      DECLARE
        request change_request;
      BEGIN
        SELECT * INTO request FROM change_request WHERE id = NEW.request_id FOR UPDATE;
        IF NEW.round = request.round THEN
          -- The round so far, put aside before the next one begins.
          IF (request.payload, request.base, request.impact, request.facts, request.policy_version_id, request.routing_row,
              request.digest, request.effective_from, request.decide_by) IS DISTINCT FROM
             (NEW.payload, NEW.base, NEW.impact, NEW.facts, NEW.policy_version_id, NEW.routing_row, NEW.digest,
              NEW.effective_from, NEW.decide_by) THEN
            RAISE EXCEPTION 'round % of request % was another', NEW.round, request.serial USING ERRCODE = 'TW006';
          END IF;
          RETURN NEW;
        END IF;
        IF NEW.round <> request.round + 1 OR NEW.opened_by IS DISTINCT FROM current_setting('tierwarden.actor', true)
           OR NOT (request.state IN ('DRAFT', 'RETURNED', 'STALE') AND NEW.from_level = 1
                   OR request.state = 'IN_REVIEW' AND NEW.from_level < request.current_level AND NEW.digest = request.digest) THEN
          RAISE EXCEPTION 'request % cannot begin round %', request.serial, NEW.round USING ERRCODE = 'TW006';
        END IF;
        RETURN NEW;
      END $$;
      CREATE TRIGGER change_request_round_guard BEFORE INSERT ON change_request_round
        FOR EACH ROW EXECUTE FUNCTION change_request_round_guard();

      -- The request takes over what was frozen; the program itself may not touch its substance.
      CREATE FUNCTION change_request_round_begin() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
      BEGIN
        UPDATE change_request SET round = NEW.round, payload = NEW.payload, base = NEW.base, impact = NEW.impact,
          facts = NEW.facts, policy_version_id = NEW.policy_version_id, routing_row = NEW.routing_row, digest = NEW.digest,
          effective_from = NEW.effective_from, decide_by = NEW.decide_by, current_level = NEW.from_level,
          submitted_at = CASE WHEN state = 'IN_REVIEW' THEN submitted_at ELSE NEW.opened_at END,
          updated_at = greatest(updated_at, NEW.opened_at)
        WHERE id = NEW.request_id AND round = NEW.round - 1;
        RETURN NULL;
      END $$;
      REVOKE EXECUTE ON FUNCTION change_request_round_begin() FROM PUBLIC;
      CREATE TRIGGER change_request_round_begin AFTER INSERT ON change_request_round
        FOR EACH ROW EXECUTE FUNCTION change_request_round_begin();

      -- Levels come with their request or with a round. Whoever is added later is a person, and only ever adds a vote.
      CREATE OR REPLACE FUNCTION change_request_level_guard() RETURNS trigger LANGUAGE plpgsql AS $$
      DECLARE
        current bigint := pg_current_xact_id()::text::bigint;
        ahead bigint;
        request change_request;
      BEGIN
        SELECT * INTO request FROM change_request WHERE id = NEW.request_id;
        IF NEW.person_id IS NOT NULL AND request.state = 'IN_REVIEW' AND request.round = NEW.round
           AND NEW.ordinal = request.current_level THEN
          RETURN NEW;
        END IF;
        -- Work under a key runs behind a savepoint, whose rows carry an id of its own. What is seen of a transaction under way
        -- is always one's own, so the status of the id tells; xmin is the id cut to 32 bits.
        SELECT (born - current) & 4294967295 INTO ahead FROM (
          SELECT xmin::text::bigint AS born FROM change_request WHERE id = NEW.request_id AND NEW.round = 1
          UNION ALL
          SELECT xmin::text::bigint FROM change_request_round
          WHERE request_id = NEW.request_id AND round = NEW.round AND NEW.round > 1) AS frozen;
        IF ahead IS NULL OR pg_xact_status((current + CASE WHEN ahead < 2147483648 THEN ahead ELSE ahead - 4294967296 END)
                                       ::text::xid8) IS DISTINCT FROM 'in progress'
           OR NEW.round = 1 AND request.version <> 1 THEN
          RAISE EXCEPTION 'levels are fixed when a request is submitted' USING ERRCODE = 'TW006';
        END IF;
        RETURN NEW;
      END $$;

      CREATE FUNCTION change_request_round_has_levels() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF NOT EXISTS (SELECT FROM change_request_level WHERE request_id = NEW.request_id AND round = NEW.round) THEN
          RAISE EXCEPTION 'a round has no level: nobody would have to agree' USING ERRCODE = 'TW007';
        END IF;
        RETURN NULL;
      END $$;
      CREATE CONSTRAINT TRIGGER change_request_round_has_levels AFTER INSERT ON change_request_round
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION change_request_round_has_levels();

      -- Nobody acts in the name of another; a vote is taken back by who cast it, while its level is open.
      CREATE FUNCTION change_request_step_guard() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF NEW.actor_id IS DISTINCT FROM current_setting('tierwarden.actor', true) THEN
          RAISE EXCEPTION 'nobody acts in the name of another' USING ERRCODE = 'TW010';
        END IF;
        IF NEW.verb = 'TAKE_BACK' AND NOT EXISTS (
          SELECT FROM change_request_vote AS vote JOIN change_request AS request ON request.id = vote.request_id
          WHERE vote.id = NEW.vote_id AND vote.request_id = NEW.request_id AND vote.voter_id::text = NEW.actor_id
            AND request.state = 'IN_REVIEW' AND request.current_level = vote.level_ordinal) THEN
          RAISE EXCEPTION 'a vote is taken back by its voter while its level is open' USING ERRCODE = 'TW010';
        END IF;
        RETURN NEW;
      END $$;
      CREATE TRIGGER change_request_step_guard BEFORE INSERT ON change_request_step
        FOR EACH ROW EXECUTE FUNCTION change_request_step_guard();
    `);
    for (const table of ['change_request_round', 'change_request_step']) {
      await runner.query(`
        CREATE TRIGGER ${table}_actor BEFORE INSERT ON ${table}
          FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
        CREATE TRIGGER ${table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ${table}
          FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
        GRANT SELECT, INSERT ON ${table} TO tierwarden_app;
        GRANT SELECT ON ${table} TO tierwarden_reader;
      `);
    }
    for (const table of ['delegation', 'break_glass']) {
      await runner.query(`
        CREATE TRIGGER ${table}_actor BEFORE INSERT OR UPDATE ON ${table}
          FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
        CREATE TRIGGER ${table}_keep BEFORE DELETE OR TRUNCATE ON ${table}
          FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
        GRANT SELECT, INSERT ON ${table} TO tierwarden_app;
        GRANT SELECT ON ${table} TO tierwarden_reader;
      `);
    }
    await runner.query(`
      GRANT UPDATE (editor_ids, returned_from, failure, eventful, alarm_at, alarms) ON change_request TO tierwarden_app;
      GRANT UPDATE (revoked_by, revoked_at) ON delegation TO tierwarden_app;
      GRANT UPDATE (outcome, ended_at) ON break_glass TO tierwarden_app;
    `);
    await runner.query(`
      ALTER TABLE grade_override DROP CONSTRAINT grade_override_end_cause_check,
        ADD CONSTRAINT grade_override_end_cause_check CHECK (end_cause IN ('EXPIRED', 'SUPERSEDED', 'REVERTED'));
      -- What was agreed to is the lowest that any of the votes left of it.
      CREATE OR REPLACE FUNCTION grade_override_needs_request() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF NOT EXISTS (
          SELECT FROM change_request AS request
          WHERE request.id = NEW.request_id AND request.state = 'APPLIED' AND request.kind = 'GRADE_OVERRIDE'
            AND request.subject_id = NEW.customer_id::text AND (request.payload ->> 'validUntil')::timestamptz = NEW.valid_until
            AND NEW.to_grade = least((request.payload ->> 'toGrade')::grade, (
              SELECT min(vote.lowered_to::grade) FROM change_request_vote AS vote
              WHERE vote.request_id = request.id AND vote.lowered_to IS NOT NULL AND change_request_vote_stands(vote)))) THEN
          RAISE EXCEPTION 'override without an applied request' USING ERRCODE = 'TW008';
        END IF;
        RETURN NULL;
      END $$;
    `);
    await runner.query(relaxedScorecardGuard("IN ('IN_REVIEW', 'SCHEDULED', 'APPLY_FAILED')"));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(relaxedScorecardGuard("= 'IN_REVIEW'"));
    await runner.query(`
      ALTER TABLE grade_override DROP CONSTRAINT grade_override_end_cause_check,
        ADD CONSTRAINT grade_override_end_cause_check CHECK (end_cause IN ('EXPIRED', 'SUPERSEDED'));
      DROP TABLE break_glass;
      DROP FUNCTION change_request_vote_stands(change_request_vote);
      DROP FUNCTION change_request_lasts(uuid, smallint, smallint);
      DROP TABLE change_request_step;
      DROP FUNCTION change_request_step_guard();
      DROP TABLE change_request_round;
      DROP FUNCTION change_request_round_guard();
      DROP FUNCTION change_request_round_begin();
      DROP FUNCTION change_request_round_has_levels();
      DROP TABLE delegation;

      DROP INDEX change_request_vote_request;
      ALTER TABLE change_request_vote DROP CONSTRAINT change_request_vote_level,
        DROP COLUMN round, DROP COLUMN part, DROP COLUMN principal_id, DROP COLUMN lowered_to;
      ALTER TABLE change_request_level DROP CONSTRAINT change_request_level_who, DROP CONSTRAINT change_request_level_pkey,
        DROP COLUMN round, DROP COLUMN part, DROP COLUMN phase, DROP COLUMN line, DROP COLUMN person_id,
        DROP COLUMN every_one, DROP COLUMN sla_hours, DROP COLUMN escalate_to, DROP COLUMN signed,
        ADD PRIMARY KEY (request_id, ordinal), ALTER COLUMN role SET NOT NULL;
      ALTER TABLE change_request_vote
        ADD CONSTRAINT change_request_vote_request_id_voter_id_key UNIQUE (request_id, voter_id),
        ADD CONSTRAINT change_request_vote_request_id_level_ordinal_fkey
          FOREIGN KEY (request_id, level_ordinal) REFERENCES change_request_level;
      DROP INDEX change_request_one_open;
      DROP INDEX change_request_due;
      ALTER TABLE change_request
        DROP CONSTRAINT change_request_state_check,
        DROP CONSTRAINT change_request_closed,
        DROP CONSTRAINT change_request_failure,
        DROP CONSTRAINT change_request_returned,
        DROP CONSTRAINT change_request_scheduled,
        DROP COLUMN round, DROP COLUMN facts, DROP COLUMN effective_from, DROP COLUMN editor_ids, DROP COLUMN interested_ids,
        DROP COLUMN returned_from, DROP COLUMN failure, DROP COLUMN eventful, DROP COLUMN alarm_at, DROP COLUMN alarms,
        ADD CONSTRAINT change_request_state_check
          CHECK (state IN ('IN_REVIEW', 'APPLIED', 'REJECTED', 'WITHDRAWN', 'EXPIRED', 'STALE')),
        ADD CONSTRAINT change_request_check CHECK ((state = 'IN_REVIEW') = (closed_at IS NULL));
      CREATE UNIQUE INDEX change_request_one_open ON change_request (kind, subject_type, subject_id)
        WHERE state = 'IN_REVIEW';
      CREATE INDEX change_request_due ON change_request (decide_by) WHERE state = 'IN_REVIEW';
    `);
    await runner.query(EARLIER_GUARDS);
  }
}

/** A version is approved by its request, which is still open then or is applied later. */
const relaxedScorecardGuard = (agreed: string): string => `
      CREATE OR REPLACE FUNCTION scorecard_version_guard() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF ROW (NEW.id, NEW.scorecard_id, NEW.number, NEW.based_on_id, NEW.created_by, NEW.created_at)
           IS DISTINCT FROM ROW (OLD.id, OLD.scorecard_id, OLD.number, OLD.based_on_id, OLD.created_by, OLD.created_at) THEN
          RAISE EXCEPTION 'scorecard version % is what it was made as', OLD.id USING ERRCODE = 'TW002';
        END IF;
        IF ROW (NEW.definition, NEW.digest) IS DISTINCT FROM ROW (OLD.definition, OLD.digest) AND (OLD.state <> 'DRAFT'
            OR NEW.state <> 'DRAFT' OR EXISTS (SELECT FROM cut_point_set WHERE version_id = OLD.id)) THEN
          RAISE EXCEPTION 'scorecard version % has been used and never changes', OLD.id USING ERRCODE = 'TW002';
        END IF;
        IF OLD.effective_from IS NOT NULL AND OLD.state <> 'SCHEDULED'
           AND NEW.effective_from IS DISTINCT FROM OLD.effective_from THEN
          RAISE EXCEPTION 'scorecard version % is live since then', OLD.id USING ERRCODE = 'TW002';
        END IF;
        IF NEW.state <> OLD.state AND (OLD.state, NEW.state) NOT IN (
            ('DRAFT', 'IN_REVIEW'), ('DRAFT', 'DISCARDED'), ('IN_REVIEW', 'DRAFT'), ('IN_REVIEW', 'APPROVED'),
            ('APPROVED', 'SCHEDULED'), ('APPROVED', 'LIVE'), ('SCHEDULED', 'LIVE'), ('LIVE', 'RETIRED')) THEN
          RAISE EXCEPTION 'no way leads from % to %', OLD.state, NEW.state USING ERRCODE = 'TW004';
        END IF;
        IF NEW.state = 'APPROVED' AND NOT EXISTS (SELECT FROM change_request WHERE kind = 'SCORECARD_VERSION'
            AND subject_type = 'ScorecardVersion' AND subject_id = NEW.id::text AND state ${agreed}) THEN
          RAISE EXCEPTION 'scorecard version % was not agreed to', NEW.id USING ERRCODE = 'TW006';
        END IF;
        RETURN NEW;
      END $$;`;

/** As they were before rounds. */
const EARLIER_GUARDS = `
      CREATE OR REPLACE FUNCTION change_request_vote_guard() RETURNS trigger LANGUAGE plpgsql AS $$
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
      CREATE OR REPLACE FUNCTION change_request_guard() RETURNS trigger LANGUAGE plpgsql AS $$
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
      CREATE OR REPLACE FUNCTION change_request_entry_guard() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF NEW.state <> 'IN_REVIEW' OR NEW.current_level <> 1 THEN
          RAISE EXCEPTION 'a request starts in review' USING ERRCODE = 'TW007';
        END IF;
        IF NEW.maker_id IS DISTINCT FROM current_setting('tierwarden.actor', true) AND NOT (NEW.kind IN ('RATING_RUN', 'GRADE_UPGRADE') AND NEW.subject_type = 'RatingRun'
        AND current_setting('tierwarden.actor', true) LIKE 'system:%'
        AND NEW.maker_id = (SELECT requested_by FROM rating_run WHERE id::text = NEW.subject_id)) THEN
          RAISE EXCEPTION 'nobody makes a request in the name of another' USING ERRCODE = 'TW010';
        END IF;
        RETURN NEW;
      END $$;
      CREATE OR REPLACE FUNCTION change_request_level_guard() RETURNS trigger LANGUAGE plpgsql AS $$
      DECLARE
        current bigint := pg_current_xact_id()::text::bigint;
        ahead bigint;
      BEGIN
        SELECT (xmin::text::bigint - current) & 4294967295 INTO ahead FROM change_request WHERE id = NEW.request_id;
        IF NOT FOUND OR pg_xact_status((current + CASE WHEN ahead < 2147483648 THEN ahead ELSE ahead - 4294967296 END)
                                       ::text::xid8) IS DISTINCT FROM 'in progress' THEN
          RAISE EXCEPTION 'levels are fixed when a request is submitted' USING ERRCODE = 'TW006';
        END IF;
        RETURN NEW;
      END $$;
      CREATE OR REPLACE FUNCTION grade_override_needs_request() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF NOT EXISTS (SELECT FROM change_request WHERE id = NEW.request_id AND state = 'APPLIED' AND kind = 'GRADE_OVERRIDE'
                       AND subject_id = NEW.customer_id::text AND payload ->> 'toGrade' = NEW.to_grade::text
                       AND (payload ->> 'validUntil')::timestamptz = NEW.valid_until) THEN
          RAISE EXCEPTION 'override without an applied request' USING ERRCODE = 'TW008';
        END IF;
        RETURN NULL;
      END $$;`;
