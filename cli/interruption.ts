/**
 * Ctrl-C, SIGTERM and a closed terminal. A command that has something to bring to an end registers for the first signal;
 * any other command, and any command at the second signal, ends at once, and what must not outlive the process goes with
 * it through its exit handlers.
 */
import { constants } from 'node:os';
import { warn } from './output';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** npm passes on a Ctrl-C that the terminal has already sent to us: two signals so close together are one. */
const ECHO_MS = 1000;

let stop: (() => void) | null = null;
let firstMs: number | null = null;

export const installInterruption = (): void => {
  for (const signal of SIGNALS) {
    process.on(signal, () => {
      const nowMs = performance.now();
      if (firstMs !== null && nowMs - firstMs < ECHO_MS) return;
      if (stop === null || firstMs !== null) {
        // Off the line that a terminal shows ^C on, or a step its progress.
        if (process.stderr.isTTY) process.stderr.write('\n');
        warn('stopped before the end');
        process.exit(128 + constants.signals[signal]);
      }
      firstMs = nowMs;
      stop();
    });
  }
};

/** Resolves at the first signal; from now on that signal no longer ends the process. */
export const interrupted = (): Promise<void> =>
  new Promise((resolve) => {
    stop = resolve;
  });
