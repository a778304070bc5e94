/** One line of a measurement: our figure beside the floor or peer that was measured in the same run. */
export interface Figure {
  readonly bench: string;
  readonly case: string;
  readonly concurrency: number;
  readonly value: number;
  /** Says whether it is a rate or a time. */
  readonly unit: string;
  readonly floor: number;
  /** value ÷ floor; of several rounds their middle one, which other work on the machine moves least. */
  readonly ratio: number;
}

export const figure = (measured: Omit<Figure, 'ratio'>): Figure => ({
  ...measured,
  value: rounded(measured.value),
  floor: rounded(measured.floor),
  ratio: rounded(measured.value / measured.floor),
});

/** Ours and the floor, one measured right after the other. */
export interface Round {
  readonly value: number;
  readonly floor: number;
}

export const figureOfRounds = (
  measured: Omit<Figure, 'value' | 'floor' | 'ratio'>,
  rounds: readonly Round[],
): Figure => ({
  ...measured,
  value: rounded(median(rounds.map(({ value }) => value))),
  floor: rounded(median(rounds.map(({ floor }) => floor))),
  ratio: rounded(median(rounds.map(({ value, floor }) => value / floor))),
});

/** Four significant digits: more would pretend. */
const rounded = (value: number): number => Number(value.toPrecision(4));

/** Seconds that `work` takes, and what it yields. */
export const timed = async <T>(work: () => Promise<T>): Promise<{ readonly seconds: number; readonly value: T }> => {
  const startedMs = performance.now();
  const value = await work();
  return { seconds: (performance.now() - startedMs) / 1000, value };
};

/** The upper one of two in the middle; NaN of none. */
export const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
