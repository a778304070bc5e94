/** Writes the keys by which people sign their votes, and the signatures. */
import type { Tx } from '../platform/unit-of-work';
import type { PublicKey, Signature } from './signatures';

export interface SigningKey extends PublicKey {
  readonly id: string;
  readonly ownerId: string;
  readonly revokedAt: Date | null;
  /** How often a passkey said that it was used. */
  readonly uses: number;
}

/** Null where the key is known already, be it of another person. */
export const insertKey = async (tx: Tx, key: PublicKey & { readonly name: string }): Promise<string | null> => {
  const [row] = await tx.query<{ id: string }>(
    `INSERT INTO signing_key (id, owner_id, kind, name, public_key, credential_id, registered_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING RETURNING id`,
    [tx.newId(), tx.initiator.actor.id, key.kind, key.name, key.publicKey, key.credentialId, tx.at],
  );
  return row?.id ?? null;
};

/** Held until the end of the transaction. */
export const lockKey = async (tx: Tx, id: string): Promise<SigningKey | null> => {
  const [key] = await tx.query<SigningKey>(
    `SELECT id, owner_id AS "ownerId", kind, public_key AS "publicKey", credential_id AS "credentialId",
       revoked_at AS "revokedAt", uses FROM signing_key WHERE id = $1 FOR UPDATE`,
    [id],
  );
  return key ?? null;
};

export const revokeKey = async (tx: Tx, id: string): Promise<void> => {
  await tx.query('UPDATE signing_key SET revoked_at = $2 WHERE id = $1', [id, tx.at]);
};

export const insertSignature = async (
  tx: Tx,
  voteId: string,
  {
    keyId,
    uses,
    signature,
    authenticatorData,
    clientData,
  }: Signature & { readonly keyId: string; readonly uses: number },
): Promise<void> => {
  await Promise.all([
    tx.query(
      `INSERT INTO change_request_signature (vote_id, key_id, signature, authenticator_data, client_data) VALUES ($1, $2, $3, $4, $5)`,
      [voteId, keyId, signature, authenticatorData, clientData],
    ),
    uses > 0 && tx.query('UPDATE signing_key SET uses = $2 WHERE id = $1', [keyId, uses]),
  ]);
};
