/**
 * Parties, their industries, every state they were ever in, the relations between them, and the record of imports.
 * `bucket` spreads parties evenly over 0–1023 by their id alone, so that ranges of it can be worked on side by side.
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Customers1767225600007 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE industry (
        code text PRIMARY KEY CHECK (code ~ '^[A-Z][A-Z0-9_]*$'),
        name_zh text NOT NULL CHECK (name_zh <> ''),
        name_en text NOT NULL CHECK (name_en <> '')
      );
      INSERT INTO industry (code, name_zh, name_en) VALUES
        ('MANUFACTURING', '制造业', 'Manufacturing'),
        ('SERVICES', '服务业', 'Services'),
        ('RETAIL', '零售业', 'Retail'),
        ('WHOLESALE', '批发业', 'Wholesale'),
        ('FINANCE', '金融业', 'Finance'),
        ('NEW_ENERGY', '新能源', 'New energy'),
        ('LOGISTICS', '物流业', 'Logistics'),
        ('TECHNOLOGY', '信息技术', 'Information technology'),
        ('CONSTRUCTION', '建筑业', 'Construction'),
        ('REAL_ESTATE', '房地产业', 'Real estate'),
        ('HEALTHCARE', '医药健康', 'Healthcare'),
        ('AGRICULTURE', '农业', 'Agriculture');

      CREATE TABLE customer (
        id uuid PRIMARY KEY,
        number text NOT NULL UNIQUE CHECK (number <> ''),
        kind text NOT NULL CHECK (kind IN ('CUSTOMER', 'SUPPLIER')),
        name_zh text CHECK (name_zh <> ''),
        name_en text CHECK (name_en <> ''),
        short_name text CHECK (short_name <> ''),
        credit_code text UNIQUE CHECK (length(credit_code) = 18),
        lei text UNIQUE CHECK (length(lei) = 20),
        industry_code text REFERENCES industry,
        region text CHECK (region <> ''),
        size text CHECK (size IN ('LARGE', 'MEDIUM', 'SMALL', 'MICRO')),
        stage text NOT NULL CHECK (stage IN ('ACQUISITION', 'GROWTH', 'MATURITY', 'DECLINE', 'EXITED')),
        owner_user_id uuid REFERENCES app_user,
        org_unit_id uuid REFERENCES org_unit,
        version integer NOT NULL CHECK (version > 0),
        created_at timestamptz NOT NULL,
        updated_at timestamptz NOT NULL,
        display_name text COLLATE "C" NOT NULL GENERATED ALWAYS AS (coalesce(name_zh, name_en)) STORED,
        bucket smallint NOT NULL GENERATED ALWAYS AS
          ((('x' || substr(md5(id::text), 1, 4))::bit(16)::integer & 1023)::smallint) STORED,
        CHECK (name_zh IS NOT NULL OR name_en IS NOT NULL)
      );
      CREATE INDEX customer_bucket ON customer (bucket, id);
      CREATE INDEX customer_name ON customer (display_name, id);
      CREATE INDEX customer_created ON customer (created_at, id);
      CREATE INDEX customer_industry ON customer (industry_code, id);
      CREATE INDEX customer_region ON customer (region, id);
      CREATE INDEX customer_owner ON customer (owner_user_id, id);

      CREATE TABLE customer_version (
        customer_id uuid NOT NULL REFERENCES customer,
        version integer NOT NULL CHECK (version > 0),
        recorded_at timestamptz NOT NULL,
        recorded_by text NOT NULL CHECK (recorded_by <> ''),
        fields jsonb NOT NULL,
        PRIMARY KEY (customer_id, version)
      );

      CREATE TABLE customer_relation (
        id uuid PRIMARY KEY,
        from_id uuid NOT NULL REFERENCES customer,
        to_id uuid NOT NULL REFERENCES customer,
        kind text NOT NULL CHECK (kind IN ('PARENT', 'SHAREHOLDER', 'SAME_CONTROLLER', 'GUARANTOR', 'SUPPLY_CHAIN')),
        share numeric(7, 6) CHECK (share > 0 AND share <= 1),
        created_at timestamptz NOT NULL,
        ended_at timestamptz,
        CHECK (from_id <> to_id),
        CHECK ((kind = 'SHAREHOLDER') = (share IS NOT NULL)),
        CHECK (kind <> 'SAME_CONTROLLER' OR from_id < to_id)
      );
      CREATE UNIQUE INDEX customer_relation_live ON customer_relation (from_id, to_id, kind) WHERE ended_at IS NULL;
      CREATE UNIQUE INDEX customer_relation_one_parent ON customer_relation (to_id)
        WHERE kind = 'PARENT' AND ended_at IS NULL;
      CREATE INDEX customer_relation_to ON customer_relation (to_id, kind);

      CREATE TABLE import_batch (
        id uuid PRIMARY KEY,
        kind text NOT NULL CHECK (kind IN ('CUSTOMERS', 'INDICATORS')),
        file_name text NOT NULL,
        file_sha256 text NOT NULL CHECK (file_sha256 ~ '^[0-9a-f]{64}$'),
        map_digest text NOT NULL CHECK (map_digest ~ '^[0-9a-f]{64}$'),
        source text NOT NULL CHECK (source <> ''),
        started_at timestamptz NOT NULL,
        started_by text NOT NULL CHECK (started_by <> ''),
        finished_at timestamptz,
        counts jsonb,
        CHECK ((finished_at IS NULL) = (counts IS NULL))
      );
      CREATE INDEX import_batch_started ON import_batch (started_at, id);

      CREATE TRIGGER industry_actor BEFORE INSERT OR UPDATE OR DELETE ON industry
        FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
      CREATE TRIGGER customer_actor BEFORE INSERT OR UPDATE OR DELETE ON customer
        FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
      CREATE TRIGGER customer_version_actor BEFORE INSERT OR UPDATE OR DELETE ON customer_version
        FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
      CREATE TRIGGER customer_version_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON customer_version
        FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
      CREATE TRIGGER customer_relation_actor BEFORE INSERT OR UPDATE OR DELETE ON customer_relation
        FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
      CREATE TRIGGER import_batch_actor BEFORE INSERT OR UPDATE OR DELETE ON import_batch
        FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();

      GRANT SELECT, INSERT ON industry, customer, customer_version, customer_relation, import_batch TO tierwarden_app;
      GRANT UPDATE (number, kind, name_zh, name_en, short_name, credit_code, lei, industry_code, region, size, stage,
        owner_user_id, org_unit_id, version, updated_at) ON customer TO tierwarden_app;
      GRANT UPDATE (ended_at) ON customer_relation TO tierwarden_app;
      GRANT UPDATE (finished_at, counts) ON import_batch TO tierwarden_app;
      GRANT SELECT ON industry, customer, customer_version, customer_relation, import_batch TO tierwarden_reader;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TABLE import_batch;
      DROP TABLE customer_relation;
      DROP TABLE customer_version;
      DROP TABLE customer;
      DROP TABLE industry;
    `);
  }
}
