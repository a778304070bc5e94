/**
 * Rates customers whose re-rating was asked for: at once when one is committed, and when the time of a later one has come. It
 * takes one after the other straight from PostgreSQL, without a queue in between, and knows nothing of ratings.
 */
import type { Logger } from 'pino';
import { messageKey } from '../src/kernel/refusal';
import type { Result } from '../src/kernel/result';
import { wakeableNap } from '../src/platform/nap';
import type { Listener } from '../src/platform/notification';

export interface ReratingLoop {
  close(): Promise<void>;
}

export interface ReratingLoopDeps {
  /** Does the next one; null where no time has come. */
  readonly next: () => Promise<Result<{ readonly late: boolean } | null>>;
  /** When the next one may begin. */
  readonly nextAt: () => Promise<Date | null>;
  readonly listen: (onAsked: () => void) => Listener;
  readonly clock: () => Date;
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>;
}

/** Only what a lost notification can cost. */
const POLL_MS = 2_000;

export const startReratingLoop = ({ next, nextAt, listen, clock, log }: ReratingLoopDeps): ReratingLoop => {
  const nap = wakeableNap();
  const listener = listen(nap.wake);
  let closing = false;
  const stopped = (): boolean => closing;

  const round = async (): Promise<number> => {
    await listener.ensure();
    while (!stopped()) {
      const done = await next();
      if (!done.ok) {
        log.error({ refusal: messageKey(done.refusal) }, 're-ratings are refused');
        return POLL_MS;
      }
      if (done.value === null) break;
      if (done.value.late) log.warn(done.value, 'ALARM: a re-rating came after its deadline');
    }
    const at = await nextAt();
    return at === null ? POLL_MS : Math.min(POLL_MS, Math.max(1, at.getTime() - clock().getTime()));
  };

  const loop = async (): Promise<void> => {
    while (!stopped()) {
      try {
        await nap.sleep(await round());
      } catch (error) {
        log.error({ err: error }, 're-rating failed; tried again until it does not');
        await nap.sleep(POLL_MS, { deaf: true });
      }
    }
  };
  const done = loop();

  return {
    close: async () => {
      closing = true;
      nap.end();
      await done;
      await listener.close();
    },
  };
};
