/**
 * What became of customers, to be held against their grades. A correction is a newer row; the newest one that a source
 * gave of a customer, event and day holds.
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Validation1767225600013 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE outcome (
        id uuid PRIMARY KEY,
        customer_id uuid NOT NULL REFERENCES customer,
        event text NOT NULL CHECK (event IN ('BANKRUPTCY', 'DEFAULT')),
        bad boolean NOT NULL,
        observed_on date NOT NULL,
        source text NOT NULL CHECK (source <> ''),
        batch_id uuid NOT NULL,
        recorded_at timestamptz NOT NULL
      );
      CREATE INDEX outcome_customer ON outcome (customer_id, source, event, observed_on, recorded_at, id);
      CREATE INDEX outcome_source ON outcome (source, event, customer_id, observed_on, recorded_at, id);

      CREATE TRIGGER outcome_actor BEFORE INSERT OR UPDATE OR DELETE ON outcome
        FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
      CREATE TRIGGER outcome_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON outcome
        FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();

      GRANT SELECT, INSERT ON outcome TO tierwarden_app;
      GRANT SELECT ON outcome TO tierwarden_reader;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE outcome');
  }
}
