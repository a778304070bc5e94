/**
 * Keyset paging: a page is asked for by its size and the key of the row it starts after. Keys are the values of the
 * ordering columns as text; the doors turn them into opaque cursors bound to order and filter.
 */
export interface PageRequest {
  /** 1–100; the doors refuse anything else. */
  readonly first: number;
  /** Key of the row before the page, one text per ordering column; null for the first page. */
  readonly after: PageKey | null;
}

export type PageKey = readonly string[];

export interface Page<T> {
  readonly items: readonly T[];
  /** One key per item, in the same order. */
  readonly keys: readonly PageKey[];
  readonly hasNextPage: boolean;
}

/** A count that stops at a cap: `AT_LEAST` says that counting was cut off there. */
export interface CappedCount {
  readonly count: number;
  readonly precision: 'EXACT' | 'AT_LEAST';
}

export const COUNT_CAP = 10_000;
export const MAX_PAGE_SIZE = 100;
export const DEFAULT_PAGE_SIZE = 20;
