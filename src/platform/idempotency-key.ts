/**
 * Answers that are kept under idempotency keys. Called by the unit of work inside its transaction, so a key is there
 * exactly if what it stands for is; who comes with the key of a transaction under way waits for its end.
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
