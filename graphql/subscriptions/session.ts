/**
 * Who stands behind a connection, for as long as it is open. He is looked at anew for everything that he is told: a session
 * whose token or user no longer holds yields nobody, and says so once.
 */
import type { App } from '../../src/app';
import type { Actor } from '../../src/kernel/actor';
import { authenticate, type SignIn } from '../sign-in';

export interface Session {
  readonly userId: string;
  /** End of the token. */
  readonly expiresAt: Date;
  /** The actor with the roles that he has now; null when he is gone. Throws while that cannot be told. */
  actor(): Promise<Actor | null>;
  /** Takes the next look at once. */
  forget(): void;
}

/** How long one look serves all that a connection is told. */
const LOOK_MS = 1_000;

export const createSession = (
  app: Pick<App, 'identity' | 'logger'>,
  credential: string,
  { value, expiresAt }: SignIn,
  requestId: string,
  onGone: () => void,
): Session => {
  let look = Promise.resolve<Actor | null>(value);
  let takenMs = performance.now();
  let gone = false;

  const lookAgain = async (): Promise<Actor | null> => {
    const authentication = await authenticate(app, credential, requestId);
    if (authentication.ok) return authentication.value;
    if (!gone) onGone();
    gone = true;
    return null;
  };
  const forget = (): void => {
    takenMs = -Infinity;
  };

  return {
    userId: value.id,
    expiresAt,
    forget,
    actor: async () => {
      if (gone) return null;
      if (performance.now() - takenMs > LOOK_MS) {
        look = lookAgain();
        takenMs = performance.now();
        // What could not be told is asked again.
        look.catch(forget);
      }
      return look;
    },
  };
};
