/**
 * A party 「客户」: a customer or a supplier that is rated (domain rules D1, D2, D5), and the rules that its own fields
 * obey. What it may not share with another party (number, credit code, LEI) is decided where parties are written.
 */
import { refuse } from '../../kernel/refusal';
import { ok, type Result } from '../../kernel/result';
import { creditCodeFault, normaliseCode } from './credit-code';
import { leiFault } from './lei';
import { FIRST_STAGE, STAGES, type Stage } from './lifecycle';

export const PARTY_KINDS = ['CUSTOMER', 'SUPPLIER'] as const;
export type PartyKind = (typeof PARTY_KINDS)[number];

/** 大型, 中型, 小型, 微型. */
export const SIZES = ['LARGE', 'MEDIUM', 'SMALL', 'MICRO'] as const;
export type Size = (typeof SIZES)[number];

/** What people and files say of a party. */
export interface CustomerFields {
  /** Business key, unique among all parties. */
  readonly number: string;
  readonly kind: PartyKind;
  /** Legal names; at least one of the two. */
  readonly nameZh: string | null;
  readonly nameEn: string | null;
  readonly shortName: string | null;
  /** Unified social credit code, checked. */
  readonly creditCode: string | null;
  readonly lei: string | null;
  /** Key of the industry table. */
  readonly industryCode: string | null;
  /** Code or name of the region, as the organisation writes it. */
  readonly region: string | null;
  readonly size: Size | null;
  readonly stage: Stage;
  /** User id of the customer manager. */
  readonly ownerUserId: string | null;
  readonly orgUnitId: string | null;
}

/** A party as rooms and screens see it. */
export interface Customer extends CustomerFields {
  readonly id: string;
  /** Counts the changes, from 1. */
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export const CUSTOMER_FIELDS = [
  'number',
  'kind',
  'nameZh',
  'nameEn',
  'shortName',
  'creditCode',
  'lei',
  'industryCode',
  'region',
  'size',
  'stage',
  'ownerUserId',
  'orgUnitId',
] as const satisfies readonly (keyof CustomerFields)[];
export type CustomerField = (typeof CUSTOMER_FIELDS)[number];

/** As it arrives: text from a form or a file. A field that is absent is not spoken of; blank text or null clears it. */
export type CustomerInput = { readonly [Field in CustomerField]?: string | null };

const MAX_CHARS: Readonly<Record<CustomerField, number>> = {
  number: 40,
  kind: 20,
  nameZh: 200,
  nameEn: 200,
  shortName: 80,
  creditCode: 18,
  lei: 20,
  industryCode: 40,
  region: 40,
  size: 20,
  stage: 20,
  ownerUserId: 36,
  orgUnitId: 36,
};

const NUMBER_SHAPE = /^[\p{L}\p{N}][\p{L}\p{N}._/#-]*$/u;
const CODE_SHAPE = /^[A-Z][A-Z0-9_]*$/;
const UUID_SHAPE = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Ids that are of another form belong to nobody, and the database would not even compare them. */
export const isUuid = (text: string): boolean => UUID_SHAPE.test(text);
// Control characters have no place in a name, and would travel into logs and reports.
const CONTROL = /\p{Cc}/u;

/**
 * Lays the input over what is known (null for a new party) and checks the outcome. Refusals, in this order: INVALID
 * (CONTROL_CHARACTER, TOO_LONG, SHAPE, CHECK_DIGIT, UNKNOWN_VALUE) with the field, REQUIRED for number and name.
 */
export const checkFields = (known: CustomerFields | null, input: CustomerInput): Result<CustomerFields> => {
  const given: { [Field in CustomerField]?: string | null } = {};
  for (const field of CUSTOMER_FIELDS) {
    const raw = input[field];
    if (raw === undefined) continue;
    const value = raw === null ? '' : tidy(field, raw);
    const fault = value === '' ? null : faultOf(field, value);
    if (fault !== null) {
      return refuse('INVALID', `${field} ${fault.says}.`, {
        reason: fault.reason,
        field: [field],
        params: { value: value.slice(0, 80) },
      });
    }
    given[field] = value === '' ? null : value;
  }
  const pick = (field: CustomerField): string | null =>
    given[field] === undefined ? (known?.[field] ?? null) : given[field];
  const number = pick('number');
  if (number === null) return refuse('REQUIRED', 'A party needs a number.', { reason: 'NUMBER', field: ['number'] });
  const nameZh = pick('nameZh');
  const nameEn = pick('nameEn');
  if (nameZh === null && nameEn === null) {
    return refuse('REQUIRED', 'A party needs a Chinese or an English name.', { reason: 'NAME', field: ['nameZh'] });
  }
  return ok({
    number,
    kind: (pick('kind') ?? known?.kind ?? 'CUSTOMER') as PartyKind,
    nameZh,
    nameEn,
    shortName: pick('shortName'),
    creditCode: pick('creditCode'),
    lei: pick('lei'),
    industryCode: pick('industryCode'),
    region: pick('region'),
    size: pick('size') as Size | null,
    stage: (pick('stage') ?? known?.stage ?? FIRST_STAGE) as Stage,
    ownerUserId: pick('ownerUserId'),
    orgUnitId: pick('orgUnitId'),
  });
};

/** Names of the fields in which two states differ. */
export const changedFields = (before: CustomerFields, after: CustomerFields): CustomerField[] =>
  CUSTOMER_FIELDS.filter((field) => before[field] !== after[field]);

export const fieldsOf = (customer: CustomerFields): CustomerFields => ({
  number: customer.number,
  kind: customer.kind,
  nameZh: customer.nameZh,
  nameEn: customer.nameEn,
  shortName: customer.shortName,
  creditCode: customer.creditCode,
  lei: customer.lei,
  industryCode: customer.industryCode,
  region: customer.region,
  size: customer.size,
  stage: customer.stage,
  ownerUserId: customer.ownerUserId,
  orgUnitId: customer.orgUnitId,
});

const tidy = (field: CustomerField, raw: string): string => {
  switch (field) {
    case 'creditCode':
    case 'lei':
      return normaliseCode(raw);
    case 'kind':
    case 'size':
    case 'stage':
    case 'industryCode':
      return raw.trim().toUpperCase();
    case 'ownerUserId':
    case 'orgUnitId':
      return raw.trim().toLowerCase();
    case 'number':
    case 'nameZh':
    case 'nameEn':
    case 'shortName':
    case 'region':
      return raw.trim().normalize('NFC');
  }
};

interface FieldFault {
  readonly reason: 'CONTROL_CHARACTER' | 'TOO_LONG' | 'SHAPE' | 'CHECK_DIGIT' | 'UNKNOWN_VALUE';
  readonly says: string;
}

const faultOf = (field: CustomerField, value: string): FieldFault | null => {
  if (CONTROL.test(value)) return { reason: 'CONTROL_CHARACTER', says: 'contains a control character' };
  switch (field) {
    case 'creditCode':
      return codeFault(creditCodeFault(value), 'a unified social credit code');
    case 'lei':
      return codeFault(leiFault(value), 'an LEI');
    case 'kind':
      return oneOf(value, PARTY_KINDS);
    case 'size':
      return oneOf(value, SIZES);
    case 'stage':
      return oneOf(value, STAGES);
    default:
  }
  if ([...value].length > MAX_CHARS[field]) {
    return { reason: 'TOO_LONG', says: `is longer than ${MAX_CHARS[field]} characters` };
  }
  const shape = SHAPES[field];
  return shape === undefined || shape.test(value)
    ? null
    : { reason: 'SHAPE', says: 'has characters that do not belong there' };
};

const SHAPES: Partial<Record<CustomerField, RegExp>> = {
  number: NUMBER_SHAPE,
  industryCode: CODE_SHAPE,
  ownerUserId: UUID_SHAPE,
  orgUnitId: UUID_SHAPE,
};

const codeFault = (fault: 'SHAPE' | 'CHECK_DIGIT' | null, what: string): FieldFault | null => {
  if (fault === null) return null;
  return { reason: fault, says: fault === 'SHAPE' ? `is not of the form of ${what}` : 'has a wrong check character' };
};

const oneOf = (value: string, values: readonly string[]): FieldFault | null =>
  values.includes(value) ? null : { reason: 'UNKNOWN_VALUE', says: `is none of ${values.join(', ')}` };
