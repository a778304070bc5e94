/**
 * What-if over the portfolio: the frozen copy of a scorecard version that a simulation rates by, what it came to, and who
 * would move. All of it is append-only, and none of it is what anybody is rated by until others have agreed.
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class WhatIf1767225600067 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE scorecard_trial (
        id uuid PRIMARY KEY,
        version_id uuid NOT NULL REFERENCES scorecard_version,
        revision integer NOT NULL CHECK (revision > 0),
        definition jsonb NOT NULL,
        digest text NOT NULL CHECK (digest ~ '^[0-9a-f]{64}$'),
        frozen_by text NOT NULL CHECK (frozen_by <> ''),
        frozen_at timestamptz NOT NULL
      );
      CREATE INDEX scorecard_trial_version ON scorecard_trial (version_id, digest);

      -- Sets that the version had already keep their id, in every trial.
      CREATE TABLE scorecard_trial_cut_points (
        trial_id uuid NOT NULL REFERENCES scorecard_trial,
        segment text NOT NULL CHECK (segment <> ''),
        id uuid NOT NULL,
        reference_size integer NOT NULL CHECK (reference_size > 0),
        content jsonb NOT NULL,
        digest text NOT NULL CHECK (digest ~ '^[0-9a-f]{64}$'),
        frozen_at timestamptz NOT NULL,
        PRIMARY KEY (trial_id, segment)
      );
      CREATE INDEX scorecard_trial_cut_points_id ON scorecard_trial_cut_points (id);

      ALTER TABLE rating_run
        ADD COLUMN trial_id uuid REFERENCES scorecard_trial,
        -- Content of the limit policy that is tried; null where the one in force counts.
        ADD COLUMN limit_policy jsonb,
        ADD COLUMN what_if jsonb,
        ADD CONSTRAINT rating_run_what_if CHECK (purpose = 'SIMULATION'
          OR trial_id IS NULL AND limit_policy IS NULL AND what_if IS NULL);
      ALTER TABLE rating_run_chunk ADD COLUMN tally jsonb;
      CREATE INDEX rating_run_simulated ON rating_run (scorecard_version_id, started_at DESC) WHERE state = 'SIMULATED';

      CREATE TABLE simulation_mover (
        id uuid PRIMARY KEY,
        run_id uuid NOT NULL REFERENCES rating_run,
        customer_id uuid NOT NULL REFERENCES customer,
        -- Of the model grade, above 0 upwards.
        notches smallint NOT NULL CHECK (notches BETWEEN -8 AND 8),
        distance smallint NOT NULL GENERATED ALWAYS AS (abs(notches)) STORED,
        model_grade_before grade NOT NULL,
        model_grade_after grade NOT NULL,
        grade_before grade NOT NULL,
        grade_after grade NOT NULL,
        basis_after text NOT NULL,
        score_before numeric(7, 4) NOT NULL,
        score_after numeric(7, 4) NOT NULL,
        exposure numeric(20, 2) NOT NULL CHECK (exposure >= 0),
        currency text NOT NULL,
        limit_before numeric(20, 2) NOT NULL,
        limit_after numeric(20, 2) NOT NULL CHECK (limit_after <= limit_before),
        term_days_before integer NOT NULL,
        term_days_after integer NOT NULL,
        UNIQUE (run_id, customer_id)
      );
      CREATE INDEX simulation_mover_biggest ON simulation_mover (run_id, distance DESC, exposure DESC, id DESC);
    `);
    for (const table of ['scorecard_trial', 'scorecard_trial_cut_points', 'simulation_mover']) {
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
      -- Every cut point set that a run may rate by: those of versions, and those of trials.
      CREATE VIEW ratable_cut_points AS
        SELECT id, version_id FROM cut_point_set
        UNION SELECT cuts.id, trial.version_id
        FROM scorecard_trial_cut_points AS cuts JOIN scorecard_trial AS trial ON trial.id = cuts.trial_id;
    `);
    await rewriteSeal(runner, 'JOIN cut_point_set AS s ', 'JOIN ratable_cut_points AS s ');
  }

  async down(runner: QueryRunner): Promise<void> {
    await rewriteSeal(runner, 'JOIN ratable_cut_points AS s ', 'JOIN cut_point_set AS s ');
    await runner.query(`
      DROP VIEW ratable_cut_points;
      DROP TABLE simulation_mover;
      DROP INDEX rating_run_simulated;
      ALTER TABLE rating_run_chunk DROP COLUMN tally;
      ALTER TABLE rating_run DROP CONSTRAINT rating_run_what_if,
        DROP COLUMN what_if, DROP COLUMN limit_policy, DROP COLUMN trial_id;
      DROP TABLE scorecard_trial_cut_points;
      DROP TABLE scorecard_trial;
    `);
  }
}

/** Changes what sealing a run looks cut points up in, and nothing else of the function, whichever migration wrote it last. */
const rewriteSeal = async (runner: QueryRunner, from: string, to: string): Promise<void> => {
  const [row] = (await runner.query(`SELECT pg_get_functiondef('rating_run_seal(uuid)'::regprocedure) AS source`)) as {
    source: string;
  }[];
  const source = row?.source ?? '';
  if (!source.includes(from)) throw new Error('rating_run_seal does not look cut points up as it did');
  await runner.query(source.replace(from, () => to));
};
