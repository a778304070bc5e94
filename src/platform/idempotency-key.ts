/**
 * Answers that are kept under idempotency keys. Called by the unit of work inside its transaction, so a key is there
 * exactly if what it stands for is; who comes with the key of a transaction under way waits for its end. How an answer was
 * shown is kept by the doors, once it is made.
 */
import type { IdempotencyKey, Initiator } from '../kernel/actor';
import { refuse } from '../kernel/refusal';
import type { Result } from '../kernel/result';
import { fromTagged, toTaggedJson } from '../kernel/tagged-json';
import type { Query } from './database';

/** An initiator that brought a key. */
export type KeyedInitiator = Initiator & { readonly idempotency: IdempotencyKey };

export const isKeyed = (by: Initiator): by is KeyedInitiator => by.idempotency !== undefined;

/**
 * Takes the key for this transaction and yields null, or yields what was answered under it before: the kept result, or the
 * refusal IDEMPOTENCY_KEY_REUSED for another body.
 */
export const claimKey = async (query: Query, by: KeyedInitiator, at: Date): Promise<Result<unknown> | null> => {
  const { key, bodyDigest } = by.idempotency;
  for (;;) {
    const claimed = await query(
      `INSERT INTO idempotency_key (actor_id, key, body_digest, created_at) VALUES ($1, $2, $3, $4)
       ON CONFLICT DO NOTHING RETURNING key`,
      [by.actor.id, key, bodyDigest, at],
    );
    if (claimed.length > 0) return null;
    const [kept] = await query<{ bodyDigest: string; answer: unknown }>(
      'SELECT body_digest AS "bodyDigest", answer FROM idempotency_key WHERE actor_id = $1 AND key = $2',
      [by.actor.id, key],
    );
    // Purged in between: the key is free again.
    if (kept === undefined) continue;
    return kept.bodyDigest === bodyDigest ? (fromTagged(kept.answer) as Result<unknown>) : keyReused();
  }
};

const keyReused = (): Result<never> =>
  refuse('IDEMPOTENCY_KEY_REUSED', 'this idempotency key came with another body before', { field: ['idempotencyKey'] });

export const keepAnswer = async (query: Query, by: KeyedInitiator, answer: Result<unknown>): Promise<void> => {
  await query('UPDATE idempotency_key SET answer = $3 WHERE actor_id = $1 AND key = $2', [
    by.actor.id,
    by.idempotency.key,
    toTaggedJson(answer),
  ]);
};

/** What was asked for under a key, as far as it decides how an answer looks. */
export interface Showing {
  readonly idempotency: IdempotencyKey;
  /** SHA-256, in hexadecimal digits, of the fields that were asked for and of what the actor may see. */
  readonly shownTo: string;
}

/**
 * Keeps what is about to be shown under a key, and yields what is to be shown: this, or what was shown first to the same
 * question. Another question, or an answer that is not kept, is shown what it found. To be called after the commit.
 */
export const keepShown = async (
  query: Query,
  actorId: string,
  { idempotency: { key, bodyDigest }, shownTo }: Showing,
  found: object,
): Promise<object> => {
  // Of several at once the first one writes; the others wait for it, and find nothing to be written.
  const kept = await query(
    `UPDATE idempotency_key SET shown = $4, shown_to = $5
     WHERE actor_id = $1 AND key = $2 AND body_digest = $3 AND shown IS NULL RETURNING key`,
    [actorId, key, bodyDigest, JSON.stringify(found), shownTo],
  );
  if (kept.length > 0) return found;
  const [first] = await query<{ shown: object }>(
    'SELECT shown FROM idempotency_key WHERE actor_id = $1 AND key = $2 AND body_digest = $3 AND shown_to = $4',
    [actorId, key, bodyDigest, shownTo],
  );
  return first?.shown ?? found;
};

/** A day, and an hour more for clocks that disagree and transactions that take their time. */
const KEPT_MS = 25 * 3_600_000;

/** Forgets up to `atMost` answers that were kept long enough; yields how many. */
export const purgeIdempotencyKeys = async (query: Query, now: Date, atMost: number): Promise<number> => {
  const purged = await query(
    `DELETE FROM idempotency_key WHERE (actor_id, key) IN (
       SELECT actor_id, key FROM idempotency_key WHERE created_at < $1
       ORDER BY created_at LIMIT $2 FOR UPDATE SKIP LOCKED)
     RETURNING key`,
    [new Date(now.getTime() - KEPT_MS), atMost],
  );
  return purged.length;
};
