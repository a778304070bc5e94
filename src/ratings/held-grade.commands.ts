/**
 * Better grades that wait for a checker (D27): the requests for them, one for a customer who was rated alone or one for all of a
 * run, and what happens when they are agreed to. Nothing here makes a grade better by itself.
 */
import type { Json } from '../kernel/canonical-json';
import { gradeView, notchesBetween, type Grade } from '../kernel/grade';
import { refuse } from '../kernel/refusal';
import { ok } from '../kernel/result';
import type { Approvals, RequestHandler } from '../approvals';
import type { Policies } from '../policies';
import type { Tx } from '../platform/unit-of-work';
import { z } from 'zod';
import { afterRelease, HELD_REASONS, heldBecause } from './domain/follow-grade';
import { heldOfRun, lockGrades, momentOfMove, moveGrades, type CustomerGrade, type GradeChange } from './grade.store';

export interface HeldDeps {
  readonly policies: Policies;
  readonly approvals: Approvals;
  /** Runs inside the transaction that set, changed or confirmed grades in force, before it commits. */
  readonly onGradesChanged: (tx: Tx, changes: readonly GradeChange[]) => Promise<void>;
}

const DAY_MS = 86_400_000;

/** What is held: the grade of one customer, or all that a run held back. */
export type Held =
  | { readonly type: 'Customer'; readonly id: string; readonly grade: CustomerGrade }
  | { readonly type: 'RatingRun'; readonly id: string; readonly held: number; readonly makerId: string };

const customerPayload = z.strictObject({
  fromGrade: z.string(),
  toGrade: z.string(),
  ratingId: z.uuid(),
  // Absent from requests of earlier releases, which held for the notches alone.
  because: z.enum(HELD_REASONS).default('NOTCHES'),
});
const runPayload = z.strictObject({ held: z.number().int().positive() });

/** Puts what is held up for decision. */
export const submitHeld = async (deps: HeldDeps, tx: Tx, held: Held): Promise<void> => {
  const policy = await deps.policies.inForce(tx, 'RATING_RUN');
  const payload: Json =
    held.type === 'Customer'
      ? {
          fromGrade: held.grade.grade,
          toGrade: held.grade.modelGrade,
          ratingId: held.grade.ratingId,
          because: heldBecause(held.grade),
        }
      : { held: held.held };
  const submitted = await deps.approvals.submit(tx, {
    kind: 'GRADE_UPGRADE',
    subject: { type: held.type, id: held.id },
    payload,
    base: held.type === 'Customer' ? gradeBase(held.grade) : { held: held.held },
    impact: payload,
    facts: {
      kind: 'GRADE_UPGRADE',
      direction: 'UP',
      ...(held.type === 'Customer' ? { notches: notchesBetween(held.grade.grade, held.grade.modelGrade) } : {}),
    },
    decideBy: new Date(tx.at.getTime() + policy.content.decideWithinDays * DAY_MS),
    ...(held.type === 'RatingRun' ? { makerId: held.makerId } : {}),
  });
  // An open request on the same customer asks for what is then found there, or is found stale.
  if (!submitted.ok && submitted.refusal.code !== 'CONFLICTING_REQUEST') {
    throw new Error(`an upgrade cannot be put up for decision: ${submitted.refusal.message}`);
  }
};

const gradeBase = ({ modelGrade, grade, basis, ratingId }: CustomerGrade): Json => ({
  modelGrade,
  grade,
  basis,
  ratingId,
});

export const upgradeHandler = (deps: Pick<HeldDeps, 'policies' | 'onGradesChanged'>): RequestHandler => ({
  kind: 'GRADE_UPGRADE',
  currentBase: async (tx, subjectId) => {
    const [grade] = await lockGrades(tx, [subjectId]);
    if (grade !== undefined) return gradeBase(grade);
    // Of a run every customer is looked at by himself: who has moved on since keeps what he has.
    const [request] = await tx.query<{ base: Json }>(
      `SELECT base FROM change_request WHERE kind = 'GRADE_UPGRADE' AND subject_type = 'RatingRun' AND subject_id = $1`,
      [subjectId],
    );
    return request?.base ?? null;
  },
  show: (payload) => {
    const one = customerPayload.safeParse(payload);
    if (!one.success) return { __typename: 'HeldGradesProposal', ...runPayload.parse(payload) };
    return {
      __typename: 'GradeUpgradeProposal',
      fromGrade: gradeView(one.data.fromGrade as Grade),
      toGrade: gradeView(one.data.toGrade as Grade),
      because: one.data.because,
    };
  },
  apply: async (tx, request) => {
    const { type, id } = request.subject;
    const customerIds = type === 'Customer' ? [id] : await heldOfRun(tx, id);
    const upgraded = (customers: number): string =>
      tx.record({
        action: 'grade.upgraded',
        object: { type, id },
        ...(type === 'Customer' ? { customerId: id } : {}),
        data: { request: request.number, customers },
      });
    for (let start = 0; ; start += BATCH) {
      const released = await release(deps, tx, request.id, customerIds.slice(start, start + BATCH));
      if (released === 0 && type === 'Customer') {
        return refuse('INVALID_STATE', 'no better grade of this customer is waiting', { reason: 'NOT_HELD' });
      }
      upgraded(released);
      if (start + BATCH >= customerIds.length) return ok(true);
      await tx.settle();
    }
  },
});

/** Customers of one statement. */
const BATCH = 5_000;

const release = async (
  deps: Pick<HeldDeps, 'policies' | 'onGradesChanged'>,
  tx: Tx,
  requestId: string,
  customerIds: readonly string[],
): Promise<number> => {
  const held = (await lockGrades(tx, customerIds)).filter(({ basis }) => basis === 'HELD');
  if (held.length === 0) return 0;
  const { content: calendar } = await deps.policies.inForce(tx, 'RERATING_CALENDAR');
  const changes = await moveGrades(
    tx,
    'UPGRADE_APPROVED',
    calendar,
    held.map((before) => ({
      customerId: before.customerId,
      at: momentOfMove(tx, before),
      before,
      after: afterRelease(before),
      ratingId: before.ratingId,
      causeId: requestId,
    })),
  );
  await deps.onGradesChanged(tx, changes);
  return held.length;
};
