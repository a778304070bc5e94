/**
 * Overriding an input: a person's value in place of the source's, put up for decision, put into effect as a snapshot that goes
 * before every source, and taken back when its time is over. Ratings made meanwhile say so.
 */
import type { Actor, Initiator } from '../kernel/actor';
import { Decimal } from '../kernel/decimal';
import { refuse } from '../kernel/refusal';
import { ok, type Result } from '../kernel/result';
import type { Approvals, NamedEvidence, Proposal, RequestHandler, VerbOutcome } from '../approvals';
import { permit } from '../identity';
import type { Indicators } from '../indicators';
import type { Policies } from '../policies';
import type { Tx, UnitOfWork } from '../platform/unit-of-work';
import type { Ratings } from '../ratings';
import {
  decideInputOverride,
  inputOverrideSchema,
  type InputOverridePayload,
  type InputOverrideProposal,
} from './domain/input-override';
import * as store from './input-override.store';

export interface InputOverrideDeps {
  readonly unitOfWork: UnitOfWork;
  readonly policies: Policies;
  readonly approvals: Approvals;
  readonly ratings: Pick<Ratings, 'customerExists'>;
  readonly indicators: Pick<Indicators, 'judgement'>;
}

export interface SubmitInputOverride extends Omit<InputOverrideProposal, 'evidence'> {
  readonly customerId: string;
  readonly evidence: readonly NamedEvidence[];
}

export const submitInputOverride = async (
  deps: InputOverrideDeps,
  by: Initiator,
  { customerId, ...input }: SubmitInputOverride,
): Promise<Result<VerbOutcome>> => {
  const permitted = permit(by.actor, 'override.submit');
  if (!permitted.ok) return permitted;
  const mayRead = deps.indicators.judgement.mayJudge(by.actor, input.code);
  if (!mayRead.ok) return mayRead;
  return deps.unitOfWork.run(by, async (tx) => {
    if (!(await deps.ratings.customerExists(tx, customerId))) {
      return refuse('NOT_FOUND', 'no such customer', { field: ['customerId'] });
    }
    const evidence = await deps.approvals.writeDownEvidence(tx, input.evidence);
    if (!evidence.ok) return evidence;
    const proposal = await propose(deps, tx, customerId, { ...input, evidence: evidence.value });
    if (!proposal.ok) return proposal;
    return deps.approvals.submit(tx, {
      kind: 'INPUT_OVERRIDE',
      subject: { type: 'Customer', id: customerId },
      ...proposal.value,
    });
  });
};

const propose = async (
  deps: InputOverrideDeps,
  tx: Tx,
  customerId: string,
  input: InputOverrideProposal,
): Promise<Result<Proposal>> => {
  const held = await deps.indicators.judgement.standIn(tx, customerId, input.code, input.value);
  if (!held.ok) return held;
  const policy = await deps.policies.inForce(tx, 'OVERRIDE');
  const decision = decideInputOverride(held.value.present, input, policy.content, tx.at);
  if (!decision.ok) return decision;
  const payload: InputOverridePayload = {
    code: input.code,
    asOf: held.value.asOf,
    fromValue: held.value.present,
    toValue: input.value.toFixed(),
    reasonCode: input.reasonCode,
    justification: input.justification.trim(),
    evidence: [...input.evidence],
    validUntil: input.validUntil.toISOString(),
  };
  return ok({
    payload,
    base: { policyVersion: policy.id },
    impact: { code: payload.code, fromValue: payload.fromValue, toValue: payload.toValue },
    facts: { kind: 'INPUT_OVERRIDE' },
    decideBy: decision.value.decideBy,
    evidence: input.evidence,
  });
};

export const inputOverrideHandler = (deps: InputOverrideDeps): RequestHandler => ({
  kind: 'INPUT_OVERRIDE',
  currentBase: async (tx) => ({ policyVersion: (await deps.policies.inForce(tx, 'OVERRIDE')).id }),
  show: (payload, viewer) => ({
    __typename: 'InputOverrideProposal',
    ...(payload as InputOverridePayload),
    ...seenBy(deps, viewer, payload as InputOverridePayload),
  }),
  changes: (payload, viewer) => {
    const { fromValue, toValue } = seenBy(deps, viewer, payload as InputOverridePayload);
    return [{ what: (payload as InputOverridePayload).code, before: fromValue, after: toValue }];
  },
  prepare: (tx, subject, payload) => {
    const { toValue, validUntil, ...written } = inputOverrideSchema.parse(payload);
    const input = { ...written, value: new Decimal(toValue), validUntil: new Date(validUntil) };
    return propose(deps, tx, subject.id, input);
  },
  apply: async (tx, request) => {
    const payload = inputOverrideSchema.parse(request.payload);
    const customerId = request.subject.id;
    if (new Date(payload.validUntil) <= tx.at) {
      return refuse('EXPIRED', 'the validity of this override is already over', { reason: 'VALID_UNTIL' });
    }
    const held = await deps.indicators.judgement.standIn(tx, customerId, payload.code, new Decimal(payload.toValue));
    if (!held.ok) return held;
    // What it stands in for is what was shown; a later word of the source has to be looked at first.
    if (held.value.present !== payload.fromValue || held.value.asOf !== payload.asOf) {
      return refuse('STALE_VERSION', 'the source has said something else since', { reason: 'VALUE' });
    }
    for (const ended of await store.supersedeInput(tx, customerId, payload.code)) recordEnd(tx, ended, 'superseded');
    const { code, asOf, toValue, justification } = payload;
    const snapshotId = await deps.indicators.judgement.put(
      tx,
      customerId,
      { code, asOf, value: toValue },
      justification,
    );
    const overrideId = await store.insertInput(tx, { customerId, requestId: request.id, snapshotId }, payload);
    tx.record({
      action: 'inputOverride.applied',
      object: { type: 'InputOverride', id: overrideId },
      customerId,
      before: { indicator: code, asOf, value: payload.fromValue },
      after: { indicator: code, asOf, value: toValue, validUntil: payload.validUntil },
      reason: justification,
      data: { request: request.number, reasonCode: payload.reasonCode, snapshot: snapshotId },
    });
    return ok(true);
  },
  revert: async (tx, request) => {
    const [ended] = await store.revertInput(tx, request.id);
    if (ended === undefined) return ok(false);
    await takeBack(deps, tx, ended, 'reverted');
    return ok(true);
  },
});

/** Credit data are for risk staff, wherever they stand. */
const seenBy = (
  { indicators }: Pick<InputOverrideDeps, 'indicators'>,
  viewer: Actor,
  { code, fromValue, toValue }: InputOverridePayload,
) =>
  indicators.judgement.mayJudge(viewer, code).ok
    ? { fromValue, toValue, masked: false }
    : { fromValue: null, toValue: null, masked: true };

const takeBack = async (
  deps: Pick<InputOverrideDeps, 'indicators'>,
  tx: Tx,
  ended: store.EndedInput,
  how: 'expired' | 'reverted',
): Promise<void> => {
  recordEnd(tx, ended, how);
  const { customerId, code, asOf } = ended;
  await deps.indicators.judgement.put(tx, customerId, { code, asOf, value: null }, `The override is ${how}.`);
};

const recordEnd = (tx: Tx, ended: store.EndedInput, how: 'expired' | 'reverted' | 'superseded'): void => {
  tx.record({
    action: `inputOverride.${how}`,
    object: { type: 'InputOverride', id: ended.id },
    customerId: ended.customerId,
    before: { indicator: ended.code, asOf: ended.asOf, value: ended.toValue },
  });
};

/** Ends up to `atMost` input overrides whose time is over: what the source says holds again. Yields how many. */
export const expireInputOverrides = (deps: InputOverrideDeps, by: Initiator, atMost: number): Promise<Result<number>> =>
  deps.unitOfWork.run(by, async (tx) => {
    await deps.indicators.judgement.lock(tx);
    const ended = await store.endOverdueInputs(tx, atMost);
    if (ended.length === 0) tx.unchanged();
    for (const one of ended) await takeBack(deps, tx, one, 'expired');
    return ok(ended.length);
  });
