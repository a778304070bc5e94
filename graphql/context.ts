/** What every resolver is given: the rooms and who asks. */
import type { App } from '../src/app';
import type { Actor, IdempotencyKey, Initiator } from '../src/kernel/actor';
import { fault } from './faults';

/** A class, because Apollo copies the context by its own fields: getters have to live on the prototype. */
export class GraphContext {
  /** One moment for the whole request. */
  readonly now: Date;
  /** That of the mutation which is running; GraphQL runs one after the other. */
  idempotency: IdempotencyKey | null = null;

  constructor(
    readonly app: App,
    /** For what differs without refusing; whatever needs somebody asks for `actor`. */
    readonly signedIn: Actor | null,
    readonly requestId: string,
    /** Network address of the caller. */
    readonly address: string,
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
