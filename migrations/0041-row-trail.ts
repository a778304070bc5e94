/**
 * The trail of rows: what the application writes into a business table goes into the audit event of the same transaction, as
 * the database itself saw it. And how far the completeness check has come: every version of every row that the log knows,
 * where the check stands, and what it found.
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** All tables share one function, which is told their columns. */
export const INSTALL_FOR_ALL = `\
      -- Gives a trail to every business table that has none, and renews those whose columns have changed. Called after every
      -- migration. Computed columns follow from others.
      CREATE FUNCTION tw_trail_install() RETURNS void LANGUAGE plpgsql AS $$
      DECLARE
        business record;
        arguments text;
        operation text;
        is_empty boolean;
      BEGIN
        FOR business IN
          SELECT t.oid, t.relname AS name, (
            SELECT array_agg(a.attname ORDER BY a.attname COLLATE "C") FROM pg_attribute AS a
            WHERE a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
              AND NOT EXISTS (SELECT FROM audit_trail_exemption AS x
                              WHERE x.table_name = t.relname AND x.column_name = a.attname)) AS columns
          FROM pg_class AS t
          WHERE t.relnamespace = 'public'::regnamespace AND NOT t.relispartition
            AND EXISTS (SELECT FROM pg_trigger AS g WHERE g.tgrelid = t.oid AND g.tgfoid = 'tw_require_actor'::regproc)
            AND NOT EXISTS (SELECT FROM audit_trail_exemption AS x WHERE x.table_name = t.relname AND x.column_name = '' AND x.condition IS NULL)
          ORDER BY t.relname
        LOOP
          arguments := business.columns::text;
          FOREACH operation IN ARRAY ARRAY['insert', 'update', 'delete'] LOOP
            IF operation = 'delete' AND NOT has_table_privilege('tierwarden_app', business.oid, 'DELETE') THEN
              CONTINUE;
            END IF;
            CONTINUE WHEN EXISTS (
              SELECT FROM pg_trigger WHERE tgrelid = business.oid AND tgname = 'tw_trail_' || operation
                AND encode(tgargs, 'escape') = arguments || '\\000');
            EXECUTE format('DROP TRIGGER IF EXISTS %I ON %I', 'tw_trail_' || operation, business.name);
            EXECUTE format(
              'CREATE TRIGGER %I AFTER %s ON %I REFERENCING %s FOR EACH STATEMENT
                 WHEN (current_setting(''role'') = ''tierwarden_app'') EXECUTE FUNCTION tw_trail(%L)',
              'tw_trail_' || operation, operation, business.name,
              CASE operation WHEN 'delete' THEN 'OLD TABLE AS old_rows' ELSE 'NEW TABLE AS new_rows' END, arguments);
          END LOOP;
          EXECUTE format('SELECT NOT EXISTS (SELECT FROM %I)', business.name) INTO is_empty;
          INSERT INTO audit_trail (table_name, columns, baselined_at)
            VALUES (business.name, business.columns, CASE WHEN is_empty THEN now() END)
            ON CONFLICT (table_name) DO UPDATE SET columns = excluded.columns;
        END LOOP;
      END $$;`;

export class RowTrail1767225600041 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- Business tables are those that demand an actor; these leave no trail, each for the reason that it names. With a
      -- column, that column alone is left out; with a condition, the check passes over the rows that it fits.
      CREATE TABLE audit_trail_exemption (
        table_name text NOT NULL,
        column_name text NOT NULL DEFAULT '',
        condition text,
        reason text NOT NULL CHECK (reason <> ''),
        PRIMARY KEY (table_name, column_name),
        CHECK (condition IS NULL OR column_name = '')
      );
      -- Tables that leave one. Rows of before have no leaf until they are recorded as a baseline.
      CREATE TABLE audit_trail (
        table_name text PRIMARY KEY,
        columns text[] NOT NULL,
        since timestamptz NOT NULL DEFAULT now(),
        baselined_at timestamptz
      );

      -- Values of the columns as a JSON array of texts and nulls, in the form that RFC 8785 gives it.
      CREATE FUNCTION tw_trail_row(held jsonb, columns text[]) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
        SELECT '[' || string_agg(coalesce(to_json(held ->> name)::text, 'null'), ',' ORDER BY place) || ']'
        FROM unnest(columns) WITH ORDINALITY AS c (name, place) $$;

      -- Lays the rows of a statement beside those of the transaction so far; what writes the audit event takes them from there.
      -- A savepoint that is undone takes its rows along. What is small is gathered first, so that a trigger that writes row by row
      -- for thousands of rows does not copy all that came before a thousand times.
      CREATE FUNCTION tw_trail() RETURNS trigger LANGUAGE plpgsql AS $$
      DECLARE
        columns text[] := TG_ARGV[0];
        listed text;
        gathered text;
      BEGIN
        IF TG_OP = 'DELETE' THEN
          SELECT string_agg(tw_trail_row(to_jsonb(changed), columns), ',') INTO listed FROM old_rows AS changed;
        ELSE
          SELECT string_agg(tw_trail_row(to_jsonb(changed), columns), ',') INTO listed FROM new_rows AS changed;
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

${INSTALL_FOR_ALL}

      -- Every version of every row that the log holds, by the place where it stands there.
      CREATE TABLE audit_row (
        table_name text COLLATE "C" NOT NULL,
        row_key text COLLATE "C" NOT NULL,
        leaf_index bigint NOT NULL,
        place integer NOT NULL CHECK (place >= 0),
        -- Of the values as they stand in the log; null where the row was deleted.
        digest bytea CHECK (octet_length(digest) = 32),
        columns_id integer NOT NULL,
        -- State from before the table left a trail: any other version is newer, wherever it stands.
        is_baseline boolean NOT NULL,
        PRIMARY KEY (table_name, row_key, leaf_index, place)
      );
      CREATE TABLE audit_row_columns (
        id integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
        columns text[] NOT NULL UNIQUE
      );
      ALTER TABLE audit_row ADD FOREIGN KEY (columns_id) REFERENCES audit_row_columns;
      -- One line for each thing that is walked through; of the leaves, how many have been read.
      CREATE TABLE audit_check (
        walk text PRIMARY KEY,
        leaves bigint NOT NULL DEFAULT 0,
        -- Key of the row that was compared last in the round under way; null at its start.
        last_key text[],
        compared bigint NOT NULL DEFAULT 0,
        round_ended_at timestamptz
      );
      CREATE TABLE audit_discrepancy (
        id uuid PRIMARY KEY,
        table_name text NOT NULL,
        row_key text NOT NULL,
        kind text NOT NULL CHECK (kind IN ('ROW_WITHOUT_LEAF', 'LEAF_WITHOUT_ROW', 'ROW_DIFFERS')),
        -- Where the log speaks of the row last.
        leaf_index bigint,
        found_at timestamptz NOT NULL,
        -- When rows and leaves were seen to agree again.
        gone_at timestamptz CHECK (gone_at >= found_at)
      );
      CREATE UNIQUE INDEX audit_discrepancy_open ON audit_discrepancy (table_name, row_key) WHERE gone_at IS NULL;
      CREATE INDEX audit_discrepancy_found ON audit_discrepancy (found_at DESC, id DESC);

      CREATE TRIGGER audit_discrepancy_actor BEFORE INSERT OR UPDATE OR DELETE ON audit_discrepancy
        FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
      CREATE TRIGGER audit_discrepancy_keep BEFORE DELETE OR TRUNCATE ON audit_discrepancy
        FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();

      GRANT SELECT ON audit_trail, audit_trail_exemption TO tierwarden_app, tierwarden_reader;
      GRANT UPDATE (baselined_at) ON audit_trail TO tierwarden_app;
      GRANT SELECT, INSERT ON audit_row, audit_row_columns, audit_discrepancy TO tierwarden_app;
      GRANT SELECT, INSERT, UPDATE ON audit_check TO tierwarden_app;
      GRANT UPDATE (gone_at) ON audit_discrepancy TO tierwarden_app;
      GRANT SELECT ON audit_row, audit_row_columns, audit_check, audit_discrepancy TO tierwarden_reader;
    `);
    for (const [table, reason, condition = null] of EXEMPT) {
      await runner.query('INSERT INTO audit_trail_exemption (table_name, reason, condition) VALUES ($1, $2, $3)', [
        table,
        reason,
        condition,
      ]);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP FUNCTION tw_trail_install();
      DROP FUNCTION tw_trail() CASCADE;
      DROP FUNCTION tw_trail_row(jsonb, text[]);
      DROP TABLE audit_discrepancy, audit_check, audit_row, audit_row_columns, audit_trail, audit_trail_exemption;
    `);
  }
}

/** Ids of what a run made: see the run tables. */
const OF_A_RUN = "id >= '80000000-0000-0000-0000-000000000000'";

const EXEMPT: readonly (readonly [table: string, reason: string, condition?: string])[] = [
  ['audit_event', 'it is the log'],
  ['audit_event_body', 'it is the log'],
  ['audit_log_leaf', 'it is the log'],
  ['audit_log_tile', 'it is the log'],
  ['audit_log_checkpoint', 'it is the log'],
  ['audit_log_cosignature', 'it is the log'],
  ['audit_discrepancy', 'found by the check of the log; its event names each'],
  ['idempotency_key', 'answers for a day, purged, no evidence'],
  ['outbox', 'jobs on their way, deleted once handed over'],
  ['signal', 'wake-ups, deleted after an hour'],
  ['rating_run_chunk', 'how far a run has come; what it came to stands under the root in the event of the run'],
  ['rating_parked', 'written chunk by chunk; the event of the run counts them, a parked customer has no rating'],
  ['customer_grade', 'the newest row of grade_history for each customer, replaced as a whole by runs'],
  ['rating', 'ratings of a run stand under the root in the event of the run', OF_A_RUN],
  ['grade_history', 'changes by a run follow from its ratings', OF_A_RUN],
  ['indicator_current', 'folded from indicator_snapshot, and folded anew on demand'],
];
