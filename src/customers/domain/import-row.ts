/**
 * What becomes of the rows of an imported file, in words that file owners understand: line, column, code, value.
 * The codes are one flat list; docs/guides/import.md explains each.
 */
import type { Refusal } from '../../kernel/refusal';

export const ROW_CODES = [
  // The row could not be read.
  'FIELD_COUNT',
  'UNCLOSED_QUOTE',
  'NUL_BYTE',
  'INVALID_BYTES',
  'FIELD_TOO_LONG',
  'LINE_TOO_LONG',
  // A cell or the row was read and refused.
  'REQUIRED',
  'DUPLICATE',
  'CONTROL_CHARACTER',
  'TOO_LONG',
  'SHAPE',
  'CHECK_DIGIT',
  'UNKNOWN_VALUE',
  'UNKNOWN_INDUSTRY',
  'UNKNOWN_OWNER',
  'UNKNOWN_ORG_UNIT',
  'UNKNOWN_CUSTOMER',
  'ALREADY_EXISTS',
  'PERSONAL_FIELD',
  'STAGE_MOVE',
  'NO_VALUES',
  'NOT_A_NUMBER',
  'NOT_FINITE',
  'TOO_BIG',
  'TOO_SMALL',
  'TOO_PRECISE',
  'UNIT_CONFLICT',
  'NOT_WHOLE',
  'OUT_OF_RANGE',
  'NOT_A_DATE',
  'FUTURE_DATE',
] as const;
export type RowCode = (typeof ROW_CODES)[number];

const isRowCode = (code: string): code is RowCode => (ROW_CODES as readonly string[]).includes(code);

export interface RowRefusal {
  /** Line of the file, from 1. */
  readonly line: number;
  /** Column as the file names it; null when the row as a whole is refused. */
  readonly column: string | null;
  readonly code: RowCode;
  /** The cell as it stands in the file, cut to MAX_SHOWN_CHARS. */
  readonly value: string;
}

const MAX_SHOWN_CHARS = 80;

export const rowRefusal = (line: number, column: string | null, code: RowCode, value: string): RowRefusal => ({
  line,
  column,
  code,
  value: [...value.slice(0, 2 * MAX_SHOWN_CHARS)].slice(0, MAX_SHOWN_CHARS).join(''),
});

/** Outcome of some rows; a row counts once, however many of its cells were refused. */
export interface ImportOutcome {
  readonly new: number;
  readonly changed: number;
  readonly unchanged: number;
  readonly refusals: readonly RowRefusal[];
}

/** The row code that says what a refusal of the register says. Throws on a refusal that no row can cause. */
export const rowCodeOf = (refusal: Refusal): RowCode => {
  const code = ((): string => {
    switch (refusal.code) {
      case 'REQUIRED':
      case 'ALREADY_EXISTS':
        return refusal.code;
      case 'NOT_FOUND':
        return `UNKNOWN_${refusal.reason ?? ''}`;
      default:
        return refusal.reason ?? refusal.code;
    }
  })();
  if (!isRowCode(code)) throw new Error(`refusal ${refusal.code}.${refusal.reason ?? ''} has no row code`);
  return code;
};
