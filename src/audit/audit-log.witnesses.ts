/**
 * Takes cosignatures of witnesses: parties that look on as the log grows and say so. A witness must be known by its key, and
 * what it signs must be a checkpoint that the log itself has signed.
 */
import type { Clock } from '../kernel/clock';
import { systemActor } from '../kernel/actor';
import { refuse } from '../kernel/refusal';
import { ok, type Result } from '../kernel/result';
import { inTransaction, type Database } from '../platform/database';
import { writeCosignature } from './audit-log.store';
import { parseCheckpoint } from './domain/checkpoint';
import {
  formatSignature,
  isSignedBy,
  parseNote,
  parseVerifierKey,
  verifySignature,
  type VerifierKey,
} from './domain/signed-note';

export interface WitnessesDeps {
  readonly database: Database;
  readonly clock: Clock;
  /** Verifier keys. */
  readonly keys: readonly string[];
}

export const createWitnesses = ({ database, clock, keys }: WitnessesDeps) => {
  const witnesses = keys.map((text): VerifierKey => {
    const key = parseVerifierKey(text);
    if (key?.type !== 'cosignature') throw new Error(`AUDIT_LOG_WITNESSES holds ${text}, which is no key of a witness`);
    return key;
  });

  return {
    /**
     * Takes a checkpoint of this log with cosignatures, verbatim; yields how many were new. Refuses what is no checkpoint of
     * this log, and one without a cosignature of a known witness that holds.
     */
    add: async (note: string): Promise<Result<number>> => {
      const parsed = parseNote(note);
      const checkpoint = parsed === null ? null : parseCheckpoint(parsed.text);
      if (parsed === null || checkpoint === null) return refuse('INVALID', 'this is no signed checkpoint');
      const cosigned = parsed.signatures.flatMap((signature) => {
        const witness = witnesses.find((key) => isSignedBy(key, signature));
        return witness === undefined ? [] : [{ witness, signature }];
      });
      if (cosigned.length === 0)
        return refuse('FORBIDDEN', 'no known witness has cosigned it', { reason: 'WITNESS_UNKNOWN' });
      if (!cosigned.every(({ witness, signature }) => verifySignature(witness, parsed.text, signature))) {
        return refuse('INVALID', 'a cosignature does not hold', { reason: 'COSIGNATURE_FALSE' });
      }
      const [known] = await database.query<{ note: string }>('SELECT note FROM audit_log_checkpoint WHERE size = $1', [
        checkpoint.size,
      ]);
      if (parseNote(known?.note ?? '')?.text !== parsed.text) {
        return refuse('NOT_FOUND', 'the log has signed no such checkpoint');
      }
      const added = await inTransaction(database, async (query) => {
        await query("SELECT set_config('tierwarden.actor', $1, true)", [systemActor('audit-sequencer').id]);
        let count = 0;
        for (const { witness, signature } of cosigned) {
          const { size } = checkpoint;
          const row = { size, witness: witness.name, line: formatSignature(signature), receivedAt: clock() };
          if (await writeCosignature(query, row)) count += 1;
        }
        return count;
      });
      return ok(added);
    },
  };
};

export type Witnesses = ReturnType<typeof createWitnesses>;
