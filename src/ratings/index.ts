/** Door of the ratings room: what the model makes of customers, and which grade is in force. */
import type { Initiator } from '../kernel/actor';
import type { Result } from '../kernel/result';
import type { RunState } from './domain/run';
import type { Tx } from '../platform/unit-of-work';
import type { RoomReads } from '../platform/read-model';
import { gradedCustomers } from './graded-customer.queries';
import { createReportQueries } from './grade-report.queries';
import { lockGrade, lockGrades, type CustomerGrade } from './grade.store';
import type { RequestHandler } from '../approvals';
import type { VersionWhatIfs } from '../scorecards';
import { upgradeHandler } from './held-grade.commands';
import { applyOverride, endOverride, rateCustomer, type RatingOutcome } from './rating.commands';
import { createRatingQueries, type RatingQueries } from './rating.queries';
import { createCustomerWhatIf } from './customer-what-if';
import { createRatingProofs, type RatingProofs } from './rating-proof.queries';
import { createRatingReads } from './rating.reads';
import { askForRerating, followCalendar, rerateNext, scheduleDue, tiersMoved, type Rerated } from './rerating.commands';
import { advanceCampaign, type Advanced } from './campaign.commands';
import { createCampaignQueries, type CampaignQueries } from './campaign.queries';
import { createReratingQueries, type ReratingQueries } from './rerating.queries';
import { nextBeginAt } from './rerating.store';
import {
  cancelRun,
  finishRun,
  isRunAtWork,
  resumeIdleRuns,
  runChunk,
  runHandler,
  startRun,
  type RunDeps,
  type RunOrder,
  type RunStarted,
} from './run.commands';
import {
  exportRating,
  replay,
  replaySample,
  type RatingDocument,
  type ReplayChoice,
  type ReplayReport,
} from './replay';
import { createRunQueries, type RunQueries } from './run.queries';
import { versionWhatIfs } from './version-what-ifs';

export { CAMPAIGN_STATES, type CampaignState } from './domain/campaign';
export { BASES, type Basis } from './domain/follow-grade';
export { GRADE_CAUSES, type CustomerGrade, type GradeCause, type GradeChange } from './grade.store';
export { filterAsks, type GradedCustomerConditions } from './graded-customer.queries';
export { HELD_REASONS, heldBecause, type HeldReason } from './domain/follow-grade';
export { RERATING_KINDS, RERATING_STATES, type ReratingKind, type ReratingState } from './domain/rerating';
export type { RatingOutcome } from './rating.commands';
export type { ReratingFilter } from './rerating.queries';
export { listenReratings } from './rerating.store';
export { REPORT_LANGUAGES } from './grade-report.page';
export { isOpenRun, RUN_PURPOSES, RUN_STATES, type RunPurpose, type RunState } from './domain/run';
export { gradeColumn } from './rating.reads';
export type { CalculationLog, PastGrade, RatingFilter, RatingOrder, RatingsOf } from './rating.queries';
export { CHUNK_JOB, FINISH_JOB, type RunStarted } from './run.commands';
export type { RatingRun, RunOrder } from './run.queries';
export { replayDocument, type ReplayReport } from './replay';
export type { GradeConsequence, TierConsequence, WhatIfFigures } from './domain/what-if';
export type { CustomerWhatIf as CustomerWhatIfView } from './customer-what-if';
export type { GradesThatMayCome, PossibleGrade } from './what-if.ports';

export interface Ratings {
  rateCustomer(by: Initiator, input: { readonly customerId: string }): Promise<Result<RatingOutcome>>;
  startRun(by: Initiator, order?: RunOrder): Promise<Result<RunStarted>>;
  runChunk(
    by: Initiator,
    input: { readonly runId: string; readonly ordinal: number },
  ): Promise<Result<{ readonly done: boolean }>>;
  finishRun(by: Initiator, input: { readonly runId: string }): Promise<Result<{ readonly state: RunState }>>;
  cancelRun(by: Initiator, input: { readonly runId: string }): Promise<Result<RunStarted>>;
  resumeIdleRuns(by: Initiator): Promise<Result<number>>;
  /** Whether a run is being rated or published, and moves on. */
  isRunAtWork(now: Date): Promise<boolean>;
  /** Asks for a re-rating inside the transaction of what has happened; yields its id. */
  askForRerating(tx: Tx, event: Parameters<typeof askForRerating>[1]): Promise<string>;
  /** Subscriber of moves of tiers: runs inside the transaction that makes them. */
  tiersMoved(tx: Tx, moves: Parameters<typeof tiersMoved>[2]): Promise<void>;
  scheduleDue(by: Initiator, atMost: number): Promise<Result<number>>;
  /** Moves due dates to where a re-rating calendar that was published puts them; yields how many. */
  followCalendar(by: Initiator, batch?: number): Promise<Result<number>>;
  rerateNext(by: Initiator): Promise<Result<Rerated | null>>;
  advanceCampaign(by: Initiator, atMost: number): Promise<Result<Advanced>>;
  /** When the next open re-rating may begin. */
  nextReratingAt(): Promise<Date | null>;
  replay(by: Initiator, choice: ReplayChoice, onProgress?: (checked: number) => void): Promise<Result<ReplayReport>>;
  /** Once a day; null when it was done already. */
  replaySample(by: Initiator, sample: number): Promise<Result<ReplayReport | null>>;
  exportRating(by: Initiator, ratingId: string): Promise<Result<RatingDocument>>;
  /** The customer's grades, locked until the transaction ends; null before the first rating. */
  lockGrade(tx: Tx, customerId: string): Promise<CustomerGrade | null>;
  /** The same for many customers, in a stable order; those without a grade are left out. */
  lockGrades(tx: Tx, customerIds: readonly string[]): Promise<readonly CustomerGrade[]>;
  customerExists(tx: Pick<Tx, 'query'>, customerId: string): Promise<boolean>;
  applyOverride(tx: Tx, input: Parameters<typeof applyOverride>[2]): Promise<void>;
  endOverride(tx: Tx, input: Parameters<typeof endOverride>[2]): Promise<void>;
  /** What scorecard versions would do, for the room that puts them up for decision. */
  readonly whatIfs: VersionWhatIfs;
  /** For better grades that wait for a checker, and for runs that do. */
  readonly handlers: readonly RequestHandler[];
  readonly queries: RatingQueries &
    RatingProofs &
    RunQueries &
    ReratingQueries &
    CampaignQueries &
    ReturnType<typeof createReportQueries> & {
      readonly gradedCustomers: typeof gradedCustomers;
      /** Of one customer. */
      readonly whatIf: ReturnType<typeof createCustomerWhatIf>;
    };
  readonly reads: RoomReads;
}

export const createRatings = (deps: RunDeps): Ratings => {
  const queries = { ...createRatingQueries(deps), ...createRatingProofs(deps.database.query) };
  return {
    rateCustomer: (by, input) => rateCustomer(deps, by, input),
    startRun: (by, order) => startRun(deps, by, order),
    runChunk: (by, input) => runChunk(deps, by, input),
    finishRun: (by, input) => finishRun(deps, by, input),
    cancelRun: (by, input) => cancelRun(deps, by, input),
    resumeIdleRuns: (by) => resumeIdleRuns(deps, by),
    isRunAtWork: (now) => isRunAtWork(deps, now),
    askForRerating,
    tiersMoved: (tx, moves) => tiersMoved(deps, tx, moves),
    scheduleDue: (by, atMost) => scheduleDue(deps, by, atMost),
    followCalendar: (by, batch) => followCalendar(deps, by, batch),
    rerateNext: (by) => rerateNext(deps, by),
    advanceCampaign: (by, atMost) => advanceCampaign(deps, by, atMost),
    nextReratingAt: () => nextBeginAt(deps.database.query),
    replay: (by, choice, onProgress) => replay(deps, by, choice, onProgress),
    replaySample: (by, sample) => replaySample(deps, by, sample),
    exportRating: (by, ratingId) => exportRating(deps, by, ratingId),
    lockGrade,
    lockGrades,
    customerExists: async (tx, customerId) =>
      (await tx.query('SELECT FROM customer WHERE id = $1', [customerId])).length === 1,
    applyOverride: (tx, input) => applyOverride(deps, tx, input),
    endOverride: (tx, input) => endOverride(deps, tx, input),
    whatIfs: versionWhatIfs(deps),
    handlers: [upgradeHandler(deps), runHandler()],
    queries: {
      ...queries,
      ...createReportQueries(deps, queries),
      ...createRunQueries(deps.database),
      ...createReratingQueries(deps),
      ...createCampaignQueries(deps.database),
      gradedCustomers,
      whatIf: createCustomerWhatIf(deps, queries),
    },
    reads: createRatingReads(queries),
  };
};
