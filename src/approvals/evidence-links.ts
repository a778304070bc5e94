/**
 * Links by which evidence files come and go without a token: each names what it is for, for whom and until when, and is
 * signed. The key stands in the environment, in a file, or is made at the first use with the embedded database.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { join } from 'node:path';
import type { Config } from '../config';
import { refuse } from '../kernel/refusal';
import { ok, type Result } from '../kernel/result';
import { makeFile, readIfThere } from '../platform/key-file';

/** A file is put to its own id; it is got by the id under which it stands with a request. */
export type LinkUse = 'PUT' | 'GET';

export interface EvidenceLink {
  readonly use: LinkUse;
  readonly id: string;
  /** In whose name it is used. */
  readonly userId: string;
  /** Whole seconds. */
  readonly expiresAt: Date;
}

export interface EvidenceLinks {
  /** The address, from the root of the API. */
  readonly sign: (link: EvidenceLink) => string;
  /** In whose name the link is used; refuses FORBIDDEN where it was not signed here as it stands, else EXPIRED. */
  readonly check: (
    use: LinkUse,
    id: string,
    query: Readonly<Record<string, unknown>>,
    now: Date,
  ) => Result<{ readonly userId: string }>;
  /** Bytes that somebody has to sign, or have signed by his passkey, before then; base64url. */
  readonly challenge: (userId: string, expiresAt: Date) => string;
  readonly checkChallenge: (userId: string, challenge: string, now: Date) => Result<true>;
}

const KEY_BYTES = 32;
const EXPIRY_BYTES = 8;

const evidenceLinks = (key: Buffer): EvidenceLinks => {
  const macOf = (use: LinkUse, id: string, userId: string, expires: string): Buffer =>
    createHmac('sha256', key).update(`tierwarden evidence link v1\n${use}\n${id}\n${userId}\n${expires}`).digest();
  const challengeOf = (userId: string, expires: Buffer): Buffer =>
    Buffer.concat([
      expires,
      createHmac('sha256', key).update(`tierwarden key challenge v1\n${userId}\n`).update(expires).digest(),
    ]);
  return {
    challenge: (userId, expiresAt) => {
      const expires = Buffer.alloc(EXPIRY_BYTES);
      expires.writeBigUInt64BE(BigInt(expiresAt.getTime()));
      return challengeOf(userId, expires).toString('base64url');
    },
    checkChallenge: (userId, challenge, now) => {
      const given = Buffer.from(challenge, 'base64url');
      const expires = given.subarray(0, EXPIRY_BYTES);
      if (given.length !== EXPIRY_BYTES + KEY_BYTES || !timingSafeEqual(given, challengeOf(userId, expires))) {
        return refuse('INVALID', 'this challenge was not given out to you', {
          reason: 'CHALLENGE',
          field: ['challenge'],
        });
      }
      return now.getTime() < Number(expires.readBigUInt64BE())
        ? ok(true)
        : refuse('EXPIRED', 'the time of this challenge is over: ask for another', {
            reason: 'CHALLENGE',
            field: ['challenge'],
          });
    },
    sign: ({ use, id, userId, expiresAt }) => {
      const expires = String(Math.floor(expiresAt.getTime() / 1_000));
      const mac = macOf(use, id, userId, expires).toString('base64url');
      return `/evidence/${id}?user=${userId}&expires=${expires}&signature=${mac}`;
    },
    check: (use, id, { user, expires, signature }, now) => {
      const given = typeof signature === 'string' ? Buffer.from(signature, 'base64url') : Buffer.alloc(0);
      if (
        typeof user !== 'string' ||
        typeof expires !== 'string' ||
        given.length !== KEY_BYTES ||
        !timingSafeEqual(given, macOf(use, id, user, expires))
      ) {
        return refuse('FORBIDDEN', 'this link was not given out as it stands', { reason: 'SIGNATURE' });
      }
      if (now.getTime() >= Number(expires) * 1_000) {
        return refuse('EXPIRED', 'the time of this link is over: ask for another', { reason: 'LINK' });
      }
      return ok({ userId: user });
    },
  };
};

/** The key cannot be used; one line for whoever configures it. */
class EvidenceKeyUnusable extends Error {
  constructor(where: string) {
    super(`${where} holds no key of ${KEY_BYTES} bytes or more in base64`);
    this.name = 'EvidenceKeyUnusable';
  }
}

export type EvidenceLinksConfig = Pick<Config, 'evidence' | 'home' | 'mode'>;

/** Null where there is no key. Throws an {@link EvidenceKeyUnusable}. */
export const openEvidenceLinks = ({
  evidence,
  home,
  mode,
}: EvidenceLinksConfig): (() => Promise<EvidenceLinks | null>) => {
  const file = evidence.keyFile ?? (mode === 'embedded' ? join(home, 'keys', 'evidence-links.key') : null);
  let known: EvidenceLinks | null = null;
  const load = async (): Promise<EvidenceLinks | null> => {
    if (evidence.key !== null) return evidenceLinks(parseKey(evidence.key, 'EVIDENCE_LINK_KEY'));
    if (file === null) return null;
    if (mode === 'embedded' && (await readIfThere(file)) === null) {
      await makeFile(file, `${randomBytes(KEY_BYTES).toString('base64')}\n`);
    }
    const stored = await readIfThere(file);
    if (stored === null) throw new EvidenceKeyUnusable(file);
    return evidenceLinks(parseKey(stored, file));
  };
  return async () => (known ??= await load());
};

const parseKey = (text: string, where: string): Buffer => {
  const key = Buffer.from(text.trim(), 'base64');
  if (key.length < KEY_BYTES) throw new EvidenceKeyUnusable(where);
  return key;
};
