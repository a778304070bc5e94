/**
 * Runs operations that do not go through Apollo Server: those over connections which stay open, and queries over HTTP that
 * come again. Limits and answers are the same: depth, aliases, trust, cost, rate, masking, request ids, `extensions.cost`
 * and figures. It knows no transport and takes its callers for signed in as they say.
 */
import {
  getOperationAST,
  GraphQLError,
  Kind,
  OperationTypeNode,
  parse,
  specifiedRules,
  subscribe,
  validate,
  type DefinitionNode,
  type DocumentNode,
  type ExecutionResult,
  type GraphQLFormattedError,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql';
import type { App } from '../src/app';
import type { Telemetry } from '../src/platform/telemetry';
import type { Span } from '../src/platform/tracing';
import { isUsableBody, UNUSABLE } from './clean-input';
import type { GraphContext } from './context';
import type { Executor } from './execution';
import { fault, formatFault } from './faults';
import { codeOf, operationReporter } from './metrics';
import type { Plan, QueryLimits } from './query-limits';
import { operationTeller } from './traces';
import { sha256Of } from './trusted-documents';

/** As it was sent; nothing of it has been looked at. */
export interface OperationRequest {
  readonly query?: unknown;
  readonly operationName?: unknown;
  readonly variables?: unknown;
}

/** Errors in results are {@link ShownError}s. */
export type OperationOutcome =
  | SingleOutcome
  | { readonly kind: 'stream'; readonly document: DocumentNode; readonly results: AsyncGenerator<ExecutionResult> };

export type SingleOutcome =
  /** Never began: there are errors and no data. */
  | { readonly kind: 'refused'; readonly result: ExecutionResult; readonly thrown: readonly GraphQLError[] }
  | {
      readonly kind: 'single';
      readonly document: DocumentNode;
      readonly result: ExecutionResult;
      readonly thrown: readonly GraphQLError[];
    };

/** A valid document that holds one query and nothing else to be run. */
export interface KnownQuery {
  /** Null for a query without a name. */
  readonly name: string | null;
  run(variables: Readonly<Record<string, unknown>>, context: GraphContext): Promise<SingleOutcome>;
}

export interface OperationRunner {
  /** `claim` is asked before a subscription begins, and yields what is to be called when it has ended. */
  run(request: OperationRequest, context: GraphContext, claim: () => () => void): Promise<OperationOutcome>;
  /** Null for other documents; throws what makes a text no valid document. */
  known(text: string): KnownQuery | null;
  /** What the caller sees of whatever was thrown. */
  show(error: unknown, requestId: string): ShownError;
  /** Begins nothing any more; resolves when what was under way has its answer. */
  drain(): Promise<void>;
}

export interface OperationRunnerDeps {
  readonly app: App;
  readonly schema: GraphQLSchema;
  readonly executor: Executor;
  readonly limits: QueryLimits;
  readonly telemetry: Telemetry;
  /** Bounds the parser's work on one document. */
  readonly maxTokens: number;
}

/** An error in the form in which it leaves the server; everything that is put into JSON goes by it. */
export class ShownError extends GraphQLError {
  constructor(private readonly formatted: GraphQLFormattedError) {
    super(formatted.message, { extensions: formatted.extensions ?? {} });
  }

  override toJSON(): GraphQLFormattedError {
    return this.formatted;
  }
}

interface Performance {
  readonly sha256: string;
  readonly context: GraphContext;
  readonly claim: () => () => void;
  readonly planned: (plan: Plan) => void;
}

interface Understood {
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly operationName: string | undefined;
}

export const createOperationRunner = (deps: OperationRunnerDeps): OperationRunner => {
  const { app, schema, executor, limits, telemetry } = deps;
  const format = formatFault(app.logger);
  const report = operationReporter(app, telemetry);
  const tell = operationTeller();
  const documents = createDocumentStore(deps);
  const underWay = new Set<Promise<unknown>>();
  let draining = false;

  const show = (thrown: unknown, requestId: string): ShownError => {
    const error = asGraphQLError(thrown);
    const { http: _, ...extensions } = error.extensions;
    const formatted = { ...error.toJSON(), extensions: { code: 'INTERNAL_SERVER_ERROR', ...extensions } };
    const shown = format(formatted, error);
    return new ShownError({ ...shown, extensions: { ...shown.extensions, requestId } });
  };

  /** The result as it leaves, with what it cost. */
  const shownResult = (result: ExecutionResult, plan: Plan | null, requestId: string): ExecutionResult => ({
    ...(result.errors === undefined ? {} : { errors: result.errors.map((error) => show(error, requestId)) }),
    ...(result.data === undefined ? {} : { data: result.data }),
    ...(plan === null
      ? {}
      : {
          extensions: {
            cost: { requested: plan.requested, actual: plan.fieldsIn(result.data), limit: limits.costLimit },
          },
        }),
  });

  const stream = (
    results: AsyncGenerator<ExecutionResult, void, void>,
    plan: Plan | null,
    { requestId }: GraphContext,
    release: () => void,
  ): AsyncGenerator<ExecutionResult> => {
    let failed = false;
    const wrapped: Omit<AsyncGenerator<ExecutionResult>, typeof Symbol.asyncDispose> = {
      next: async () => {
        if (failed) return { done: true, value: undefined };
        try {
          const next = await results.next();
          if (next.done === true) {
            release();
            return { done: true, value: undefined };
          }
          const result = shownResult(next.value, plan, requestId);
          for (const error of result.errors ?? []) telemetry.faulted(codeOf(error));
          return { done: false, value: result };
        } catch (error) {
          failed = true;
          release();
          const shown = show(error, requestId);
          telemetry.faulted(codeOf(shown));
          return { done: false, value: { errors: [shown] } };
        }
      },
      return: async () => {
        failed = true;
        release();
        await results.return();
        return { done: true, value: undefined };
      },
      throw: (error) => Promise.reject(asGraphQLError(error)),
      [Symbol.asyncIterator]() {
        return this as AsyncGenerator<ExecutionResult>;
      },
    };
    return wrapped as AsyncGenerator<ExecutionResult>;
  };

  const perform = async (
    { document, operation, variables, operationName }: Understood,
    { sha256, context, claim, planned }: Performance,
  ): Promise<OperationOutcome> => {
    const plan = limits.plan({ document, operation, variables, sha256 }, context);
    if (plan !== null) planned(plan);
    const subscribing = operation.operation === OperationTypeNode.SUBSCRIPTION;
    const release = subscribing ? claim() : () => undefined;
    try {
      if (plan !== null) await limits.admit(plan, context);
      const result = subscribing
        ? await subscribe({ schema, document, contextValue: context, variableValues: variables, operationName })
        : await executor({ document, context, variables, operationName });
      if ('next' in result) return { kind: 'stream', document, results: stream(result, plan, context, release) };
      release();
      const thrown = result.errors?.map(codedWhereUnfit) ?? [];
      const shown = shownResult({ ...result, ...(result.errors && { errors: thrown }) }, plan, context.requestId);
      return result.data === undefined
        ? { kind: 'refused', result: shown, thrown }
        : { kind: 'single', document, result: shown, thrown };
    } catch (error) {
      release();
      throw error;
    }
  };

  const run = async (
    sha256: string | undefined,
    understood: () => Understood,
    context: GraphContext,
    claim: () => () => void,
  ): Promise<OperationOutcome> => {
    const attributes = { 'tierwarden.request_id': context.requestId };
    const running = app.tracing.span('graphql', { attributes }, (span) =>
      observed(sha256, understood, context, claim, span),
    );
    underWay.add(running);
    try {
      return await running;
    } finally {
      underWay.delete(running);
    }
  };

  /** Tells the figures and the trace how it went, whatever happens. */
  const observed = async (
    sha256: string | undefined,
    understood: () => Understood,
    context: GraphContext,
    claim: () => () => void,
    span: Span,
  ): Promise<OperationOutcome> => {
    const startedMs = performance.now();
    const { requestId } = context;
    let name: string | undefined;
    let plan: Plan | null = null;
    let outcome: OperationOutcome;
    try {
      if (draining) throw fault('SERVICE_UNAVAILABLE', 'this process is stopping');
      const what = understood();
      name = what.operation.name?.value;
      tell.resolved(span, what.operation, sha256 ?? '');
      const planned = (made: Plan): void => {
        plan = made;
      };
      outcome = await perform(what, { sha256: sha256 ?? '', context, claim, planned });
    } catch (error) {
      const thrown = error instanceof SeveralErrors ? error.errors : [asGraphQLError(error)];
      outcome = { kind: 'refused', result: shownResult({ errors: thrown }, plan, requestId), thrown };
    }
    const errors = outcome.kind === 'stream' ? [] : (outcome.result.errors ?? []);
    tell.ended(span, errors);
    report({ requestId, name, documentSha256: sha256, durationMs: performance.now() - startedMs, errors });
    return outcome;
  };

  const queryIn = (document: DocumentNode, sha256: string): KnownQuery | null => {
    const [operation, further] = document.definitions.filter(isOperation);
    if (operation?.operation !== OperationTypeNode.QUERY || further !== undefined) return null;
    return {
      name: operation.name?.value ?? null,
      run: async (variables, context) => {
        const outcome = await run(
          sha256,
          () => ({ document, operation, variables, operationName: undefined }),
          context,
          noSubscription,
        );
        if (outcome.kind === 'stream') throw new Error('a query has one answer');
        return outcome;
      },
    };
  };

  return {
    show,
    run: (request, context, claim) =>
      run(
        typeof request.query === 'string' ? sha256Of(request.query) : undefined,
        () => understand(request, documents),
        context,
        claim,
      ),
    known: (text) => queryIn(documents.valid(text), sha256Of(text)),
    drain: async () => {
      draining = true;
      await Promise.allSettled(underWay);
    },
  };
};

/* From what was sent to an operation that is valid */

class SeveralErrors extends Error {
  constructor(readonly errors: readonly GraphQLError[]) {
    super('several errors');
  }
}

const understand = (request: OperationRequest, documents: DocumentStore): Understood => {
  const { query, operationName, variables } = request;
  if (typeof query !== 'string' || query.trim() === '') throw malformed('a request needs a `query`, which is text');
  if (operationName != null && typeof operationName !== 'string') throw malformed('`operationName` is text');
  if (variables != null && (typeof variables !== 'object' || Array.isArray(variables))) {
    throw malformed('`variables` is an object');
  }
  if (!isUsableBody({ query, variables })) throw fault('BAD_USER_INPUT', UNUSABLE, { reason: 'UNUSABLE_VALUE' });
  const document = documents.valid(query);
  const operation = getOperationAST(document, operationName);
  if (operation == null) {
    throw malformed(
      operationName == null ? 'name the operation: the document has several' : 'the document has no such operation',
    );
  }
  return {
    document,
    operation,
    variables: (variables as Record<string, unknown> | null | undefined) ?? {},
    operationName: operationName ?? undefined,
  };
};

const isOperation = (definition: DefinitionNode): definition is OperationDefinitionNode =>
  definition.kind === Kind.OPERATION_DEFINITION;

const noSubscription = (): never => {
  throw new Error('a query is no subscription');
};

const malformed = (message: string): GraphQLError => fault('BAD_USER_INPUT', message);

interface DocumentStore {
  /** Throws what makes the text no valid document. */
  valid(text: string): DocumentNode;
}

/** Documents come again and again; long ones are not worth their place. */
const MAX_STORED = 500;
const MAX_STORED_LENGTH = 16 * 1024;

const createDocumentStore = ({ schema, limits, maxTokens }: OperationRunnerDeps): DocumentStore => {
  const stored = new Map<string, DocumentNode>();
  const rules = [...specifiedRules, ...limits.validationRules];
  return {
    valid: (text) => {
      const known = stored.get(text);
      if (known !== undefined) return known;
      const document = parsed(text, maxTokens);
      const errors = validate(schema, document, rules);
      if (errors.length > 0) throw new SeveralErrors(errors.map((error) => coded(error, 'GRAPHQL_VALIDATION_FAILED')));
      const [oldest] = stored.keys();
      if (stored.size >= MAX_STORED && oldest !== undefined) stored.delete(oldest);
      if (text.length <= MAX_STORED_LENGTH) stored.set(text, document);
      return document;
    },
  };
};

const parsed = (text: string, maxTokens: number): DocumentNode => {
  try {
    return parse(text, { maxTokens });
  } catch (error) {
    throw coded(asGraphQLError(error), 'GRAPHQL_PARSE_FAILED');
  }
};

const coded = (error: GraphQLError, code: string): GraphQLError =>
  new GraphQLError(error.message, {
    nodes: error.nodes,
    source: error.source,
    positions: error.positions,
    path: error.path,
    originalError: error,
    extensions: { ...error.extensions, code },
  });

/** Variables that do not fit are found by execution, which gives no code. */
const codedWhereUnfit = (error: GraphQLError): GraphQLError =>
  error.nodes?.[0]?.kind === Kind.VARIABLE_DEFINITION && error.extensions['code'] === undefined
    ? coded(error, 'BAD_USER_INPUT')
    : error;

const asGraphQLError = (thrown: unknown): GraphQLError => {
  if (thrown instanceof GraphQLError) return thrown;
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  return new GraphQLError(error.message, { originalError: error });
};
