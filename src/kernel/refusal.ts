/**
 * Refusals: what a person or a calling system can mend. The codes are part of the public contract
 * (a golden lists them); `reason` narrows a code and, joined with it, is the key of the translated message.
 */
import { refused, type Refused } from './result';

export const REFUSAL_CODES = [
  'INVALID',
  'REQUIRED',
  'OUT_OF_RANGE',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'STALE_VERSION',
  'IDEMPOTENCY_KEY_REUSED',
  'INVALID_STATE',
  'MAKER_CANNOT_CHECK',
  'ALREADY_DECIDED',
  'AUTHORITY_EXCEEDED',
  'COMMENT_REQUIRED',
  'EVIDENCE_REQUIRED',
  'POLICY_VIOLATION',
  'LIMIT_EXCEEDED',
  'FROZEN',
  'EXPIRED',
  'CONFLICTING_REQUEST',
  'FORBIDDEN',
] as const;
export type RefusalCode = (typeof REFUSAL_CODES)[number];

export interface Refusal {
  readonly code: RefusalCode;
  /** Narrows the code, SCREAMING_SNAKE; absent where the code says it all. */
  readonly reason?: string;
  /** Path of the input that is to be mended, e.g. `['toGrade']`. */
  readonly field?: readonly string[];
  /** English sentence for people; front ends translate by `messageKey(refusal)`. */
  readonly message: string;
  readonly params?: Readonly<Record<string, string | number | boolean | null>>;
  /** Position in a list input, where the refusal concerns one item. */
  readonly index?: number;
}

type RefusalDetail = Omit<Refusal, 'code' | 'message'>;

export const refusal = (code: RefusalCode, message: string, detail: RefusalDetail = {}): Refusal => ({
  code,
  message,
  ...detail,
});

/** Shorthand for the common case: build a refusal and return it as a result. */
export const refuse = (code: RefusalCode, message: string, detail: RefusalDetail = {}): Refused =>
  refused(refusal(code, message, detail));

export const messageKey = (r: Refusal): string => (r.reason === undefined ? r.code : `${r.code}.${r.reason}`);

/** Carries a refusal through code that can only throw (queries called by many doors). Doors unwrap it; nothing else catches it. */
export class RefusalError extends Error {
  constructor(readonly refusal: Refusal) {
    super(refusal.message);
    this.name = 'RefusalError';
  }
}
