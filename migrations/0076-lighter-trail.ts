/**
 * The trail of rows is written by one statement whose plan is kept with the trigger. The function for single rows, which stays
 * for the completeness check, was planned anew at every write.
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class LighterTrail1767225600076 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(SHARED_TRAIL);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(trail(listedByFunction));
  }
}

const trail = (listed: (rows: string) => string): string => `
  CREATE OR REPLACE FUNCTION tw_trail() RETURNS trigger LANGUAGE plpgsql AS $$
  DECLARE
    columns text[] := TG_ARGV[0];
    listed text;
    gathered text;
  BEGIN
    IF TG_OP = 'DELETE' THEN
      ${listed('old_rows')};
    ELSE
      ${listed('new_rows')};
    END IF;
    IF listed IS NOT NULL THEN
      gathered := concat_ws(',', nullif(current_setting('tierwarden.fresh_rows', true), ''),
        '{"columns":' || (SELECT '[' || string_agg(to_json(name)::text, ',' ORDER BY place) || ']'
                          FROM unnest(columns) WITH ORDINALITY AS c (name, place))
        || ',"op":"' || lower(TG_OP) || '","rows":[' || listed || '],"table":' || to_json(TG_TABLE_NAME::text) || '}');
      IF length(gathered) > 65536 THEN
        PERFORM set_config('tierwarden.rows', concat_ws(',', nullif(current_setting('tierwarden.rows', true), ''), gathered), true);
        gathered := '';
      END IF;
      PERFORM set_config('tierwarden.fresh_rows', gathered, true);
    END IF;
    RETURN NULL;
  END $$;
`;

/** As tw_trail_row has it. */
const listedInline = (rows: string): string => `
  SELECT string_agg((
    SELECT '[' || string_agg(coalesce(to_json(changed.held ->> name)::text, 'null'), ',' ORDER BY place) || ']'
    FROM unnest(columns) WITH ORDINALITY AS c (name, place)), ',')
  INTO listed FROM (SELECT to_jsonb(written) AS held FROM ${rows} AS written OFFSET 0) AS changed`;

const listedByFunction = (rows: string): string =>
  `SELECT string_agg(tw_trail_row(to_jsonb(changed), columns), ',') INTO listed FROM ${rows} AS changed`;

export const SHARED_TRAIL = trail(listedInline);
