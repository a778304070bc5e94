/** Which precedence of sources counts, now and at any moment before: it counts from its adoption, when all values are folded anew. */
import type { SourcePrecedence } from '../policies';
import type { Query } from '../platform/database';
import type { Tx } from '../platform/unit-of-work';
import { NO_PRECEDENCE, precedenceOf, type Precedence } from './domain/precedence';

export interface AdoptedPrecedence extends Precedence {
  /** Number of the policy version; 0 before any was adopted. */
  readonly number: number;
}

/** The precedence that counted at a moment, or counts now. */
export const adoptedPrecedence = async (query: Query, knownAt: Date | null = null): Promise<AdoptedPrecedence> => {
  const [row] = await query<{ number: number; content: SourcePrecedence }>(
    `SELECT adopted.number, policy.content
     FROM indicator_precedence AS adopted JOIN policy_version AS policy ON policy.id = adopted.policy_version_id
     WHERE $1::timestamptz IS NULL OR adopted.adopted_at <= $1
     ORDER BY adopted.number DESC LIMIT 1`,
    [knownAt],
  );
  return row === undefined ? { ...NO_PRECEDENCE, number: 0 } : { ...precedenceOf(row.content), number: row.number };
};

export const insertAdoption = async (
  tx: Tx,
  version: { readonly id: string; readonly number: number },
): Promise<void> => {
  await tx.query(
    `INSERT INTO indicator_precedence (number, policy_version_id, adopted_at, adopted_by) VALUES ($1, $2, $3, $4)`,
    [version.number, version.id, tx.at, tx.initiator.actor.id],
  );
};
