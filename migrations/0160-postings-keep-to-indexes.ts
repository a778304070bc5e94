/**
 * Postings read by the index that is meant for it, whatever the size of a table was when their plans were made. A connection keeps
 * the plan that it made while the ledger was a page, when one index was as good as the other and none better still; it would read
 * all entries of an account for every posting until statistics of the table are taken.
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { reversed, rewriteFunctions, type FunctionChange } from './0120-lighter-runs';

export class PostingsKeepToIndexes1767225600160 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- The first entry from there on, in the order of the one index that has it.
      CREATE FUNCTION exposure_entry_of(of_id uuid, of_kind text, ref text) RETURNS uuid
        LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
      DECLARE
        entry record;
      BEGIN
        SELECT id, customer_id, kind, reference INTO entry FROM exposure_entry
        WHERE (customer_id, kind, reference) >= (of_id, of_kind, ref) ORDER BY customer_id, kind, reference LIMIT 1;
        RETURN CASE WHEN (entry.customer_id, entry.kind, entry.reference) = (of_id, of_kind, ref) THEN entry.id END;
      END $$;
      REVOKE EXECUTE ON FUNCTION exposure_entry_of FROM PUBLIC;
    `);
    await rewriteFunctions(runner, CHANGES);
    for (const [name] of CHANGES) await runner.query(`ALTER FUNCTION ${name} SET enable_seqscan = off`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await rewriteFunctions(runner, reversed(CHANGES));
    for (const [name] of CHANGES) await runner.query(`ALTER FUNCTION ${name} RESET enable_seqscan`);
    await runner.query('DROP FUNCTION exposure_entry_of');
  }
}

const CHANGES: readonly FunctionChange[] = [
  [
    'exposure_reserve(uuid, uuid, text, numeric, text, text, integer, timestamptz)',
    [
      [
        "(SELECT id FROM exposure_entry WHERE customer_id = of_id AND kind = 'RESERVE' AND reference = ref) AS known",
        "exposure_entry_of(of_id, 'RESERVE', ref) AS known",
      ],
    ],
  ],
  [
    'exposure_settle(uuid, uuid, text, text, numeric, timestamptz)',
    [
      [
        "WHERE customer_id = of_id AND kind = 'RESERVE' AND reference = ref",
        "WHERE id = (SELECT exposure_entry_of(of_id, 'RESERVE', ref))",
      ],
    ],
  ],
  [
    'exposure_repay(uuid, uuid, text, numeric, text, text, timestamptz)',
    [
      [
        "SELECT id INTO known_id FROM exposure_entry WHERE customer_id = of_id AND kind = 'REPAY' AND reference = ref;",
        "known_id := exposure_entry_of(of_id, 'REPAY', ref);",
      ],
    ],
  ],
];
