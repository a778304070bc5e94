/**
 * Where the master keys for personal data are kept: in the environment, in a file, or made at the first start with the embedded
 * database. The newest one wraps; older ones stay until nothing is wrapped under them. Beside them stands the key by which
 * persons are found. A store elsewhere, such as a vault of its own, takes the place of {@link openPersonalKeys}.
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Config } from '../config';
import { sha256 } from '../kernel/sha256';
import { SEALING_KEY_BYTES } from '../kernel/sealing';
import { makeFile, readIfThere, writeWhole } from '../platform/key-file';

export interface MasterKey {
  /** First four bytes of the key's SHA-256, in hex. */
  readonly id: string;
  readonly bytes: Buffer;
}

export interface PersonalKeyRing {
  /** The newest first. */
  readonly masters: readonly [MasterKey, ...MasterKey[]];
  readonly index: Buffer;
}

export interface PersonalKeys {
  /**
   * As they are now. Null where there are none; with `make`, an embedded installation gets its first. Throws a
   * {@link PersonalKeysUnusable}.
   */
  load(options?: { readonly make: boolean }): Promise<PersonalKeyRing | null>;
  /** Puts a new master key before the others, which is the first one where there was none. */
  add(): Promise<PersonalKeyRing>;
  /** Keeps the newest master key alone. */
  retireOld(): Promise<PersonalKeyRing>;
}

export class PersonalKeysUnusable extends Error {
  constructor(problem: string) {
    super(problem);
    this.name = 'PersonalKeysUnusable';
  }
}

export type PersonalKeysConfig = Pick<Config, 'personalData' | 'home' | 'mode'>;

const MASTER = 'TW-MASTER';
const INDEX = 'TW-INDEX';

export const openPersonalKeys = ({ personalData, home, mode }: PersonalKeysConfig): PersonalKeys => {
  const file = personalData.keyFile ?? (mode === 'embedded' ? join(home, 'keys', 'personal-data.key') : null);

  const load = async ({ make } = { make: false }): Promise<PersonalKeyRing | null> => {
    if (personalData.keys !== null) return parseRing(personalData.keys, 'PERSONAL_DATA_KEY');
    if (file === null) return null;
    const stored = await readIfThere(file);
    if (stored !== null) return parseRing(stored, file);
    if (!make || mode !== 'embedded') return null;
    await makeFile(file, formatRing({ masters: [newMaster()], index: randomBytes(SEALING_KEY_BYTES) }));
    return load();
  };
  const replace = async (ring: PersonalKeyRing): Promise<PersonalKeyRing> => {
    if (personalData.keys !== null || file === null) {
      throw new PersonalKeysUnusable(
        'the keys stand in PERSONAL_DATA_KEY or nowhere; keep them in a file and name it by PERSONAL_DATA_KEY_FILE',
      );
    }
    await writeWhole(file, formatRing(ring));
    return ring;
  };

  return {
    load,
    add: async () => {
      const ring = await load();
      return ring === null
        ? replace({ masters: [newMaster()], index: randomBytes(SEALING_KEY_BYTES) })
        : replace({ ...ring, masters: [newMaster(), ...ring.masters] });
    },
    retireOld: async () => {
      const ring = await load();
      if (ring === null) throw new PersonalKeysUnusable('there are no keys');
      return replace({ ...ring, masters: [ring.masters[0]] });
    },
  };
};

const masterOf = (bytes: Buffer): MasterKey => ({
  id: Buffer.from(sha256(bytes), 'latin1').subarray(0, 4).toString('hex'),
  bytes,
});
const newMaster = (): MasterKey => masterOf(randomBytes(SEALING_KEY_BYTES));

const formatRing = ({ masters, index }: PersonalKeyRing): string =>
  [
    ...masters.map(({ bytes }) => `${MASTER}+${bytes.toString('base64')}`),
    `${INDEX}+${index.toString('base64')}`,
    '',
  ].join('\n');

const parseRing = (text: string, where: string): PersonalKeyRing => {
  const masters: MasterKey[] = [];
  let index: Buffer | null = null;
  for (const part of text.split(/[\s,]+/).filter((line) => line !== '')) {
    const [, kind, encoded = ''] = /^(TW-MASTER|TW-INDEX)\+(.+)$/.exec(part) ?? [];
    const bytes = Buffer.from(encoded, 'base64');
    if (kind === undefined || bytes.length !== SEALING_KEY_BYTES) {
      throw new PersonalKeysUnusable(`${where} holds something that is no key for personal data`);
    }
    if (kind === MASTER) masters.push(masterOf(bytes));
    else index = bytes;
  }
  const [newest, ...older] = masters;
  if (newest === undefined || index === null) {
    throw new PersonalKeysUnusable(`${where} needs a ${MASTER} key and the ${INDEX} key`);
  }
  return { masters: [newest, ...older], index };
};
