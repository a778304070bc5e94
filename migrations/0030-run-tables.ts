/**
 * Runs write into tables of their own and are published by attaching them: ratings and grade history are partitioned by
 * id, a range for each run; the current grades are one generation, replaced as a whole. The application fills a run's table
 * and calls the functions below; it never creates, attaches or drops a table by itself.
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Ids of what a run made begin here and hold its number; all others are version 7 UUIDs, which lie below for millennia. */
const RUN_IDS = "'80000000-0000-0000-0000-000000000000'";

export class RunTables1767225600030 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE SCHEMA rating_runs;
      GRANT USAGE ON SCHEMA rating_runs TO tierwarden_app;

      CREATE FUNCTION grade_rank(held grade) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $$
        SELECT CASE held WHEN 'C' THEN 1 WHEN 'CC' THEN 2 WHEN 'CCC' THEN 3 WHEN 'B' THEN 4 WHEN 'BB' THEN 5
          WHEN 'BBB' THEN 6 WHEN 'A' THEN 7 WHEN 'AA' THEN 8 WHEN 'AAA' THEN 9 END $$;
      -- The first id of a run: bit 31 and its number, then the place of a row.
      CREATE FUNCTION run_id_floor(number integer) RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $$
        SELECT (to_hex(2147483648::bigint + number) || repeat('0', 24))::uuid $$;

      ALTER TABLE rating_run
        ADD COLUMN number integer NOT NULL GENERATED ALWAYS AS IDENTITY UNIQUE,
        ADD COLUMN purpose text NOT NULL DEFAULT 'PUBLICATION' CHECK (purpose IN ('PUBLICATION', 'SIMULATION')),
        -- Distribution and moves, summed over the chunks; what the guard judged by.
        ADD COLUMN figures jsonb,
        ADD COLUMN unusual boolean,
        ADD COLUMN ratings_root text CHECK (ratings_root ~ '^[0-9a-f]{64}$'),
        ADD COLUMN published_at timestamptz CHECK (published_at >= started_at),
        DROP CONSTRAINT rating_run_state_check,
        ADD CONSTRAINT rating_run_state_check CHECK (state IN
          ('RUNNING', 'PARKED', 'PUBLISHING', 'COMPLETED', 'CANCELLED', 'REJECTED', 'SIMULATED')),
        DROP CONSTRAINT rating_run_check2,
        ADD CONSTRAINT rating_run_open CHECK ((state IN ('RUNNING', 'PARKED', 'PUBLISHING')) = (finished_at IS NULL)),
        ADD CONSTRAINT rating_run_purpose CHECK (CASE purpose
          WHEN 'PUBLICATION' THEN state <> 'SIMULATED' ELSE state IN ('RUNNING', 'CANCELLED', 'SIMULATED') END);
      ALTER TABLE rating_run ALTER COLUMN purpose DROP DEFAULT;
      DROP INDEX rating_run_one_open;
      CREATE UNIQUE INDEX rating_run_one_open ON rating_run (purpose) WHERE finished_at IS NULL;

      ALTER TABLE rating_run_chunk
        DROP COLUMN bucket_from, DROP COLUMN bucket_to,
        -- Customers with ids above the one, up to and with the other; null is open.
        ADD COLUMN id_after uuid,
        ADD COLUMN id_upto uuid,
        -- Of the ratings in their order, 32 bytes each.
        ADD COLUMN leaf_hashes bytea,
        ADD COLUMN moves jsonb,
        ADD CHECK (id_after < id_upto),
        ADD CHECK (octet_length(leaf_hashes) = 32 * rated);
      ALTER TABLE rating_run_chunk ALTER COLUMN leaf_hashes SET STORAGE EXTERNAL;

      ALTER TABLE grade_history DROP CONSTRAINT grade_history_cause_check,
        ADD CONSTRAINT grade_history_cause_check CHECK (cause IN
          ('RATING', 'OVERRIDE_APPLIED', 'OVERRIDE_EXPIRED', 'UPGRADE_APPROVED'));
    `);
    await runner.query('ALTER TABLE customer_grade DROP CONSTRAINT customer_grade_rating_id_fkey');
    // Runs of before were published chunk by chunk, the last of them at their end.
    await runner.query(`
      ALTER TABLE rating_run DISABLE TRIGGER USER;
      UPDATE rating_run SET unusual = false, figures = jsonb_build_object('first', counted.all, 'compared', 0, 'up', 0,
        'down', 0, 'shareMoved', '0.000000', 'meanNotchShift', '0.000000', 'moves', counted.moves)
      FROM (SELECT run_id, sum(count)::int AS all, jsonb_agg(jsonb_build_object('from', NULL, 'to', model_grade,
              'count', count) ORDER BY model_grade DESC) AS moves
            FROM (SELECT run_id, model_grade, count(*) FROM rating WHERE run_id IS NOT NULL GROUP BY 1, 2) AS graded
            GROUP BY run_id) AS counted
      WHERE counted.run_id = rating_run.id AND finished_at IS NOT NULL;
      ALTER TABLE rating_run ENABLE TRIGGER USER;
    `);
    await partition(runner, 'rating', ['rating_pkey', 'rating_customer', 'rating_once_per_run'], {
      indexes: 'CREATE INDEX rating_customer ON rating (customer_id, rated_at DESC, id DESC);',
    });
    await partition(runner, 'grade_history', ['grade_history_pkey', 'grade_history_customer'], {
      indexes: 'CREATE INDEX grade_history_customer ON grade_history (customer_id, changed_at DESC, id DESC);',
    });
    await generations(runner);
    await runner.query(RUN_FUNCTIONS);
    // Who asked for a run is the maker of what the system submits of it, and so may not decide on it.
    await replaceEntryGuard(
      runner,
      `AND NOT (NEW.kind IN ('RATING_RUN', 'GRADE_UPGRADE') AND NEW.subject_type = 'RatingRun'
        AND current_setting('tierwarden.actor', true) LIKE 'system:%'
        AND NEW.maker_id = (SELECT requested_by FROM rating_run WHERE id::text = NEW.subject_id))`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await replaceEntryGuard(runner, '');
    await runner.query(`
      SELECT set_config('tierwarden.actor', 'system:migration', true);
      DROP FUNCTION rating_run_discard(uuid);
      DROP FUNCTION rating_run_publish(uuid, timestamptz);
      DROP FUNCTION rating_run_seal(uuid);
      DROP FUNCTION rating_run_open(uuid);
      DROP FUNCTION rating_run_of(uuid, text[]);

      CREATE TABLE one_grade (LIKE customer_grade);
      INSERT INTO one_grade SELECT * FROM customer_grade;
      UPDATE one_grade SET grade = model_grade, basis = 'MODEL' WHERE basis = 'HELD';
      DROP TABLE customer_grade CASCADE;
      DROP TABLE customer_grade_touched;
      DROP FUNCTION customer_grade_touch();
      DROP FUNCTION customer_grade_guard();
      DROP FUNCTION customer_grade_release();
      ALTER TABLE one_grade RENAME TO customer_grade;
    `);
    await merge(runner, 'rating');
    await merge(runner, 'grade_history');
    await runner.query(`
      CREATE UNIQUE INDEX rating_once_per_run ON rating (run_id, customer_id) WHERE run_id IS NOT NULL;
      CREATE INDEX rating_customer ON rating (customer_id, rated_at DESC, id DESC);
      CREATE INDEX grade_history_customer ON grade_history (customer_id, changed_at DESC, id DESC);
      ALTER TABLE rating
        ADD FOREIGN KEY (customer_id) REFERENCES customer,
        ADD FOREIGN KEY (run_id) REFERENCES rating_run,
        ADD FOREIGN KEY (scorecard_version_id) REFERENCES scorecard_version,
        ADD FOREIGN KEY (cut_point_set_id) REFERENCES cut_point_set;
      ALTER TABLE grade_history ADD FOREIGN KEY (customer_id) REFERENCES customer,
        DROP CONSTRAINT grade_history_cause_check,
        ADD CONSTRAINT grade_history_cause_check CHECK (cause IN ('RATING', 'OVERRIDE_APPLIED', 'OVERRIDE_EXPIRED')) NOT VALID;
      ALTER TABLE customer_grade
        ADD PRIMARY KEY (customer_id),
        ADD FOREIGN KEY (customer_id) REFERENCES customer,
        ADD FOREIGN KEY (rating_id) REFERENCES rating,
        ADD CONSTRAINT customer_grade_override FOREIGN KEY (override_id) REFERENCES grade_override,
        ADD CHECK (basis IN ('MODEL', 'OVERRIDE')), ADD CHECK (version > 0),
        ADD CHECK ((basis = 'OVERRIDE') = (override_id IS NOT NULL)),
        ADD CHECK (basis = 'OVERRIDE' OR grade = model_grade);
      CREATE INDEX customer_grade_grade ON customer_grade (grade, customer_id);
      ${CURRENT_GRADE_GUARDS}

      ALTER TABLE rating_run_chunk
        DROP COLUMN id_after, DROP COLUMN id_upto, DROP COLUMN leaf_hashes, DROP COLUMN moves,
        ADD COLUMN bucket_from smallint NOT NULL DEFAULT 0, ADD COLUMN bucket_to smallint NOT NULL DEFAULT 1023,
        ADD CHECK (bucket_from <= bucket_to);
      ALTER TABLE rating_run_chunk ALTER COLUMN bucket_from DROP DEFAULT, ALTER COLUMN bucket_to DROP DEFAULT;
      ALTER TABLE rating_run DISABLE TRIGGER USER;
      DROP INDEX rating_run_one_open;
      ALTER TABLE rating_run
        DROP CONSTRAINT rating_run_state_check, DROP CONSTRAINT rating_run_open, DROP CONSTRAINT rating_run_purpose;
      UPDATE rating_run SET state = 'CANCELLED', finished_at = coalesce(finished_at, updated_at)
        WHERE state NOT IN ('RUNNING', 'COMPLETED', 'CANCELLED') OR purpose = 'SIMULATION';
      ALTER TABLE rating_run ENABLE TRIGGER USER;
      ALTER TABLE rating_run
        DROP COLUMN number, DROP COLUMN purpose, DROP COLUMN figures, DROP COLUMN unusual, DROP COLUMN ratings_root,
        DROP COLUMN published_at,
        ADD CONSTRAINT rating_run_state_check CHECK (state IN ('RUNNING', 'COMPLETED', 'CANCELLED')),
        ADD CONSTRAINT rating_run_check2 CHECK ((state = 'RUNNING') = (finished_at IS NULL));
      CREATE UNIQUE INDEX rating_run_one_open ON rating_run ((true)) WHERE state = 'RUNNING';
      DROP FUNCTION run_id_floor(integer);
      DROP FUNCTION grade_rank(grade);
      DROP SCHEMA rating_runs CASCADE;
    `);
  }
}

const replaceEntryGuard = (runner: QueryRunner, unless: string): Promise<unknown> =>
  runner.query(`
      CREATE OR REPLACE FUNCTION change_request_entry_guard() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF NEW.state <> 'IN_REVIEW' OR NEW.current_level <> 1 THEN
          RAISE EXCEPTION 'a request starts in review' USING ERRCODE = 'TW007';
        END IF;
        IF NEW.maker_id IS DISTINCT FROM current_setting('tierwarden.actor', true) ${unless} THEN
          RAISE EXCEPTION 'nobody makes a request in the name of another' USING ERRCODE = 'TW010';
        END IF;
        RETURN NEW;
      END $$;
  `);

/** What there is becomes the partition of everything that came about one at a time; it keeps its foreign keys. */
const partition = async (
  runner: QueryRunner,
  table: string,
  indexes: readonly string[],
  parent: { readonly indexes: string },
): Promise<void> => {
  for (const index of indexes) await runner.query(`ALTER INDEX ${index} RENAME TO ${index}_singles`);
  await runner.query(`
    CREATE TABLE ${table}_parent (LIKE ${table} INCLUDING CONSTRAINTS) PARTITION BY RANGE (id);
    DROP TRIGGER ${table}_actor ON ${table};
    DROP TRIGGER ${table}_append_only ON ${table};
    REVOKE ALL ON ${table} FROM tierwarden_app, tierwarden_reader;
    ALTER TABLE ${table} RENAME TO ${table}_singles;
    ALTER TABLE ${table}_parent RENAME TO ${table};
    ALTER TABLE ${table} ADD PRIMARY KEY (id);
    ${parent.indexes}
    ALTER TABLE ${table}_singles SET SCHEMA rating_runs;
    -- What runs made before this was undone gets its partitions back.
    DO $$
    DECLARE
      n integer;
    BEGIN
      FOR n IN SELECT DISTINCT (('x' || substr(id::text, 1, 8))::bit(32)::bigint & 2147483647)::integer
               FROM rating_runs.${table}_singles WHERE id >= ${RUN_IDS} LOOP
        EXECUTE format('CREATE TABLE rating_runs.${table}_%s (LIKE ${table} INCLUDING CONSTRAINTS)', n);
        EXECUTE format('INSERT INTO rating_runs.${table}_%s SELECT * FROM rating_runs.${table}_singles WHERE id >= %L AND id < %L',
          n, run_id_floor(n), run_id_floor(n + 1));
        EXECUTE format('DELETE FROM rating_runs.${table}_singles WHERE id >= %L AND id < %L', run_id_floor(n), run_id_floor(n + 1));
        EXECUTE format('CREATE TRIGGER ${table}_sealed BEFORE INSERT ON rating_runs.${table}_%s
          FOR EACH ROW EXECUTE FUNCTION tw_refuse_change()', n);
        EXECUTE format('ALTER TABLE ${table} ATTACH PARTITION rating_runs.${table}_%s FOR VALUES FROM (%L) TO (%L)',
          n, run_id_floor(n), run_id_floor(n + 1));
        PERFORM setval(pg_get_serial_sequence('rating_run', 'number'),
          greatest(n, (SELECT last_value FROM pg_sequences WHERE sequencename = 'rating_run_number_seq')));
      END LOOP;
    END $$;
    ALTER TABLE ${table} ATTACH PARTITION rating_runs.${table}_singles FOR VALUES FROM (MINVALUE) TO (${RUN_IDS});
    ${appendOnly(table, table)}
    GRANT SELECT, INSERT ON ${table} TO tierwarden_app;
    GRANT SELECT ON ${table} TO tierwarden_reader;
  `);
};

const appendOnly = (table: string, name: string): string => `
    CREATE TRIGGER ${name}_actor BEFORE INSERT ON ${table} FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
    CREATE TRIGGER ${name}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ${table}
      FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();`;

/** Back to one plain table that holds everything. */
const merge = (runner: QueryRunner, table: string): Promise<unknown> =>
  runner.query(`
    CREATE TABLE one_table (LIKE ${table} INCLUDING CONSTRAINTS);
    INSERT INTO one_table SELECT * FROM ${table};
    DROP TABLE ${table};
    ALTER TABLE one_table RENAME TO ${table};
    ALTER TABLE ${table} ADD PRIMARY KEY (id);
    ${appendOnly(table, table)}
    GRANT SELECT, INSERT ON ${table} TO tierwarden_app;
    GRANT SELECT ON ${table} TO tierwarden_reader;
  `);

/** Guards that the table of current grades has with and without generations. */
const CURRENT_GRADE_GUARDS = `
      CREATE CONSTRAINT TRIGGER customer_grade_needs_override AFTER INSERT OR UPDATE ON customer_grade
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.basis = 'OVERRIDE')
        EXECUTE FUNCTION customer_grade_needs_override();
      CREATE TRIGGER customer_grade_actor BEFORE INSERT OR UPDATE OR DELETE ON customer_grade
        FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
      CREATE TRIGGER customer_grade_keep BEFORE DELETE OR TRUNCATE ON customer_grade
        FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
      GRANT SELECT, INSERT, UPDATE ON customer_grade TO tierwarden_app;
      GRANT SELECT ON customer_grade TO tierwarden_reader;`;

const generations = (runner: QueryRunner): Promise<unknown> =>
  runner.query(`
    CREATE TABLE new_grade (
      customer_id uuid NOT NULL,
      model_grade grade NOT NULL,
      grade grade NOT NULL,
      basis text NOT NULL CHECK (basis IN ('MODEL', 'OVERRIDE', 'HELD')),
      override_id uuid,
      rating_id uuid NOT NULL,
      effective_from timestamptz NOT NULL,
      last_rated_at timestamptz NOT NULL,
      version integer NOT NULL CHECK (version > 0),
      CONSTRAINT customer_grade_override_given CHECK ((basis = 'OVERRIDE') = (override_id IS NOT NULL)),
      -- The grade in force is the model's; a person's; or an older one, while the model's better one waits for a checker.
      CONSTRAINT customer_grade_basis CHECK (CASE basis WHEN 'MODEL' THEN grade = model_grade
        WHEN 'HELD' THEN grade < model_grade ELSE true END)
    ) PARTITION BY RANGE (customer_id);
    CREATE TABLE rating_runs.customer_grade_0 (LIKE new_grade INCLUDING CONSTRAINTS);
    INSERT INTO rating_runs.customer_grade_0 SELECT * FROM customer_grade;
    DROP TABLE customer_grade;
    ALTER TABLE new_grade RENAME TO customer_grade;
    ALTER TABLE customer_grade ADD PRIMARY KEY (customer_id);
    CREATE INDEX customer_grade_grade ON customer_grade (grade, customer_id);
    CREATE INDEX customer_grade_held ON customer_grade (rating_id) WHERE basis = 'HELD';
    ALTER TABLE customer_grade ATTACH PARTITION rating_runs.customer_grade_0 FOR VALUES FROM (MINVALUE) TO (MAXVALUE);
    ${CURRENT_GRADE_GUARDS}

    -- In place of foreign keys, which every new generation would have to prove again row by row.
    CREATE FUNCTION customer_grade_guard() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF NOT EXISTS (SELECT FROM rating WHERE id = NEW.rating_id AND customer_id = NEW.customer_id) THEN
        RAISE EXCEPTION 'a grade without a rating of its customer' USING ERRCODE = '23503';
      END IF;
      IF NEW.override_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM grade_override WHERE id = NEW.override_id AND customer_id = NEW.customer_id) THEN
        RAISE EXCEPTION 'a grade without its override' USING ERRCODE = '23503';
      END IF;
      RETURN NULL;
    END $$;
    CREATE TRIGGER customer_grade_guard AFTER INSERT OR UPDATE ON customer_grade
      FOR EACH ROW EXECUTE FUNCTION customer_grade_guard();

    -- A grade that was held back is let go by an applied request only, for the customer or for the run that held it.
    CREATE FUNCTION customer_grade_release() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF EXISTS (SELECT FROM customer_grade WHERE customer_id = NEW.customer_id AND basis = 'MODEL' AND grade = NEW.grade)
        AND NOT EXISTS (
          SELECT FROM change_request WHERE kind = 'GRADE_UPGRADE' AND state = 'APPLIED' AND subject_id IN
            (NEW.customer_id::text, (SELECT run_id::text FROM rating WHERE id = NEW.rating_id))) THEN
        RAISE EXCEPTION 'a better grade without an applied request' USING ERRCODE = 'TW008';
      END IF;
      RETURN NULL;
    END $$;
    CREATE CONSTRAINT TRIGGER customer_grade_release AFTER UPDATE ON customer_grade
      DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
      WHEN (OLD.basis <> 'OVERRIDE' AND NEW.basis = 'MODEL' AND grade_rank(NEW.grade) - grade_rank(OLD.grade) >= 2)
      EXECUTE FUNCTION customer_grade_release();

    -- Customers whose grade moved by itself since a run was started: they are looked at again when it is published.
    CREATE TABLE customer_grade_touched (customer_id uuid PRIMARY KEY);
    CREATE FUNCTION customer_grade_touch() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
      SET search_path = public, pg_temp AS $$
    BEGIN
      INSERT INTO customer_grade_touched VALUES (NEW.customer_id) ON CONFLICT DO NOTHING;
      RETURN NULL;
    END $$;
    REVOKE EXECUTE ON FUNCTION customer_grade_touch() FROM PUBLIC;
    CREATE TRIGGER customer_grade_touch AFTER INSERT OR UPDATE ON customer_grade
      FOR EACH ROW EXECUTE FUNCTION customer_grade_touch();
  `);

const RUN_FUNCTIONS = `
  -- The run, locked in one of the states; whoever calls has named its actor.
  CREATE FUNCTION rating_run_of(run uuid, states text[]) RETURNS rating_run LANGUAGE plpgsql
    SET search_path = public, pg_temp AS $$
  DECLARE
    found rating_run;
  BEGIN
    IF coalesce(current_setting('tierwarden.actor', true), '') = '' THEN
      RAISE EXCEPTION 'a run is worked on without an actor' USING ERRCODE = 'TW001';
    END IF;
    SELECT * INTO found FROM rating_run WHERE id = run FOR NO KEY UPDATE;
    IF found.id IS NULL OR NOT found.state = ANY (states) THEN
      RAISE EXCEPTION 'run % is %', run, coalesce(found.state, 'unknown') USING ERRCODE = 'TW004';
    END IF;
    RETURN found;
  END $$;

  -- Makes the table that the chunks of a run fill.
  CREATE FUNCTION rating_run_open(run uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = public, pg_temp AS $$
  DECLARE
    it rating_run := rating_run_of(run, '{RUNNING}');
    t text := 'rating_' || it.number;
  BEGIN
    EXECUTE format(
      'CREATE TABLE rating_runs.%1$I (LIKE public.rating INCLUDING CONSTRAINTS,
         CONSTRAINT rating_of_its_run CHECK (id >= %2$L AND id < %3$L AND id IS NOT NULL AND run_id = %4$L
           AND run_id IS NOT NULL AND scorecard_version_id = %5$L AND as_of = %6$L AND rated_at = %7$L));
       CREATE TRIGGER rating_actor BEFORE INSERT ON rating_runs.%1$I
         FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
       CREATE TRIGGER rating_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON rating_runs.%1$I
         FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
       GRANT SELECT, INSERT ON rating_runs.%1$I TO tierwarden_app;',
      t, run_id_floor(it.number), run_id_floor(it.number + 1), it.id, it.scorecard_version_id, it.as_of, it.started_at);
    -- What moved before is seen by the chunks themselves.
    IF it.purpose = 'PUBLICATION' THEN DELETE FROM customer_grade_touched; END IF;
  END $$;

  -- Nothing is added any more: checks what was written as a whole, and indexes it.
  CREATE FUNCTION rating_run_seal(run uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = public, pg_temp SET maintenance_work_mem = '256MB' AS $$
  DECLARE
    it rating_run := rating_run_of(run, '{RUNNING}');
    t text := 'rating_' || it.number;
    written bigint;
    expected bigint;
    stray boolean;
  BEGIN
    IF EXISTS (SELECT FROM rating_run_chunk WHERE run_id = run AND done_at IS NULL) THEN
      RAISE EXCEPTION 'run % has open chunks', run USING ERRCODE = 'TW004';
    END IF;
    EXECUTE format('REVOKE INSERT ON rating_runs.%I FROM tierwarden_app', t);
    EXECUTE format(
      'ALTER TABLE rating_runs.%1$I ADD PRIMARY KEY (id);
       CREATE INDEX %2$I ON rating_runs.%1$I (customer_id, rated_at DESC, id DESC);
       CREATE TRIGGER rating_sealed BEFORE INSERT ON rating_runs.%1$I FOR EACH ROW EXECUTE FUNCTION tw_refuse_change();',
      t, t || '_customer');
    SELECT coalesce(sum(rated), 0) INTO expected FROM rating_run_chunk WHERE run_id = run;
    EXECUTE format('SELECT count(*) FROM rating_runs.%I', t) INTO written;
    IF written <> expected THEN
      RAISE EXCEPTION 'run % holds % ratings, its chunks wrote %', run, written, expected USING ERRCODE = 'TW013';
    END IF;
    EXECUTE format(
      'SELECT EXISTS (SELECT FROM rating_runs.%1$I AS r LEFT JOIN customer AS c ON c.id = r.customer_id
                      LEFT JOIN cut_point_set AS s ON s.id = r.cut_point_set_id AND s.version_id = r.scorecard_version_id
                      WHERE c.id IS NULL OR s.id IS NULL)', t) INTO stray;
    IF stray THEN
      RAISE EXCEPTION 'run % rates whom or by what there is not', run USING ERRCODE = '23503';
    END IF;
  END $$;

  -- Makes the run's ratings the current ones: the next generation of grades is built beside the present one, then both are
  -- exchanged. Yields how many grades in force changed, and how many better ones wait for a checker.
  CREATE FUNCTION rating_run_publish(run uuid, at timestamptz, OUT changed bigint, OUT held bigint)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
    SET work_mem = '192MB' SET maintenance_work_mem = '256MB' SET lock_timeout = '15s' AS $$
  DECLARE
    it rating_run := rating_run_of(run, '{PUBLISHING}');
    n text := it.number::text;
    present regclass;
    moves text;
    more bigint;
  BEGIN
    IF it.unusual IS NULL OR it.unusual AND NOT EXISTS (
      SELECT FROM change_request WHERE kind = 'RATING_RUN' AND subject_type = 'RatingRun' AND subject_id = run::text
        AND state = 'APPLIED') THEN
      RAISE EXCEPTION 'run % is unusual and was not approved', run USING ERRCODE = 'TW008';
    END IF;
    EXECUTE format(
      'CREATE TABLE rating_runs.customer_grade_%1$s (LIKE public.customer_grade INCLUDING CONSTRAINTS);
       CREATE TABLE rating_runs.grade_history_%1$s (LIKE public.grade_history INCLUDING CONSTRAINTS,
         CONSTRAINT grade_history_of_its_run CHECK (id >= %2$L AND id < %3$L AND id IS NOT NULL))',
      n, run_id_floor(it.number), run_id_floor(it.number + 1));

    -- How a grade moves with a rating, as domain/follow-grade.ts says it for single ones; a test holds the two together.
    -- Who was rated by himself since the run began stays as he is: his inputs are newer.
    moves := format($moves$
      WITH moved AS MATERIALIZED (
        SELECT j.*, after.*,
          CASE WHEN j.was IS NULL THEN 1
            WHEN (j.was_model, j.was, j.was_basis) IS DISTINCT FROM (j.new_model, after.grade, after.basis) THEN j.version + 1
            ELSE j.version END AS new_version,
          greatest(%3$L::timestamptz, j.effective_from + interval '1 ms', j.last_rated_at + interval '1 ms') AS moved_at
        FROM (
          SELECT coalesce(r.customer_id, g.customer_id) AS customer_id, g.model_grade AS was_model, g.grade AS was,
            g.basis AS was_basis, g.override_id, g.effective_from, g.last_rated_at, g.version,
            g.rating_id AS was_rating, r.id AS rating_id, r.rated_at,
            CASE WHEN r.id IS NULL OR g.last_rated_at > r.rated_at THEN g.model_grade ELSE r.model_grade END AS new_model,
            r.id IS NULL OR coalesce(g.last_rated_at > r.rated_at, false) AS stays
          FROM rating_runs.rating_%1$s AS r FULL JOIN customer_grade AS g ON g.customer_id = r.customer_id
          WHERE %4$s) AS j
        CROSS JOIN LATERAL (SELECT
          CASE WHEN j.was IS NULL THEN 'MODEL' WHEN j.stays OR j.was_basis = 'OVERRIDE' THEN j.was_basis
            WHEN grade_rank(j.new_model) - grade_rank(j.was) >= 2 THEN 'HELD' ELSE 'MODEL' END AS basis,
          CASE WHEN j.was IS NULL THEN j.new_model WHEN j.stays OR j.was_basis = 'OVERRIDE' THEN j.was
            WHEN grade_rank(j.new_model) - grade_rank(j.was) >= 2 THEN j.was ELSE j.new_model END AS grade) AS after),
      generation AS (
        INSERT INTO rating_runs.customer_grade_%1$s (customer_id, model_grade, grade, basis, override_id, rating_id,
          effective_from, last_rated_at, version)
        SELECT customer_id, new_model, grade, basis, override_id, CASE WHEN stays THEN was_rating ELSE rating_id END,
          CASE WHEN grade = was THEN effective_from WHEN was IS NULL THEN %3$L ELSE moved_at END,
          CASE WHEN stays THEN last_rated_at ELSE rated_at END, new_version
        FROM moved)
      INSERT INTO rating_runs.grade_history_%1$s (id, customer_id, cause, cause_id, model_grade_before, grade_before,
        model_grade_after, grade_after, basis_after, changed_at, changed_by)
      SELECT (substr(%2$L, 1, 8) || '00008000' || '8000' || lpad(to_hex(row_number() OVER () + %5$s), 12, '0'))::uuid,
        customer_id, 'RATING', rating_id, was_model, was, new_model, grade, basis,
        CASE WHEN was IS NULL THEN %3$L ELSE moved_at END, current_setting('tierwarden.actor')
      FROM moved WHERE was IS NULL OR new_version <> version$moves$, n, run_id_floor(it.number), at, '%s', '%s');
    EXECUTE format(moves, 'true', '0');
    EXECUTE format(
      'ALTER TABLE rating_runs.customer_grade_%1$s ADD PRIMARY KEY (customer_id);
       CREATE INDEX ON rating_runs.customer_grade_%1$s (grade, customer_id);
       CREATE INDEX ON rating_runs.customer_grade_%1$s (rating_id) WHERE basis = ''HELD'';
       ALTER TABLE rating_runs.grade_history_%1$s ADD PRIMARY KEY (id);
       CREATE INDEX ON rating_runs.grade_history_%1$s (customer_id, changed_at DESC, id DESC);
       ANALYZE rating_runs.customer_grade_%1$s (customer_id, grade)', n);

    -- From here on nobody moves a grade, and until the commit nobody reads one.
    LOCK TABLE customer_grade IN ACCESS EXCLUSIVE MODE;
    IF EXISTS (SELECT FROM customer_grade_touched) THEN
      EXECUTE format(
        'DELETE FROM rating_runs.customer_grade_%1$s WHERE customer_id IN (SELECT customer_id FROM customer_grade_touched);
         DELETE FROM rating_runs.grade_history_%1$s WHERE customer_id IN (SELECT customer_id FROM customer_grade_touched)', n);
      EXECUTE format(moves, 'coalesce(r.customer_id, g.customer_id) IN (SELECT customer_id FROM customer_grade_touched)',
        '1099511627776');
      DELETE FROM customer_grade_touched;
    END IF;
    EXECUTE format('SELECT count(*) FILTER (WHERE grade_before IS DISTINCT FROM grade_after) FROM rating_runs.grade_history_%s', n)
      INTO changed;
    EXECUTE format('SELECT count(*) FROM rating_runs.customer_grade_%s WHERE basis = ''HELD'' AND rating_id >= %L AND rating_id < %L',
      n, run_id_floor(it.number), run_id_floor(it.number + 1)) INTO held;

    SELECT inhrelid INTO STRICT present FROM pg_inherits WHERE inhparent = 'customer_grade'::regclass;
    EXECUTE format('ALTER TABLE customer_grade DETACH PARTITION %s', present);
    EXECUTE format('DROP TABLE %s', present);
    EXECUTE format(
      'ALTER TABLE customer_grade ATTACH PARTITION rating_runs.customer_grade_%1$s FOR VALUES FROM (MINVALUE) TO (MAXVALUE);
       REVOKE ALL ON rating_runs.rating_%1$s FROM tierwarden_app;
       ALTER TABLE rating ATTACH PARTITION rating_runs.rating_%1$s FOR VALUES FROM (%2$L) TO (%3$L)',
      n, run_id_floor(it.number), run_id_floor(it.number + 1));
    EXECUTE format('SELECT count(*) FROM rating_runs.grade_history_%s', n) INTO more;
    IF more = 0 THEN
      EXECUTE format('DROP TABLE rating_runs.grade_history_%s', n);
    ELSE
      EXECUTE format(
        'CREATE TRIGGER grade_history_sealed BEFORE INSERT ON rating_runs.grade_history_%1$s
           FOR EACH ROW EXECUTE FUNCTION tw_refuse_change();
         ALTER TABLE grade_history ATTACH PARTITION rating_runs.grade_history_%1$s FOR VALUES FROM (%2$L) TO (%3$L)',
        n, run_id_floor(it.number), run_id_floor(it.number + 1));
    END IF;
  END $$;

  -- What a run wrote that never came into effect. Yields whether there was anything.
  CREATE FUNCTION rating_run_discard(run uuid) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = public, pg_temp AS $$
  DECLARE
    it rating_run := rating_run_of(run, '{CANCELLED,REJECTED,SIMULATED}');
  BEGIN
    IF to_regclass('rating_runs.rating_' || it.number) IS NULL OR EXISTS (
      SELECT FROM pg_inherits WHERE inhrelid = to_regclass('rating_runs.rating_' || it.number)) THEN
      RETURN false;
    END IF;
    EXECUTE format('DROP TABLE rating_runs.rating_%s', it.number);
    RETURN true;
  END $$;

  REVOKE EXECUTE ON FUNCTION rating_run_of(uuid, text[]), rating_run_open(uuid), rating_run_seal(uuid),
    rating_run_publish(uuid, timestamptz), rating_run_discard(uuid) FROM PUBLIC;
  GRANT EXECUTE ON FUNCTION rating_run_open(uuid), rating_run_seal(uuid), rating_run_publish(uuid, timestamptz),
    rating_run_discard(uuid) TO tierwarden_app;
`;
