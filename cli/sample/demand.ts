/** For values that the generator itself has put where they are looked for: their absence is a fault of its own. */
export const demand = <T>(value: T | undefined, what: string): T => {
  if (value === undefined) throw new RangeError(`${what} is not there`);
  return value;
};
