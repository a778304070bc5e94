/**
 * One subscription: takes changes from its feed, asks for each whether and what its viewer may be told of it at that moment,
 * and yields that. It takes the next one only when the last was taken from it, and it never fails: what cannot be read now
 * is read later.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Actor } from '../../src/kernel/actor';
import type { SignalTopic } from '../../src/platform/signals';
import type { Change } from './change-feeds';
import type { LiveContext } from './live-context';

/** An event; or why there is none: a later change will tell it, or it is not for this viewer. */
export type Telling<Event> = { readonly event: Event; readonly last?: boolean } | 'COALESCED' | 'WITHHELD';

export interface Watching<Event> {
  /** Field of the subscription. */
  readonly name: string;
  readonly topic: SignalTopic;
  /** null: all objects of the topic. */
  readonly objectId: string | null;
  readonly tell: (viewer: Actor, change: Change) => Promise<Telling<Event>>;
}

const RETRY_MS = 1_000;

export const watch = <Event>(context: LiveContext, watching: Watching<Event>): AsyncIterableIterator<Event> => {
  const { session, broadcast, app } = context;
  const { telemetry } = broadcast;
  const feed = broadcast.feeds.open(watching.topic, watching.objectId, session.userId);
  telemetry.subscriptions(watching.name, 1);
  let ended = false;
  const end = (): IteratorReturnResult<undefined> => {
    if (!ended) telemetry.subscriptions(watching.name, -1);
    ended = true;
    feed.close();
    return { done: true, value: undefined };
  };

  const telling = async (change: Change): Promise<Telling<Event>> => {
    for (let attempt = 1; ; attempt++) {
      try {
        const viewer = await session.actor();
        return viewer === null ? 'WITHHELD' : await watching.tell(viewer, change);
      } catch (error) {
        if (ended) return 'WITHHELD';
        if (attempt === 1) app.logger.warn({ err: error, requestId: context.requestId }, 'an event has to wait');
        await sleep(RETRY_MS, undefined, { ref: false });
      }
    }
  };

  return {
    next: async () => {
      while (!ended) {
        const change = await feed.take();
        if (change === null) break;
        const told = await telling(change);
        // Ended while this was read.
        if (ended) break;
        if (typeof told === 'string') {
          telemetry.event(told === 'COALESCED' ? 'coalesced' : 'withheld');
          continue;
        }
        if (told.last === true) end();
        telemetry.event('sent');
        return { done: false, value: told.event };
      }
      return end();
    },
    return: async () => end(),
    throw: async () => end(),
    [Symbol.asyncIterator]() {
      return this;
    },
  };
};
