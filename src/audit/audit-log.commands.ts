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
  type GrownLevel,
  type LogHead,
  type Position,
  type TakenEvents,
} from './audit-log.store';
import { readPeaks, readRanges } from './audit-log.tiles';
import { ForkRefused, openCheckpoint, signCheckpoint, type Checkpoint, type SignedBefore } from './domain/checkpoint';
import { accumulate, consistencyRanges, EMPTY_ROOT, type Accumulator, type TreeHash } from './domain/merkle-tree';
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
/** Of one transaction, and how many are taken by one statement of it: a fraction of a second of work. */
export interface Bounds {
  readonly statements: number;
  readonly events: number;
}
const BOUNDS: Bounds = { statements: 4, events: 10_000 };
/** A sequencer that hangs is given up by the server, so that another takes over. */
const IDLE_TIMEOUT_MS = 10_000;

/**
 * A batch walks along the index of transactions from where the last one ended. How many events there are behind it is beyond
 * what the planner can know: by itself it would sort all of them for every batch.
 */
const BEGIN_BATCH = `SELECT set_config('tierwarden.actor', $1, true),
  set_config('idle_in_transaction_session_timeout', $2, true), set_config('enable_seqscan', 'off', true),
  set_config('enable_bitmapscan', 'off', true)`;

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

          const start = await treeAt(query, head);
          const levels: TreeHash[][] = [];
          const tree = accumulate({ size: head.size, peaks: start.peaks() }, (level, hash) => {
            if (level % TILE_HEIGHT === 0) (levels[level / TILE_HEIGHT] ??= []).push(hash);
          });
          let position = head.position;
          let more = false;
          for await (const taken of takeInTurn(query, head, bounds)) {
            for (const hash of taken.hashes) tree.append(hash);
            ({ position, more } = taken);
          }
          const leaves = tree.size() - head.size;
          if (leaves === 0) return { appended: { kind: 'APPENDED', leaves, more } };
          await writeTiles(
            query,
            levels.map((hashes, level): GrownLevel => ({ level, before: levelWidth(level, head.size), hashes })),
          );

          const checkpoint = { origin, size: tree.size(), root: tree.root() };
          const last = await lastSigned(head);
          const remembered = await keys.recall();
          const isNews = remembered !== null && (remembered.size !== last.size || remembered.root !== last.root);
          const note = await sign(query, checkpoint, isNews ? [last, remembered] : [last]);
          await writeCheckpoint(query, checkpoint, note, clock(), position);
          grown = tree;
          return { appended: { kind: 'APPENDED', leaves, more }, signed: checkpoint };
        },
      );
      if (grown !== null) kept = grown;
      // After the commit: what was signed and not committed was never seen by anybody.
      if (done.signed !== undefined) await keys.remember(done.signed);
      return done.appended;
    },
  };
};

/**
 * Leaves that events were made into, a batch after the other; `more` with the last one where there may be more at once. The
 * server is at the next batch while the caller is at the last one.
 */
const takeInTurn = async function* (
  query: Query,
  { position, size }: LogHead,
  bounds: Bounds,
): AsyncGenerator<TakenEvents & { readonly more: boolean }> {
  const take = (from: Position, at: number): Promise<TakenEvents> => {
    const taking = takeEvents(query, from, at, bounds.events);
    // A caller that fails in between hears of its own failure alone.
    taking.catch(() => undefined);
    return taking;
  };
  let from = position;
  let at = size;
  let taking = take(from, at);
  for (let left = bounds.statements; ;) {
    const taken = await taking;
    // After the rest of what was seen before, which may be nothing, there may be what came since.
    const more = from.window !== null || taken.position.window !== null;
    from = taken.position;
    at += taken.hashes.length;
    if (taken.hashes.length > 0) left -= 1;
    const goesOn = more && left > 0;
    if (goesOn) taking = take(from, at);
    yield { ...taken, more };
    if (!goesOn) return;
  }
};

export type Sequencer = ReturnType<typeof createSequencer>;
