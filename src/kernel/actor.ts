/**
 * Who acts. Every write names an actor; workers, migrations and the command line act as named system actors.
 */
import type { Role } from './role';

export interface Actor {
  readonly kind: 'USER' | 'SYSTEM';
  /** User id (UUID), or the system actor's name, for example `system:rating-worker`. */
  readonly id: string;
  readonly name: string;
  readonly roles: readonly Role[];
  /** Org unit id (UUID) of a user; null for system actors. */
  readonly orgUnitId: string | null;
}

/** An actor at work: what a command needs to know of its caller. */
export interface Initiator {
  readonly actor: Actor;
  /** Id of the HTTP request, job or command that caused the work; ends up in logs and audit events. */
  readonly requestId: string;
  /** Keeps the answer of the one unit of work that is run with it; absent where every call counts. */
  readonly idempotency?: IdempotencyKey;
}

export interface IdempotencyKey {
  /** 1 to 200 printable characters, chosen by the actor and his alone. */
  readonly key: string;
  /** Digest of what was asked for under it. */
  readonly bodyDigest: string;
}

/** For units of work that come before or after the one whose answer is kept. */
export const withoutKey = ({ actor, requestId }: Initiator): Initiator => ({ actor, requestId });

export type SystemActorName =
  'bootstrap' | 'cli' | 'worker' | 'rating-worker' | 'scheduler' | 'limit-policy' | 'audit-sequencer' | 'audit-check';

export const systemActor = (name: SystemActorName): Actor => ({
  kind: 'SYSTEM',
  id: `system:${name}`,
  name: `system:${name}`,
  roles: ['SERVICE'],
  orgUnitId: null,
});
