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
}

export type SystemActorName = 'bootstrap' | 'cli' | 'worker' | 'rating-worker' | 'scheduler' | 'limit-policy';

export const systemActor = (name: SystemActorName): Actor => ({
  kind: 'SYSTEM',
  id: `system:${name}`,
  name: `system:${name}`,
  roles: ['SERVICE'],
  orgUnitId: null,
});
