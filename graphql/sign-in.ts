/** Who is behind a credential, by whatever transport it came. */
import type { App } from '../src/app';
import { IdentityProviderUnavailable, type Authentication } from '../src/identity';
import { fault } from './faults';

export type SignIn = Extract<Authentication, { ok: true }>;

/** Throws SERVICE_UNAVAILABLE where the identity provider does not answer. */
export const authenticate = async (
  app: Pick<App, 'identity' | 'logger'>,
  credential: string | undefined,
  requestId: string,
): Promise<Authentication> => {
  try {
    return await app.identity.authenticate(credential);
  } catch (error) {
    if (!(error instanceof IdentityProviderUnavailable)) throw error;
    app.logger.warn({ err: error }, 'the identity provider does not answer');
    throw fault('SERVICE_UNAVAILABLE', 'the identity provider does not answer', {
      retryable: true,
      requestId,
      http: { status: 503 },
    });
  }
};

/** As {@link authenticate}, but throws UNAUTHENTICATED with the reason where nobody came in. */
export const demandSignIn = async (...asked: Parameters<typeof authenticate>): Promise<SignIn> => {
  const authentication = await authenticate(...asked);
  if (authentication.ok) return authentication;
  const { code, message, reason } = authentication.failure;
  throw fault(code, message, { reason, requestId: asked[2], http: { status: 401 } });
};
