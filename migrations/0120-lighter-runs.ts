/**
 * What a run costs beside its ratings. A simulation writes none: it is counted and hashed, and what moved stands in movers, under
 * the digest that the event of their chunk names, so that they need no trail row by row. Sealing looks at every rating once.
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class LighterRuns1767225600120 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await rewriteFunctions(runner, CHANGES);
    await runner.query(`
      INSERT INTO audit_trail_exemption (table_name, reason)
        VALUES ('simulation_mover', 'written chunk by chunk; the event of the chunk names the digest of its rows');
      DELETE FROM audit_trail WHERE table_name = 'simulation_mover';
      DROP TRIGGER IF EXISTS tw_trail_insert ON simulation_mover;
      DROP TRIGGER IF EXISTS tw_trail_update ON simulation_mover;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query("DELETE FROM audit_trail_exemption WHERE table_name = 'simulation_mover'");
    await rewriteFunctions(runner, reversed(CHANGES));
  }
}

/** A function by its signature, and what of its text is replaced by what. */
export type FunctionChange = readonly [name: string, steps: readonly (readonly [from: string, to: string])[]];

const OPENED = `    t text := 'rating_' || it.number;
  BEGIN
`;
const COUNTED = `    SELECT coalesce(sum(rated), 0) INTO expected FROM rating_run_chunk WHERE run_id = run;
    EXECUTE format('SELECT count(*) FROM rating_runs.%I', t) INTO written;
`;
const LOOKED_UP = `    EXECUTE format(
      'SELECT EXISTS (SELECT FROM rating_runs.%1$I AS r LEFT JOIN customer AS c ON c.id = r.customer_id
                      LEFT JOIN ratable_cut_points AS s ON s.id = r.cut_point_set_id AND s.version_id = r.scorecard_version_id
                      WHERE c.id IS NULL OR s.id IS NULL)', t) INTO stray;
`;
const INDEXED = `    EXECUTE format('REVOKE INSERT ON rating_runs.%I FROM tierwarden_app', t);
`;

const CHANGES: readonly FunctionChange[] = [
  ['rating_run_open(uuid)', [[OPENED, `${OPENED}    IF it.purpose = 'SIMULATION' THEN RETURN; END IF;\n`]]],
  [
    'rating_run_seal(uuid)',
    [
      [INDEXED, `    IF it.purpose = 'SIMULATION' THEN RETURN; END IF;\n${INDEXED}`],
      [
        COUNTED,
        `    SELECT coalesce(sum(rated), 0) INTO expected FROM rating_run_chunk WHERE run_id = run;
    EXECUTE format(
      'SELECT coalesce(sum(r.times), 0), coalesce(bool_or(s.id IS NULL), false) FROM (
         SELECT cut_point_set_id, scorecard_version_id, count(*) AS times FROM rating_runs.%I GROUP BY 1, 2) AS r
       LEFT JOIN ratable_cut_points AS s ON s.id = r.cut_point_set_id AND s.version_id = r.scorecard_version_id', t)
      INTO written, stray;
`,
      ],
      [
        LOOKED_UP,
        `    IF NOT stray THEN
      EXECUTE format(
        'SELECT EXISTS (SELECT FROM rating_runs.%I AS r WHERE NOT EXISTS (SELECT FROM customer WHERE id = r.customer_id))', t)
        INTO stray;
    END IF;
`,
      ],
    ],
  ],
];

/** Changes of functions what the steps say and nothing else, whichever migration wrote them last. */
export const rewriteFunctions = async (runner: QueryRunner, changes: readonly FunctionChange[]): Promise<void> => {
  for (const [name, steps] of changes) {
    const [row] = (await runner.query('SELECT pg_get_functiondef($1::regprocedure) AS source', [name])) as {
      source: string;
    }[];
    let source = row?.source ?? '';
    for (const [from, to] of steps) {
      if (source.split(from).length !== 2) throw new Error(`${name} is not what it was`);
      source = source.replace(from, () => to);
    }
    await runner.query(source);
  }
};

export const reversed = (changes: readonly FunctionChange[]): readonly FunctionChange[] =>
  changes.map(([name, steps]) => [name, steps.map(([from, to]) => [to, from])]);
