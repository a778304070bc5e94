/**
 * What publishing and sealing a run cost. The next generation of grades is made first, each part of it computed once, and what
 * moved is read off by holding it against the present one: no copy of everybody lies between. One look at the ratings counts
 * them, and says whether all of their customers and cut points are there.
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { reversed, rewriteFunctions, type FunctionChange } from './0120-lighter-runs';

export class QuickerPublication1767225600150 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await rewriteFunctions(runner, CHANGES);
  }

  async down(runner: QueryRunner): Promise<void> {
    await rewriteFunctions(runner, reversed(CHANGES));
  }
}

const MOVED_THEN_WRITTEN = `      WITH moved AS MATERIALIZED (
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
            greatest(%3$L::timestamptz, g.effective_from + interval '1 ms', g.last_rated_at + interval '1 ms') AS moved_at,
            g.rating_due_at, g.months_at_most, g.downgraded_at
          FROM rating_runs.rating_%1$s AS r FULL JOIN customer_grade AS g ON g.customer_id = r.customer_id
          WHERE %4$s) AS j
        CROSS JOIN LATERAL (SELECT
          CASE WHEN j.was IS NULL THEN 'MODEL' WHEN j.stays OR j.was_basis = 'OVERRIDE' THEN j.was_basis
            WHEN grade_rank(j.new_model) - grade_rank(j.was) >= 2 OR (j.new_model > j.was AND j.moved_at < j.downgraded_at + %8$L::interval) THEN 'HELD' ELSE 'MODEL' END AS basis,
          CASE WHEN j.was IS NULL THEN j.new_model WHEN j.stays OR j.was_basis = 'OVERRIDE' THEN j.was
            WHEN grade_rank(j.new_model) - grade_rank(j.was) >= 2 OR (j.new_model > j.was AND j.moved_at < j.downgraded_at + %8$L::interval) THEN j.was ELSE j.new_model END AS grade) AS after),
      generation AS (
        INSERT INTO rating_runs.customer_grade_%1$s (customer_id, model_grade, grade, basis, override_id, rating_id,
          effective_from, last_rated_at, version, rating_due_at, months_at_most, downgraded_at)
        SELECT customer_id, new_model, grade, basis, override_id, CASE WHEN stays THEN was_rating ELSE rating_id END,
          CASE WHEN grade = was THEN effective_from WHEN was IS NULL THEN %3$L ELSE moved_at END,
          CASE WHEN stays THEN last_rated_at ELSE rated_at END, new_version,
          CASE WHEN stays THEN rating_due_at ELSE least(
            (%6$L::timestamptz[])[least((%7$L::integer[])[grade_rank(least(new_model, grade))], months_at_most)],
            CASE WHEN basis = 'HELD' AND grade_rank(new_model) - grade_rank(grade) < 2 THEN downgraded_at + %8$L::interval END) END,
          months_at_most, CASE WHEN basis = 'MODEL' AND NOT stays AND grade < was THEN moved_at ELSE downgraded_at END
        FROM moved)
      INSERT INTO rating_runs.grade_history_%1$s (id, customer_id, cause, cause_id, model_grade_before, grade_before,
        model_grade_after, grade_after, basis_after, changed_at, changed_by)
      SELECT (substr(%2$L, 1, 8) || '00008000' || '8000' || lpad(to_hex(row_number() OVER () + %5$s), 12, '0'))::uuid,
        customer_id, 'RATING', rating_id, was_model, was, new_model, grade, basis,
        CASE WHEN was IS NULL THEN %3$L ELSE moved_at END, current_setting('tierwarden.actor')
      FROM moved WHERE was IS NULL OR new_version <> version`;

const WRITTEN_THEN_COMPARED = `      INSERT INTO rating_runs.customer_grade_%1$s (customer_id, model_grade, grade, basis, override_id, rating_id,
        effective_from, last_rated_at, version, rating_due_at, months_at_most, downgraded_at)
      SELECT customer_id, new_model, grade, basis, override_id, CASE WHEN stays THEN was_rating ELSE rating_id END,
        CASE WHEN grade = was THEN effective_from ELSE moved_at END,
        CASE WHEN stays THEN last_rated_at ELSE rated_at END,
        CASE WHEN was IS NULL THEN 1
          WHEN (was_model, was, was_basis) IS DISTINCT FROM (new_model, grade, basis) THEN version + 1 ELSE version END,
        CASE WHEN stays THEN rating_due_at ELSE least(
          (%6$L::timestamptz[])[least((%7$L::integer[])[grade_rank(least(new_model, grade))], months_at_most)],
          CASE WHEN basis = 'HELD' AND grade_rank(new_model) - grade_rank(grade) < 2 THEN downgraded_at + %8$L::interval END) END,
        months_at_most, CASE WHEN basis = 'MODEL' AND NOT stays AND grade < was THEN moved_at ELSE downgraded_at END
      FROM (
        SELECT *, CASE WHEN stays OR basis <> 'MODEL' THEN was ELSE new_model END AS grade FROM (
          SELECT *,
            CASE WHEN was IS NULL THEN 'MODEL' WHEN stays OR was_basis = 'OVERRIDE' THEN was_basis
              WHEN new_model > was AND (grade_rank(new_model) - grade_rank(was) >= 2 OR moved_at < downgraded_at + %8$L::interval)
                THEN 'HELD' ELSE 'MODEL' END AS basis
          FROM (
            SELECT coalesce(r.customer_id, g.customer_id) AS customer_id, g.model_grade AS was_model, g.grade AS was,
              g.basis AS was_basis, g.override_id, g.effective_from, g.last_rated_at, g.version,
              g.rating_id AS was_rating, r.id AS rating_id, r.rated_at,
              CASE WHEN r.id IS NULL OR g.last_rated_at > r.rated_at THEN g.model_grade ELSE r.model_grade END AS new_model,
              r.id IS NULL OR coalesce(g.last_rated_at > r.rated_at, false) AS stays,
              -- At the first rating nothing was before.
              greatest(%3$L::timestamptz, g.effective_from + interval '1 ms', g.last_rated_at + interval '1 ms') AS moved_at,
              g.rating_due_at, g.months_at_most, g.downgraded_at
            FROM rating_runs.rating_%1$s AS r FULL JOIN customer_grade AS g ON g.customer_id = r.customer_id
            -- OFFSET keeps what is computed here from being computed again wherever it is named above.
            WHERE coalesce(r.customer_id, g.customer_id) %4$s OFFSET 0) AS met OFFSET 0) AS judged OFFSET 0) AS followed;
      INSERT INTO rating_runs.grade_history_%1$s (id, customer_id, cause, cause_id, model_grade_before, grade_before,
        model_grade_after, grade_after, basis_after, changed_at, changed_by)
      SELECT (substr(%2$L, 1, 8) || '00008000' || '8000' || lpad(to_hex(row_number() OVER () + %5$s), 12, '0'))::uuid,
        n.customer_id, 'RATING', n.rating_id, g.model_grade, g.grade, n.model_grade, n.grade, n.basis,
        greatest(%3$L::timestamptz, g.effective_from + interval '1 ms', g.last_rated_at + interval '1 ms'),
        current_setting('tierwarden.actor')
      FROM rating_runs.customer_grade_%1$s AS n LEFT JOIN customer_grade AS g ON g.customer_id = n.customer_id
      WHERE n.customer_id %4$s AND (g.customer_id IS NULL OR n.version <> g.version)`;

const CHECKED_BY_CUSTOMER = `    EXECUTE format(
      'SELECT coalesce(sum(r.times), 0), coalesce(bool_or(s.id IS NULL), false) FROM (
         SELECT cut_point_set_id, scorecard_version_id, count(*) AS times FROM rating_runs.%I GROUP BY 1, 2) AS r
       LEFT JOIN ratable_cut_points AS s ON s.id = r.cut_point_set_id AND s.version_id = r.scorecard_version_id', t)
      INTO written, stray;
    IF written <> expected THEN
      RAISE EXCEPTION 'run % holds % ratings, its chunks wrote %', run, written, expected USING ERRCODE = 'TW013';
    END IF;
    IF NOT stray THEN
      EXECUTE format(
        'SELECT EXISTS (SELECT FROM rating_runs.%I AS r WHERE NOT EXISTS (SELECT FROM customer WHERE id = r.customer_id))', t)
        INTO stray;
    END IF;
`;

const CHECKED_AT_ONCE = `    EXECUTE format(
      'SELECT coalesce(sum(r.times), 0), coalesce(bool_or(r.unknown OR s.id IS NULL), false) FROM (
         SELECT rated.cut_point_set_id, rated.scorecard_version_id, count(*) AS times, bool_or(customer.id IS NULL) AS unknown
         FROM rating_runs.%I AS rated LEFT JOIN customer ON customer.id = rated.customer_id GROUP BY 1, 2) AS r
       LEFT JOIN ratable_cut_points AS s ON s.id = r.cut_point_set_id AND s.version_id = r.scorecard_version_id', t)
      INTO written, stray;
    IF written <> expected THEN
      RAISE EXCEPTION 'run % holds % ratings, its chunks wrote %', run, written, expected USING ERRCODE = 'TW013';
    END IF;
`;

/** Takes the memory that a hash of everybody needs. */
const MEMORY = ` SET work_mem TO '192MB'\n`;
/** Nine grades and ranges of ids need no more rows to be looked at. */
const STATISTICS = ` SET default_statistics_target TO '30'\n`;
const SEALED_WITH = ` SET maintenance_work_mem TO '256MB'\n`;

const CHANGES: readonly FunctionChange[] = [
  [
    'rating_run_publish(uuid,timestamptz,timestamptz[],integer[],interval)',
    [
      [MEMORY, `${MEMORY}${STATISTICS}`],
      [MOVED_THEN_WRITTEN, WRITTEN_THEN_COMPARED],
      [
        `$moves$, n, run_id_floor(it.number), at, '%s', '%s',`,
        `$moves$, n, run_id_floor(it.number), at, '%1$s', '%2$s',`,
      ],
      [`EXECUTE format(moves, 'true', '0');`, `EXECUTE format(moves, 'IS NOT NULL', '0');`],
      [
        `EXECUTE format(moves, 'coalesce(r.customer_id, g.customer_id) IN (SELECT customer_id FROM customer_grade_touched)',
        '1099511627776');`,
        `EXECUTE format(moves, 'IN (SELECT customer_id FROM customer_grade_touched)', '1099511627776');`,
      ],
    ],
  ],
  [
    'rating_run_seal(uuid)',
    [
      [SEALED_WITH, `${MEMORY}${SEALED_WITH}`],
      [CHECKED_BY_CUSTOMER, CHECKED_AT_ONCE],
    ],
  ],
];
