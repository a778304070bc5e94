/**
 * Reads one cell of a file as an exact number, by the rules that docs/guides/import.md states. A cell is a number, a
 * stated absence, or refused with a code; nothing is guessed.
 */
import { Decimal } from '../../kernel/decimal';

export const VALUE_FAULTS = ['NOT_A_NUMBER', 'NOT_FINITE', 'TOO_BIG', 'TOO_SMALL', 'TOO_PRECISE'] as const;
export type ValueFault = (typeof VALUE_FAULTS)[number];

/** What a cell says beside its digits: 12%, ￥1,234, 3.5亿. */
export type Mark = 'PERCENT' | 'MONEY' | null;

export type ParsedValue =
  | {
      readonly kind: 'VALUE';
      /** In whole units: percent signs and 万, 亿 are worked in. */
      readonly value: Decimal;
      readonly mark: Mark;
      /** Whether the cell states its own scale, so that a map may not scale it again. */
      readonly scaled: boolean;
    }
  | { readonly kind: 'MISSING' }
  | { readonly kind: 'REFUSED'; readonly fault: ValueFault };

/** Values are held as binary doubles for scoring; up to 15 digits survive that unharmed. */
export const MAX_SIGNIFICANT_DIGITS = 15;
/** Beyond 10^±24 no indicator has a value: such a cell is a slip. */
const MAX_EXPONENT = 24;

const MISSING = new Set([
  '',
  '-',
  '--',
  '–',
  '—',
  '——',
  '/',
  'n/a',
  '#n/a',
  'na',
  'null',
  'none',
  'nil',
  '无',
  '暂无',
  '不适用',
  '缺失',
]);

const NUMBER = /^([+-]?)((?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d*)?|\.\d+)(?:[eE]([+-]?\d+))?$/;
const NOT_FINITE = /^[+-]?(?:nan|inf|infinity|∞)$/i;

const FACTORS: Readonly<Record<string, number>> = {
  元: 0,
  千元: 3,
  万: 4,
  万元: 4,
  百万: 6,
  百万元: 6,
  亿: 8,
  亿元: 8,
};
const SUFFIX = /(元|千元|万元?|百万元?|亿元?)$/;

const refused = (fault: ValueFault): ParsedValue => ({ kind: 'REFUSED', fault });

export const parseValue = (cell: string): ParsedValue => {
  // NFKC turns full-width digits, signs, separators and brackets into their plain forms.
  const text = cell
    .normalize('NFKC')
    .replace(/\u2212/g, '-')
    .trim();
  if (MISSING.has(text.toLowerCase())) return { kind: 'MISSING' };
  if (NOT_FINITE.test(text)) return refused('NOT_FINITE');

  // Accounting: a number in brackets is negative.
  const bracketed = /^\((.*)\)$/s.exec(text);
  let rest = (bracketed?.[1] ?? text).trim();
  let mark: Mark = null;
  let shift = 0;
  let scaled = false;
  const percent = /^(.*?)\s*%$/s.exec(rest);
  if (percent?.[1] !== undefined) {
    mark = 'PERCENT';
    shift = -2;
    scaled = true;
    rest = percent[1];
  } else {
    const suffix = SUFFIX.exec(rest)?.[1];
    if (suffix !== undefined) {
      mark = 'MONEY';
      shift = FACTORS[suffix] ?? 0;
      scaled = true;
      rest = rest.slice(0, -suffix.length).trim();
    }
    // The sign stands before or behind the currency sign: -¥5, ¥-5.
    const currency = /^([+-]?)\s*(?:¥|CNY|RMB)\s*(.*)$/s.exec(rest);
    if (currency !== null) {
      mark = 'MONEY';
      rest = `${currency[1] ?? ''}${currency[2] ?? ''}`;
    }
  }
  const number = NUMBER.exec(rest);
  if (number === null) return refused('NOT_A_NUMBER');
  const [, sign, digits = '', exponent] = number;
  if (bracketed !== null && sign !== '') return refused('NOT_A_NUMBER');
  // An exponent of many digits is far out of bounds on either side, and would be costly to work out.
  if (exponent !== undefined && exponent.replace(/[+-]/, '').replace(/^0+/, '').length > 4) {
    if (/^[0.,]*$/.test(digits)) return value(new Decimal(0), mark, scaled);
    return refused(exponent.startsWith('-') ? 'TOO_SMALL' : 'TOO_BIG');
  }
  const magnitude = new Decimal(`${digits.replaceAll(',', '').replace(/\.$/, '')}e${Number(exponent ?? 0) + shift}`);
  if (magnitude.precision() > MAX_SIGNIFICANT_DIGITS) return refused('TOO_PRECISE');
  if (!magnitude.isZero()) {
    if (magnitude.e >= MAX_EXPONENT) return refused('TOO_BIG');
    if (magnitude.e <= -MAX_EXPONENT) return refused('TOO_SMALL');
  }
  const negative = bracketed !== null || sign === '-';
  return value(negative && !magnitude.isZero() ? magnitude.negated() : magnitude, mark, scaled);
};

const value = (exact: Decimal, mark: Mark, scaled: boolean): ParsedValue => ({
  kind: 'VALUE',
  value: exact,
  mark,
  scaled,
});
