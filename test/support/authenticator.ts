/** An authenticator in software: a passkey over P-256, with the attestation "none", as WebAuthn and CTAP lay them out. */
import { createHash, createPrivateKey, generateKeyPairSync, randomBytes, sign } from 'node:crypto';

type Cbor = number | string | Buffer | Map<number | string, Cbor>;

const head = (major: number, length: number): Buffer => {
  if (length < 24) return Buffer.from([(major << 5) | length]);
  if (length < 256) return Buffer.from([(major << 5) | 24, length]);
  return Buffer.from([(major << 5) | 25, length >> 8, length & 255]);
};

const cbor = (value: Cbor): Buffer => {
  if (typeof value === 'number') return value < 0 ? head(1, -1 - value) : head(0, value);
  if (typeof value === 'string') return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)]);
  if (Buffer.isBuffer(value)) return Buffer.concat([head(2, value.length), value]);
  return Buffer.concat([head(5, value.size), ...[...value].flatMap(([key, inner]) => [cbor(key), cbor(inner)])]);
};

const sha256 = (bytes: Uint8Array | string): Buffer => createHash('sha256').update(bytes).digest();
const text = (bytes: Buffer): string => bytes.toString('base64url');

const PRESENT = 1;
const VERIFIED = 4;
const ATTESTED = 64;

export interface Assertion {
  readonly value: string;
  readonly authenticatorData: string;
  readonly clientData: string;
}

export const createAuthenticator = (rpId: string, origin: string) => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
  const credentialId = randomBytes(32);
  let uses = 0;
  const dataOf = (flags: number, attested: Buffer = Buffer.alloc(0)): Buffer => {
    const counter = Buffer.alloc(4);
    counter.writeUInt32BE(uses);
    return Buffer.concat([sha256(rpId), Buffer.from([flags]), counter, attested]);
  };
  const clientOf = (type: string, challenge: string): Buffer =>
    Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin: false }));
  return {
    /** Makes the passkey for a challenge, base64url. */
    create: (challenge: string) => {
      const cose = cbor(
        new Map<number, Cbor>([
          [1, 2],
          [3, -7],
          [-1, 1],
          [-2, Buffer.from(x, 'base64url')],
          [-3, Buffer.from(y, 'base64url')],
        ]),
      );
      const attested = Buffer.concat([Buffer.alloc(16), Buffer.from([0, credentialId.length]), credentialId, cose]);
      const attestation = new Map<string, Cbor>([
        ['fmt', 'none'],
        ['attStmt', new Map<string, Cbor>()],
        ['authData', dataOf(PRESENT | VERIFIED | ATTESTED, attested)],
      ]);
      return {
        credentialId: text(credentialId),
        clientData: text(clientOf('webauthn.create', challenge)),
        attestation: text(cbor(attestation)),
      };
    },
    /** Signs the SHA-256 of a text as its challenge; without the person being verified if told so. */
    sign: (signed: string, verified = true): Assertion => {
      uses += 1;
      const authenticatorData = dataOf(PRESENT | (verified ? VERIFIED : 0));
      const clientData = clientOf('webauthn.get', text(sha256(signed)));
      const key = createPrivateKey(privateKey.export({ format: 'pem', type: 'pkcs8' }));
      const value = sign('sha256', Buffer.concat([authenticatorData, sha256(clientData)]), key);
      return { value: text(value), authenticatorData: text(authenticatorData), clientData: text(clientData) };
    },
    /** As if it had been copied: it counts again from there. */
    rewind: (to: number) => {
      uses = to;
    },
  };
};
