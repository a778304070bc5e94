/**
 * What is personal of a party that is a natural person 「自然人」, or a sole proprietor, whose business bears his name; the rules
 * that it obeys, and the pseudonym that everybody sees in its place. How it is sealed is not known here.
 */
import { refuse } from '../../kernel/refusal';
import { ok, type Result } from '../../kernel/result';

export const PERSON_FORMS = ['PERSON', 'SOLE_PROPRIETOR'] as const;
export type PersonForm = (typeof PERSON_FORMS)[number];

export const PERSONAL_FIELDS = ['nameZh', 'nameEn', 'idNumber', 'phone', 'email', 'address'] as const;
export type PersonalField = (typeof PERSONAL_FIELDS)[number];

export type PersonalData = { readonly [Field in PersonalField]: string | null };
/** A field that is absent is not spoken of; blank text or null clears it. */
export type PersonalInput = { readonly [Field in PersonalField]?: string | null | undefined };

/** By which somebody is found; each as a whole. */
export const LOOK_UP_FIELDS = ['name', 'idNumber', 'phone'] as const;
export type LookUpField = (typeof LOOK_UP_FIELDS)[number];

const MAX_CHARS: Readonly<Record<PersonalField, number>> = {
  nameZh: 100,
  nameEn: 200,
  idNumber: 30,
  phone: 30,
  email: 200,
  address: 400,
};
const CONTROL = /\p{Cc}/u;

const NOTHING_KNOWN: PersonalData = {
  nameZh: null,
  nameEn: null,
  idNumber: null,
  phone: null,
  email: null,
  address: null,
};

/** Lays the input over what is known. Refuses INVALID (CONTROL_CHARACTER, TOO_LONG, CHECK_DIGIT) and REQUIRED.NAME. */
export const checkPersonal = (known: PersonalData | null, input: PersonalInput): Result<PersonalData> => {
  const data: Record<PersonalField, string | null> = { ...(known ?? NOTHING_KNOWN) };
  for (const field of PERSONAL_FIELDS) {
    const raw = input[field];
    if (raw === undefined) continue;
    const value = raw === null ? '' : tidy(field, raw);
    const reason = faultOf(field, value);
    // The value itself stays out of the answer, which is kept and logged.
    if (reason !== null) return refuse('INVALID', `${field} cannot be used.`, { reason, field: ['personal', field] });
    data[field] = value === '' ? null : value;
  }
  if (data.nameZh === null && data.nameEn === null) {
    return refuse('REQUIRED', 'A person needs a Chinese or an English name.', {
      reason: 'NAME',
      field: ['personal', 'nameZh'],
    });
  }
  return ok(data);
};

const tidy = (field: PersonalField, raw: string): string => {
  const text = raw.trim().normalize('NFC');
  return field === 'idNumber' ? text.toUpperCase() : text;
};

const faultOf = (field: PersonalField, value: string): 'CONTROL_CHARACTER' | 'TOO_LONG' | 'CHECK_DIGIT' | null => {
  if (CONTROL.test(value)) return 'CONTROL_CHARACTER';
  if ([...value].length > MAX_CHARS[field]) return 'TOO_LONG';
  return field === 'idNumber' && RESIDENT_ID.test(value) && !hasCheckDigit(value) ? 'CHECK_DIGIT' : null;
};

/** 居民身份证号码, GB 11643-1999; documents of other countries have other forms. */
const RESIDENT_ID = /^\d{17}[\dX]$/;
const WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const hasCheckDigit = (id: string): boolean => {
  const sum = WEIGHTS.reduce((total, weight, i) => total + weight * Number(id[i]), 0);
  return '10X98765432'[sum % 11] === id[17];
};

/** One form for all ways of writing it. */
export const lookUpText = (field: LookUpField, raw: string): string => {
  const text = raw.normalize('NFKC').toLowerCase();
  return field === 'phone' ? text.replace(/[^\d+]/g, '') : text.replace(/\s+/g, ' ').trim();
};

/** What there is to be found by; the Chinese name goes before the English one. */
export const lookUpValues = (data: PersonalData): Readonly<Record<LookUpField, string | null>> => ({
  name: data.nameZh ?? data.nameEn,
  idNumber: data.idNumber,
  phone: data.phone,
});

/** Names of the customer row. */
export const pseudonymOf = (form: PersonForm, number: string): { readonly nameZh: string; readonly nameEn: string } =>
  form === 'PERSON'
    ? { nameZh: `自然人 ${number}`, nameEn: `Person ${number}` }
    : { nameZh: `个体工商户 ${number}`, nameEn: `Sole proprietor ${number}` };
