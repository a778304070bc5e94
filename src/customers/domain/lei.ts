/**
 * The Legal Entity Identifier of ISO 17442: 18 letters and digits and two check digits by ISO 7064 MOD 97-10, letters
 * counting from A = 10. It says whether a code is well formed, never whether it was issued.
 */
import type { CodeFault } from './credit-code';

const SHAPE = /^[0-9A-Z]{18}[0-9]{2}$/;

/** Remainder modulo 97 of the number that the characters spell, digit by digit so that it stays small. */
const remainder = (text: string): number => {
  let rest = 0;
  for (const character of text) {
    const value = Number.parseInt(character, 36);
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97;
  }
  return rest;
};

/** Two check digits for the first 18 characters. */
export const leiCheck = (body: string): string => String(98 - remainder(`${body.slice(0, 18)}00`)).padStart(2, '0');

/** What is wrong with a normalised code; null when nothing is. */
export const leiFault = (code: string): CodeFault | null => {
  if (!SHAPE.test(code)) return 'SHAPE';
  return remainder(code) === 1 ? null : 'CHECK_DIGIT';
};
