/**
 * Keyset paging: a page is asked for by size and cursor; a cursor is bound to the order and filter it was made under.
 */
export interface PageRequest {
  /** 1–100. */
  readonly first: number;
  readonly after?: string | null;
}

export interface Page<T> {
  readonly items: readonly T[];
  readonly cursors: readonly string[];
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
}

/** A count that stops at a cap: `AT_LEAST` says that counting was cut off there. */
export interface CappedCount {
  readonly count: number;
  readonly precision: 'EXACT' | 'AT_LEAST';
}

export const COUNT_CAP = 10_000;
export const MAX_PAGE_SIZE = 100;
export const DEFAULT_PAGE_SIZE = 20;
