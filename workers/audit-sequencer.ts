/**
 * Keeps the audit log's tree close behind the events: about every second, and at once while there is more. It knows nothing of
 * trees; what it may not sign it reports, and tries again later.
 */
import type { Logger } from 'pino';
import type { Appended } from '../src/audit';
import { wakeableNap } from '../src/platform/nap';

export interface SequencerLoop {
  close(): Promise<void>;
}

/** From one look for events to the next. */
const EVERY_MS = 1_000;
/** After a failure, and while there is no key. */
const PAUSE_MS = 5_000;

export const startSequencer = (
  append: () => Promise<Appended>,
  log: Pick<Logger, 'warn' | 'error' | 'info'>,
): SequencerLoop => {
  const nap = wakeableNap();
  let closing = false;
  const stopped = (): boolean => closing;
  /** What was said last; said once, however often it comes. */
  let said = '';
  const say = (line: string, how: () => void): void => {
    if (line !== said) how();
    said = line;
  };

  const round = async (): Promise<number> => {
    while (!stopped()) {
      const appended = await append();
      if (appended.kind === 'NO_KEY') {
        say('no key', () =>
          log.warn('the audit log has no key: set AUDIT_LOG_KEY or AUDIT_LOG_KEY_FILE; until then nothing is signed'),
        );
        return PAUSE_MS;
      }
      if (said !== '') say('', () => log.info('the audit log goes on'));
      if (appended.kind === 'BUSY' || !appended.more) break;
    }
    return EVERY_MS;
  };

  const loop = async (): Promise<void> => {
    while (!stopped()) {
      const begunMs = performance.now();
      let pauseMs = PAUSE_MS;
      try {
        pauseMs = await round();
      } catch (error) {
        say(String(error), () => log.error({ err: error }, 'the audit log does not go on; tried again until it does'));
      }
      // What came while it was at work has waited for as long.
      await nap.sleep(Math.max(0, pauseMs - (performance.now() - begunMs)));
    }
  };
  const done = loop();

  return {
    close: async () => {
      closing = true;
      nap.end();
      await done;
    },
  };
};
