import { createServer, type Server } from 'node:http';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  base64url,
  CompactSign,
  exportJWK,
  exportSPKI,
  generateKeyPair,
  SignJWT,
  UnsecuredJWT,
  type GenerateKeyPairResult,
  type JWTPayload,
} from 'jose';
import {
  createTokenVerifier,
  IdentityProviderUnavailable,
  type TokenSource,
  type TokenVerifier,
} from '../../src/identity';

const NOW = new Date('2026-03-01T08:00:00.000Z');
const NOW_S = NOW.getTime() / 1_000;
const ISSUER = 'https://login.example.com';
const AUDIENCE = 'tierwarden';
const clock = () => NOW;

const outcome = async (verifier: TokenVerifier, token: string): Promise<string> => {
  const verified = await verifier.verify(token);
  return verified.ok ? verified.subject : verified.failure.reason;
};

describe('against an identity provider', () => {
  let provider: Server;
  let jwksUrl: string;
  let trusted: GenerateKeyPairResult;
  let foreign: GenerateKeyPairResult;
  let verifier: TokenVerifier;
  let publicPem: string;

  const source = (change: Partial<Extract<TokenSource, { kind: 'jwks' }>> = {}): TokenSource => ({
    kind: 'jwks',
    jwksUrl,
    issuer: ISSUER,
    audience: AUDIENCE,
    algorithms: ['RS256'],
    ...change,
  });
  const claims = (change: JWTPayload = {}): JWTPayload => ({
    iss: ISSUER,
    aud: AUDIENCE,
    sub: 'wang.fang',
    exp: NOW_S + 600,
    ...change,
  });
  const sign = (payload: JWTPayload, key = trusted, header: { kid?: string; alg?: string } = {}): Promise<string> =>
    new SignJWT(payload).setProtectedHeader({ alg: 'RS256', kid: 'k1', ...header }).sign(key.privateKey);
  const without = (claim: string): JWTPayload => {
    const { [claim]: _, ...rest } = claims();
    return rest;
  };

  beforeAll(async () => {
    [trusted, foreign] = await Promise.all([
      generateKeyPair('RS256', { extractable: true }),
      generateKeyPair('RS256', { extractable: true }),
    ]);
    publicPem = await exportSPKI(trusted.publicKey);
    const keys = { keys: [{ ...(await exportJWK(trusted.publicKey)), kid: 'k1', alg: 'RS256', use: 'sig' }] };
    provider = createServer((request, response) => {
      response.statusCode = request.url === '/jwks' ? 200 : 500;
      response.end(JSON.stringify(keys));
    }).listen(0, '127.0.0.1');
    await new Promise((listening) => provider.once('listening', listening));
    jwksUrl = `http://127.0.0.1:${(provider.address() as AddressInfo).port}/jwks`;
    verifier = await createTokenVerifier(source(), clock);
  });
  afterAll(async () => {
    await new Promise((closed) => provider.close(closed));
  });

  test('a good token names its subject and its end', async () => {
    expect(await verifier.verify(await sign(claims()))).toEqual({
      ok: true,
      subject: 'wang.fang',
      expiresAt: new Date((NOW_S + 600) * 1_000),
    });
  });

  test.each<[string, () => Promise<string> | string, string]>([
    ['an audience among several', () => sign(claims({ aud: ['other', AUDIENCE] })), 'wang.fang'],
    ['expired, within tolerance', () => sign(claims({ exp: NOW_S - 4 })), 'wang.fang'],
    ['expired', () => sign(claims({ exp: NOW_S - 6 })), 'TOKEN_EXPIRED'],
    ['not yet valid', () => sign(claims({ nbf: NOW_S + 60 })), 'TOKEN_NOT_YET_VALID'],
    ['another issuer', () => sign(claims({ iss: 'https://evil.example.com' })), 'WRONG_ISSUER'],
    ['no issuer', () => sign(without('iss')), 'CLAIM_MISSING'],
    ['another audience', () => sign(claims({ aud: 'payroll' })), 'WRONG_AUDIENCE'],
    ['no audience', () => sign(without('aud')), 'CLAIM_MISSING'],
    ['no subject', () => sign(without('sub')), 'CLAIM_MISSING'],
    ['an empty subject', () => sign(claims({ sub: '' })), 'CLAIM_MISSING'],
    ['no end', () => sign(without('exp')), 'CLAIM_MISSING'],
    ['another key under the trusted name', () => sign(claims(), foreign), 'TOKEN_FORGED'],
    ['an unpublished key', () => sign(claims(), foreign, { kid: 'k2' }), 'UNKNOWN_KEY'],
    ['a changed claim', async () => tamper(await sign(claims())), 'TOKEN_FORGED'],
    ['no signature', () => new UnsecuredJWT(claims()).encode(), 'ALGORITHM_NOT_ALLOWED'],
    [
      'a shared secret that is the public key',
      () =>
        new SignJWT(claims()).setProtectedHeader({ alg: 'HS256', kid: 'k1' }).sign(new TextEncoder().encode(publicPem)),
      'ALGORITHM_NOT_ALLOWED',
    ],
    [
      'an algorithm of the same key that is not on the list',
      () => sign(claims(), trusted, { alg: 'RS256' }).then((token) => relabel(token, 'RS512')),
      'ALGORITHM_NOT_ALLOWED',
    ],
    [
      'a payload that is no claim set',
      () =>
        new CompactSign(new TextEncoder().encode('[1]'))
          .setProtectedHeader({ alg: 'RS256', kid: 'k1' })
          .sign(trusted.privateKey),
      'TOKEN_MALFORMED',
    ],
    ['no token at all', () => 'not-a-token', 'TOKEN_MALFORMED'],
    ['three dots', () => '...', 'TOKEN_MALFORMED'],
    ['a token of a megabyte', () => 'a'.repeat(1_000_000), 'TOKEN_MALFORMED'],
  ])('%s', async (_, make, expected) => {
    expect(await outcome(verifier, await make())).toBe(expected);
  });

  test.each([
    ['answers with an error', () => jwksUrl.replace('/jwks', '/broken')],
    ['does not answer', () => 'http://127.0.0.1:1/jwks'],
  ])('a provider that %s is a fault, not a failed sign-in', async (_, url) => {
    const verifying = createTokenVerifier(source({ jwksUrl: url() }), clock);
    await expect(outcome(await verifying, await sign(claims()))).rejects.toThrow(IdentityProviderUnavailable);
  });

  test.each<[string, Partial<Extract<TokenSource, { kind: 'jwks' }>>, RegExp]>([
    ['a shared secret', { algorithms: ['RS256', 'HS256'] }, /HS256/],
    ['unsigned tokens', { algorithms: ['none'] }, /none/],
    ['no algorithm', { algorithms: [] }, /nobody could sign in/],
    ['keys over plain HTTP', { jwksUrl: 'http://login.example.com/jwks' }, /https only/],
  ])('is never set up with %s', async (_, change, message) => {
    await expect(createTokenVerifier(source(change), clock)).rejects.toThrow(message);
  });
});

describe('the local issuer', () => {
  let folder: string;
  const open = (change: { keysFolder?: string; listenHost?: string } = {}): Promise<TokenVerifier> =>
    createTokenVerifier({ kind: 'local', keysFolder: join(folder, 'keys'), listenHost: '127.0.0.1', ...change }, clock);
  const issue = async (verifier: TokenVerifier, minutes: number): Promise<string> => {
    if (verifier.issue === undefined) throw new Error('no issuer');
    return verifier.issue('maker', minutes);
  };

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tierwarden-keys-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  test('keeps one key, readable by its owner alone, and accepts its tokens after a restart', async () => {
    const token = await issue(await open(), 10);
    expect(await outcome(await open(), token)).toBe('maker');
    expect(await readdir(join(folder, 'keys'))).toEqual(['local-issuer.jwk.json']);
    const { mode } = await stat(join(folder, 'keys', 'local-issuer.jwk.json'));
    expect((mode & 0o777).toString(8)).toBe('600');
  });

  test('several first starts at once agree on the key', async () => {
    const verifiers = await Promise.all(Array.from({ length: 5 }, () => open()));
    for (const issuer of verifiers) {
      const token = await issue(issuer, 10);
      for (const verifier of verifiers) expect(await outcome(verifier, token)).toBe('maker');
    }
    expect(await readdir(join(folder, 'keys'))).toHaveLength(1);
  });

  test('a token of another installation is forged', async () => {
    const other = await open({ keysFolder: join(folder, 'elsewhere') });
    expect(await outcome(await open(), await issue(other, 10))).toBe('TOKEN_FORGED');
  });

  test('a token ends', async () => {
    const verifier = await open();
    expect(await outcome(verifier, await issue(verifier, -1))).toBe('TOKEN_EXPIRED');
  });

  test('the private part of the key never leaves its file', async () => {
    const token = await issue(await open(), 10);
    const key = JSON.parse(await readFile(join(folder, 'keys', 'local-issuer.jwk.json'), 'utf8')) as { d: string };
    expect(key.d).toMatch(/^[\w-]{43}$/);
    expect(token).not.toContain(key.d);
  });

  test.each(['{', '{"kty":"EC"}', '{"kty":"oct","k":"c2VjcmV0"}'])(
    'a key file that holds %s is named',
    async (text) => {
      await open();
      await writeFile(join(folder, 'keys', 'local-issuer.jwk.json'), text);
      await expect(open()).rejects.toThrow(/local-issuer\.jwk\.json does not hold a key/);
    },
  );

  test.each(['0.0.0.0', '::', '192.168.1.5', 'api.example.com', '127.0.0.1.example.com'])(
    'does not exist on %s',
    async (listenHost) => {
      await expect(open({ listenHost })).rejects.toThrow(/loopback only/);
    },
  );

  test.each(['localhost', '::1', '127.0.0.2'])('exists on %s', async (listenHost) => {
    expect((await open({ listenHost })).issue).toBeDefined();
  });
});

const tamper = (token: string): string => {
  const [header = '', payload = '', signature = ''] = token.split('.');
  const claims = JSON.parse(new TextDecoder().decode(base64url.decode(payload))) as JWTPayload;
  return [header, base64url.encode(JSON.stringify({ ...claims, sub: 'zhou.min' })), signature].join('.');
};

const relabel = (token: string, alg: string): string =>
  [base64url.encode(JSON.stringify({ alg, kid: 'k1' })), ...token.split('.').slice(1)].join('.');
