/** Figures over many customers that derived indicators are held against: taken as a set, and frozen. */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class DerivedIndicators1767225600051 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE peer_figure_set (
        number integer PRIMARY KEY CHECK (number > 0),
        taken_at timestamptz NOT NULL,
        taken_by text NOT NULL CHECK (taken_by <> ''),
        -- How far customers' values have been held against it.
        done_upto uuid,
        done_at timestamptz
      );
      CREATE TABLE peer_figure (
        set_number integer NOT NULL REFERENCES peer_figure_set,
        indicator text NOT NULL CHECK (indicator <> ''),
        statistic text NOT NULL CHECK (statistic IN ('TOTAL', 'MEDIAN')),
        segment text NOT NULL CHECK (segment <> ''),
        value numeric NOT NULL,
        members integer NOT NULL CHECK (members > 0),
        PRIMARY KEY (set_number, indicator, statistic, segment)
      );
      CREATE TRIGGER peer_figure_set_actor BEFORE INSERT OR UPDATE OR DELETE ON peer_figure_set
        FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
      CREATE TRIGGER peer_figure_actor BEFORE INSERT OR UPDATE OR DELETE ON peer_figure
        FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
      CREATE TRIGGER peer_figure_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON peer_figure
        FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
      GRANT SELECT, INSERT ON peer_figure, peer_figure_set TO tierwarden_app;
      GRANT UPDATE (done_upto, done_at) ON peer_figure_set TO tierwarden_app;
      GRANT SELECT ON peer_figure, peer_figure_set TO tierwarden_reader;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE peer_figure; DROP TABLE peer_figure_set;');
  }
}
