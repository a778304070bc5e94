/** How old a value is against what the dictionary allows (domain rule D7). */
import { findIndicator } from './dictionary';

export interface Freshness {
  /** Days from the day that the value tells of; 0 where that day is still to come here. */
  readonly ageDays: number;
  /** Whether the dictionary still lets it be used; a code that has left the dictionary has no say. */
  readonly fresh: boolean;
}

const DAY_MS = 86_400_000;

export const freshnessOf = (code: string, asOf: string, now: Date): Freshness => {
  const ageDays = Math.max(0, Math.floor((now.getTime() - Date.parse(asOf)) / DAY_MS));
  return { ageDays, fresh: ageDays <= (findIndicator(code)?.maxAgeDays ?? Number.POSITIVE_INFINITY) };
};
