/**
 * What one person may do alone, at once: freeze a limit, divide it by product, bound a group, all of which tighten. And the
 * request by which a freeze is lifted, which takes two.
 */
import type { Initiator } from '../kernel/actor';
import { Decimal, type Money } from '../kernel/decimal';
import { refuse } from '../kernel/refusal';
import { ok, type Result } from '../kernel/result';
import type { RequestHandler, VerbOutcome } from '../approvals';
import { permit, type Action } from '../identity';
import type { Tx } from '../platform/unit-of-work';
import { lockLimits, type LockedLimit } from './credit-limit.store';
import { decideTightening } from './domain/decide-tightening';
import { checkProduct } from './domain/exposure';
import { unfreezePayloadSchema, type UnfreezePayload } from './domain/raise-payload';
import { tellOverUse, type LimitDeps } from './limit.commands';
import { noLimit } from './no-limit';
import * as store from './sub-limit.store';

export interface LimitTouched {
  readonly customerId: string;
  readonly auditEventId: string;
}

export interface FreezeLimit {
  readonly customerId: string;
  readonly reason: string;
}

/** Nothing is reserved from then on. Refuses REQUIRED, NOT_FOUND, INVALID_STATE.NO_LIMIT and ALREADY_EXISTS.FREEZE. */
export const freezeLimit = async (
  deps: LimitDeps,
  by: Initiator,
  { customerId, reason }: FreezeLimit,
): Promise<Result<LimitTouched>> =>
  withLimit(deps, by, 'limit.freeze', { customerId, why: reason }, async (tx, limit, said) => {
    if ((await store.openFreeze(tx, customerId)) !== null) {
      return refuse('ALREADY_EXISTS', 'the limit is frozen already', { reason: 'FREEZE', field: ['customerId'] });
    }
    const freezeId = await store.insertFreeze(tx, customerId, said);
    return touched(tx, limit, 'limit.frozen', { reason: said, data: { freeze: freezeId } });
  });

export interface RequestUnfreeze {
  readonly customerId: string;
  readonly justification: string;
}

/** Refuses REQUIRED, NOT_FOUND, INVALID_STATE.{NO_LIMIT, NOT_FROZEN} and what approvals refuse. */
export const requestUnfreeze = async (
  deps: LimitDeps,
  by: Initiator,
  { customerId, justification }: RequestUnfreeze,
): Promise<Result<VerbOutcome>> =>
  withLimit(
    deps,
    by,
    'limit.request',
    { customerId, why: justification, field: 'justification' },
    async (tx, limit, said) => {
      const freeze = await store.openFreeze(tx, customerId);
      if (freeze === null) return notFrozen();
      const { content } = await deps.policies.inForce(tx, 'LIMIT');
      const payload: UnfreezePayload = {
        freezeId: freeze.id,
        frozenFor: freeze.reason,
        frozenAt: freeze.frozenAt.toISOString(),
        justification: said,
      };
      return deps.approvals.submit(tx, {
        kind: 'LIMIT_UNFREEZE',
        subject: { type: 'Customer', id: customerId },
        payload,
        base: { freeze: freeze.id },
        impact: { limit: limit.amount, exposure: limit.exposure },
        facts: { kind: 'LIMIT_UNFREEZE' },
        decideBy: new Date(tx.at.getTime() + content.decideWithinDays * DAY_MS),
      });
    },
  );

const DAY_MS = 86_400_000;

export const unfreezeHandler = (): RequestHandler => ({
  kind: 'LIMIT_UNFREEZE',
  currentBase: async (tx, customerId) => {
    await lockLimits(tx, [customerId]);
    return { freeze: (await store.openFreeze(tx, customerId))?.id ?? null };
  },
  show: (payload) => {
    const { frozenFor, frozenAt, justification } = payload as UnfreezePayload;
    return { __typename: 'LimitUnfreezeProposal', frozenFor, frozenAt: new Date(frozenAt), justification };
  },
  apply: async (tx, request) => {
    const payload = unfreezePayloadSchema.parse(request.payload);
    const customerId = request.subject.id;
    await lockLimits(tx, [customerId]);
    const freeze = await store.openFreeze(tx, customerId);
    if (freeze?.id !== payload.freezeId) return notFrozen();
    await store.liftFreeze(tx, freeze.id, request.id);
    tx.record({
      action: 'limit.unfrozen',
      object: { type: 'CreditLimit', id: customerId },
      customerId,
      reason: payload.justification,
      data: { request: request.number, freeze: freeze.id },
    });
    return ok(true);
  },
});

const notFrozen = () => refuse('INVALID_STATE', 'the limit is not frozen', { reason: 'NOT_FROZEN' });

export interface TightenPart {
  readonly customerId: string;
  readonly amount: Money;
  readonly reason: string;
}

/**
 * Bounds what a product takes of the limit: anew, or lower than before. Refuses REQUIRED, NOT_FOUND, INVALID.{PRODUCT, CURRENCY},
 * INVALID_STATE.NO_LIMIT and what {@link decideTightening} refuses.
 */
export const setSubLimit = async (
  deps: LimitDeps,
  by: Initiator,
  { product, ...input }: TightenPart & { readonly product: string },
): Promise<Result<LimitTouched>> => {
  if (product === '') return refuse('REQUIRED', 'a sub-limit has a product', { field: ['product'] });
  const sound = checkProduct(product);
  return sound.ok ? tighten(deps, by, input, { scope: 'PRODUCT', product }) : sound;
};

/** Bounds what the group of the customer may owe together. Refuses as {@link setSubLimit}. */
export const setGroupLimit = (deps: LimitDeps, by: Initiator, input: TightenPart): Promise<Result<LimitTouched>> =>
  tighten(deps, by, input, { scope: 'GROUP' });

const tighten = async (
  deps: LimitDeps,
  by: Initiator,
  { customerId, amount, reason }: TightenPart,
  part: store.LimitPart,
): Promise<Result<LimitTouched>> =>
  withLimit(deps, by, 'limit.divide', { customerId, why: reason }, async (tx, limit, said) => {
    const before = await store.partInForce(tx, customerId, part);
    const after = decideTightening({ before, currency: limit.currency }, amount);
    if (!after.ok) return after;
    await store.bookPart(tx, { customerId, ...part, before, after: after.value, reason: said, requestId: null });
    if (part.scope === 'PRODUCT') {
      const exposure = await store.exposureOfProduct(tx, customerId, part.product);
      if (new Decimal(exposure).gt(after.value)) tellOverUse(tx, { ...limit, amount: after.value, exposure });
    }
    return touched(tx, limit, 'limit.divided', {
      before: { amount: before },
      after: { amount: after.value, currency: amount.currency, ...part },
      reason: said,
    });
  });

/** Runs `work` on the customer's limit, locked, for who may and says why; refuses REQUIRED, NOT_FOUND and INVALID_STATE.NO_LIMIT. */
const withLimit = async <T>(
  deps: LimitDeps,
  by: Initiator,
  action: Action,
  { customerId, why, field = 'reason' }: { readonly customerId: string; readonly why: string; readonly field?: string },
  work: (tx: Tx, limit: LockedLimit, said: string) => Promise<Result<T>>,
): Promise<Result<T>> => {
  const permitted = permit(by.actor, action);
  if (!permitted.ok) return permitted;
  const said = why.trim();
  if (said === '') return refuse('REQUIRED', 'it takes a reason', { field: [field] });
  return deps.unitOfWork.run(by, async (tx) => {
    const [limit] = await lockLimits(tx, [customerId]);
    return limit === undefined ? noLimit(deps, tx.query, customerId) : work(tx, limit, said);
  });
};

const touched = (
  tx: Tx,
  { customerId, version }: LockedLimit,
  action: string,
  told: Omit<Parameters<Tx['record']>[0], 'action' | 'object' | 'customerId'>,
): Result<LimitTouched> => {
  const auditEventId = tx.record({ action, object: { type: 'CreditLimit', id: customerId }, customerId, ...told });
  tx.signal('CreditLimit', customerId, version);
  return ok({ customerId, auditEventId });
};
