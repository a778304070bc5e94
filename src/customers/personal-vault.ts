/**
 * Seals what is personal under a key of the person's own, which is itself wrapped under a master key. Whoever destroys that one
 * key has made unreadable whatever was ever sealed under it, wherever it lies. It computes; what is kept where is for the
 * store.
 */
import { randomBytes } from 'node:crypto';
import { canonicalJson } from '../kernel/canonical-json';
import { derivedKey, hmacSha256, NONCE_BYTES, seal, SEALING_KEY_BYTES, unseal } from '../kernel/sealing';
import { LOOK_UP_FIELDS, lookUpText, lookUpValues, type LookUpField, type PersonalData } from './domain/personal-data';
import type { MasterKey, PersonalKeyRing } from './personal-keys';

/** A person's key in the clear; it never leaves the process. */
export type SubjectKey = Buffer;

export interface WrappedKey {
  readonly wrapped: Buffer;
  readonly masterKeyId: string;
}

export interface SealedPerson {
  readonly sealed: Buffer;
  /** Hex; says what was sealed to whoever is given the key, and nothing to anybody else. */
  readonly commitment: string;
}

const INDEX_BYTES = 16;

export const newSubjectKey = (): SubjectKey => randomBytes(SEALING_KEY_BYTES);

export const wrapKey = (key: SubjectKey, subjectId: string, master: MasterKey): WrappedKey => ({
  wrapped: seal(master.bytes, randomBytes(NONCE_BYTES), key, `subject key ${subjectId}`),
  masterKeyId: master.id,
});

/** Throws where the ring lacks the master key, or it is not the one. */
export const unwrapKey = (held: WrappedKey, subjectId: string, { masters }: PersonalKeyRing): SubjectKey => {
  const master = masters.find(({ id }) => id === held.masterKeyId);
  if (master === undefined) throw new Error(`the master key ${held.masterKeyId} for personal data is missing`);
  const key = unseal(master.bytes, held.wrapped, `subject key ${subjectId}`);
  if (key === null) throw new Error(`the key of subject ${subjectId} does not open`);
  return key;
};

export const sealPerson = (key: SubjectKey, subjectId: string, data: PersonalData): SealedPerson => {
  const plain = canonicalJson({ ...data });
  return {
    sealed: seal(key, randomBytes(NONCE_BYTES), Buffer.from(plain), `personal data ${subjectId}`),
    commitment: commitmentOf(key, plain),
  };
};

/** Throws where it was not sealed under this key, or is not what was committed to. */
export const openPerson = (key: SubjectKey, subjectId: string, { sealed, commitment }: SealedPerson): PersonalData => {
  const plain = unseal(key, sealed, `personal data ${subjectId}`)?.toString('utf8');
  if (plain === undefined || commitmentOf(key, plain) !== commitment) {
    throw new Error(`the personal data of ${subjectId} do not open`);
  }
  return JSON.parse(plain) as PersonalData;
};

const commitmentOf = (key: SubjectKey, plain: string): string =>
  hmacSha256(derivedKey(key, 'commitment'), plain).toString('hex');

/** The blind index 「盲索引」 of a whole value: equal for equal values, and of no use without the key. */
export const blindIndex = ({ index }: PersonalKeyRing, field: LookUpField, value: string): Buffer =>
  hmacSha256(index, `${field}\n${lookUpText(field, value)}`).subarray(0, INDEX_BYTES);

export const blindIndexes = (ring: PersonalKeyRing, data: PersonalData): Record<LookUpField, Buffer | null> => {
  const values = lookUpValues(data);
  return Object.fromEntries(
    LOOK_UP_FIELDS.map((field) => [field, values[field] === null ? null : blindIndex(ring, field, values[field])]),
  ) as Record<LookUpField, Buffer | null>;
};
