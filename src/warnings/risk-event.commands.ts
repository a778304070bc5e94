/**
 * Risk events: recorded once, by source and reference, together with all that they imply. The warning stands, the indicator has
 * moved, the re-rating is asked for and the review of the limit has its task when the event commits, or nothing has happened.
 */
import type { Initiator } from '../kernel/actor';
import { refuse } from '../kernel/refusal';
import { ok, type Result } from '../kernel/result';
import { permit } from '../identity';
import type { Indicators } from '../indicators';
import type { Tx, UnitOfWork } from '../platform/unit-of-work';
import type { Policies, RiskEventKind, RiskEventRule } from '../policies';
import type { Ratings } from '../ratings';
import { answerEvent, impliedValue, type EventAnswer } from './domain/answer-event';
import * as store from './warning.store';

export interface WarningDeps {
  readonly unitOfWork: UnitOfWork;
  readonly policies: Policies;
  readonly indicators: Indicators;
  readonly ratings: Pick<Ratings, 'askForRerating'>;
  /** Runs inside the transaction that raised, worsened or closed warnings. */
  readonly onWarningsChanged: (
    tx: Tx,
    changes: readonly { readonly customerId: string; readonly warningId: string }[],
  ) => Promise<void>;
}

export interface RiskEventInput {
  readonly customerId: string;
  readonly kind: RiskEventKind;
  readonly occurredAt: Date;
  /** Who says so. */
  readonly source: string;
  /** How the source calls it; the same event under it is recorded once. */
  readonly reference: string;
  readonly detail: string;
  /** Plain decimal; null where the event brings none. */
  readonly value: string | null;
}

export interface EventOutcome {
  readonly riskEventId: string;
  readonly warningId: string;
  /** Null where the event had been recorded before. */
  readonly auditEventId: string | null;
}

const SHAPE = /^[^\p{C}\p{Zl}\p{Zp}]{1,200}$/u;

/**
 * Refuses INVALID.{SOURCE, REFERENCE}, NOT_FOUND, OUT_OF_RANGE.FUTURE_DATE, REQUIRED.VALUE, what the dictionary has against the value,
 * and ALREADY_EXISTS where the reference stands for another event.
 */
export const recordRiskEvent = async (
  { unitOfWork, ...deps }: WarningDeps,
  by: Initiator,
  input: RiskEventInput,
): Promise<Result<EventOutcome>> => {
  const permitted = permit(by.actor, 'riskEvent.record');
  if (!permitted.ok) return permitted;
  return unitOfWork.run(by, async (tx) => {
    for (const field of ['source', 'reference'] as const) {
      if (!SHAPE.test(input[field]) || input[field].trim() === '') {
        return refuse('INVALID', `${field} has 1 to 200 printable characters`, {
          reason: field.toUpperCase(),
          field: [field],
        });
      }
    }
    const known = await store.claimReference(tx, input.source, input.reference);
    if (known !== null) {
      if (known.customerId !== input.customerId || known.kind !== input.kind) {
        return refuse('ALREADY_EXISTS', 'another event was recorded under this reference', { field: ['reference'] });
      }
      tx.unchanged();
      return ok({ riskEventId: known.id, warningId: known.warningId, auditEventId: null });
    }
    return recordNew(deps, tx, input);
  });
};

const recordNew = async (
  deps: Omit<WarningDeps, 'unitOfWork'>,
  tx: Tx,
  input: RiskEventInput,
): Promise<Result<EventOutcome>> => {
  const subject = await store.lockSubject(tx, input.customerId);
  if (subject === null) return refuse('NOT_FOUND', 'There is no such customer.', { field: ['customerId'] });
  const { content: policy } = await deps.policies.inForce(tx, 'RISK_EVENT');
  const { content: calendar } = await deps.policies.inForce(tx, 'RERATING_CALENDAR');
  const rule = policy.events[input.kind];
  const open = await store.openWarningOf(tx, input.customerId, input.kind);
  const answer = answerEvent(open, input, rule, calendar, tx.at);
  if (!answer.ok) return answer;
  const snapshotId = await moveIndicator(deps, tx, input, rule);
  if (!snapshotId.ok) return snapshotId;

  const id = tx.newId();
  const owner = { ownerId: subject.ownerUserId, ownerRole: subject.ownerUserId === null ? policy.ownerRole : null };
  const warningId = open === null ? await store.insertWarning(tx, { ...input, ...owner, ...answer.value }) : open.id;
  const version = open === null ? 1 : await store.moveWarning(tx, open, answer.value);
  const reratingId =
    answer.value.rerate === null
      ? null
      : await deps.ratings.askForRerating(tx, { customerId: input.customerId, eventId: id, ...answer.value.rerate });
  if (answer.value.reviewLimit) await store.ensureTask(tx, warningId, 'LIMIT_REVIEW', answer.value.deadline);
  await store.insertEvent(tx, { id, ...input, warningId, snapshotId: snapshotId.value, reratingId });
  await store.insertEntry(tx, {
    warningId,
    action: open === null ? 'RAISED' : 'EVENT_ADDED',
    severity: answer.value.severity,
    state: open?.state ?? 'OPEN',
    note: input.detail,
  });
  tx.record({
    action: open === null ? 'warning.raised' : 'warning.eventAdded',
    object: { type: 'Warning', id: warningId },
    customerId: input.customerId,
    before: open === null ? null : { severity: open.severity },
    after: warningView(answer.value, owner),
    data: { riskEvent: id, kind: input.kind },
  });
  const auditEventId = tx.record({
    action: 'riskEvent.recorded',
    object: { type: 'RiskEvent', id },
    customerId: input.customerId,
    after: {
      kind: input.kind,
      occurredAt: input.occurredAt.toISOString(),
      source: input.source,
      reference: input.reference,
      value: input.value,
    },
    data: { warning: warningId, rerating: reratingId, snapshot: snapshotId.value },
  });
  tx.signal('Warning', warningId, version);
  await deps.onWarningsChanged(tx, [{ customerId: input.customerId, warningId }]);
  return ok({ riskEventId: id, warningId, auditEventId });
};

const warningView = (
  { severity, deadline }: EventAnswer,
  owner: { readonly ownerId: string | null; readonly ownerRole: string | null },
) => ({ severity, deadline: deadline.toISOString(), owner: owner.ownerId ?? owner.ownerRole });

/** Writes the value that the event implies; null where it implies none, or the one that is on record. */
const moveIndicator = async (
  { indicators }: Pick<WarningDeps, 'indicators'>,
  tx: Tx,
  input: RiskEventInput,
  { indicator }: RiskEventRule,
): Promise<Result<string | null>> => {
  if (indicator === null) return ok(null);
  const { code } = indicator;
  return indicators.commands.adjustWithin(tx, {
    customerId: input.customerId,
    code,
    valueOf: (known) => impliedValue(indicator, known, input.value),
  });
};
