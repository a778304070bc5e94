/**
 * Verifies the JWTs that people and services sign in with: against the key set of an identity provider, or against the
 * local issuer of embedded mode. Only asymmetric signatures count; it never looks into a token before its signature holds.
 */
import { createRemoteJWKSet, errors, jwtVerify, type JWTVerifyGetKey, type JWTVerifyOptions } from 'jose';
import type { Clock } from '../kernel/clock';
import { openLocalIssuer } from './local-issuer';

/** Signature algorithms that an installation may allow. Shared secrets (HS*) and `none` are none of them. */
const ALGORITHMS: readonly string[] = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];

export type TokenSource =
  | {
      readonly kind: 'jwks';
      /** `https:`, or `http:` on the loopback. */
      readonly jwksUrl: string;
      readonly issuer: string;
      readonly audience: string;
      readonly algorithms: readonly string[];
    }
  | {
      readonly kind: 'local';
      /** Holds the private key, `local-issuer.jwk.json`, readable by its owner alone. */
      readonly keysFolder: string;
      /** The address the API listens on; the local issuer refuses to exist on anything but the loopback. */
      readonly listenHost: string;
    };

export type AuthenticationFailureReason =
  | 'TOKEN_MISSING'
  | 'TOKEN_MALFORMED'
  | 'TOKEN_FORGED'
  | 'TOKEN_EXPIRED'
  | 'TOKEN_NOT_YET_VALID'
  | 'WRONG_ISSUER'
  | 'WRONG_AUDIENCE'
  | 'ALGORITHM_NOT_ALLOWED'
  | 'CLAIM_MISSING'
  | 'UNKNOWN_KEY'
  | 'UNKNOWN_SUBJECT'
  | 'USER_INACTIVE';

/** Why nobody came in. Doors answer all of them alike, with UNAUTHENTICATED and the reason. */
export interface AuthenticationFailure {
  readonly code: 'UNAUTHENTICATED';
  readonly reason: AuthenticationFailureReason;
  readonly message: string;
}

export type TokenVerification =
  | { readonly ok: true; readonly subject: string; readonly expiresAt: Date }
  | { readonly ok: false; readonly failure: AuthenticationFailure };

export interface TokenVerifier {
  /** Throws IdentityProviderUnavailable when the keys cannot be fetched. */
  verify(token: string): Promise<TokenVerification>;
  /** Signs a token for the subject; absent unless the source is the local issuer. */
  readonly issue?: (subject: string, validMinutes: number) => Promise<string>;
}

/** The key set could not be read: a fault of the installation, not of the person at the door. */
export class IdentityProviderUnavailable extends Error {
  constructor(cause: unknown) {
    super('the identity provider does not answer with its keys', { cause });
    this.name = 'IdentityProviderUnavailable';
  }
}

const CLOCK_TOLERANCE_S = 5;
const JWKS_TIMEOUT_MS = 5_000;
/** Longer tokens are turned away unread. */
const MAX_TOKEN_LENGTH = 8_192;

/** Throws on a configuration that would be unsafe: an algorithm off the list, keys over plain HTTP, a local issuer in the open. */
export const createTokenVerifier = async (source: TokenSource, clock: Clock): Promise<TokenVerifier> => {
  if (source.kind === 'jwks') {
    const { issuer, audience } = source;
    const algorithms = requireAlgorithms(source.algorithms);
    return { verify: verifierOf(remoteKeys(source.jwksUrl), { issuer, audience, algorithms }, clock) };
  }
  requireLoopback(source.listenHost);
  const local = await openLocalIssuer(source.keysFolder, clock);
  const { issuer, audience, algorithms } = local;
  return {
    verify: verifierOf(async () => local.publicKey, { issuer, audience, algorithms: [...algorithms] }, clock),
    issue: local.issue,
  };
};

export const failure = (reason: AuthenticationFailureReason, message: string): AuthenticationFailure => ({
  code: 'UNAUTHENTICATED',
  reason,
  message,
});

const verifierOf =
  (keys: JWTVerifyGetKey, expected: JWTVerifyOptions, clock: Clock): TokenVerifier['verify'] =>
  async (token) => {
    if (token.length > MAX_TOKEN_LENGTH) return refuseToken('TOKEN_MALFORMED', 'The token is too long.');
    try {
      const { payload } = await jwtVerify(token, keys, {
        ...expected,
        currentDate: clock(),
        clockTolerance: CLOCK_TOLERANCE_S,
        requiredClaims: ['sub', 'exp'],
      });
      const { sub, exp } = payload;
      if (sub === undefined || sub === '' || exp === undefined) {
        return refuseToken('CLAIM_MISSING', 'The token names nobody.');
      }
      return { ok: true, subject: sub, expiresAt: new Date(exp * 1_000) };
    } catch (error) {
      return { ok: false, failure: failureOf(error) };
    }
  };

const refuseToken = (reason: AuthenticationFailureReason, message: string): TokenVerification => ({
  ok: false,
  failure: failure(reason, message),
});

/** Sorts what jose throws; anything that is no statement about the token is thrown on. */
const failureOf = (error: unknown): AuthenticationFailure => {
  if (error instanceof errors.JWTExpired) return failure('TOKEN_EXPIRED', 'The token has expired.');
  if (error instanceof errors.JWTClaimValidationFailed) return claimFailure(error);
  if (error instanceof errors.JOSEAlgNotAllowed) {
    return failure('ALGORITHM_NOT_ALLOWED', 'The token is signed in a way that is not allowed here.');
  }
  if (error instanceof errors.JWSSignatureVerificationFailed) {
    return failure('TOKEN_FORGED', 'The signature of the token does not hold.');
  }
  if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys) {
    return failure('UNKNOWN_KEY', 'The token is signed with a key that the identity provider does not publish.');
  }
  if (
    error instanceof errors.JWSInvalid ||
    error instanceof errors.JWTInvalid ||
    error instanceof errors.JOSENotSupported
  ) {
    return failure('TOKEN_MALFORMED', 'The token cannot be read.');
  }
  throw error;
};

const claimFailure = (error: errors.JWTClaimValidationFailed): AuthenticationFailure => {
  if (error.reason === 'missing') return failure('CLAIM_MISSING', `The token lacks the claim ${error.claim}.`);
  switch (error.claim) {
    case 'nbf':
      return failure('TOKEN_NOT_YET_VALID', 'The token is not valid yet.');
    case 'iss':
      return failure('WRONG_ISSUER', 'The token comes from another issuer.');
    case 'aud':
      return failure('WRONG_AUDIENCE', 'The token is meant for another audience.');
    default:
      return failure('TOKEN_MALFORMED', `The claim ${error.claim} of the token cannot be read.`);
  }
};

const remoteKeys = (jwksUrl: string): JWTVerifyGetKey => {
  const url = new URL(jwksUrl);
  if (url.protocol !== 'https:' && !isLoopback(url.hostname)) {
    throw new Error(`signing keys are fetched over https only, not from ${jwksUrl}`);
  }
  const keySet = createRemoteJWKSet(url, { timeoutDuration: JWKS_TIMEOUT_MS });
  return async (header, token) => {
    try {
      return await keySet(header, token);
    } catch (error) {
      if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys) throw error;
      throw new IdentityProviderUnavailable(error);
    }
  };
};

const requireAlgorithms = (algorithms: readonly string[]): string[] => {
  const foreign = algorithms.find((algorithm) => !ALGORITHMS.includes(algorithm));
  if (foreign !== undefined) throw new Error(`tokens signed with ${foreign} are never accepted`);
  if (algorithms.length === 0) throw new Error('no token algorithm is allowed: nobody could sign in');
  return [...algorithms];
};

const requireLoopback = (host: string): void => {
  if (!isLoopback(host)) {
    throw new Error(`the local token issuer exists on the loopback only, and the API listens on ${host}`);
  }
};

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || host === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(host);
