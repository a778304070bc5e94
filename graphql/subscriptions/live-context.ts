/** What subscriptions are given beside what every resolver gets: the feeds, and who is being told. */
import type { App } from '../../src/app';
import type { ChangeRequest } from '../../src/approvals';
import type { Actor } from '../../src/kernel/actor';
import type { Result } from '../../src/kernel/result';
import type { Telemetry } from '../../src/platform/telemetry';
import type { RatingRun } from '../../src/ratings';
import type { WatchedWarning } from '../../src/warnings';
import { GraphContext, type Leaving } from '../context';
import type { ChangeFeeds } from './change-feeds';
import type { Session } from './session';

export interface SharedReads {
  /** Refuses FORBIDDEN and NOT_FOUND. */
  request(viewer: Actor, id: string): Promise<Result<ChangeRequest>>;
  /** Refuses FORBIDDEN and NOT_FOUND. */
  run(viewer: Actor, id: string): Promise<Result<RatingRun>>;
  /** Refuses FORBIDDEN and NOT_FOUND. */
  warning(viewer: Actor, id: string): Promise<Result<WatchedWarning>>;
}

export interface Broadcast {
  readonly feeds: ChangeFeeds;
  readonly reads: SharedReads;
  readonly telemetry: Pick<Telemetry, 'subscriptions' | 'event'>;
}

/** The context of an operation that came over a connection that stays open. */
export class LiveContext extends GraphContext {
  constructor(
    app: App,
    actor: Actor,
    requestId: string,
    address: string,
    readonly session: Session,
    readonly broadcast: Broadcast,
    leaving: Leaving,
  ) {
    super(app, actor, requestId, address, leaving);
  }
}

/**
 * Reads for all subscriptions of the process together: one statement at a time, for all that was asked for while the one
 * before was under way. However many people watch, requests over HTTP keep their connections to the database.
 */
export const createSharedReads = (app: Pick<App, 'approvals' | 'ratings' | 'warnings'>): SharedReads => ({
  request: shared((ids) => app.approvals.queries.forViewers(ids)),
  run: shared((ids) => app.ratings.queries.runsForViewers(ids)),
  warning: shared((ids) => app.warnings.queries.forViewers(ids)),
});

type Told<View> = (viewer: Actor, id: string) => Result<View>;

const shared = <View>(read: (ids: readonly string[]) => Promise<Told<View>>) => {
  let last: Promise<unknown> = Promise.resolve();
  let gathering: { readonly ids: Set<string>; readonly told: Promise<Told<View>> } | null = null;
  const gather = () => {
    const ids = new Set<string>();
    const told = last
      .then(() => new Promise((resolve) => setImmediate(resolve)))
      .then(() => {
        gathering = null;
        return read([...ids]);
      });
    last = told.catch(() => undefined);
    return { ids, told };
  };
  return async (viewer: Actor, id: string): Promise<Result<View>> => {
    const { ids, told } = (gathering ??= gather());
    ids.add(id);
    return (await told)(viewer, id);
  };
};
