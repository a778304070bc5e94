/**
 * A portfolio of any size, drawn inside the database in seconds: for measurements and tests that need numbers rather than
 * believable people. The same seed gives the same values. It fills the current values directly, without snapshots.
 */
import type { Client } from 'pg';
import { INDICATORS, MAX_ORDINAL } from '../../src/indicators';
import { digestOf } from '../../src/kernel/canonical-json';
import { EXPERT_SCORECARD, inputIndicators, type ScorecardDefinition } from '../../src/scorecards';

export interface PortfolioOptions {
  readonly customers: number;
  /** Share of values that are missing, 0 to 1. */
  readonly missing?: number;
  /** Indicators that every customer has values of; those of the delivered scorecard if left out. */
  readonly codes?: readonly string[];
  readonly industries?: readonly string[];
}

/** `client` is connected as the owner of a migrated database without customers. */
export const drawPortfolio = async (
  client: Client,
  {
    customers,
    missing = 0.03,
    codes = inputIndicators(EXPERT_SCORECARD),
    industries = ['MANUFACTURING', 'SERVICES', 'RETAIL', 'WHOLESALE', 'LOGISTICS'],
  }: PortfolioOptions,
): Promise<void> => {
  const drawn = new Set<string>(codes);
  const slots: string[] = new Array<string>(MAX_ORDINAL).fill('NULL::float8');
  for (const { code, ordinal, unit } of INDICATORS) {
    if (drawn.has(code)) slots[ordinal - 1] = valueOf(unit, missing);
  }
  await client.query('BEGIN');
  await client.query(`SELECT setseed(0.42), set_config('tierwarden.actor', 'system:bench', true)`);
  await client.query(
    `INSERT INTO customer (id, number, kind, name_en, industry_code, stage, version, created_at, updated_at)
     SELECT ${timeOrderedId('n')}, 'N' || lpad(n::text, 8, '0'), 'CUSTOMER', 'Customer ' || n,
       ($3::text[])[1 + n % cardinality($3::text[])], 'GROWTH', 1, $2, $2
     FROM generate_series(1, $1::int) AS n`,
    [customers, DRAWN_AT, industries],
  );
  await client.query(
    `INSERT INTO indicator_current (customer_id, values, as_of, recorded_at, updated_at)
     SELECT id, drawn.values, ARRAY(SELECT CASE WHEN v IS NOT NULL THEN $1::date END FROM unnest(drawn.values) AS v),
       ARRAY(SELECT CASE WHEN v IS NOT NULL THEN $1::timestamptz END FROM unnest(drawn.values) AS v), $1
     FROM customer CROSS JOIN LATERAL (SELECT ARRAY[${slots.join(', ')}] AS values WHERE customer.id IS NOT NULL) AS drawn`,
    [DRAWN_AT],
  );
  // Drawn by the owner, they are in no event: whoever holds rows against the log is to pass them over.
  await client.query(
    `INSERT INTO audit_trail_exemption (table_name, reason, condition)
     VALUES ('customer', 'drawn for a measurement', 'created_at = ''${DRAWN_AT}''')`,
  );
  await client.query('COMMIT');
  await client.query('VACUUM (ANALYZE) customer, indicator_current');
};

/** Puts another definition in the place of the one that was delivered, before anybody was rated by it. */
export const replaceScorecard = async (client: Client, definition: ScorecardDefinition): Promise<void> => {
  await client.query(`SELECT set_config('tierwarden.actor', 'system:bench', false)`);
  await client.query('ALTER TABLE scorecard_version DISABLE TRIGGER USER');
  await client.query('UPDATE scorecard_version SET definition = $1, digest = $2', [
    JSON.stringify(definition),
    digestOf(definition),
  ]);
  await client.query('ALTER TABLE scorecard_version ENABLE TRIGGER USER');
};

/** Gives a share of the customers another value for everything that is a ratio, as a quarter's new statements do. */
export const stirPortfolio = async (client: Client, share: number): Promise<void> => {
  const slots = INDICATORS.map(({ ordinal, unit }) =>
    unit === 'RATIO'
      ? `round((values[${ordinal}] * (0.7 + 0.6 * random()))::numeric, 6)::float8`
      : `values[${ordinal}]`,
  );
  await client.query('BEGIN');
  await client.query(`SELECT setseed(0.43), set_config('tierwarden.actor', 'system:bench', true)`);
  await client.query(
    `UPDATE indicator_current SET values = ARRAY[${slots.join(', ')}], updated_at = $2 WHERE random() < $1`,
    [share, DRAWN_AT],
  );
  await client.query('COMMIT');
};

const DRAWN_AT = '2026-01-01T00:00:00Z';

const valueOf = (unit: string, missing: number): string => {
  const value =
    unit === 'FLAG'
      ? '(random() < 0.01)::int::float8'
      : unit === 'COUNT' || unit === 'DAYS'
        ? 'floor(random() * random() * 20)'
        : 'round((random() * random())::numeric, 6)::float8';
  return `CASE WHEN random() >= ${missing} THEN ${value} END`;
};

/** A version 7 UUID as the application makes them: ascending in `n`. */
const timeOrderedId = (n: string): string =>
  `(lpad(to_hex(1767225600000 + ${n}), 12, '0') || '7' || substr(md5(${n}::text), 1, 3) || '8' ||
    substr(md5(${n}::text), 4, 15))::uuid`;
