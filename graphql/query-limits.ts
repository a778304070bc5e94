/**
 * The limits that an operation meets between being parsed and being run: depth and aliases as rules of validation, then
 * trust, introspection, cost and the client's rate, in this order. None of them knows by which transport it came.
 */
import { HeaderMap, type ApolloServerPlugin } from '@apollo/server';
import { maxAliasesRule } from '@escape.tech/graphql-armor-max-aliases';
import { maxDepthRule } from '@escape.tech/graphql-armor-max-depth';
import {
  BREAK,
  GraphQLError,
  visit,
  type DocumentNode,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type ValidationRule,
} from 'graphql';
import type { App } from '../src/app';
import { servesThisMachineOnly } from '../src/config';
import { openRateLimitStore } from '../src/platform/rate-limit-store';
import type { GraphContext } from './context';
import { createCostModel } from './cost';
import { fault } from './faults';
import { createRateLimiter, WINDOW_SECONDS } from './rate-limit';
import { readTrustedDocuments } from './trusted-documents';

const MAX_DEPTH = 9;
const MAX_ALIASES = 100;

/** An operation that parsed and is valid. */
export interface ValidOperation {
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  readonly variables: Readonly<Record<string, unknown>>;
  /** SHA-256 of the document's text, in hexadecimal digits. */
  readonly sha256: string;
}

export interface Plan {
  /** Points, estimated before the operation runs. */
  readonly requested: number;
  /** Number of fields that an answer with these data holds. */
  fieldsIn(data: unknown): number;
}

export interface QueryLimits {
  /** Points that an operation may cost. */
  readonly costLimit: number;
  /** For documents, whatever the variables and whoever asks; to be added to those of GraphQL itself. */
  readonly validationRules: readonly ValidationRule[];
  /**
   * Throws the fault of a document that may not run here, for this caller; null where the variables do not fit, so that
   * execution will refuse them.
   */
  plan(valid: ValidOperation, context: GraphContext): Plan | null;
  /** Throws COST_LIMIT_EXCEEDED or RATE_LIMITED; else takes the points from what the caller may spend. */
  admit(plan: Plan, context: GraphContext): Promise<void>;
  /** Waits for what is being counted; before the database closes. */
  close(): Promise<void>;
}

export const createQueryLimits = async (app: App, schema: GraphQLSchema): Promise<QueryLimits> => {
  const { config, logger } = app;
  const costLimit = config.queryCostLimit;
  const costs = createCostModel(schema);
  const demandTrust = await trustGuard(app);
  const introspects = createIntrospectionCheck();
  const store = await openRateLimitStore({
    redis: config.redis,
    database: app.database,
    windowSeconds: WINDOW_SECONDS,
  });
  const rate = createRateLimiter({ pointsPerWindow: config.rateLimitPerMinute, store, logger });

  return {
    costLimit,
    validationRules: [offeredRule, depthRule, aliasRule],
    plan: ({ document, operation, variables, sha256 }, context) => {
      demandTrust(sha256, context);
      if (context.signedIn === null && introspects(document) && !servesThisMachineOnly(config)) {
        throw fault('UNAUTHENTICATED', 'Sign in to look at the schema.', {
          reason: 'TOKEN_MISSING',
          http: { status: 401 },
        });
      }
      const requested = costs.costOf(document, operation, variables);
      if (requested === null) return null;
      return { requested, fieldsIn: (data) => costs.fieldsOf(document, operation, data) };
    },
    admit: async ({ requested }, context) => {
      if (requested > costLimit) {
        throw fault(
          'COST_LIMIT_EXCEEDED',
          `the operation costs ${requested} points, and ${costLimit} is the limit: ask for less, or for shorter pages`,
          { params: { requested, limit: costLimit }, http: { status: 400 } },
        );
      }
      if (config.rateLimitPerMinute === 0) return;
      const retryAfterMs = await rate.spend(clientOf(context), requested);
      if (retryAfterMs !== null) throw rateLimited(retryAfterMs);
    },
    close: async () => {
      await rate.settled();
      await store.close();
    },
  };
};

/** Puts every operation that Apollo runs under the limits, and says in its answer what it cost. */
export const limitQueries = (limits: QueryLimits): ApolloServerPlugin<GraphContext> => ({
  requestDidStart: async () => {
    let plan: Plan | null = null;
    return {
      didResolveOperation: async ({ document, operation, request, queryHash, contextValue }) => {
        // Execution says which operation is missing.
        if (operation === undefined) return;
        const variables = request.variables ?? {};
        plan = limits.plan({ document, operation, variables, sha256: queryHash }, contextValue);
        if (plan !== null) await limits.admit(plan, contextValue);
      },
      willSendResponse: async ({ response: { body } }) => {
        if (plan === null || body.kind !== 'single') return;
        const { requested } = plan;
        const cost = { requested, actual: plan.fieldsIn(body.singleResult.data), limit: limits.costLimit };
        body.singleResult.extensions = { ...body.singleResult.extensions, cost };
      },
    };
  },
});

const rateLimited = (retryAfterMs: number): Error =>
  fault('RATE_LIMITED', `too much in a minute; try again in ${Math.ceil(retryAfterMs / 1000)} s`, {
    retryable: true,
    retryAfterMs,
    http: { status: 429, headers: new HeaderMap([['retry-after', String(Math.ceil(retryAfterMs / 1000))]]) },
  });

const clientOf = ({ signedIn, address }: GraphContext): string =>
  signedIn === null ? `address/${address}` : `user/${signedIn.id}`;

const depthRule: ValidationRule = (context) =>
  maxDepthRule({
    n: MAX_DEPTH,
    flattenFragments: true,
    propagateOnRejection: false,
    onReject: [
      () => context.reportError(fault('DEPTH_LIMIT_EXCEEDED', `fields stand at most ${MAX_DEPTH} deep in one another`)),
    ],
  })(context);

/** GraphQL's own rules pass over operations that the schema has no root for, and execution then fails on them. */
const offeredRule: ValidationRule = (context) => ({
  OperationDefinition: (node) => {
    if (context.getSchema().getRootType(node.operation) != null) return;
    context.reportError(
      new GraphQLError(`there are no operations of the kind ${node.operation} here`, { nodes: node }),
    );
  },
});

const aliasRule: ValidationRule = (context) =>
  maxAliasesRule({
    n: MAX_ALIASES,
    allowList: [],
    propagateOnRejection: false,
    onReject: [
      () =>
        context.reportError(
          new GraphQLError(`an operation has at most ${MAX_ALIASES} aliases`, {
            extensions: { reason: 'TOO_MANY_ALIASES' },
          }),
        ),
    ],
  })(context);

const createIntrospectionCheck = (): ((document: DocumentNode) => boolean) => {
  const known = new WeakMap<DocumentNode, boolean>();
  return (document) => {
    const found = known.get(document) ?? mentionsSchema(document);
    known.set(document, found);
    return found;
  };
};

const mentionsSchema = (document: DocumentNode): boolean => {
  let found = false;
  visit(document, {
    Field: ({ name }) => {
      if (name.value !== '__schema' && name.value !== '__type') return undefined;
      found = true;
      return BREAK;
    },
  });
  return found;
};

/** Documents that were logged as unknown; above this many, nobody would read on. */
const MAX_LOGGED = 1_000;

const trustGuard = async ({ config, logger }: App): Promise<(sha256: string, context: GraphContext) => void> => {
  const { mode } = config.trustedDocuments;
  if (mode === 'off') return () => undefined;
  const trusted = await readTrustedDocuments(config.trustedDocuments);
  const logged = new Set<string>();
  return (sha256, { requestId }) => {
    if (trusted.has(sha256)) return;
    if (mode === 'enforce') {
      throw fault('TRUSTED_DOCUMENT_REQUIRED', 'only documents that were published are run here', {
        params: { sha256 },
        http: { status: 400 },
      });
    }
    if (logged.has(sha256) || logged.size >= MAX_LOGGED) return;
    logged.add(sha256);
    logger.warn({ sha256, requestId }, 'a document that nobody published was run');
  };
};
