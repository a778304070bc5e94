/**
 * What operations cost and how they end, told to the telemetry; slow ones also to the log. Neither ever sees variables, and
 * a caller's own names make no label.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ApolloServerPlugin } from '@apollo/server';
import { Kind, parse, type GraphQLFieldResolver, type GraphQLSchema } from 'graphql';
import type { App } from '../src/app';
import { projectFolder } from '../src/config';
import type { LossOfPatience } from '../src/platform/patience';
import type { Telemetry } from '../src/platform/telemetry';
import type { GraphContext } from './context';
import { shownCode } from './faults';
import type { Payload } from './user-errors';

/** Label of every operation that is not published. */
const OTHER = 'other';
/** Names are the caller's choice, so a line holds this much of one. */
const LOGGED_NAME_LENGTH = 100;

export interface EndedOperation {
  readonly requestId: string;
  /** As the caller named it. */
  readonly name: string | undefined;
  /** SHA-256 of the document; absent where none was sent. */
  readonly documentSha256: string | undefined;
  readonly durationMs: number;
  readonly errors: readonly unknown[];
}

/** Takes note of an operation, by whatever transport it came. */
export const operationReporter = (
  { config, logger }: Pick<App, 'config' | 'logger'>,
  telemetry: Telemetry,
): ((ended: EndedOperation) => void) => {
  const published = publishedNames();
  return ({ requestId, name, documentSha256, durationMs, errors }) => {
    telemetry.operationEnded(name !== undefined && published.has(name) ? name : OTHER, durationMs);
    for (const error of errors) if (!isUnheard(error)) telemetry.faulted(codeOf(error));
    if (durationMs < config.slowOperationMs) return;
    logger.warn(
      {
        requestId,
        operation: name?.slice(0, LOGGED_NAME_LENGTH) ?? null,
        documentSha256: documentSha256 ?? null,
        durationMs: Math.round(durationMs),
      },
      'slow operation',
    );
  };
};

export const operationMetrics = (
  app: Pick<App, 'config' | 'logger'>,
  telemetry: Telemetry,
): ApolloServerPlugin<GraphContext> => {
  const report = operationReporter(app, telemetry);
  return {
    requestDidStart: async () => {
      const startedMs = performance.now();
      return {
        willSendResponse: async ({ operation, queryHash, response: { body }, contextValue }) => {
          report({
            requestId: contextValue.requestId,
            name: operation?.name?.value,
            documentSha256: queryHash,
            durationMs: performance.now() - startedMs,
            errors: (body.kind === 'single' ? body.singleResult.errors : body.initialResult.errors) ?? [],
          });
        },
      };
    },
    // Refused before there was an operation: the token does not hold, or the request is none of GraphQL over HTTP.
    contextCreationDidFail: async ({ error }) => telemetry.faulted(codeOf(error)),
    invalidRequestWasReceived: async ({ error }) => telemetry.faulted(codeOf(error)),
  };
};

/** Nobody hears of it, so that nothing went wrong for anybody. */
const isUnheard = (error: unknown): boolean =>
  (error as { extensions?: { reason?: unknown } }).extensions?.reason === ('CALLER_GONE' satisfies LossOfPatience);

export const codeOf = (error: unknown): string => {
  const code = (error as { extensions?: { code?: unknown } }).extensions?.code;
  return typeof code === 'string' ? shownCode(code) : 'INTERNAL_SERVER_ERROR';
};

/** Names of the published operations. */
export const publishedNames = (): ReadonlySet<string> => {
  const folder = join(projectFolder(), 'graphql', 'operations');
  const files = readdirSync(folder).filter((file) => file.endsWith('.graphql'));
  return new Set(
    files.flatMap((file) =>
      parse(readFileSync(join(folder, file), 'utf8')).definitions.flatMap((definition) =>
        definition.kind === Kind.OPERATION_DEFINITION && definition.name ? [definition.name.value] : [],
      ),
    ),
  );
};

/**
 * Counts the refusals of every mutation, whether or not the caller asks to see them. Done at the mutations themselves: a
 * hook for fields would be run for all fields of all queries.
 */
export const countingUserErrors = (schema: GraphQLSchema, telemetry: Telemetry): GraphQLSchema => {
  for (const field of Object.values(schema.getMutationType()?.getFields() ?? {})) {
    const { resolve } = field;
    if (resolve === undefined) continue;
    field.resolve = counted(resolve, telemetry);
  }
  return schema;
};

const counted =
  (resolve: GraphQLFieldResolver<unknown, unknown>, telemetry: Telemetry): typeof resolve =>
  async (...given) => {
    const [, , context, { fieldName }] = given;
    const { app, signedIn, requestId } = context as GraphContext;
    const note = (code: string): void => {
      if (signedIn !== null && OUT_OF_BOUNDS.has(code))
        app.looks.refused(signedIn, requestId, { what: fieldName, code });
    };
    try {
      const payload = (await resolve(...given)) as Partial<Payload> | null;
      for (const { code } of payload?.userErrors ?? []) {
        telemetry.refused(code);
        note(code);
      }
      return payload;
    } catch (error) {
      note(codeOf(error));
      throw error;
    }
  };

/** Codes of what somebody has no right to; the audit log says who tried. */
const OUT_OF_BOUNDS = new Set(['FORBIDDEN', 'MAKER_CANNOT_CHECK', 'AUTHORITY_EXCEEDED']);
