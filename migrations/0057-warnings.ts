/**
 * Risk events, the warnings that they raise, what is done about them, and the tasks that follow. Events and entries are only
 * ever added; a warning that is closed stays so, and none that is red is without owner and deadline.
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Warnings1767225600057 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE warning (
        id uuid PRIMARY KEY,
        customer_id uuid NOT NULL REFERENCES customer,
        kind text NOT NULL,
        severity text NOT NULL CHECK (severity IN ('RED', 'YELLOW', 'GREEN')),
        state text NOT NULL CHECK (state IN ('OPEN', 'IN_PROGRESS', 'CLOSED')),
        -- A person, or whoever has the role.
        owner_id uuid REFERENCES app_user,
        owner_role text,
        deadline timestamptz,
        raised_at timestamptz NOT NULL,
        acknowledged_at timestamptz CHECK (acknowledged_at >= raised_at),
        closed_at timestamptz CHECK (closed_at >= acknowledged_at),
        outcome text CHECK (outcome IN ('AVOIDED', 'TRANSFERRED', 'REDUCED', 'SPREAD', 'ACCEPTED', 'FALSE_ALARM')),
        outcome_note text,
        updated_at timestamptz NOT NULL,
        version integer NOT NULL CHECK (version > 0),
        CONSTRAINT warning_red_is_owned CHECK
          (severity <> 'RED' OR deadline IS NOT NULL AND (owner_id IS NOT NULL OR owner_role IS NOT NULL)),
        CONSTRAINT warning_acknowledged CHECK ((state = 'OPEN') = (acknowledged_at IS NULL)),
        CONSTRAINT warning_closed_with_outcome CHECK ((state = 'CLOSED') = (closed_at IS NOT NULL)
          AND (state = 'CLOSED') = (outcome IS NOT NULL) AND (state = 'CLOSED') = (outcome_note IS NOT NULL))
      );
      CREATE UNIQUE INDEX warning_one_open ON warning (customer_id, kind) WHERE state <> 'CLOSED';
      CREATE INDEX warning_time ON warning (raised_at DESC, id DESC);
      CREATE INDEX warning_state ON warning (state, raised_at DESC, id DESC);
      CREATE INDEX warning_severity ON warning (severity, raised_at DESC, id DESC);
      CREATE INDEX warning_kind ON warning (kind, raised_at DESC, id DESC);
      CREATE INDEX warning_customer ON warning (customer_id, raised_at DESC, id DESC);
      CREATE INDEX warning_owner ON warning (owner_id, raised_at DESC, id DESC);

      CREATE TABLE risk_event (
        id uuid PRIMARY KEY,
        customer_id uuid NOT NULL REFERENCES customer,
        kind text NOT NULL,
        occurred_at timestamptz NOT NULL,
        source text NOT NULL CHECK (source <> ''),
        reference text NOT NULL CHECK (reference <> ''),
        detail text NOT NULL,
        value numeric,
        warning_id uuid NOT NULL REFERENCES warning,
        snapshot_id uuid REFERENCES indicator_snapshot,
        rerating_id uuid REFERENCES rerating,
        recorded_at timestamptz NOT NULL CHECK (recorded_at >= occurred_at),
        recorded_by text NOT NULL CHECK (recorded_by <> ''),
        UNIQUE (source, reference)
      );
      CREATE INDEX risk_event_warning ON risk_event (warning_id, recorded_at, id);

      CREATE TABLE warning_entry (
        id uuid PRIMARY KEY,
        warning_id uuid NOT NULL REFERENCES warning,
        action text NOT NULL CHECK (action IN ('RAISED', 'EVENT_ADDED', 'ACKNOWLEDGED', 'TASK_DONE', 'CLOSED')),
        severity text NOT NULL,
        state text NOT NULL,
        note text NOT NULL,
        made_at timestamptz NOT NULL,
        made_by text NOT NULL CHECK (made_by <> '')
      );
      CREATE INDEX warning_entry_warning ON warning_entry (warning_id, made_at, id);

      CREATE TABLE warning_task (
        id uuid PRIMARY KEY,
        warning_id uuid NOT NULL REFERENCES warning,
        kind text NOT NULL CHECK (kind IN ('LIMIT_REVIEW')),
        due_at timestamptz NOT NULL,
        state text NOT NULL CHECK (state IN ('OPEN', 'DONE')),
        note text,
        done_at timestamptz,
        done_by text,
        version integer NOT NULL CHECK (version > 0),
        UNIQUE (warning_id, kind),
        CHECK ((state = 'DONE') = (done_at IS NOT NULL) AND (state = 'DONE') = (done_by IS NOT NULL)
          AND (state = 'DONE') = (note IS NOT NULL))
      );

      CREATE TRIGGER warning_closed BEFORE UPDATE ON warning
        FOR EACH ROW WHEN (OLD.state = 'CLOSED') EXECUTE FUNCTION tw_refuse_reopening();
      CREATE TRIGGER warning_task_closed BEFORE UPDATE ON warning_task
        FOR EACH ROW WHEN (OLD.state = 'DONE') EXECUTE FUNCTION tw_refuse_reopening();
    `);
    for (const [table, changed] of [
      ['warning', 'severity, state, deadline, acknowledged_at, closed_at, outcome, outcome_note, updated_at, version'],
      ['warning_task', 'state, note, done_at, done_by, version'],
    ]) {
      await runner.query(`
        CREATE TRIGGER ${table}_actor BEFORE INSERT OR UPDATE OR DELETE ON ${table}
          FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
        CREATE TRIGGER ${table}_keep BEFORE DELETE OR TRUNCATE ON ${table}
          FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
        GRANT SELECT, INSERT ON ${table} TO tierwarden_app;
        GRANT UPDATE (${changed}) ON ${table} TO tierwarden_app;
        GRANT SELECT ON ${table} TO tierwarden_reader;
      `);
    }
    for (const table of ['risk_event', 'warning_entry']) {
      await runner.query(`
        CREATE TRIGGER ${table}_actor BEFORE INSERT ON ${table}
          FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
        CREATE TRIGGER ${table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ${table}
          FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
        GRANT SELECT, INSERT ON ${table} TO tierwarden_app;
        GRANT SELECT ON ${table} TO tierwarden_reader;
      `);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE warning_task, warning_entry, risk_event, warning;');
  }
}
