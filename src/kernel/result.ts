/**
 * The outcome of a decision or command: a value, or a refusal that the caller can act on.
 * Bugs and faults are thrown; they never travel as results.
 */
import type { Refusal } from './refusal';

export type Result<T> = Ok<T> | Refused;
export interface Ok<T> {
  readonly ok: true;
  readonly value: T;
}
export interface Refused {
  readonly ok: false;
  readonly refusal: Refusal;
}

export const ok = <T>(value: T): Ok<T> => ({ ok: true, value });

export const refused = (refusal: Refusal): Refused => ({ ok: false, refusal });
