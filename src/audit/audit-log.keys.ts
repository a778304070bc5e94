/**
 * The keys that sign the audit log: from the configuration, from a file, or made at the first start with the embedded
 * database. While a key is being replaced there are several, and each signs. Private keys leave this file only to sign.
 */
import { randomBytes } from 'node:crypto';
import { dirname, join } from 'node:path';
import type { Config } from '../config';
import { makeFile, readIfThere, writeWhole } from '../platform/key-file';
import { parseCheckpoint, formatCheckpoint, type Checkpoint } from './domain/checkpoint';
import { formatSignerKey, parseSignerKey, signerKey, type SignerKey } from './domain/signed-note';

export type LogKeysConfig = Pick<Config, 'auditLog' | 'home' | 'mode'>;

/** The keys cannot be used; one line for whoever configures them. */
export class LogKeysUnusable extends Error {
  constructor(problem: string) {
    super(problem);
    this.name = 'LogKeysUnusable';
  }
}

const MEMORY_FILE = 'audit-log.signed';

/** Where keys are kept unless the environment holds them itself; null where nobody said. */
const logKeyFile = ({ auditLog, home, mode }: LogKeysConfig): string | null =>
  auditLog.keyFile ?? (mode === 'embedded' ? join(home, 'keys', 'audit-log.key') : null);

export interface LogKeys {
  /**
   * As they are now, since a file may have gained one. Empty where there are none; with `make`, an embedded installation
   * gets its first. Throws a {@link LogKeysUnusable}.
   */
  load(options?: { readonly make: boolean }): Promise<readonly SignerKey[]>;
  /** Adds a key to the file and yields all of them. */
  add(): Promise<readonly SignerKey[]>;
  /** Takes a key out of the file, by its hex id; the last one stays. Yields those that are left. */
  retire(hexId: string): Promise<readonly SignerKey[]>;
  /** The newest checkpoint that was signed from here, however often the database was restored since; null for none. */
  recall(): Promise<Checkpoint | null>;
  /** Keeps it for {@link recall}, if there is a folder to keep it in. */
  remember(checkpoint: Checkpoint): Promise<void>;
}

export const openLogKeys = (config: LogKeysConfig): LogKeys => {
  const { auditLog } = config;
  const file = logKeyFile(config);
  const memory = file === null ? null : join(dirname(file), MEMORY_FILE);

  const load = async ({ make } = { make: false }): Promise<readonly SignerKey[]> => {
    if (auditLog.keys !== null) return parseKeys(auditLog.keys, auditLog.origin, 'AUDIT_LOG_KEY');
    if (file === null) return [];
    const stored = await readIfThere(file);
    if (stored !== null) return parseKeys(stored, auditLog.origin, file);
    if (!make || config.mode !== 'embedded') return [];
    await makeFile(file, `${formatSignerKey(newKey(auditLog.origin))}\n`);
    return load();
  };
  const writable = (): string => {
    if (auditLog.keys === null && file !== null) return file;
    throw new LogKeysUnusable(
      'the keys stand in AUDIT_LOG_KEY or nowhere; keep them in a file and name it by AUDIT_LOG_KEY_FILE',
    );
  };
  const replace = async (keys: readonly SignerKey[]): Promise<readonly SignerKey[]> => {
    await writeWhole(writable(), keys.map((key) => `${formatSignerKey(key)}\n`).join(''));
    return keys;
  };

  return {
    load,
    add: async () => {
      writable();
      return replace([...(await load()), newKey(auditLog.origin)]);
    },
    retire: async (hexId) => {
      const keys = await load();
      const left = keys.filter(({ id }) => id !== Number.parseInt(hexId, 16));
      if (left.length === keys.length) throw new LogKeysUnusable(`no key has the id ${hexId}`);
      if (left.length === 0) throw new LogKeysUnusable('the last key stays: add its successor first');
      return replace(left);
    },
    recall: async () => {
      const kept = memory === null ? null : await readIfThere(memory);
      return kept === null ? null : parseCheckpoint(kept);
    },
    remember: async (checkpoint) => {
      if (memory !== null) await writeWhole(memory, formatCheckpoint(checkpoint));
    },
  };
};

const newKey = (origin: string): SignerKey => signerKey(origin, 'signature', randomBytes(32));

const parseKeys = (text: string, origin: string, where: string): readonly SignerKey[] => {
  const keys = text
    .split(/[\s,]+/)
    .filter((part) => part !== '')
    .map(parseSignerKey);
  return keys.map((key) => {
    if (key?.type !== 'signature')
      throw new LogKeysUnusable(`${where} holds something that is no signing key (PRIVATE+KEY+…)`);
    if (key.name !== origin)
      throw new LogKeysUnusable(`a key in ${where} is of ${key.name}, but AUDIT_LOG_ORIGIN is ${origin}`);
    return key;
  });
};
