/** Door of the validation room 「验证」: what became of customers, and how well grades told it beforehand. */
import type { Initiator } from '../kernel/actor';
import type { NewId } from '../kernel/clock';
import type { Result } from '../kernel/result';
import type { ImportOptions } from '../customers';
import type { IndicatorMap } from '../indicators';
import type { RequestHandler, VerbOutcome } from '../approvals';
import {
  attestationHandler,
  remindOfAttestations,
  submitAttestation,
  type AttestationDeps,
  type SubmitAttestation,
} from './attestation.commands';
import { createAttestationQueries } from './attestation.queries';
import type { OpenAttestation } from './attestation.store';
import { recordOutcomes, type OutcomeBatch, type OutcomesRecorded } from './outcome.commands';
import { importOutcomes, type OutcomeImportSummary } from './outcome.import';
import { createOverrideReports } from './override-report.queries';
import { createOutcomeQueries, type OutcomeQueries } from './outcome.queries';

export { isOutcomeEvent, OUTCOME_EVENTS, type OutcomeClaim, type OutcomeEvent } from './domain/outcome';
export type { OutcomeBatch, OutcomesRecorded } from './outcome.commands';
export type { OutcomeImportSummary } from './outcome.import';
export { REPORT_VIEWS, type ReportView } from './domain/override-report';
export type { RankPower } from './outcome.queries';
export type { OverrideReport } from './override-report.queries';

export interface Validation {
  /** What many customers came to; what is known already changes nothing. */
  recordOutcomes(by: Initiator, batch: OutcomeBatch): Promise<Result<OutcomesRecorded>>;
  /** The same from a file, by the `outcome` part of its indicator map. */
  importFile(
    by: Initiator,
    input: { readonly file: string; readonly map: IndicatorMap },
    options?: Omit<ImportOptions, 'dryRun'>,
  ): Promise<Result<OutcomeImportSummary>>;
  /** Puts the attestation of a year up for decision. */
  submitAttestation(by: Initiator, input: SubmitAttestation): Promise<Result<VerbOutcome>>;
  /** Opens the year that is over and reminds of those that are not attested; yields the years that were told of. */
  remindOfAttestations(by: Initiator): Promise<Result<readonly OpenAttestation[]>>;
  readonly handler: RequestHandler;
  readonly queries: OutcomeQueries &
    ReturnType<typeof createOverrideReports> &
    ReturnType<typeof createAttestationQueries>;
}

export const createValidation = ({ newId, ...deps }: AttestationDeps & { readonly newId: NewId }): Validation => {
  const { database, unitOfWork } = deps;
  const record = (by: Initiator, batch: OutcomeBatch) => recordOutcomes(unitOfWork, by, batch);
  return {
    recordOutcomes: record,
    importFile: (by, input, options) => importOutcomes({ newId, record }, by, input, options),
    submitAttestation: (by, input) => submitAttestation(deps, by, input),
    remindOfAttestations: (by) => remindOfAttestations(deps, by),
    handler: attestationHandler(deps),
    queries: {
      ...createOutcomeQueries(database),
      ...createOverrideReports(database),
      ...createAttestationQueries(database),
    },
  };
};
