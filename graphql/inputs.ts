/** Optional input that was left out and input that was given as null mean the same: nothing was asked for. */
export type Given<T> = { readonly [K in keyof T]?: NonNullable<T[K]> };

/** The keys of an input object that carry a value. */
export const given = <T extends object>(input: T | null | undefined): Given<T> =>
  Object.fromEntries(
    Object.entries(input ?? {}).filter(([, value]) => value !== null && value !== undefined),
  ) as Given<T>;
