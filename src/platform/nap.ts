/** A wait that others can cut short: for loops that look by themselves now and then and at once when they are told to. */
export interface WakeableNap {
  /** Ends early when woken, also by a call made before the nap began; `deaf` naps end early only by `end`. */
  sleep(ms: number, options?: { deaf: boolean }): Promise<void>;
  readonly wake: () => void;
  /** No nap lasts from here on. */
  end(): void;
}

export const wakeableNap = (): WakeableNap => {
  let woken = false;
  let ended = false;
  let rouse: ((byEnd: boolean) => void) | null = null;
  return {
    sleep: async (ms, options = { deaf: false }) => {
      if (!ended && (options.deaf || !woken)) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, ms);
          rouse = (byEnd) => {
            if (options.deaf && !byEnd) return;
            clearTimeout(timer);
            resolve();
          };
        });
        rouse = null;
      }
      woken = false;
    },
    wake: () => {
      woken = true;
      rouse?.(false);
    },
    end: () => {
      ended = true;
      rouse?.(true);
    },
  };
};
