/**
 * Issues tokens for the sample house: an ES256 key pair made at the first start and kept in a file that only its owner
 * reads. It exists in embedded mode on the loopback and nowhere else; a real installation has an identity provider.
 */
import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exportJWK, generateKeyPair, importJWK, SignJWT, type CryptoKey, type JWK } from 'jose';
import type { Clock } from '../kernel/clock';

const ALGORITHM = 'ES256';
const ISSUER = 'tierwarden-local';
const AUDIENCE = 'tierwarden';
const KEY_FILE = 'local-issuer.jwk.json';

export interface LocalIssuer {
  readonly issuer: string;
  readonly audience: string;
  readonly algorithms: readonly string[];
  readonly publicKey: CryptoKey;
  readonly issue: (subject: string, validMinutes: number) => Promise<string>;
}

export const openLocalIssuer = async (keysFolder: string, clock: Clock): Promise<LocalIssuer> => {
  const file = join(keysFolder, KEY_FILE);
  const stored = (await readKey(file)) ?? (await makeKey(keysFolder, file));
  const { d, ...publicPart } = stored;
  const privateKey = await importJWK({ ...publicPart, d }, ALGORITHM);
  const publicKey = await importJWK(publicPart, ALGORITHM);
  return {
    issuer: ISSUER,
    audience: AUDIENCE,
    algorithms: [ALGORITHM],
    publicKey,
    issue: (subject, validMinutes) => {
      const issuedAtS = Math.floor(clock().getTime() / 1_000);
      return new SignJWT()
        .setProtectedHeader({ alg: ALGORITHM, typ: 'JWT' })
        .setIssuer(ISSUER)
        .setAudience(AUDIENCE)
        .setSubject(subject)
        .setIssuedAt(issuedAtS)
        .setExpirationTime(issuedAtS + Math.floor(validMinutes * 60))
        .sign(privateKey);
    },
  };
};

type PrivateKey = JWK & { readonly kty: 'EC'; readonly d: string };

const readKey = async (file: string): Promise<PrivateKey | null> => {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  const key = parseKey(text);
  if (key === null)
    throw new Error(`${file} does not hold a key: remove it, and fresh tokens will be signed with a new one`);
  return key;
};

const parseKey = (text: string): PrivateKey | null => {
  try {
    const key = JSON.parse(text) as JWK;
    return key.kty === 'EC' && typeof key.d === 'string' ? (key as PrivateKey) : null;
  } catch {
    return null;
  }
};

/** Two processes may start at once: the file appears whole or not at all, and the first one stays. */
const makeKey = async (folder: string, file: string): Promise<PrivateKey> => {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const { privateKey } = await generateKeyPair(ALGORITHM, { extractable: true });
  const draft = join(folder, `${KEY_FILE}.${randomUUID()}`);
  await writeFile(draft, JSON.stringify(await exportJWK(privateKey)), { mode: 0o600, flag: 'wx' });
  try {
    await link(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await rm(draft, { force: true });
  }
  const kept = await readKey(file);
  if (kept === null) throw new Error(`${file} vanished while it was being made`);
  return kept;
};
