/** Writes delegations and reads those in force. A revoked one stays on record. */
import type { Json } from '../kernel/canonical-json';
import type { Tx } from '../platform/unit-of-work';
import type { DelegationPeriod, DelegationTerms } from './domain/decide-delegation';
import { standingsOf, type Standing } from './user.store';

export interface Delegation extends DelegationPeriod {
  readonly id: string;
  readonly kinds: readonly string[] | null;
  readonly revokedAt: Date | null;
}

/** One delegation is given at a time, so that two of them cannot close a circle unseen. */
export const lockDelegations = async (tx: Tx): Promise<void> => {
  await tx.query("SELECT pg_advisory_xact_lock(hashtext('delegation'))");
};

/** All that are neither over nor revoked. */
export const currentDelegations = (tx: Tx): Promise<DelegationPeriod[]> =>
  tx.query<DelegationPeriod>(
    `SELECT from_id AS "fromId", to_id AS "toId", starts_at AS "startsAt", ends_at AS "endsAt" FROM delegation
     WHERE revoked_at IS NULL AND ends_at > $1`,
    [tx.at],
  );

export const insertDelegation = async (
  tx: Tx,
  delegation: DelegationTerms & { readonly fromId: string; readonly toId: string; readonly requestId: string | null },
): Promise<string> => {
  const id = tx.newId();
  await tx.query(
    `INSERT INTO delegation (id, from_id, to_id, kinds, starts_at, ends_at, reason, request_id, given_by, given_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
    [
      id,
      delegation.fromId,
      delegation.toId,
      delegation.kinds,
      delegation.startsAt,
      delegation.endsAt,
      delegation.reason.trim(),
      delegation.requestId,
      tx.initiator.actor.id,
      tx.at,
    ],
  );
  return id;
};

/** The delegation, kept from other changes until this transaction ends. */
export const lockDelegation = async (tx: Tx, id: string): Promise<Delegation | null> => {
  const [row] = await tx.query<Delegation>(
    `SELECT id, from_id AS "fromId", to_id AS "toId", kinds, starts_at AS "startsAt", ends_at AS "endsAt",
       revoked_at AS "revokedAt"
     FROM delegation WHERE id = $1 FOR UPDATE`,
    [id],
  );
  return row ?? null;
};

export const revokeDelegation = async (tx: Tx, id: string): Promise<void> => {
  await tx.query('UPDATE delegation SET revoked_at = $2, revoked_by = $3 WHERE id = $1', [
    id,
    tx.at,
    tx.initiator.actor.id,
  ]);
};

export interface Mandated {
  readonly toId: string;
  readonly fromId: string;
  readonly kinds: readonly string[] | null;
}

/** For whom these people may act at a moment. Takes the query of a transaction or of the pool. */
export const mandatesAt = (query: Tx['query'], userIds: readonly string[], at: Date): Promise<Mandated[]> =>
  query<Mandated>(
    `SELECT to_id AS "toId", from_id AS "fromId", kinds FROM delegation
     WHERE to_id = ANY ($1) AND revoked_at IS NULL AND starts_at <= $2 AND ends_at > $2 ORDER BY given_at, id`,
    [userIds, at],
  );

export interface MandatedStanding extends Standing {
  readonly mandates: readonly { readonly principal: Standing; readonly kinds: readonly string[] | null }[];
}

/**
 * The standing of one person and of those for whom he may act by the mandates given, and of others besides; no change of anybody's
 * access commits before the transaction ends. Null where there is no such user.
 */
export const mandatedStanding = async (
  tx: Tx,
  userId: string,
  mandates: readonly Mandated[],
  besides: readonly string[],
): Promise<{ readonly person: MandatedStanding; readonly all: readonly Standing[] } | null> => {
  const ids = [...new Set([userId, ...besides, ...mandates.map(({ fromId }) => fromId)])];
  const all = await standingsOf(tx.query, ids);
  const standing = new Map(all.map((one) => [one.userId, one]));
  const own = standing.get(userId);
  if (own === undefined) return null;
  return {
    person: {
      ...own,
      mandates: mandates.flatMap(({ fromId, kinds }) => {
        const principal = standing.get(fromId);
        return principal === undefined ? [] : [{ principal, kinds }];
      }),
    },
    all,
  };
};

/** What the log says of a delegation. */
export const delegationFacts = ({ kinds, startsAt, endsAt }: DelegationTerms, fromId: string, toId: string): Json => ({
  from: fromId,
  to: toId,
  kinds,
  startsAt: startsAt.toISOString(),
  endsAt: endsAt.toISOString(),
});
