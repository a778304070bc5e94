/**
 * When ratings are due again, in the table of current grades and so in every generation of it, with what the date follows
 * from; no date is later than twelve months after the rating, whoever writes it. And when a rating last made a grade worse,
 * for the cool-down. Publishing a run sets all of them in the statement that moves the grades.
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class RatingDue1767225600055 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE customer_grade
        ADD COLUMN rating_due_at timestamptz,
        -- Months at most between ratings, where rooms to the right ask for it more often than the grade.
        ADD COLUMN months_at_most smallint CHECK (months_at_most BETWEEN 1 AND 12),
        ADD COLUMN downgraded_at timestamptz;
      -- As the calendar of a new installation says, business days aside.
      ALTER TABLE customer_grade DISABLE TRIGGER USER;
      UPDATE customer_grade SET rating_due_at = date_trunc('day', last_rated_at AT TIME ZONE 'UTC' + make_interval(months =>
        CASE WHEN least(model_grade, grade) >= 'A' THEN 12 WHEN least(model_grade, grade) >= 'B' THEN 6 ELSE 3 END)) AT TIME ZONE 'UTC';
      ALTER TABLE customer_grade ENABLE TRIGGER USER;
      ALTER TABLE customer_grade
        ALTER COLUMN rating_due_at SET NOT NULL,
        ADD CONSTRAINT customer_grade_due_within_a_year CHECK
          (rating_due_at <= (last_rated_at AT TIME ZONE 'UTC' + interval '12 months') AT TIME ZONE 'UTC');
      CREATE INDEX customer_grade_due ON customer_grade (rating_due_at, customer_id);
      DROP FUNCTION rating_run_publish(uuid, timestamptz);
    `);
    await runner.query(publishFunction(true));
    await runner.query(`
      REVOKE EXECUTE ON FUNCTION rating_run_publish(uuid, timestamptz, timestamptz[], integer[], interval) FROM PUBLIC;
      GRANT EXECUTE ON FUNCTION rating_run_publish(uuid, timestamptz, timestamptz[], integer[], interval) TO tierwarden_app;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP FUNCTION rating_run_publish(uuid, timestamptz, timestamptz[], integer[], interval);
      DROP INDEX customer_grade_due;
      ALTER TABLE customer_grade DROP CONSTRAINT customer_grade_due_within_a_year,
        DROP COLUMN rating_due_at, DROP COLUMN months_at_most, DROP COLUMN downgraded_at;
    `);
    await runner.query(publishFunction(false));
    await runner.query(`
      REVOKE EXECUTE ON FUNCTION rating_run_publish(uuid, timestamptz) FROM PUBLIC;
      GRANT EXECUTE ON FUNCTION rating_run_publish(uuid, timestamptz) TO tierwarden_app;
    `);
  }
}

/** An upgrade by two notches or more waits, and one by less in the days after a downgrade. */
const NOTCHES = 'grade_rank(j.new_model) - grade_rank(j.was) >= 2';
const COOLING = `${NOTCHES} OR (j.new_model > j.was AND j.moved_at < j.downgraded_at + %8$L::interval)`;

const DUE_COLUMNS = `,
          CASE WHEN stays THEN rating_due_at ELSE least(
            (%6$L::timestamptz[])[least((%7$L::integer[])[grade_rank(least(new_model, grade))], months_at_most)],
            CASE WHEN basis = 'HELD' AND grade_rank(new_model) - grade_rank(grade) < 2 THEN downgraded_at + %8$L::interval END) END,
          months_at_most, CASE WHEN basis = 'MODEL' AND NOT stays AND grade < was THEN moved_at ELSE downgraded_at END`;

const publishFunction = (due: boolean): string => {
  const waits = due ? COOLING : NOTCHES;
  return `
  -- Makes the run's ratings the current ones: the next generation of grades is built beside the present one, then both are
  -- exchanged. Yields how many grades in force changed, and how many better ones wait for a checker.${
    due
      ? `
  -- due: when a rating of this run is due again after 1, 2 … 12 months; months: how many those are, by rank of the grade.`
      : ''
  }
  CREATE FUNCTION rating_run_publish(run uuid, at timestamptz${due ? ', due timestamptz[], months integer[], cool_down interval' : ''},
    OUT changed bigint, OUT held bigint)
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
            ELSE j.version END AS new_version
        FROM (
          SELECT coalesce(r.customer_id, g.customer_id) AS customer_id, g.model_grade AS was_model, g.grade AS was,
            g.basis AS was_basis, g.override_id, g.effective_from, g.last_rated_at, g.version,
            g.rating_id AS was_rating, r.id AS rating_id, r.rated_at,
            CASE WHEN r.id IS NULL OR g.last_rated_at > r.rated_at THEN g.model_grade ELSE r.model_grade END AS new_model,
            r.id IS NULL OR coalesce(g.last_rated_at > r.rated_at, false) AS stays,
            greatest(%3$L::timestamptz, g.effective_from + interval '1 ms', g.last_rated_at + interval '1 ms') AS moved_at${
              due ? ',\n            g.rating_due_at, g.months_at_most, g.downgraded_at' : ''
            }
          FROM rating_runs.rating_%1$s AS r FULL JOIN customer_grade AS g ON g.customer_id = r.customer_id
          WHERE %4$s) AS j
        CROSS JOIN LATERAL (SELECT
          CASE WHEN j.was IS NULL THEN 'MODEL' WHEN j.stays OR j.was_basis = 'OVERRIDE' THEN j.was_basis
            WHEN ${waits} THEN 'HELD' ELSE 'MODEL' END AS basis,
          CASE WHEN j.was IS NULL THEN j.new_model WHEN j.stays OR j.was_basis = 'OVERRIDE' THEN j.was
            WHEN ${waits} THEN j.was ELSE j.new_model END AS grade) AS after),
      generation AS (
        INSERT INTO rating_runs.customer_grade_%1$s (customer_id, model_grade, grade, basis, override_id, rating_id,
          effective_from, last_rated_at, version${due ? ', rating_due_at, months_at_most, downgraded_at' : ''})
        SELECT customer_id, new_model, grade, basis, override_id, CASE WHEN stays THEN was_rating ELSE rating_id END,
          CASE WHEN grade = was THEN effective_from WHEN was IS NULL THEN %3$L ELSE moved_at END,
          CASE WHEN stays THEN last_rated_at ELSE rated_at END, new_version${due ? DUE_COLUMNS : ''}
        FROM moved)
      INSERT INTO rating_runs.grade_history_%1$s (id, customer_id, cause, cause_id, model_grade_before, grade_before,
        model_grade_after, grade_after, basis_after, changed_at, changed_by)
      SELECT (substr(%2$L, 1, 8) || '00008000' || '8000' || lpad(to_hex(row_number() OVER () + %5$s), 12, '0'))::uuid,
        customer_id, 'RATING', rating_id, was_model, was, new_model, grade, basis,
        CASE WHEN was IS NULL THEN %3$L ELSE moved_at END, current_setting('tierwarden.actor')
      FROM moved WHERE was IS NULL OR new_version <> version$moves$, n, run_id_floor(it.number), at, '%s', '%s'${due ? ', due, months, cool_down' : ''});
    EXECUTE format(moves, 'true', '0');
    EXECUTE format(
      'ALTER TABLE rating_runs.customer_grade_%1$s ADD PRIMARY KEY (customer_id);
       CREATE INDEX ON rating_runs.customer_grade_%1$s (grade, customer_id);
       CREATE INDEX ON rating_runs.customer_grade_%1$s (rating_id) WHERE basis = ''HELD'';${
         due ? `\n       CREATE INDEX ON rating_runs.customer_grade_%1$s (rating_due_at, customer_id);` : ''
       }
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
  END $$;`;
};
