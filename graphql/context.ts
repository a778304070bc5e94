/** What every resolver is given: the rooms and who asks. */
import type { ServerResponse } from 'node:http';
import type { App } from '../src/app';
import type { Actor, IdempotencyKey, Initiator } from '../src/kernel/actor';
import type { Showing } from '../src/platform/idempotency-key';
import { fault } from './faults';

/** Calls `gone` when the caller leaves before the answer, at once if he has left; yields what takes that back. */
export type Leaving = (gone: () => void) => () => void;

/** A caller over HTTP leaves with his connection. */
export const leavingBy =
  (response: ServerResponse): Leaving =>
  (gone) => {
    if (response.destroyed) gone();
    response.once('close', gone);
    return () => void response.removeListener('close', gone);
  };

/** A class, because Apollo copies the context by its own fields: getters have to live on the prototype. */
export class GraphContext {
  /** One moment for the whole request. */
  readonly now: Date;
  /** That of the mutation which is running; GraphQL runs one after the other. */
  idempotency: IdempotencyKey | null = null;
  /** What was asked for under keys, by the name that each answer has in the whole. */
  readonly showings = new Map<string, Showing>();

  constructor(
    readonly app: App,
    /** For what differs without refusing; whatever needs somebody asks for `actor`. */
    readonly signedIn: Actor | null,
    readonly requestId: string,
    /** Network address of the caller. */
    readonly address: string,
    /** How to hear that the caller has gone; absent where nobody could tell. */
    readonly leaving?: Leaving,
  ) {
    this.now = app.clock();
  }

  /** Throws UNAUTHENTICATED where nobody has signed in. */
  get actor(): Actor {
    if (this.signedIn === null) throw fault('UNAUTHENTICATED', 'Sign in first.', { reason: 'TOKEN_MISSING' });
    return this.signedIn;
  }

  get initiator(): Initiator {
    const { actor, requestId, idempotency } = this;
    return { actor, requestId, ...(idempotency === null ? {} : { idempotency }) };
  }
}
