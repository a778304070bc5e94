/**
 * Re-ratings that are asked for: because a date has come, something has happened, or a new scorecard version is to cover
 * everybody. A row is both the job and the proof that it was done; of each kind a customer has at most one that is open, and
 * what has ended never opens again.
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Reratings1767225600056 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE rerating (
        id uuid PRIMARY KEY,
        customer_id uuid NOT NULL REFERENCES customer,
        kind text NOT NULL CHECK (kind IN ('EVENT', 'SCHEDULED', 'CAMPAIGN')),
        -- What it is done for, once: the first event, the due date and day, the scorecard version.
        period text NOT NULL CHECK (period <> ''),
        -- Lower comes first.
        urgency smallint NOT NULL,
        rank smallint NOT NULL CHECK (rank BETWEEN 0 AND 9),
        -- How often it was asked for while it was open.
        asked integer NOT NULL CHECK (asked > 0),
        asked_at timestamptz NOT NULL,
        begin_at timestamptz NOT NULL CHECK (begin_at >= asked_at),
        deadline timestamptz,
        state text NOT NULL CHECK (state IN ('OPEN', 'DONE', 'PARKED')),
        rating_id uuid,
        reason text,
        detail text,
        ended_at timestamptz CHECK (ended_at >= asked_at),
        UNIQUE (customer_id, kind, period),
        CHECK ((state = 'OPEN') = (ended_at IS NULL)),
        CHECK ((state = 'DONE') = (rating_id IS NOT NULL)),
        CHECK ((state = 'PARKED') = (reason IS NOT NULL) AND (state = 'PARKED') = (detail IS NOT NULL)),
        CHECK (kind <> 'EVENT' OR deadline IS NOT NULL)
      );
      CREATE UNIQUE INDEX rerating_one_open ON rerating (customer_id, kind) WHERE state = 'OPEN';
      CREATE INDEX rerating_next ON rerating (urgency, rank, begin_at, id) WHERE state = 'OPEN';
      CREATE INDEX rerating_time ON rerating (asked_at DESC, id DESC);
      CREATE INDEX rerating_state ON rerating (state, asked_at DESC, id DESC);
      CREATE INDEX rerating_kind ON rerating (kind, asked_at DESC, id DESC);
      CREATE INDEX rerating_customer ON rerating (customer_id, asked_at DESC, id DESC);
      CREATE TRIGGER rerating_actor BEFORE INSERT OR UPDATE OR DELETE ON rerating
        FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
      CREATE TRIGGER rerating_keep BEFORE DELETE OR TRUNCATE ON rerating
        FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
      CREATE TRIGGER rerating_closed BEFORE UPDATE ON rerating
        FOR EACH ROW WHEN (OLD.state <> 'OPEN') EXECUTE FUNCTION tw_refuse_reopening();
      GRANT SELECT, INSERT ON rerating TO tierwarden_app;
      GRANT UPDATE (asked, begin_at, deadline, state, rating_id, reason, detail, ended_at) ON rerating TO tierwarden_app;
      GRANT SELECT ON rerating TO tierwarden_reader;

      -- For the last time that a customer was looked at without coming to a rating.
      CREATE INDEX rating_parked_customer ON rating_parked (customer_id, parked_at DESC);
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX rating_parked_customer; DROP TABLE rerating;');
  }
}
