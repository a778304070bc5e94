/**
 * Value scores, tiers and the tasks that follow from them. Scores and tier history are append-only; the tier that counts is
 * what the newest entry says: entries move it in the same statement, many at a time, and nothing else may. Cut points are
 * frozen with their computation.
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Tiers1767225600063 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- Worst first, so that comparisons go by rank.
      CREATE TYPE tier AS ENUM ('WATCH', 'STANDARD', 'SILVER', 'GOLD', 'DIAMOND');
      CREATE TYPE value_band AS ENUM ('LOW', 'MEDIUM', 'HIGH', 'TOP');
      CREATE TYPE risk_class AS ENUM ('LOW', 'MEDIUM', 'HIGH');

      CREATE TABLE value_computation (
        id uuid PRIMARY KEY,
        state text NOT NULL CHECK (state IN ('RUNNING', 'COMPLETED')),
        policy_version_id uuid NOT NULL REFERENCES policy_version,
        tier_policy_version_id uuid NOT NULL REFERENCES policy_version,
        as_of date NOT NULL,
        -- Cut points, and how many customers with values they were taken from.
        cuts jsonb NOT NULL,
        reference_size integer NOT NULL CHECK (reference_size >= 0),
        requested_by text NOT NULL CHECK (requested_by <> ''),
        started_at timestamptz NOT NULL,
        -- Customers up to this id are done.
        done_upto uuid,
        evaluated integer NOT NULL DEFAULT 0 CHECK (evaluated >= 0),
        tiers_moved integer NOT NULL DEFAULT 0 CHECK (tiers_moved >= 0),
        -- Customers of the core, those of them that had a value before, and those whose value was high by then.
        core integer NOT NULL DEFAULT 0 CHECK (core >= 0),
        core_known integer NOT NULL DEFAULT 0 CHECK (core_known BETWEEN 0 AND core),
        core_recognised integer NOT NULL DEFAULT 0 CHECK (core_recognised BETWEEN 0 AND core_known),
        updated_at timestamptz NOT NULL CHECK (updated_at >= started_at),
        finished_at timestamptz CHECK (finished_at >= started_at),
        version integer NOT NULL CHECK (version > 0),
        CHECK ((state = 'RUNNING') = (finished_at IS NULL))
      );
      CREATE INDEX value_computation_time ON value_computation (started_at DESC, id DESC);
      CREATE UNIQUE INDEX value_computation_one_open ON value_computation ((true)) WHERE finished_at IS NULL;
      CREATE TRIGGER value_computation_closed BEFORE UPDATE ON value_computation
        FOR EACH ROW WHEN (OLD.finished_at IS NOT NULL) EXECUTE FUNCTION tw_refuse_reopening();

      CREATE TABLE value_score (
        id uuid PRIMARY KEY,
        customer_id uuid NOT NULL REFERENCES customer,
        computation_id uuid NOT NULL REFERENCES value_computation,
        as_of date NOT NULL,
        evaluated_at timestamptz NOT NULL,
        score numeric(5, 2) NOT NULL CHECK (score BETWEEN 0 AND 100),
        orders numeric,
        average_order numeric,
        margin numeric,
        retention numeric NOT NULL CHECK (retention BETWEEN 0 AND 1),
        lifetime_value numeric,
        pareto_share numeric(3, 2) NOT NULL CHECK (pareto_share > 0 AND pareto_share <= 1),
        points smallint[] NOT NULL CHECK (cardinality(points) = 5 AND 1 <= ALL (points) AND 10 >= ALL (points)),
        missing text[] NOT NULL,
        UNIQUE (id, customer_id),
        CHECK ((margin IS NULL) = (lifetime_value IS NULL))
      );
      CREATE INDEX value_score_customer ON value_score (customer_id, evaluated_at DESC, id DESC);

      CREATE TABLE customer_value (
        customer_id uuid PRIMARY KEY REFERENCES customer,
        value_score_id uuid NOT NULL,
        score numeric(5, 2) NOT NULL,
        FOREIGN KEY (value_score_id, customer_id) REFERENCES value_score (id, customer_id)
      );

      CREATE TABLE tier_history (
        id uuid PRIMARY KEY,
        customer_id uuid NOT NULL REFERENCES customer,
        cause text NOT NULL CHECK (cause IN ('GRADE', 'VALUE', 'WARNING', 'POLICY')),
        -- Rating, override, run, computation or warning behind it.
        cause_id text NOT NULL CHECK (cause_id <> ''),
        tier_before tier,
        tier_after tier NOT NULL,
        value_band value_band NOT NULL,
        risk_class risk_class NOT NULL,
        value_score_id uuid NOT NULL,
        grade grade NOT NULL,
        warning text CHECK (warning IN ('RED', 'YELLOW')),
        policy_version_id uuid NOT NULL REFERENCES policy_version,
        changed_at timestamptz NOT NULL,
        changed_by text NOT NULL,
        FOREIGN KEY (value_score_id, customer_id) REFERENCES value_score (id, customer_id)
      );
      CREATE INDEX tier_history_customer ON tier_history (customer_id, changed_at DESC, id DESC);

      CREATE TABLE customer_tier (
        customer_id uuid PRIMARY KEY REFERENCES customer,
        entry_id uuid NOT NULL REFERENCES tier_history,
        tier tier NOT NULL,
        value_band value_band NOT NULL,
        risk_class risk_class NOT NULL,
        value_score_id uuid NOT NULL,
        policy_version_id uuid NOT NULL,
        effective_from timestamptz NOT NULL,
        updated_at timestamptz NOT NULL CHECK (updated_at >= effective_from),
        version integer NOT NULL CHECK (version > 0)
      );
      CREATE INDEX customer_tier_tier ON customer_tier (tier, customer_id);

      -- Moves the tiers that the entries tell of: each must stand where its entry starts from, and be older.
      CREATE FUNCTION customer_tier_move() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
        SET search_path = public, pg_temp AS $$
      DECLARE
        moved bigint;
      BEGIN
        -- It runs with the owner's rights, so it serves no other table.
        IF TG_RELID <> 'public.tier_history'::regclass THEN
          RAISE EXCEPTION 'tiers move by their history alone' USING ERRCODE = 'TW009';
        END IF;
        IF EXISTS (SELECT FROM entries WHERE changed_by IS DISTINCT FROM current_setting('tierwarden.actor', true)) THEN
          RAISE EXCEPTION 'an entry names its own actor' USING ERRCODE = 'TW010';
        END IF;
        INSERT INTO customer_tier (customer_id, entry_id, tier, value_band, risk_class, value_score_id, policy_version_id,
          effective_from, updated_at, version)
        SELECT customer_id, id, tier_after, value_band, risk_class, value_score_id, policy_version_id, changed_at, changed_at, 1
        FROM entries WHERE tier_before IS NULL;
        UPDATE customer_tier AS held SET entry_id = entry.id, tier = entry.tier_after, value_band = entry.value_band,
          risk_class = entry.risk_class, value_score_id = entry.value_score_id, policy_version_id = entry.policy_version_id,
          updated_at = entry.changed_at, version = held.version + 1,
          effective_from = CASE WHEN entry.tier_after = held.tier THEN held.effective_from ELSE entry.changed_at END
        FROM entries AS entry
        WHERE entry.customer_id = held.customer_id AND entry.tier_before = held.tier AND entry.changed_at > held.updated_at;
        GET DIAGNOSTICS moved = ROW_COUNT;
        IF moved <> (SELECT count(*) FROM entries WHERE tier_before IS NOT NULL) THEN
          RAISE EXCEPTION 'a tier does not stand where its entry starts from' USING ERRCODE = 'TW009';
        END IF;
        RETURN NULL;
      END $$;
      REVOKE EXECUTE ON FUNCTION customer_tier_move() FROM PUBLIC;
      CREATE TRIGGER customer_tier_move AFTER INSERT ON tier_history REFERENCING NEW TABLE AS entries
        FOR EACH STATEMENT EXECUTE FUNCTION customer_tier_move();

      CREATE TABLE tier_task (
        id uuid PRIMARY KEY,
        entry_id uuid NOT NULL REFERENCES tier_history,
        customer_id uuid NOT NULL REFERENCES customer,
        code text NOT NULL,
        name_zh text NOT NULL,
        name_en text NOT NULL,
        tier tier NOT NULL,
        direction text NOT NULL CHECK (direction IN ('FIRST', 'UP', 'DOWN')),
        plan_version_id uuid NOT NULL REFERENCES policy_version,
        owner_user_id uuid REFERENCES app_user,
        org_unit_id uuid REFERENCES org_unit,
        due_on date NOT NULL,
        state text NOT NULL CHECK (state IN ('OPEN', 'DONE', 'CANCELLED')),
        created_at timestamptz NOT NULL,
        closed_at timestamptz CHECK (closed_at >= created_at),
        closed_by text,
        note text,
        version integer NOT NULL CHECK (version > 0),
        -- A change brings each of its tasks once.
        UNIQUE (entry_id, code),
        CHECK ((state = 'OPEN') = (closed_at IS NULL) AND (state = 'OPEN') = (closed_by IS NULL)),
        CHECK (state <> 'CANCELLED' OR note <> '')
      );
      CREATE INDEX tier_task_due ON tier_task (due_on, id);
      CREATE INDEX tier_task_state ON tier_task (state, due_on, id);
      CREATE INDEX tier_task_customer ON tier_task (customer_id, due_on, id);
      CREATE INDEX tier_task_owner ON tier_task (owner_user_id, due_on, id);
      CREATE INDEX tier_task_unit ON tier_task (org_unit_id, due_on, id);
      CREATE INDEX tier_task_tier ON tier_task (tier, due_on, id);
      CREATE TRIGGER tier_task_closed BEFORE UPDATE ON tier_task
        FOR EACH ROW WHEN (OLD.state <> 'OPEN') EXECUTE FUNCTION tw_refuse_reopening();
    `);
    for (const table of ['value_computation', 'customer_value', 'customer_tier', 'tier_task']) {
      await runner.query(`
        CREATE TRIGGER ${table}_actor BEFORE INSERT OR UPDATE OR DELETE ON ${table}
          FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
        CREATE TRIGGER ${table}_keep BEFORE DELETE OR TRUNCATE ON ${table}
          FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
        GRANT SELECT ON ${table} TO tierwarden_app, tierwarden_reader;
      `);
    }
    for (const table of ['value_score', 'tier_history']) {
      await runner.query(`
        CREATE TRIGGER ${table}_actor BEFORE INSERT ON ${table}
          FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
        CREATE TRIGGER ${table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ${table}
          FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
        GRANT SELECT, INSERT ON ${table} TO tierwarden_app;
        GRANT SELECT ON ${table} TO tierwarden_reader;
      `);
    }
    await runner.query(`
      -- What a computation was frozen with never changes.
      GRANT INSERT, UPDATE (state, done_upto, evaluated, tiers_moved, core, core_known, core_recognised, updated_at,
        finished_at, version) ON value_computation TO tierwarden_app;
      GRANT INSERT, UPDATE ON customer_value TO tierwarden_app;
      -- Only for row locks; tiers move through their history alone.
      GRANT UPDATE (updated_at) ON customer_tier TO tierwarden_app;
      GRANT INSERT, UPDATE (state, closed_at, closed_by, note, version) ON tier_task TO tierwarden_app;

      INSERT INTO audit_trail_exemption (table_name, reason) VALUES
        ('customer_tier', 'the newest entry of tier_history for each customer, which moves it'),
        ('customer_value', 'the newest value_score of each customer');
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DELETE FROM audit_trail_exemption WHERE table_name IN ('customer_tier', 'customer_value');
      DROP TABLE tier_task;
      DROP TABLE customer_tier;
      DROP TABLE tier_history;
      DROP TABLE customer_value;
      DROP TABLE value_score;
      DROP TABLE value_computation;
      DROP FUNCTION customer_tier_move();
      DROP TYPE risk_class;
      DROP TYPE value_band;
      DROP TYPE tier;
    `);
  }
}
