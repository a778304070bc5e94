/**
 * Composition root: one object per room, wired by hand. What influences a room to the left (a handler for its kind of
 * request, a subscriber of grade changes) is registered here, so that imports only ever point one way.
 */
import 'reflect-metadata';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { v7 as uuidv7 } from 'uuid';
import { MIGRATIONS } from '../migrations';
import { createApprovals, type Approvals } from './approvals';
import {
  createAudit,
  createAuditCheck,
  createAuditSearches,
  createLookRecorder,
  type Audit,
  type AuditCheck,
  type AuditSearches,
  type LookRecorder,
} from './audit';
import type { Config } from './config';
import { createCustomers, createPersons, customerReads, ownersOf, type Customers, type Persons } from './customers';
import { ENTITIES } from './entities';
import { createIdentity, createTokenVerifier, userReads, type Identity, type TokenVerifier } from './identity';
import { complaintReads, createIndicators, indicatorReads, type Indicators } from './indicators';
import type { Initiator } from './kernel/actor';
import { systemActor, type SystemActorName } from './kernel/actor';
import type { Clock, NewId } from './kernel/clock';
import { RefusalError } from './kernel/refusal';
import type { Result } from './kernel/result';
import { createLimits, type Limits } from './limits';
import { createOverrides, overrideReads, type Overrides } from './overrides';
import { openDatabase, type Database, type SessionTimeouts } from './platform/database';
import { compareSchema, type SchemaState } from './platform/migrate';
import { openTracing } from './platform/otlp-tracing';
import { createReads, type Reads } from './platform/reads';
import { createSignals, type Signals } from './platform/signals';
import type { Tracing } from './platform/tracing';
import { createUnitOfWork, type UnitOfWork } from './platform/unit-of-work';
import { createPolicies, policyReads, type Policies, type PolicyContent } from './policies';
import { createRatings, type Ratings } from './ratings';
import { createScorecards, type Scorecards } from './scorecards';
import { createTiers, type Tiers } from './tiers';
import { createValidation, type Validation } from './validation';
import { createWarnings, openSeverities, type Warnings } from './warnings';

export interface App {
  readonly config: Config;
  readonly databaseUrl: string;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly database: Database;
  readonly tracing: Tracing;
  readonly unitOfWork: UnitOfWork;
  readonly signals: Signals;
  readonly tokens: TokenVerifier | null;
  readonly identity: Identity;
  readonly audit: Audit;
  readonly auditCheck: AuditCheck;
  readonly auditSearches: AuditSearches;
  /** Who looked at what is sensitive, and who was refused. */
  readonly looks: LookRecorder;
  readonly policies: Policies;
  readonly approvals: Approvals;
  readonly customers: Customers;
  readonly persons: Persons;
  readonly indicators: Indicators;
  readonly scorecards: Scorecards;
  readonly ratings: Ratings;
  readonly overrides: Overrides;
  readonly tiers: Tiers;
  readonly limits: Limits;
  readonly warnings: Warnings;
  readonly validation: Validation;
  /** What all rooms have to show, for the doors. */
  readonly reads: Reads;
  /** Whether requests can be served now; names what is missing. */
  readiness(): Promise<Readiness>;
  close(): Promise<void>;
}

export interface Readiness {
  readonly ready: boolean;
  readonly database: 'ok' | 'unreachable';
  /** Null while the database does not answer. One that is newer will do, so that a new release can be brought in beside this. */
  readonly schema: SchemaState['standing'] | null;
  /** Whether what is done is in the signed tree within a minute; null where that is not known. Requests are served either way. */
  readonly auditLog: 'ok' | 'behind' | null;
}

/** A sequencer that runs is a second behind. */
export const LOG_BEHIND_SECONDS = 60;

export interface AppOptions {
  readonly config: Config;
  /** Login of the running application. */
  readonly databaseUrl: string;
  readonly logger: Logger;
  readonly clock?: Clock;
  /** None unless given, as jobs and commands may take their time. */
  readonly timeouts?: SessionTimeouts;
  /** Names the process in traces. */
  readonly process?: string;
}

export const createApp = async ({
  config,
  databaseUrl,
  logger,
  clock = () => new Date(),
  timeouts = {},
  process = 'cli',
}: AppOptions): Promise<App> => {
  const newId: NewId = uuidv7;
  const tracing = await openTracing(config.tracing, {
    process,
    onLoss: (error) => logger.warn({ err: error }, 'traces cannot be delivered and are dropped'),
  });
  const database = await openDatabase({
    url: databaseUrl,
    entities: ENTITIES,
    poolSize: config.databasePoolSize,
    applicationName: 'tierwarden',
    timeouts,
    tracing,
  });
  const audit = createAudit({ database, clock, config });
  const signals = createSignals({ database, databaseUrl, redis: config.redis, logger });
  const unitOfWork = createUnitOfWork({
    database,
    clock,
    newId,
    writeAudit: audit.write,
    writePosting: audit.writePosting,
    signalled: () => signals.wake(),
    tracing,
  });
  const auditCheck = createAuditCheck({ database, unitOfWork, clock, config });
  const auditSearches = createAuditSearches(database, unitOfWork);
  const looks = createLookRecorder({
    unitOfWork,
    onFailure: (error, kept) => logger.error({ err: error, kept }, 'who looked at what could not be written yet'),
  });
  const tokens = await tokenVerifier(config, clock);
  const identity = createIdentity({ database, unitOfWork, clock, ...(tokens === null ? {} : { tokens }) });
  const policies = createPolicies({ database, unitOfWork });
  const approvals = createApprovals({
    database,
    unitOfWork,
    policies,
    config,
    // Customers are to the right: who looks after one benefits from what is decided of him.
    interestedIn: async (tx, { type, id }) => (type === 'Customer' ? ownersOf(tx, id) : []),
    // So are limits; called only once requests run.
    policyConsequences: async (tx, kind, content) =>
      kind === 'LIMIT' ? limits.crossings(tx, content as PolicyContent<'LIMIT'>) : null,
  });
  const customers = createCustomers({ database, unitOfWork, identity, newId });
  const persons = createPersons({ database, unitOfWork, customers, approvals, config });
  const indicators = createIndicators({ database, unitOfWork, clock, newId, customers, policies });
  const scorecards = createScorecards({
    database,
    unitOfWork,
    clock,
    approvals,
    // Called only once requests run, when the room to the right is there.
    whatIfs: {
      of: (tx, version) => ratings.whatIfs.of(tx, version),
      show: (impact, identify) => ratings.whatIfs.show(impact, identify),
    },
  });
  const ratings: Ratings = createRatings({
    database,
    unitOfWork,
    customers,
    indicators,
    scorecards,
    policies,
    approvals,
    // As above.
    mayCome: {
      limits: (query, grades, by) => limits.consequences(query, grades, by),
      tiers: (query, grades, at) => tiers.consequences(query, grades, at),
    },
    tiersOf: (tx, customerIds) => tiers.tiersOf(tx, customerIds),
    onGradesChanged: async (tx, changes) => {
      await tiers.gradesChanged(tx, changes);
      await limits.gradesChanged(tx, changes);
    },
    onRunPublished: async (tx, run) => {
      await tiers.runPublished(tx, run);
      await limits.runPublished(tx);
    },
  });
  const overrides = createOverrides({
    database,
    unitOfWork,
    clock,
    policies,
    approvals,
    ratings,
    indicators,
    // As above.
    exposureOf: (tx, customerId) => limits.exposureOf(tx, customerId),
  });
  const tiers: Tiers = createTiers({
    database,
    unitOfWork,
    policies,
    ratings,
    openWarnings: ({ query }, customerIds) => openSeverities(query, customerIds),
  });
  const limits: Limits = createLimits({
    database,
    unitOfWork,
    clock,
    policies,
    approvals,
    indicators,
    ratings,
    overrides,
  });
  const warnings = createWarnings({
    database,
    unitOfWork,
    policies,
    indicators,
    ratings,
    onWarningsChanged: (tx, changes) => tiers.warningsChanged(tx, changes),
  });
  const validation = createValidation({ database, unitOfWork, clock, newId, policies, approvals, ratings, audit });
  approvals.register(persons.handler);
  approvals.register(scorecards.handler);
  approvals.register(validation.handler);
  for (const handler of [...overrides.handlers, ...limits.handlers, ...ratings.handlers]) approvals.register(handler);

  return {
    config,
    databaseUrl,
    logger,
    clock,
    newId,
    database,
    tracing,
    unitOfWork,
    signals,
    tokens,
    identity,
    audit,
    auditCheck,
    auditSearches,
    looks,
    policies,
    approvals,
    customers,
    persons,
    indicators,
    scorecards,
    ratings,
    overrides,
    tiers,
    limits,
    warnings,
    validation,
    reads: createReads(database, [
      userReads,
      audit.reads,
      policyReads,
      approvals.reads,
      customerReads,
      indicatorReads,
      complaintReads,
      scorecards.reads,
      ratings.reads,
      overrideReads,
      tiers.reads,
      limits.reads,
      warnings.reads,
    ]),
    readiness: async () => {
      try {
        const { standing, missing } = await compareSchema(database.query, MIGRATIONS);
        if (standing === 'older') logger.warn({ missing }, 'not ready: the database lacks migrations');
        const ready = standing !== 'older';
        const status = ready ? await audit.log.queries.status() : null;
        const auditLog = status === null ? null : status.lagSeconds > LOG_BEHIND_SECONDS ? 'behind' : 'ok';
        return { ready, database: 'ok', schema: standing, auditLog };
      } catch (error) {
        logger.warn({ err: error }, 'not ready: the database does not answer');
        return { ready: false, database: 'unreachable', schema: null, auditLog: null };
      }
    },
    close: async () => {
      await looks.close();
      await signals.close();
      await database.close();
      await tracing.close();
    },
  };
};

const tokenVerifier = async (config: Config, clock: Clock): Promise<TokenVerifier | null> => {
  switch (config.auth.kind) {
    case 'jwks':
      return createTokenVerifier(config.auth, clock);
    case 'local':
      return createTokenVerifier(
        { kind: 'local', keysFolder: join(config.home, 'keys'), listenHost: config.host },
        clock,
      );
    case 'none':
      return null;
  }
};

/** Gives a migrated database what it needs before anybody can work: policies, what follows from them, and the expert scorecard. Idempotent. */
export const bootstrap = async (app: App): Promise<void> => {
  const by = asSystem('bootstrap', app.newId());
  required(await app.policies.ensureDefaults(by));
  required(await app.indicators.commands.adoptPrecedence(by));
  required(await app.scorecards.ensureExpertScorecard(by));
};

export const asSystem = (name: SystemActorName, requestId: string): Initiator => ({
  actor: systemActor(name),
  requestId,
});

/** The value of a command that the system itself calls and that has no reason to refuse. */
export const required = <T>(result: Result<T>): T => {
  if (result.ok) return result.value;
  throw new RefusalError(result.refusal);
};
