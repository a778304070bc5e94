/**
 * The yearly attestation: asked for when a year is over, put up by whoever validates with the figures of the year, given by those
 * whom the approval matrix names.
 */
import type { Initiator } from '../kernel/actor';
import type { Json } from '../kernel/canonical-json';
import type { Clock } from '../kernel/clock';
import { refuse } from '../kernel/refusal';
import { ok, type Result } from '../kernel/result';
import type { Approvals, RequestHandler, VerbOutcome } from '../approvals';
import type { Audit } from '../audit';
import { permit } from '../identity';
import type { Policies } from '../policies';
import type { Database } from '../platform/database';
import type { Tx, UnitOfWork } from '../platform/unit-of-work';
import type { Ratings } from '../ratings';
import * as store from './attestation.store';
import { attestationFigures } from './attestation.queries';
import {
  attestationSchema,
  decideAttestation,
  dueDay,
  yearOver,
  type AttestationAnswer,
  type AttestationPayload,
} from './domain/attestation';

export interface AttestationDeps {
  readonly database: Database;
  readonly unitOfWork: UnitOfWork;
  readonly clock: Clock;
  readonly policies: Policies;
  readonly approvals: Pick<Approvals, 'submit'>;
  readonly ratings: { readonly queries: Pick<Ratings['queries'], 'reratingFigures'> };
  readonly audit: Pick<Audit, 'completeness'>;
}

const DAY_MS = 86_400_000;

/** Opens the year that is over, and reminds of those that nobody has attested; yields the years that were told of. */
export const remindOfAttestations = (
  deps: Pick<AttestationDeps, 'unitOfWork' | 'policies'>,
  by: Initiator,
): Promise<Result<readonly store.OpenAttestation[]>> =>
  deps.unitOfWork.run(by, async (tx) => {
    const { content } = await deps.policies.inForce(tx, 'ATTESTATION');
    const year = yearOver(tx.at);
    const opened = await store.openYear(tx, year, dueDay(year, content));
    const reminded = await store.remindOfYears(tx, new Date(tx.at.getTime() - content.remindEveryDays * DAY_MS));
    const told = opened === null ? reminded : [...reminded, opened];
    if (told.length === 0) tx.unchanged();
    const today = tx.at.toISOString().slice(0, 10);
    for (const { year: of, dueOn, reminders } of told) {
      tx.record({
        action: reminders === 0 ? 'attestation.opened' : 'attestation.reminded',
        object: { type: 'Attestation', id: String(of) },
        data: { dueOn, reminders, overdue: today > dueOn },
      });
    }
    return ok(told);
  });

export interface SubmitAttestation {
  readonly year: number;
  readonly answers: readonly AttestationAnswer[];
}

/**
 * Puts the attestation of a year up for decision, with its figures. Needs `attestation.submit`. Refuses NOT_FOUND.ATTESTATION for a
 * year that is not over or had no ratings, ALREADY_EXISTS.ATTESTATION, and what {@link decideAttestation} and approvals refuse.
 */
export const submitAttestation = async (
  deps: AttestationDeps,
  by: Initiator,
  { year, answers }: SubmitAttestation,
): Promise<Result<VerbOutcome>> => {
  const permitted = permit(by.actor, 'attestation.submit');
  if (!permitted.ok) return permitted;
  // Beforehand: they are read over other connections, which nobody may wait for while he holds one.
  const figures = await attestationFigures(deps, by.actor, year, deps.clock());
  if (!figures.ok) return figures;
  return deps.unitOfWork.run(by, async (tx) => {
    const free = await unattested(tx, year);
    if (!free.ok) return free;
    const policy = await deps.policies.inForce(tx, 'ATTESTATION');
    const decision = decideAttestation(policy.content, answers);
    if (!decision.ok) return decision;
    const payload: AttestationPayload = {
      year,
      answers: decision.value,
      figures: figures.value as unknown as AttestationPayload['figures'],
    };
    return deps.approvals.submit(tx, {
      kind: 'ATTESTATION',
      subject: { type: 'Attestation', id: String(year) },
      payload,
      base: baseOf(policy.id, false),
      impact: {},
      facts: { kind: 'ATTESTATION' },
      decideBy: new Date(tx.at.getTime() + policy.content.decideWithinDays * DAY_MS),
    });
  });
};

const unattested = async (tx: Tx, year: number): Promise<Result<true>> => {
  const so = await store.lockYear(tx, year);
  if (so === null) {
    return refuse('NOT_FOUND', 'there is no attestation of that year to be given', {
      reason: 'ATTESTATION',
      field: ['year'],
      params: { year },
    });
  }
  if (!so.attested) return ok(true);
  return refuse('ALREADY_EXISTS', 'the attestation of that year was given', {
    reason: 'ATTESTATION',
    field: ['year'],
    params: { year },
  });
};

const baseOf = (policyVersion: string, attested: boolean): Json => ({ policyVersion, attested });

export const attestationHandler = ({ policies }: Pick<AttestationDeps, 'policies'>): RequestHandler => ({
  kind: 'ATTESTATION',
  currentBase: async (tx, year) => {
    const so = await store.lockYear(tx, Number(year));
    return baseOf((await policies.inForce(tx, 'ATTESTATION')).id, so?.attested ?? false);
  },
  // Checked when it was written; it cannot have changed since.
  show: (payload) => ({ __typename: 'AttestationProposal', ...(payload as AttestationPayload) }),
  apply: async (tx, request) => {
    const { year, answers } = attestationSchema.parse(request.payload);
    const free = await unattested(tx, year);
    if (!free.ok) return free;
    await store.closeYear(tx, year, request.id);
    tx.record({
      action: 'attestation.given',
      object: { type: 'Attestation', id: String(year) },
      data: {
        request: request.number,
        digest: request.digest,
        statements: answers.length,
        notHolding: answers.filter(({ holds }) => !holds).map(({ statement }) => statement),
      },
    });
    return ok(true);
  },
});
