/**
 * Decides whether a party may be registered or changed as asked, given what the register holds. One decision for
 * forms, the API and files, so all of them obey the same rules.
 */
import { refuse } from '../../kernel/refusal';
import { ok, type Result } from '../../kernel/result';
import {
  changedFields,
  checkFields,
  type Customer,
  type CustomerField,
  type CustomerFields,
  type CustomerInput,
} from './customer';
import { mayMove, needsReason } from './lifecycle';

/** What the register holds of the keys that a party shares with no other. */
export interface RegisterFacts {
  /** Party that has this number, credit code or LEI. */
  holderOf(key: UniqueKey, value: string): { readonly id: string; readonly number: string } | undefined;
  hasIndustry(code: string): boolean;
  hasUser(id: string): boolean;
  hasOrgUnit(id: string): boolean;
}

export const UNIQUE_KEYS = ['number', 'creditCode', 'lei'] as const;
export type UniqueKey = (typeof UNIQUE_KEYS)[number];

export interface CustomerChange {
  readonly fields: CustomerFields;
  /** Empty when the party already is as asked. */
  readonly changed: readonly CustomerField[];
}

/** Refusals: those of checkFields, NOT_FOUND/{INDUSTRY, OWNER, ORG_UNIT}, ALREADY_EXISTS/{NUMBER, CREDIT_CODE, LEI}. */
export const decideRegistration = (input: CustomerInput, facts: RegisterFacts): Result<CustomerFields> => {
  const fields = checkFields(null, input);
  if (!fields.ok) return fields;
  const fault = registerFault(null, fields.value, facts);
  return fault ?? fields;
};

/**
 * Refusals: those of checkFields and of decideRegistration, INVALID_STATE/STAGE_MOVE for a move that the
 * life cycle does not know, REQUIRED/EXIT_REASON when a party leaves without one.
 */
export const decideChange = (
  current: Customer,
  input: CustomerInput,
  reason: string | undefined,
  facts: RegisterFacts,
): Result<CustomerChange> => {
  const fields = checkFields(current, input);
  if (!fields.ok) return fields;
  const { stage } = fields.value;
  if (!mayMove(current.stage, stage)) {
    return refuse('INVALID_STATE', `A party does not move from ${current.stage} to ${stage}.`, {
      reason: 'STAGE_MOVE',
      field: ['stage'],
      params: { from: current.stage, to: stage },
    });
  }
  if (needsReason(current.stage, stage) && (reason ?? '').trim() === '') {
    return refuse('REQUIRED', 'Say why the party left.', { reason: 'EXIT_REASON', field: ['reason'] });
  }
  const fault = registerFault(current, fields.value, facts);
  return fault ?? ok({ fields: fields.value, changed: changedFields(current, fields.value) });
};

const registerFault = (current: Customer | null, fields: CustomerFields, facts: RegisterFacts) => {
  const absent = REFERENCES.find(({ field, exists }) => {
    const value = fields[field];
    return value !== null && value !== current?.[field] && !exists(facts, value);
  });
  if (absent !== undefined) {
    const value = fields[absent.field];
    return refuse('NOT_FOUND', `There is no ${absent.noun} ${value ?? ''}.`, {
      reason: absent.reason,
      field: [absent.field],
      params: { value },
    });
  }
  for (const key of UNIQUE_KEYS) {
    const value = fields[key];
    if (value === null) continue;
    const holder = facts.holderOf(key, value);
    if (holder === undefined || holder.id === current?.id) continue;
    return refuse('ALREADY_EXISTS', `${key} ${value} belongs to party ${holder.number}.`, {
      reason: KEY_REASONS[key],
      field: [key],
      params: { value, holder: holder.number },
    });
  }
  return null;
};

const REFERENCES: readonly {
  readonly field: 'industryCode' | 'ownerUserId' | 'orgUnitId';
  readonly noun: string;
  readonly reason: string;
  readonly exists: (facts: RegisterFacts, value: string) => boolean;
}[] = [
  { field: 'industryCode', noun: 'industry', reason: 'INDUSTRY', exists: (facts, code) => facts.hasIndustry(code) },
  { field: 'ownerUserId', noun: 'user', reason: 'OWNER', exists: (facts, id) => facts.hasUser(id) },
  { field: 'orgUnitId', noun: 'org unit', reason: 'ORG_UNIT', exists: (facts, id) => facts.hasOrgUnit(id) },
];

const KEY_REASONS: Readonly<Record<UniqueKey, string>> = { number: 'NUMBER', creditCode: 'CREDIT_CODE', lei: 'LEI' };
