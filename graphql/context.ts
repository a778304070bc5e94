/** What every resolver is given: the rooms, who asks, and this request's loaders. */
import type { App } from '../src/app';
import type { Actor, Initiator } from '../src/kernel/actor';
import { fault } from './faults';
import { createLoaders, type Loaders } from './loaders';

export interface GraphContext {
  readonly app: App;
  /** Throws UNAUTHENTICATED where nobody has signed in. */
  readonly actor: Actor;
  readonly initiator: Initiator;
  readonly requestId: string;
  /** One moment for the whole request. */
  readonly now: Date;
  readonly loaders: Loaders;
}

export const createContext = (app: App, signedIn: Actor | null, requestId: string): GraphContext => {
  const now = app.clock();
  let loaders: Loaders | undefined;
  const actor = (): Actor => {
    if (signedIn === null) throw fault('UNAUTHENTICATED', 'Sign in first.', { reason: 'TOKEN_MISSING' });
    return signedIn;
  };
  return {
    app,
    requestId,
    now,
    get actor() {
      return actor();
    },
    get initiator() {
      return { actor: actor(), requestId };
    },
    get loaders() {
      return (loaders ??= createLoaders(app, actor(), now));
    },
  };
};
