/**
 * The unified social credit code 「统一社会信用代码」 of GB 32100-2015: 18 characters, the last one a check character
 * over the others with weights 3^i modulo 31. It says whether a code is well formed, never whether it was issued.
 */

/** Digits and capitals without I, O, S, V, Z; a character's position is its value. */
const ALPHABET = '0123456789ABCDEFGHJKLMNPQRTUWXY';
const MODULUS = ALPHABET.length;
const BODY_LENGTH = 17;

/** Registering department and kind of body, six digits of the place of registration, organisation code, check. */
const SHAPE = /^[0-9A-HJ-NP-RTUWXY]{2}[0-9]{6}[0-9A-HJ-NP-RTUWXY]{10}$/;

export type CodeFault = 'SHAPE' | 'CHECK_DIGIT';

/** Capitals, without the spaces that people write between groups. */
export const normaliseCode = (text: string): string => text.normalize('NFKC').replace(/\s+/g, '').toUpperCase();

/** Check character for the first 17; throws a RangeError on characters outside the alphabet. */
export const creditCodeCheck = (body: string): string => {
  let sum = 0;
  let weight = 1;
  for (const character of body.slice(0, BODY_LENGTH)) {
    const value = ALPHABET.indexOf(character);
    if (value === -1) throw new RangeError(`${character} does not occur in a credit code`);
    sum += value * weight;
    weight = (weight * 3) % MODULUS;
  }
  return ALPHABET.charAt((MODULUS - (sum % MODULUS)) % MODULUS);
};

/** What is wrong with a normalised code; null when nothing is. */
export const creditCodeFault = (code: string): CodeFault | null => {
  if (!SHAPE.test(code)) return 'SHAPE';
  return creditCodeCheck(code) === code.charAt(BODY_LENGTH) ? null : 'CHECK_DIGIT';
};
