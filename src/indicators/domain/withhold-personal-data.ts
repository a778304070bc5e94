/**
 * Takes out of a text what tells who a person is or how to reach him: only what the complaint is about is kept. It knows
 * mail addresses, Chinese identity numbers, numbers of bank cards, and telephone numbers.
 */
const PATTERNS: readonly (readonly [RegExp, string])[] = [
  [/[\w.+-]+@[\w-]+(?:\.[\w-]+)+/gu, '[email]'],
  [/(?<!\d)\d{17}[\dXx](?![\dXx])/gu, '[id number]'],
  [/(?<!\d)\d{4}(?:[ -]?\d{4}){2,3}(?:[ -]?\d{1,3})?(?!\d)/gu, '[card number]'],
  [/(?<!\d)(?:\+?86[ -]?)?1[3-9]\d[ -]?\d{4}[ -]?\d{4}(?!\d)/gu, '[phone]'],
  [/(?<!\d)(?:\+\d{1,3}[ -]?)?\(?0\d{2,3}\)?[ -]?\d{7,8}(?!\d)/gu, '[phone]'],
];

export const withholdPersonalData = (text: string): string =>
  PATTERNS.reduce((kept, [pattern, mark]) => kept.replace(pattern, mark), text.normalize('NFKC'));
