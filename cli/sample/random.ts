/**
 * A small seeded random source: xoshiro128** (Blackman and Vigna), its state filled by splitmix32 from one seed.
 * The same seed gives the same stream on every machine; nothing here touches the platform's own randomness.
 */

export interface Random {
  /** Uniform in [0, 1), 32 bits of resolution. */
  unit(): number;
  /** Whole number in [0, below). */
  below(below: number): number;
  /** Uniform in [low, high). */
  between(low: number, high: number): number;
  /** True with the given probability. */
  chance(probability: number): boolean;
  /** Standard normal deviate. */
  normal(): number;
  pick<T>(from: readonly T[]): T;
  /** Picks by weight; weights need not add up to one. */
  pickWeighted<T>(from: readonly (readonly [T, number])[]): T;
  /** A new array in shuffled order. */
  shuffled<T>(from: readonly T[]): T[];
  /** An independent stream for one subject, so that adding a draw for one company leaves all others as they were. */
  fork(label: string): Random;
}

/** FNV-1a over UTF-16 code units: turns a label into 32 bits of seed. */
const hash32 = (text: string): number => {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  }
  return hash >>> 0;
};

const rotateLeft = (word: number, bits: number): number => (word << bits) | (word >>> (32 - bits));

/** Yields the words splitmix32 produces from a seed; used only to fill the state below. */
const splitmix32 = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let word = state;
    word = Math.imul(word ^ (word >>> 16), 0x21f0aaad);
    word = Math.imul(word ^ (word >>> 15), 0x735a2d97);
    return (word ^ (word >>> 15)) >>> 0;
  };
};

export const createRandom = (seed: number): Random => {
  const fill = splitmix32(seed);
  let [a, b, c, d] = [fill(), fill(), fill(), fill()];
  const forkSeed = fill();

  const next = (): number => {
    const word = Math.imul(rotateLeft(Math.imul(b, 5), 7), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotateLeft(d, 11);
    return word;
  };

  const unit = (): number => next() / 0x1_0000_0000;
  const below = (limit: number): number => Math.floor(unit() * limit);

  const pick = <T>(from: readonly T[]): T => {
    const item = from[below(from.length)];
    if (item === undefined) throw new RangeError('nothing to pick from');
    return item;
  };

  return {
    unit,
    below,
    between: (low, high) => low + (high - low) * unit(),
    chance: (probability) => unit() < probability,
    // Box–Muller; 1 − u keeps the logarithm finite.
    normal: () => Math.sqrt(-2 * Math.log(1 - unit())) * Math.cos(2 * Math.PI * unit()),
    pick,
    pickWeighted: (from) => {
      const total = from.reduce((sum, [, weight]) => sum + weight, 0);
      let left = unit() * total;
      for (const [item, weight] of from) {
        left -= weight;
        if (left < 0) return item;
      }
      return pick(from)[0];
    },
    shuffled: (from) =>
      from
        .map((item) => ({ item, key: unit() }))
        .sort((left, right) => left.key - right.key)
        .map(({ item }) => item),
    fork: (label) => createRandom((forkSeed ^ hash32(label)) >>> 0),
  };
};
