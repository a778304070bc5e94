/** The audit log of a test database: a sequencer with keys of its own, and what the tree must be by the definition. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSequencer, type Bounds, type Sequencer } from '../../src/audit/audit-log.commands';
import { openLogKeys, type LogKeys } from '../../src/audit/audit-log.keys';
import { openCheckpoint, type Checkpoint } from '../../src/audit/domain/checkpoint';
import { merkleRoot } from '../../src/audit/domain/merkle-tree';
import type { Clock } from '../../src/kernel/clock';
import type { Database, Query } from '../../src/platform/database';

export const TEST_ORIGIN = 'example.org/log';

export const testKeys = (folder = mkdtempSync(join(tmpdir(), 'tierwarden-log-'))): LogKeys =>
  openLogKeys({
    mode: 'embedded',
    home: folder,
    auditLog: { origin: TEST_ORIGIN, keys: null, keyFile: null, witnesses: [] },
  });

export const testSequencer = (
  test: { readonly database: Database; readonly clock: Clock },
  keys = testKeys(),
  bounds?: Bounds,
): Sequencer =>
  createSequencer({ ...test, database: test.database, clock: test.clock, keys, origin: TEST_ORIGIN }, bounds);

/** Until there is nothing more; yields the number of new leaves. */
export const appendAll = async (sequencer: Sequencer): Promise<number> => {
  for (let leaves = 0; ;) {
    const appended = await sequencer.append();
    if (appended.kind !== 'APPENDED') throw new Error(appended.kind);
    leaves += appended.leaves;
    if (!appended.more) return leaves;
  }
};

/**
 * Every committed event is exactly one leaf, in a row without gaps, and every checkpoint ever signed is that of the tree over
 * the first so many of them. Yields the checkpoints.
 */
export const expectWholeLog = async (query: Query, keys: LogKeys): Promise<Checkpoint[]> => {
  const leaves = await query<{ leafIndex: number; bytes: Buffer }>(
    `SELECT leaf_index::int AS "leafIndex", bytes FROM audit_log_leaf JOIN audit_event ON id = event_id ORDER BY leaf_index`,
  );
  const [count] = await query<{ events: number }>('SELECT count(*)::int AS events FROM audit_event');
  expect(leaves.map(({ leafIndex }) => leafIndex)).toEqual(leaves.map((_, i) => i));
  expect(leaves).toHaveLength(count!.events);
  const notes = await query<{ note: string }>('SELECT note FROM audit_log_checkpoint ORDER BY size');
  const signers = await keys.load();
  const checkpoints = notes.map(({ note }) => openCheckpoint(note, signers)!);
  for (const { size, root } of checkpoints) {
    if (merkleRoot(leaves.slice(0, size).map(({ bytes }) => bytes)) !== root)
      throw new Error(`another root at ${size}`);
  }
  expect(checkpoints.at(-1)?.size).toBe(leaves.length);
  return checkpoints;
};
