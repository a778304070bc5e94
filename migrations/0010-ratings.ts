/**
 * Ratings, runs over the portfolio, and the grades that follow. Ratings, parked customers and grade history are
 * append-only; the grade in force of a customer is one row that only moves together with a history entry.
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Ratings1767225600010 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE rating_run (
        id uuid PRIMARY KEY,
        state text NOT NULL CHECK (state IN ('RUNNING', 'COMPLETED', 'CANCELLED')),
        scorecard_version_id uuid NOT NULL REFERENCES scorecard_version,
        as_of date NOT NULL,
        customers integer NOT NULL CHECK (customers >= 0),
        requested_by text NOT NULL CHECK (requested_by <> ''),
        started_at timestamptz NOT NULL,
        -- When the open chunks were last enqueued again.
        resumed_at timestamptz CHECK (resumed_at >= started_at),
        finished_at timestamptz CHECK (finished_at >= started_at),
        version integer NOT NULL CHECK (version > 0),
        CHECK ((state = 'RUNNING') = (finished_at IS NULL))
      );
      CREATE INDEX rating_run_time ON rating_run (started_at DESC, id DESC);
      CREATE UNIQUE INDEX rating_run_one_open ON rating_run ((true)) WHERE state = 'RUNNING';

      CREATE TABLE rating_run_chunk (
        run_id uuid NOT NULL REFERENCES rating_run,
        ordinal integer NOT NULL CHECK (ordinal > 0),
        bucket_from smallint NOT NULL,
        bucket_to smallint NOT NULL,
        rated integer CHECK (rated >= 0),
        parked integer CHECK (parked >= 0),
        digest text CHECK (digest ~ '^[0-9a-f]{64}$'),
        done_at timestamptz,
        PRIMARY KEY (run_id, ordinal),
        CHECK (bucket_from <= bucket_to),
        CHECK ((done_at IS NULL) = (rated IS NULL) AND (done_at IS NULL) = (parked IS NULL)
          AND (done_at IS NULL) = (digest IS NULL))
      );

      CREATE TABLE rating (
        id uuid PRIMARY KEY,
        customer_id uuid NOT NULL REFERENCES customer,
        run_id uuid REFERENCES rating_run,
        scorecard_version_id uuid NOT NULL REFERENCES scorecard_version,
        cut_point_set_id uuid NOT NULL REFERENCES cut_point_set,
        as_of date NOT NULL,
        rated_at timestamptz NOT NULL,
        score numeric(7, 4) NOT NULL CHECK (score BETWEEN 0 AND 100),
        model_grade grade NOT NULL,
        uncapped_grade grade NOT NULL,
        inputs float8[] NOT NULL,
        input_as_of date[] NOT NULL,
        points_centi smallint[] NOT NULL,
        caps text[] NOT NULL,
        notes text[] NOT NULL,
        CHECK (model_grade <= uncapped_grade)
      );
      CREATE INDEX rating_customer ON rating (customer_id, rated_at DESC, id DESC);
      CREATE UNIQUE INDEX rating_once_per_run ON rating (run_id, customer_id) WHERE run_id IS NOT NULL;

      CREATE TABLE rating_parked (
        run_id uuid NOT NULL REFERENCES rating_run,
        customer_id uuid NOT NULL REFERENCES customer,
        reason text NOT NULL,
        detail text NOT NULL,
        parked_at timestamptz NOT NULL,
        PRIMARY KEY (run_id, customer_id)
      );

      CREATE TABLE customer_grade (
        customer_id uuid PRIMARY KEY REFERENCES customer,
        model_grade grade NOT NULL,
        grade grade NOT NULL,
        basis text NOT NULL CHECK (basis IN ('MODEL', 'OVERRIDE')),
        override_id uuid,
        rating_id uuid NOT NULL REFERENCES rating,
        effective_from timestamptz NOT NULL,
        last_rated_at timestamptz NOT NULL,
        version integer NOT NULL CHECK (version > 0),
        CHECK ((basis = 'OVERRIDE') = (override_id IS NOT NULL)),
        CHECK (basis = 'OVERRIDE' OR grade = model_grade)
      );
      CREATE INDEX customer_grade_grade ON customer_grade (grade, customer_id);

      CREATE TABLE grade_history (
        id uuid PRIMARY KEY,
        customer_id uuid NOT NULL REFERENCES customer,
        cause text NOT NULL CHECK (cause IN ('RATING', 'OVERRIDE_APPLIED', 'OVERRIDE_EXPIRED')),
        cause_id uuid NOT NULL,
        model_grade_before grade,
        grade_before grade,
        model_grade_after grade NOT NULL,
        grade_after grade NOT NULL,
        basis_after text NOT NULL,
        changed_at timestamptz NOT NULL,
        changed_by text NOT NULL CHECK (changed_by <> ''),
        CHECK ((model_grade_before IS NULL) = (grade_before IS NULL))
      );
      CREATE INDEX grade_history_customer ON grade_history (customer_id, changed_at DESC, id DESC);
    
      CREATE FUNCTION tw_refuse_reopening() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        RAISE EXCEPTION '% is closed', TG_TABLE_NAME USING ERRCODE = 'TW004';
      END $$;
      CREATE TRIGGER rating_run_closed BEFORE UPDATE ON rating_run
        FOR EACH ROW WHEN (OLD.finished_at IS NOT NULL) EXECUTE FUNCTION tw_refuse_reopening();
      CREATE TRIGGER rating_run_chunk_closed BEFORE UPDATE ON rating_run_chunk
        FOR EACH ROW WHEN (OLD.done_at IS NOT NULL) EXECUTE FUNCTION tw_refuse_reopening();
    `);
    for (const table of ['rating_run', 'rating_run_chunk', 'customer_grade']) {
      await runner.query(`
        CREATE TRIGGER ${table}_actor BEFORE INSERT OR UPDATE OR DELETE ON ${table}
          FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
        CREATE TRIGGER ${table}_keep BEFORE DELETE OR TRUNCATE ON ${table}
          FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
        GRANT SELECT, INSERT, UPDATE ON ${table} TO tierwarden_app;
        GRANT SELECT ON ${table} TO tierwarden_reader;
      `);
    }
    for (const table of ['rating', 'rating_parked', 'grade_history']) {
      await runner.query(`
        CREATE TRIGGER ${table}_actor BEFORE INSERT ON ${table}
          FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
        CREATE TRIGGER ${table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ${table}
          FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
        GRANT SELECT, INSERT ON ${table} TO tierwarden_app;
        GRANT SELECT ON ${table} TO tierwarden_reader;
      `);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TABLE grade_history;
      DROP TABLE customer_grade;
      DROP TABLE rating_parked;
      DROP TABLE rating;
      DROP TABLE rating_run_chunk;
      DROP TABLE rating_run;
      DROP FUNCTION tw_refuse_reopening();
    `);
  }
}
