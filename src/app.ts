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
import { auditReads, createAudit, type Audit } from './audit';
import type { Config } from './config';
import { createCustomers, customerReads, type Customers } from './customers';
import { ENTITIES } from './entities';
import { createIdentity, createTokenVerifier, userReads, type Identity, type TokenVerifier } from './identity';
import { createIndicators, indicatorReads, type Indicators } from './indicators';
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
import { createPolicies, policyReads, type Policies } from './policies';
import { createRatings, type Ratings } from './ratings';
import { createScorecards, type Scorecards } from './scorecards';
import { createValidation, type Validation } from './validation';

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
  readonly policies: Policies;
  readonly approvals: Approvals;
  readonly customers: Customers;
  readonly indicators: Indicators;
  readonly scorecards: Scorecards;
  readonly ratings: Ratings;
  readonly overrides: Overrides;
  readonly limits: Limits;
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
}

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
  const audit = createAudit({ database });
  const signals = createSignals({ database, databaseUrl, redis: config.redis, logger });
  const unitOfWork = createUnitOfWork({
    database,
    clock,
    newId,
    writeAudit: audit.write,
    signalled: () => signals.wake(),
    tracing,
  });
  const tokens = await tokenVerifier(config, clock);
  const identity = createIdentity({ database, unitOfWork, clock, ...(tokens === null ? {} : { tokens }) });
  const policies = createPolicies({ database, unitOfWork });
  const approvals = createApprovals({ database, unitOfWork, policies });
  const customers = createCustomers({ database, unitOfWork, identity, newId });
  const indicators = createIndicators({ database, unitOfWork, clock, newId, customers });
  const scorecards = createScorecards({ database, unitOfWork });
  const ratings = createRatings({
    database,
    unitOfWork,
    customers,
    indicators,
    scorecards,
    // Called only once requests run, when the room to the right is there.
    onGradesChanged: (tx, changes) => limits.gradesChanged(tx, changes),
  });
  const overrides = createOverrides({ database, unitOfWork, clock, policies, approvals, ratings });
  const limits: Limits = createLimits({
    database,
    unitOfWork,
    policies,
    approvals,
    indicators,
    ratings,
    overrides,
  });
  const validation = createValidation({ database, unitOfWork, newId });
  approvals.register(overrides.handler);
  approvals.register(limits.handler);

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
    policies,
    approvals,
    customers,
    indicators,
    scorecards,
    ratings,
    overrides,
    limits,
    validation,
    reads: createReads(database, [
      userReads,
      auditReads,
      policyReads,
      approvals.reads,
      customerReads,
      indicatorReads,
      scorecards.reads,
      ratings.reads,
      overrideReads,
      limits.reads,
    ]),
    readiness: async () => {
      try {
        const { standing, missing } = await compareSchema(database.query, MIGRATIONS);
        if (standing === 'older') logger.warn({ missing }, 'not ready: the database lacks migrations');
        return { ready: standing !== 'older', database: 'ok', schema: standing };
      } catch (error) {
        logger.warn({ err: error }, 'not ready: the database does not answer');
        return { ready: false, database: 'unreachable', schema: null };
      }
    },
    close: async () => {
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

/** Gives a migrated database what it needs before anybody can work: policies and the expert scorecard. Idempotent. */
export const bootstrap = async (app: App): Promise<void> => {
  const by = asSystem('bootstrap', app.newId());
  required(await app.policies.ensureDefaults(by));
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
