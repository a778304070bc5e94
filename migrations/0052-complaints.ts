/** Complaints with the severity that the rules gave them. Only ever added; what a complaint is held to be never changes. */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Complaints1767225600052 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE complaint (
        id uuid PRIMARY KEY,
        customer_id uuid NOT NULL REFERENCES customer,
        received_on date NOT NULL,
        text text NOT NULL CHECK (length(text) BETWEEN 1 AND 8000),
        severity smallint NOT NULL CHECK (severity BETWEEN 1 AND 10),
        matched jsonb NOT NULL CHECK (jsonb_typeof(matched) = 'array'),
        rules_version integer NOT NULL CHECK (rules_version > 0),
        recorded_at timestamptz NOT NULL,
        recorded_by text NOT NULL CHECK (recorded_by <> '')
      );
      CREATE INDEX complaint_customer ON complaint (customer_id, received_on, id);
      CREATE INDEX complaint_received ON complaint (received_on, customer_id);
      CREATE TRIGGER complaint_actor BEFORE INSERT OR UPDATE OR DELETE ON complaint
        FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
      CREATE TRIGGER complaint_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON complaint
        FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
      GRANT SELECT, INSERT ON complaint TO tierwarden_app;
      GRANT SELECT ON complaint TO tierwarden_reader;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE complaint');
  }
}
