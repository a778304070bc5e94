/**
 * What the reads are measured on: customers with ratings and grades, and requests in every standing, drawn inside the
 * database. The same numbers each time.
 */
import type { Client } from 'pg';

export interface ReadPortfolioOptions {
  readonly customers: number;
  readonly ratingsEach: number;
  readonly requests: number;
}

const GUARDED = [
  'customer',
  'rating',
  'customer_grade',
  'cut_point_set',
  'change_request',
  'change_request_level',
  'change_request_vote',
] as const;

export const REGIONS = ['Beijing', 'Chengdu', 'Guangzhou', 'Hangzhou', 'Nanjing', 'Shanghai', 'Shenzhen', 'Wuhan'];

/** `client` owns a bootstrapped database with the sample users and without customers. */
export const drawReadPortfolio = async (client: Client, options: ReadPortfolioOptions): Promise<void> => {
  await client.query('BEGIN');
  await client.query(`SELECT setseed(0.42), set_config('tierwarden.actor', 'system:bench', true)`);
  // What is drawn came about in no transaction of its own, so the guards have nothing to look at.
  for (const table of GUARDED) await client.query(`ALTER TABLE ${table} DISABLE TRIGGER USER`);
  await client.query(
    `INSERT INTO customer (id, number, kind, name_zh, name_en, industry_code, region, size, stage, version, created_at, updated_at)
     SELECT ${drawnId("'c'", 'n')}, 'N' || lpad(n::text, 8, '0'), 'CUSTOMER', '客户' || n, 'Customer ' || n,
       (ARRAY['MANUFACTURING', 'SERVICES', 'RETAIL', 'WHOLESALE', 'LOGISTICS'])[1 + n % 5],
       ($2::text[])[1 + n % ${REGIONS.length}], 'MEDIUM', 'GROWTH', 1, $3, $3
     FROM generate_series(1, $1::int) AS n`,
    [options.customers, REGIONS, DRAWN_AT],
  );
  await client.query(
    `INSERT INTO cut_point_set (id, version_id, segment, reference_size, content, digest, frozen_by, frozen_at)
     SELECT ${drawnId("'s'", '1')}, id, '*', 1, '{}', repeat('0', 64), 'system:bench', $1 FROM scorecard_version LIMIT 1`,
    [DRAWN_AT],
  );
  await client.query(
    `INSERT INTO rating (id, customer_id, scorecard_version_id, cut_point_set_id, as_of, rated_at, score, model_grade,
       uncapped_grade, inputs, input_as_of, points_centi, caps, notes)
     SELECT ${drawnId("'r' || k", 'n')}, ${drawnId("'c'", 'n')}, s.version_id, s.id, $3::date,
       $3::timestamptz + k * interval '30 days', drawn.score, graded.grade, graded.grade,
       array_fill(0.5::float8, ARRAY[20]), array_fill($3::date, ARRAY[20]), array_fill(550::smallint, ARRAY[20]), '{}', '{}'
     FROM generate_series(1, $1::int) AS n CROSS JOIN generate_series(1, $2::int) AS k CROSS JOIN cut_point_set AS s
       CROSS JOIN LATERAL (SELECT round((random() * 100)::numeric, 4) AS score WHERE n > 0) AS drawn
       CROSS JOIN LATERAL (SELECT (enum_range(NULL::grade))[1 + least(8, floor(drawn.score / 11.2))::int] AS grade) AS graded`,
    [options.customers, options.ratingsEach, DRAWN_AT],
  );
  await client.query(
    `INSERT INTO customer_grade (customer_id, model_grade, grade, basis, rating_id, effective_from, last_rated_at,
       rating_due_at, version)
     SELECT customer_id, model_grade, model_grade, 'MODEL', id, rated_at, rated_at, rated_at + interval '90 days', $1::int FROM rating
     WHERE rated_at = $2::timestamptz + $1::int * interval '30 days'`,
    [options.ratingsEach, DRAWN_AT],
  );
  // Three in five are open, a quarter of those at the second level.
  await client.query(
    `INSERT INTO change_request (id, kind, subject_type, subject_id, payload, base, impact, policy_version_id, routing_row, digest,
       state, current_level, maker_id, submitted_at, decide_by, closed_at, updated_at, version)
     SELECT ${drawnId("'q'", 'n')}, 'GRADE_OVERRIDE', 'Customer', ${drawnId("'c'", `n * ${Math.max(1, Math.floor(options.customers / options.requests))}`)}::text,
       '{}', '{}', '{}', p.id, 'drawn', repeat('0', 64),
       CASE WHEN n % 5 < 3 THEN 'IN_REVIEW' ELSE 'APPLIED' END, CASE WHEN n % 20 = 0 THEN 2 ELSE 1 END, m.id::text,
       now() - n * interval '1 second', now() + interval '30 days', CASE WHEN n % 5 < 3 THEN NULL ELSE now() END, now(), 1
     FROM generate_series(1, $1::int) AS n
       CROSS JOIN (SELECT id FROM policy_version WHERE kind = 'APPROVAL_MATRIX' LIMIT 1) AS p
       CROSS JOIN (SELECT id FROM app_user WHERE subject = 'maker') AS m`,
    [options.requests],
  );
  await client.query(
    `INSERT INTO change_request_level (request_id, ordinal, role, quorum)
     SELECT id, level.ordinal, level.role, 1 FROM change_request
       CROSS JOIN (VALUES (1, 'RISK_APPROVER'), (2, 'CHIEF_RISK_OFFICER')) AS level (ordinal, role)`,
  );
  await client.query(
    `INSERT INTO change_request_vote (id, request_id, level_ordinal, voter_id, verdict, digest, cast_at)
     SELECT gen_random_uuid(), q.id, 1, u.id, 'APPROVE', q.digest, q.submitted_at FROM change_request AS q
       CROSS JOIN (SELECT id FROM app_user WHERE subject = 'approver2') AS u
     WHERE q.current_level = 2`,
  );
  for (const table of GUARDED) await client.query(`ALTER TABLE ${table} ENABLE TRIGGER USER`);
  await client.query('COMMIT');
  await client.query('VACUUM (ANALYZE)');
};

const DRAWN_AT = '2026-01-01T00:00:00Z';

/** A UUID that follows from a kind and a number; it begins with zero, below the ids that rating runs give. */
const drawnId = (kind: string, n: string): string => `('0' || substr(md5(${kind} || ${n}), 2))::uuid`;
