/**
 * From a bearer token to an actor: verifies the token, finds the user, takes the roles from the database and never from
 * the token, so that a revoked role or a person let go is out within seconds.
 */
import type { Actor } from '../kernel/actor';
import type { Clock } from '../kernel/clock';
import { actorOf, type User } from './domain/user';
import { failure, type AuthenticationFailure, type TokenVerification, type TokenVerifier } from './token-verifier';

export type Authentication =
  /** `expiresAt`: end of the token, for connections that outlive a request. */
  | { readonly ok: true; readonly value: Actor; readonly expiresAt: Date }
  | { readonly ok: false; readonly failure: AuthenticationFailure };

export interface AuthenticationDeps {
  readonly tokens: TokenVerifier;
  readonly bySubject: (subject: string) => Promise<User | null>;
  readonly clock: Clock;
}

/** How long another process may go on with access that was taken here. */
const REMEMBER_MS = 2_000;
const MAX_REMEMBERED = 1_000;

export const createAuthentication = ({ tokens, bySubject, clock }: AuthenticationDeps) => {
  /** Tokens whose signature held a moment ago: checking it anew costs more than most reads. */
  const verified = new Map<string, { readonly verification: TokenVerification; readonly untilMs: number }>();
  const remembered = new Map<string, { readonly user: User; readonly untilMs: number }>();

  const verify = async (token: string): ReturnType<TokenVerifier['verify']> => {
    const known = verified.get(token);
    const nowMs = clock().getTime();
    if (known !== undefined && nowMs < known.untilMs) return known.verification;
    verified.delete(token);
    const verification = await tokens.verify(token);
    if (verification.ok) {
      keepNewest(verified);
      const untilMs = Math.min(nowMs + REMEMBER_MS, verification.expiresAt.getTime());
      verified.set(token, { verification, untilMs });
    }
    return verification;
  };

  const findUser = async (subject: string): Promise<User | null> => {
    const known = remembered.get(subject);
    const nowMs = clock().getTime();
    if (known !== undefined && nowMs < known.untilMs) return known.user;
    remembered.delete(subject);
    const user = await bySubject(subject);
    if (user !== null) {
      keepNewest(remembered);
      remembered.set(subject, { user, untilMs: nowMs + REMEMBER_MS });
    }
    return user;
  };

  return {
    /** Takes the value of an Authorization header, or the bare token. Throws IdentityProviderUnavailable. */
    authenticate: async (credential: string | undefined): Promise<Authentication> => {
      const token = (credential ?? '').replace(/^bearer +/i, '').trim();
      if (token === '') return { ok: false, failure: failure('TOKEN_MISSING', 'Sign in first.') };
      const verification = await verify(token);
      if (!verification.ok) return verification;
      const user = await findUser(verification.subject);
      if (user === null) {
        return { ok: false, failure: failure('UNKNOWN_SUBJECT', 'The token names somebody who is not a user here.') };
      }
      if (!user.active) return { ok: false, failure: failure('USER_INACTIVE', 'The user is no longer active.') };
      return { ok: true, value: actorOf(user), expiresAt: verification.expiresAt };
    },

    forget: (userId: string): void => {
      for (const [subject, { user }] of remembered) if (user.id === userId) remembered.delete(subject);
    },
  };
};

/** A Map keeps insertion order: the first key is the oldest. */
const keepNewest = (remembered: Map<string, unknown>): void => {
  const [oldest] = remembered.keys();
  if (remembered.size >= MAX_REMEMBERED && oldest !== undefined) remembered.delete(oldest);
};
