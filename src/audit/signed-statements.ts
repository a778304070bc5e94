/**
 * Signs what this installation says of itself, such as a report, with the keys that its log is signed with, as a signed note. Its first
 * line says what it is about, so that no statement is ever taken for a checkpoint, which begins with the name of the log.
 */
import { canonicalJson, type Json } from '../kernel/canonical-json';
import type { LogKeys } from './audit-log.keys';
import { formatNote, signText } from './domain/signed-note';

export interface SignedStatements {
  /**
   * The note over `about`, the moment, and the canonical form of what is said, a line each; null where no key is there. Throws a
   * {@link LogKeysUnusable}.
   */
  sign(about: string, at: Date, said: Json): Promise<string | null>;
}

const HEAD = 'tierwarden statement: ';

export const createSignedStatements = (keys: Pick<LogKeys, 'load'>, origin: string): SignedStatements => {
  if (origin.startsWith(HEAD)) throw new Error(`a log is not named ${origin}`);
  return {
    sign: async (about, at, said) => {
      const signers = await keys.load();
      if (signers.length === 0) return null;
      const text = `${HEAD}${about}\n${at.toISOString()}\n${canonicalJson(said)}\n`;
      return formatNote({ text, signatures: signers.map((key) => signText(key, text)) });
    },
  };
};
