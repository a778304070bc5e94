/** What came from each source, and what of it was refused, too old on arrival, or contradicted by others. */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class SourceArrivals1767225600053 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE source_arrival (
        id uuid PRIMARY KEY,
        source text NOT NULL CHECK (source <> ''),
        batch_id uuid REFERENCES import_batch,
        arrived_at timestamptz NOT NULL,
        accepted integer NOT NULL CHECK (accepted >= 0),
        stale integer NOT NULL CHECK (stale BETWEEN 0 AND accepted),
        contradicted integer NOT NULL CHECK (contradicted BETWEEN 0 AND accepted),
        refused integer NOT NULL CHECK (refused >= 0),
        -- How many of the refusals, by row code.
        refusals jsonb NOT NULL CHECK (jsonb_typeof(refusals) = 'object'),
        CHECK (accepted + refused > 0)
      );
      CREATE INDEX source_arrival_source ON source_arrival (source, arrived_at);
      CREATE INDEX source_arrival_batch ON source_arrival (batch_id);
      CREATE TRIGGER source_arrival_actor BEFORE INSERT OR UPDATE OR DELETE ON source_arrival
        FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
      CREATE TRIGGER source_arrival_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON source_arrival
        FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
      GRANT SELECT, INSERT ON source_arrival TO tierwarden_app;
      GRANT SELECT ON source_arrival TO tierwarden_reader;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE source_arrival');
  }
}
