/**
 * The sequencer: makes leaves of committed events, grows the tree and signs what became of it, in one transaction. Writers
 * of events never wait for it. Any number of processes may call it; one at a time does something.
 */
import type { Clock } from '../kernel/clock';
import { systemActor } from '../kernel/actor';
import { inTransaction, type Database, type Query } from '../platform/database';
import type { LogKeys } from './audit-log.keys';
import {
  BEGINNING,
  readHead,
  takeEvents,
  tryLockLog,
  writeCheckpoint,
  writeTiles,
  type Bounds,
  type GrownLevel,
  type LogHead,
} from './audit-log.store';
import { readPeaks, readRanges } from './audit-log.tiles';
import { ForkRefused, openCheckpoint, signCheckpoint, type Checkpoint, type SignedBefore } from './domain/checkpoint';
import {
  accumulate,
  consistencyRanges,
  EMPTY_ROOT,
  leafHash,
  type Accumulator,
  type TreeHash,
} from './domain/merkle-tree';
import { levelWidth, TILE_HEIGHT } from './domain/tile';

export interface SequencerDeps {
  readonly database: Database;
  readonly clock: Clock;
  readonly keys: LogKeys;
  readonly origin: string;
}

export type Appended =
  /** Leaves that were added; `more` where there may be more at once. */
  | { readonly kind: 'APPENDED'; readonly leaves: number; readonly more: boolean }
  /** Another process is at it. */
  | { readonly kind: 'BUSY' }
  /** There is no key to sign with. */
  | { readonly kind: 'NO_KEY' };

const ACTOR = systemActor('audit-sequencer').id;
/** Of one transaction: about a tenth of a second of work. */
const BOUNDS: Bounds = { events: 10_000, bytes: 8 * 1024 * 1024 };
/** A sequencer that hangs is given up by the server, so that another takes over. */
const IDLE_TIMEOUT_MS = 10_000;

/**
 * A batch walks along the index of transactions from where the last one ended. How many events there are behind it is beyond
 * what the planner can know: by itself it would sort all of them for every batch, and compile what it does.
 */
const BEGIN_BATCH = `SELECT set_config('tierwarden.actor', $1, true),
  set_config('idle_in_transaction_session_timeout', $2, true), set_config('enable_seqscan', 'off', true),
  set_config('enable_bitmapscan', 'off', true), set_config('jit', 'off', true), set_config('work_mem', '32MB', true)`;

export const createSequencer = ({ database, clock, keys, origin }: SequencerDeps, bounds = BOUNDS) => {
  /** The tree as this process left it; another may have gone on since. */
  let kept: Accumulator | null = null;

  const treeAt = async (query: Query, head: LogHead): Promise<Accumulator> => {
    if (kept?.size() === head.size && kept.root() === head.root) return kept;
    const tree = accumulate({ size: head.size, peaks: await readPeaks(query, head.size) });
    if (tree.root() !== head.root) {
      throw new ForkRefused(`the stored tree of ${head.size} leaves is not the one that was signed`);
    }
    return tree;
  };

  const lastSigned = async ({ note, size, root }: LogHead): Promise<Checkpoint> => {
    const last = openCheckpoint(note, await keys.load());
    if (last === null) throw new ForkRefused(`none of its keys has signed the last checkpoint, of ${size} leaves`);
    if (last.size !== size || last.root !== root)
      throw new ForkRefused(`the last checkpoint is not that of ${size} leaves`);
    return last;
  };

  const sign = async (query: Query, checkpoint: Checkpoint, signed: readonly Checkpoint[]): Promise<string> => {
    const before: SignedBefore[] = [];
    for (const old of signed) {
      const isComparable = old.size > 0 && old.size <= checkpoint.size;
      const consistency = isComparable ? await readRanges(query, consistencyRanges(old.size, checkpoint.size)) : [];
      before.push({ checkpoint: old, consistency });
    }
    return signCheckpoint(await keys.load(), checkpoint, before);
  };

  /** The first checkpoint of a log is that of no leaves, so that every later one has one before. */
  const begin = async (query: Query): Promise<Checkpoint> => {
    const checkpoint = { origin, size: 0, root: EMPTY_ROOT };
    const remembered = await keys.recall();
    const note = await sign(query, checkpoint, remembered === null ? [] : [remembered]);
    await writeCheckpoint(query, checkpoint, note, clock(), BEGINNING);
    return checkpoint;
  };

  return {
    /**
     * One batch. Throws a {@link ForkRefused} when what is stored contradicts what was signed, and then signs nothing until
     * somebody has looked into it.
     */
    append: async (): Promise<Appended> => {
      if ((await keys.load({ make: true })).length === 0) return { kind: 'NO_KEY' };
      let grown: Accumulator | null = null;
      const done = await inTransaction(
        database,
        async (query): Promise<{ appended: Appended; signed?: Checkpoint }> => {
          await query(BEGIN_BATCH, [ACTOR, String(IDLE_TIMEOUT_MS)]);
          if (!(await tryLockLog(query))) return { appended: { kind: 'BUSY' } };
          const head = await readHead(query);
          if (head === null)
            return { appended: { kind: 'APPENDED', leaves: 0, more: true }, signed: await begin(query) };

          let taken = await takeEvents(query, head.position, head.size, bounds);
          // The rest of what was seen before may be nothing; what came since is not.
          if (taken.entries.length === 0 && head.position.window !== null) {
            taken = await takeEvents(query, taken.position, head.size, bounds);
          }
          if (taken.entries.length === 0) return { appended: { kind: 'APPENDED', leaves: 0, more: false } };

          const start = await treeAt(query, head);
          const levels: TreeHash[][] = [];
          const tree = accumulate({ size: head.size, peaks: start.peaks() }, (level, hash) => {
            if (level % TILE_HEIGHT === 0) (levels[level / TILE_HEIGHT] ??= []).push(hash);
          });
          for (const entry of taken.entries) tree.append(leafHash(entry));
          await writeTiles(
            query,
            levels.map((hashes, level): GrownLevel => ({ level, before: levelWidth(level, head.size), hashes })),
          );

          const checkpoint = { origin, size: tree.size(), root: tree.root() };
          const last = await lastSigned(head);
          const remembered = await keys.recall();
          const isNews = remembered !== null && (remembered.size !== last.size || remembered.root !== last.root);
          const note = await sign(query, checkpoint, isNews ? [last, remembered] : [last]);
          await writeCheckpoint(query, checkpoint, note, clock(), taken.position);
          grown = tree;
          return {
            appended: {
              kind: 'APPENDED',
              leaves: taken.entries.length,
              more: head.position.window !== null || taken.position.window !== null,
            },
            signed: checkpoint,
          };
        },
      );
      if (grown !== null) kept = grown;
      // After the commit: what was signed and not committed was never seen by anybody.
      if (done.signed !== undefined) await keys.remember(done.signed);
      return done.appended;
    },
  };
};

export type Sequencer = ReturnType<typeof createSequencer>;
