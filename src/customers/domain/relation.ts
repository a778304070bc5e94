/**
 * Relations between parties 「关联客户」 (domain rule D3): a directed graph along which risk travels and exposure is
 * counted per group. Ended relations stay on record.
 */
import { type Decimal, parseDecimal } from '../../kernel/decimal';
import { refuse } from '../../kernel/refusal';
import { ok, type Result } from '../../kernel/result';

export const RELATION_KINDS = ['PARENT', 'SHAREHOLDER', 'SAME_CONTROLLER', 'GUARANTOR', 'SUPPLY_CHAIN'] as const;
export type RelationKind = (typeof RELATION_KINDS)[number];

/** How to read `from → to`; a mutual relation is kept once, with the smaller id first. */
export const RELATION_READINGS: Readonly<
  Record<RelationKind, { readonly zh: string; readonly en: string; readonly mutual: boolean }>
> = {
  PARENT: { zh: '母公司', en: 'is the parent company of', mutual: false },
  SHAREHOLDER: { zh: '股东', en: 'holds shares in', mutual: false },
  SAME_CONTROLLER: { zh: '同一实际控制人', en: 'has the same controller as', mutual: true },
  GUARANTOR: { zh: '担保人', en: 'guarantees debts of', mutual: false },
  SUPPLY_CHAIN: { zh: '供应链', en: 'supplies', mutual: false },
};

/** A shareholder counts from a majority on. */
export const MAJORITY_SHARE = '0.5';

export interface Relation {
  readonly id: string;
  readonly fromId: string;
  readonly toId: string;
  readonly kind: RelationKind;
  /** Share held, above 0 and up to 1, six places at most; null unless the kind is SHAREHOLDER. */
  readonly share: string | null;
  readonly createdAt: Date;
  readonly endedAt: Date | null;
}

export interface RelationInput {
  readonly fromId: string;
  readonly toId: string;
  readonly kind: RelationKind;
  readonly share?: string | null;
}

/** Live relations that bear on the request. */
export interface RelationFacts {
  /** Live relations of the same kind that point at the same party. */
  readonly inward: readonly Pick<Relation, 'fromId' | 'share'>[];
  /** Whether `toId` stands above `fromId` along PARENT relations. */
  readonly closesCircle: boolean;
  readonly exists: boolean;
}

const MAX_SHARE_PLACES = 6;

/** Puts a mutual relation into its one direction. */
export const normaliseRelation = (input: RelationInput): RelationInput =>
  RELATION_READINGS[input.kind].mutual && input.fromId > input.toId
    ? { ...input, fromId: input.toId, toId: input.fromId }
    : input;

/**
 * Takes a normalised request. Refusals: INVALID/SELF_RELATION, REQUIRED/SHARE, INVALID/SHARE_NOT_ALLOWED,
 * OUT_OF_RANGE/SHARE, ALREADY_EXISTS/RELATION, INVALID_STATE/SECOND_PARENT, INVALID_STATE/CIRCLE,
 * OUT_OF_RANGE/SHARES_OVER_WHOLE.
 */
export const decideRelation = (
  input: RelationInput,
  facts: RelationFacts,
): Result<{ readonly share: string | null }> => {
  if (input.fromId === input.toId) {
    return refuse('INVALID', 'A party is not related to itself.', { reason: 'SELF_RELATION', field: ['toId'] });
  }
  const share = decideShare(input);
  if (!share.ok) return share;
  if (facts.exists) {
    return refuse('ALREADY_EXISTS', 'The two parties are related in this way already.', {
      reason: 'RELATION',
      field: ['toId'],
    });
  }
  if (input.kind === 'PARENT') {
    if (facts.inward.length > 0) {
      return refuse('INVALID_STATE', 'The party has a parent company already.', {
        reason: 'SECOND_PARENT',
        field: ['toId'],
      });
    }
    if (facts.closesCircle) {
      return refuse('INVALID_STATE', 'A company is not its own parent, however long the way.', {
        reason: 'CIRCLE',
        field: ['toId'],
      });
    }
  }
  if (share.value !== null) {
    const total = facts.inward.reduce((sum, relation) => sum.plus(relation.share ?? 0), share.value);
    if (total.greaterThan(1)) {
      return refuse('OUT_OF_RANGE', `The shares in the party would come to ${total.toFixed()}.`, {
        reason: 'SHARES_OVER_WHOLE',
        field: ['share'],
        params: { total: total.toFixed() },
      });
    }
  }
  return ok({ share: share.value?.toFixed() ?? null });
};

const decideShare = (input: RelationInput): Result<Decimal | null> => {
  const text = input.share ?? null;
  if (input.kind !== 'SHAREHOLDER') {
    return text === null
      ? ok(null)
      : refuse('INVALID', 'Only shareholders have a share.', { reason: 'SHARE_NOT_ALLOWED', field: ['share'] });
  }
  if (text === null) return refuse('REQUIRED', 'A shareholder has a share.', { reason: 'SHARE', field: ['share'] });
  const share = parseDecimal(text);
  if (
    share === null ||
    share.lessThanOrEqualTo(0) ||
    share.greaterThan(1) ||
    share.decimalPlaces() > MAX_SHARE_PLACES
  ) {
    return refuse('OUT_OF_RANGE', 'A share is above 0 and at most 1, with six places at most.', {
      reason: 'SHARE',
      field: ['share'],
    });
  }
  return ok(share);
};
