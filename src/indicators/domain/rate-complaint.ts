/**
 * Severity of a complaint by the rules (domain rule D9): 1 for any complaint, plus the weight of every rule that has a term
 * in the text which is not negated, at most 10. The answer names every term that was found, so that anybody can follow it.
 */
import { COMPLAINT_RULES, NEGATIONS, type ComplaintRule } from './complaint-rules-data';

export interface MatchedRule {
  readonly ruleId: string;
  readonly weight: number;
  readonly term: string;
  /** Whether it stands behind a negation everywhere, and so adds nothing. */
  readonly negated: boolean;
}

export interface RatedComplaint {
  /** 1 to 10. */
  readonly severity: number;
  /** In the order of the rules; of each rule the first term that counts, or else the first that is negated. */
  readonly matched: readonly MatchedRule[];
}

const MAX_SEVERITY = 10;
const BASE_SEVERITY = 1;

export const rateComplaint = (text: string, rules: readonly ComplaintRule[] = COMPLAINT_RULES): RatedComplaint => {
  const plain = text.normalize('NFKC').toLowerCase().replaceAll('’', "'");
  const matched = rules.flatMap(({ id, weight, terms }) => {
    const found = terms.flatMap((term) => {
      const places = placesOf(plain, term);
      return places.length === 0 ? [] : [{ term, negated: places.every((at) => isNegated(plain, at, term)) }];
    });
    const telling = found.find(({ negated }) => !negated) ?? found[0];
    return telling === undefined ? [] : [{ ruleId: id, weight, ...telling }];
  });
  const sum = matched.reduce((total, { weight, negated }) => total + (negated ? 0 : weight), BASE_SEVERITY);
  return { severity: Math.min(sum, MAX_SEVERITY), matched };
};

const isHan = (term: string): boolean => /\p{Script=Han}/u.test(term);
const isWordPart = (char: string | undefined): boolean => char !== undefined && /[\p{Script=Latin}\p{N}]/u.test(char);

const placesOf = (text: string, term: string): number[] => {
  const places: number[] = [];
  for (let at = text.indexOf(term); at !== -1; at = text.indexOf(term, at + 1)) {
    if (isHan(term) || (!isWordPart(text[at - 1]) && !isWordPart(text[at + term.length]))) places.push(at);
  }
  return places;
};

const HAN_BEFORE = new RegExp(`(?:${NEGATIONS.han.join('|')})\\p{Script=Han}{0,2}$`, 'u');
const LATIN_BEFORE = new RegExp(
  `(?<![\\p{L}\\p{N}])(?:${NEGATIONS.latin.join('|')})\\s+(?:[\\p{L}\\p{N}'-]+\\s+)?$`,
  'u',
);

/** Only the clause counts in which the term stands: punctuation ends what a negation reaches. */
const isNegated = (text: string, at: number, term: string): boolean =>
  (isHan(term) ? HAN_BEFORE : LATIN_BEFORE).test(text.slice(0, at));
