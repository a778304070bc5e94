/**
 * The trail of each table is written by a function of its own, which names its columns: what was looked up for every row that is
 * written, a row's columns and their types, is looked up when they change.
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { INSTALL_FOR_ALL } from './0041-row-trail';
import { SHARED_TRAIL } from './0076-lighter-trail';

export class TrailByTable1767225600110 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(SOURCE);
    await runner.query(INSTALL_BY_TABLE);
    await runner.query('SELECT tw_trail_install()');
    await runner.query('DROP FUNCTION tw_trail()');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(SHARED_TRAIL);
    await runner.query(`
      DO $$
      DECLARE
        own regprocedure;
      BEGIN
        FOR own IN SELECT oid FROM pg_proc WHERE proname LIKE 'tw\\_trail\\_of\\_%' LOOP
          EXECUTE format('DROP FUNCTION %s CASCADE', own);
        END LOOP;
      END $$;
    `);
    await runner.query(`DROP FUNCTION tw_trail_install();\n${INSTALL_FOR_ALL}`);
    await runner.query('SELECT tw_trail_install()');
    await runner.query('DROP FUNCTION tw_trail_source(oid, text[])');
  }
}

/**
 * Lays the rows of a statement beside those of the transaction so far; what writes the audit event takes them from there. A
 * savepoint that is undone takes its rows along. What is small is gathered first, so that a trigger that writes row by row for
 * thousands of rows does not copy all that came before a thousand times.
 */
const SOURCE = `
  -- Body of the function that writes the trail of one table: the values as tw_trail_row has them.
  CREATE FUNCTION tw_trail_source(of_table oid, columns text[]) RETURNS text LANGUAGE sql STABLE AS $source$
    SELECT format($body$
  DECLARE
    listed text;
    gathered text;
  BEGIN
    IF TG_OP = 'DELETE' THEN
      SELECT string_agg(%1$s, ',') INTO listed FROM old_rows AS written;
    ELSE
      SELECT string_agg(%1$s, ',') INTO listed FROM new_rows AS written;
    END IF;
    IF listed IS NOT NULL THEN
      gathered := concat_ws(',', nullif(current_setting('tierwarden.fresh_rows', true), ''),
        %2$L || lower(TG_OP) || '","rows":[' || listed || %3$L);
      IF length(gathered) > 65536 THEN
        PERFORM set_config('tierwarden.rows', concat_ws(',', nullif(current_setting('tierwarden.rows', true), ''), gathered), true);
        gathered := '';
      END IF;
      -- Assigned, since that takes no statement.
      gathered := set_config('tierwarden.fresh_rows', gathered, true);
    END IF;
    RETURN NULL;
  END $body$,
      '''[''' || string_agg(format(
        -- Of these types JSON has no form of its own.
        CASE WHEN kind.typtype = 'e' OR kind.typname IN ('text', 'uuid', 'bool', 'int2', 'int4', 'int8', 'numeric')
          THEN $$ || coalesce(to_json(written.%I::text)::text, 'null')$$
          ELSE $$ || coalesce(to_json(to_jsonb(written.%I) #>> '{}')::text, 'null')$$ END, named.name),
        $$ || ','$$ ORDER BY named.place) || $$ || ']'$$,
      '{"columns":' || (array_to_json(columns))::text || ',"op":"',
      '],"table":' || to_json((SELECT relname::text FROM pg_class WHERE oid = of_table))::text || '}')
    FROM unnest(columns) WITH ORDINALITY AS named (name, place)
    JOIN pg_attribute AS held ON held.attrelid = of_table AND held.attname = named.name
    JOIN pg_type AS kind ON kind.oid = held.atttypid
  $source$`;

const INSTALL_BY_TABLE = `
  -- Gives a trail to every business table that has none, and renews those whose columns have changed. Called after every
  -- migration. Computed columns follow from others.
  CREATE OR REPLACE FUNCTION tw_trail_install() RETURNS void LANGUAGE plpgsql AS $$
  DECLARE
    business record;
    operation text;
    is_empty boolean;
  BEGIN
    FOR business IN
      SELECT t.oid, t.relname AS name, shape.columns, tw_trail_source(t.oid, shape.columns) AS source,
        'tw_trail_of_' || t.relname AS own
      FROM pg_class AS t, LATERAL (
        SELECT array_agg(a.attname::text ORDER BY a.attname COLLATE "C") AS columns FROM pg_attribute AS a
        WHERE a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
          AND NOT EXISTS (SELECT FROM audit_trail_exemption AS x
                          WHERE x.table_name = t.relname AND x.column_name = a.attname)) AS shape
      WHERE t.relnamespace = 'public'::regnamespace AND NOT t.relispartition
        AND EXISTS (SELECT FROM pg_trigger AS g WHERE g.tgrelid = t.oid AND g.tgfoid = 'tw_require_actor'::regproc)
        AND NOT EXISTS (SELECT FROM audit_trail_exemption AS x WHERE x.table_name = t.relname AND x.column_name = '' AND x.condition IS NULL)
      ORDER BY t.relname
    LOOP
      IF NOT EXISTS (SELECT FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND proname = business.own
                     AND prosrc = business.source) THEN
        EXECUTE format('CREATE OR REPLACE FUNCTION %I() RETURNS trigger LANGUAGE plpgsql AS %L', business.own, business.source);
      END IF;
      FOREACH operation IN ARRAY ARRAY['insert', 'update', 'delete'] LOOP
        IF operation = 'delete' AND NOT has_table_privilege('tierwarden_app', business.oid, 'DELETE') THEN
          CONTINUE;
        END IF;
        CONTINUE WHEN EXISTS (
          SELECT FROM pg_trigger AS g JOIN pg_proc AS p ON p.oid = g.tgfoid
          WHERE g.tgrelid = business.oid AND g.tgname = 'tw_trail_' || operation AND p.proname = business.own);
        EXECUTE format('DROP TRIGGER IF EXISTS %I ON %I', 'tw_trail_' || operation, business.name);
        EXECUTE format(
          'CREATE TRIGGER %I AFTER %s ON %I REFERENCING %s FOR EACH STATEMENT
             WHEN (current_setting(''role'') = ''tierwarden_app'') EXECUTE FUNCTION %I()',
          'tw_trail_' || operation, operation, business.name,
          CASE operation WHEN 'delete' THEN 'OLD TABLE AS old_rows' ELSE 'NEW TABLE AS new_rows' END, business.own);
      END LOOP;
      EXECUTE format('SELECT NOT EXISTS (SELECT FROM %I)', business.name) INTO is_empty;
      INSERT INTO audit_trail (table_name, columns, baselined_at)
        VALUES (business.name, business.columns, CASE WHEN is_empty THEN now() END)
        ON CONFLICT (table_name) DO UPDATE SET columns = excluded.columns;
    END LOOP;
  END $$`;
