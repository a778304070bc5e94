/**
 * What a long command is doing, on stderr: one step after another, each with its time, and a bar where the end is known.
 * On a terminal the line moves; elsewhere there is one line for the beginning and one for the end of a step.
 */
import colors from 'picocolors';

export interface Step {
  /** `done` of `total` are through; without a total only the count is shown. */
  update(done: number, total?: number): void;
  /** Replaces the title, where a step turns out to be another. */
  rename(title: string): void;
  /** Ends the step well; `result` is put behind the title. */
  done(result?: string): void;
  fail(): void;
}

const REDRAW_MS = 100;
const BAR_WIDTH = 24;

export const beginStep = (title: string, stream: NodeJS.WriteStream = process.stderr): Step => {
  const startedMs = performance.now();
  let progress: { done: number; total?: number } | null = null;
  let ended = false;
  const seconds = (): string => `${((performance.now() - startedMs) / 1000).toFixed(1)} s`;
  const redraw = (): void => {
    const shown = progress === null ? '' : ` ${progressText(progress.done, progress.total)}`;
    stream.write(`\r\x1b[2K  ${title}${shown} … ${colors.dim(seconds())}`);
  };
  const timer = stream.isTTY ? setInterval(redraw, REDRAW_MS) : undefined;
  timer?.unref();
  if (stream.isTTY) redraw();
  else stream.write(`  ${title} …\n`);
  const end = (mark: string, result: string): void => {
    if (ended) return;
    ended = true;
    clearInterval(timer);
    stream.write(`${stream.isTTY ? '\r\x1b[2K' : ''}${mark} ${title}${result} ${colors.dim(`(${seconds()})`)}\n`);
  };
  return {
    update: (done, total) => {
      progress = total === undefined ? { done } : { done, total };
    },
    rename: (next) => {
      title = next;
    },
    done: (result) => end(colors.green('✓'), result === undefined ? '' : `: ${result}`),
    fail: () => end(colors.red('✗'), ''),
  };
};

/** Runs `work` as a step; what it returns may name the result. */
export const step = async <T>(
  title: string,
  work: (step: Step) => Promise<T>,
  resultOf?: (value: T) => string,
): Promise<T> => {
  const running = beginStep(title);
  try {
    const value = await work(running);
    running.done(resultOf?.(value));
    return value;
  } catch (error) {
    running.fail();
    throw error;
  }
};

const progressText = (done: number, total: number | undefined): string => {
  if (total === undefined || total === 0) return done.toLocaleString('en-US');
  const share = Math.min(1, done / total);
  const filled = Math.round(share * BAR_WIDTH);
  const bar = `${'█'.repeat(filled)}${'░'.repeat(BAR_WIDTH - filled)}`;
  return `${bar} ${Math.floor(share * 100)} %`;
};
