/**
 * What a published policy changes for customers, brought about by the room that the policy is for: chunk by chunk, each in a unit
 * of work of its own that takes down how far it came. Knows nothing of what changes.
 */
import type { Initiator } from '../kernel/actor';
import { ok, type Result } from '../kernel/result';
import type { Tx, UnitOfWork } from '../platform/unit-of-work';
import type { PolicyKind, PolicyVersion } from './domain/policy';
import { findFollowThrough, lockFollowThroughs, noteFollowThrough } from './follow-through.store';
import { policyInForce } from './policy.queries';

/** What one chunk came to. */
export interface FollowedChunk {
  /** Customers for whom something changed. */
  readonly moved: number;
  /** Id of the last customer looked at; null where nobody is left after them. */
  readonly upto: string | null;
}

/** Looks at the customers after an id, in the order of ids; null for the first of them. */
export type FollowChunk<K extends PolicyKind> = (
  tx: Tx,
  policy: PolicyVersion<K>,
  after: string | null,
) => Promise<FollowedChunk>;

/**
 * Takes the version in force to its end for everybody, each version once. May be called at any time, from anywhere; of a version
 * that another has taken the place of the rest is left. Version 1 comes with an installation, before there is anybody. Yields for
 * how many customers something changed.
 */
export const followThrough = async <K extends PolicyKind>(
  unitOfWork: UnitOfWork,
  by: Initiator,
  kind: K,
  chunk: FollowChunk<K>,
): Promise<Result<number>> => {
  for (let total = 0; ;) {
    const done = await unitOfWork.run(by, (tx) => followNext(tx, kind, chunk));
    if (!done.ok) return done;
    total += done.value.moved;
    if (done.value.upto === null) return ok(total);
  }
};

const NOTHING_LEFT: FollowedChunk = { moved: 0, upto: null };

const followNext = async <K extends PolicyKind>(
  tx: Tx,
  kind: K,
  chunk: FollowChunk<K>,
): Promise<Result<FollowedChunk>> => {
  await lockFollowThroughs(tx, kind);
  const policy = await policyInForce(tx.query, kind, tx.at);
  const so = policy.number === 1 ? null : await findFollowThrough(tx, policy.id);
  if (so === null || so.finished) {
    tx.unchanged();
    return ok(NOTHING_LEFT);
  }
  const done = await chunk(tx, policy, so.doneUpto);
  await noteFollowThrough(tx, policy.id, done);
  tx.record({
    action: done.upto === null ? 'policy.followedThrough' : 'policy.followed',
    object: { type: 'PolicyVersion', id: policy.id },
    data: { kind, number: policy.number, moved: done.moved, upTo: done.upto },
  });
  return ok(done);
};
