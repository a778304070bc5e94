/**
 * For lists: an index for every order and filter that would otherwise read the whole table for a page, and one text per
 * customer to search in.
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Lists1767225600019 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE INDEX change_request_submitted ON change_request (submitted_at DESC, id DESC);
      CREATE INDEX change_request_kind ON change_request (kind, submitted_at DESC, id DESC);
      CREATE INDEX audit_event_request ON audit_event (request_id, occurred_at, id);

      DROP INDEX customer_industry;
      DROP INDEX customer_region;
      CREATE INDEX customer_industry ON customer (industry_code, number);
      CREATE INDEX customer_region ON customer (region, number);
      CREATE INDEX customer_kind ON customer (kind, number);
      CREATE INDEX customer_size ON customer (size, number);
      CREATE INDEX customer_stage ON customer (stage, number);

      ALTER TABLE customer ADD COLUMN search_text text NOT NULL GENERATED ALWAYS AS (lower(
        number || chr(10) || coalesce(name_zh, '') || chr(10) || coalesce(name_en, '') || chr(10) ||
        coalesce(short_name, '') || chr(10) || coalesce(credit_code, '') || chr(10) || coalesce(lei, ''))) STORED;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE customer DROP COLUMN search_text;
      DROP INDEX customer_stage;
      DROP INDEX customer_size;
      DROP INDEX customer_kind;
      DROP INDEX customer_region;
      DROP INDEX customer_industry;
      CREATE INDEX customer_region ON customer (region, id);
      CREATE INDEX customer_industry ON customer (industry_code, id);
      DROP INDEX audit_event_request;
      DROP INDEX change_request_kind;
      DROP INDEX change_request_submitted;
    `);
  }
}
