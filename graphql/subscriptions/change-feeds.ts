/**
 * From the signals of all processes to those who watch here: one feed for each subscription. A feed is small whatever
 * happens and however slow its taker is: it holds the newest change of each object, and where these are too many, that
 * anything may have changed. What a change means to a viewer is asked by the taker.
 */
import type { Signals, SignalTopic } from '../../src/platform/signals';
import type { Telemetry } from '../../src/platform/telemetry';

/** `ANYTHING`: look anew, whatever you watch. */
export type Change = { readonly objectId: string; readonly version: number } | 'ANYTHING';

export interface Feed {
  /** The next change, `ANYTHING` to begin with; null once closed. One taker at a time. */
  take(): Promise<Change | null>;
  close(): void;
}

export interface ChangeFeeds {
  /** Resolves when every later commit will be heard of. Throws when the database cannot be reached. */
  ready(): Promise<void>;
  /**
   * Changes of one object, or with null of all objects of the topic. What the viewer may see changes with his roles, so a
   * change of these is one of anything.
   */
  open(topic: SignalTopic, objectId: string | null, viewerId: string): Feed;
  /** Calls with the id of a user whose access has changed, null where it may be that of anybody. */
  onAccessChanged(listener: (userId: string | null) => void): void;
  close(): Promise<void>;
}

/** Objects that one feed remembers. */
const MAX_PENDING = 64;

export const createChangeFeeds = (signals: Signals, telemetry: Pick<Telemetry, 'event'>): ChangeFeeds => {
  const feeds = new Map<string, Set<ChangeFeed>>();
  const listeners: ((userId: string | null) => void)[] = [];
  const coalesced = (): void => telemetry.event('coalesced');
  const all = (): ChangeFeed[] => [...feeds.values()].flatMap((some) => [...some]);

  const accessChanged = (userId: string | null): void => {
    // The listeners come first: whoever looks anew is looked at anew.
    for (const listener of listeners) listener(userId);
    for (const feed of all()) if (userId === null || feed.viewerId === userId) feed.pushAnything();
  };

  const follow = () =>
    signals.follow({
      onSignals: (read) => {
        for (const { topic, objectId, version } of read) {
          for (const key of [keyOf(topic, objectId), keyOf(topic, null)]) {
            for (const feed of feeds.get(key) ?? []) feed.push(objectId, version);
          }
          if (topic === 'User') accessChanged(objectId);
        }
      },
      onGap: () => {
        accessChanged(null);
      },
    });
  let following: ReturnType<typeof follow> | null = null;

  return {
    ready: async () => {
      following ??= follow();
      try {
        await following;
      } catch (error) {
        following = null;
        throw error;
      }
    },
    open: (topic, objectId, viewerId) => {
      const key = keyOf(topic, objectId);
      const siblings = feeds.get(key) ?? new Set();
      feeds.set(key, siblings);
      const feed = new ChangeFeed(viewerId, coalesced, () => {
        siblings.delete(feed);
        if (siblings.size === 0) feeds.delete(key);
      });
      siblings.add(feed);
      return feed;
    },
    onAccessChanged: (listener) => {
      listeners.push(listener);
    },
    close: async () => {
      for (const feed of all()) feed.close();
      await (await following?.catch(() => null))?.close();
    },
  };
};

const keyOf = (topic: SignalTopic, objectId: string | null): string => `${topic}/${objectId ?? '*'}`;

class ChangeFeed implements Feed {
  private readonly pending = new Map<string, number>();
  private anything = true;
  private closed = false;
  private taker: ((change: Change | null) => void) | null = null;

  constructor(
    readonly viewerId: string,
    private readonly coalesced: () => void,
    private readonly onClose: () => void,
  ) {}

  push(objectId: string, version: number): void {
    // Whoever will look at everything sees this too.
    if (this.anything || this.pending.has(objectId)) this.coalesced();
    if (this.anything) return;
    this.pending.set(objectId, Math.max(version, this.pending.get(objectId) ?? version));
    if (this.pending.size > MAX_PENDING) this.pushAnything();
    else this.serve();
  }

  pushAnything(): void {
    for (let i = 0; i < this.pending.size; i++) this.coalesced();
    this.pending.clear();
    this.anything = true;
    this.serve();
  }

  take(): Promise<Change | null> {
    return new Promise((resolve) => {
      this.taker = resolve;
      this.serve();
    });
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.onClose();
    this.serve();
  }

  private serve(): void {
    const { taker } = this;
    if (taker === null) return;
    const change = this.closed ? null : this.shift();
    if (change === undefined) return;
    this.taker = null;
    taker(change);
  }

  private shift(): Change | undefined {
    if (this.anything) {
      this.anything = false;
      return 'ANYTHING';
    }
    const [first] = this.pending;
    if (first === undefined) return undefined;
    const [objectId, version] = first;
    this.pending.delete(objectId);
    return { objectId, version };
  }
}
