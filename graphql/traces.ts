/**
 * Spans of the API: one for the HTTP request, in it one for the GraphQL operation. They hold no variables, no query string
 * and no text that a caller made up.
 */
import type { ApolloServerPlugin } from '@apollo/server';
import type { RequestHandler, Response } from 'express';
import type { GraphQLFormattedError, OperationDefinitionNode } from 'graphql';
import type { App } from '../src/app';
import type { Span } from '../src/platform/tracing';
import type { GraphContext } from './context';
import { publishedNames } from './metrics';

/** Asked every few seconds by machines. */
const PROBES = new Set(['/healthz', '/readyz', '/metrics']);
const TRACE_PARENT_HEADER = 'traceparent';

/** After the request has got its id. */
export const traceRequests =
  ({ tracing }: Pick<App, 'tracing'>): RequestHandler =>
  (request, response, next) => {
    if (PROBES.has(request.path)) return next();
    const parent = request.header(TRACE_PARENT_HEADER);
    const attributes = { 'http.request.method': request.method, 'tierwarden.request_id': request.id as string };
    void tracing.span(request.method, { kind: 'server', parent, attributes }, (span) =>
      untilAnswered(response, next, () => {
        span.set({ 'http.response.status_code': response.statusCode });
        if (response.statusCode >= 500) span.fail(String(response.statusCode));
        if (response.statusCode === 404) return;
        // The first part of the path is one of a few; the rest may be anything.
        const route = /^\/[^/?]*/.exec(request.originalUrl)?.[0] ?? '/';
        span.rename(`${request.method} ${route}`);
        span.set({ 'http.route': route });
      }),
    );
  };

/** Right before the operation is read, with its body in hand. */
export const traceOperations =
  ({ tracing }: Pick<App, 'tracing'>): RequestHandler =>
  (request, response, next) => {
    const attributes = { 'tierwarden.request_id': request.id as string };
    void tracing.span('graphql', { attributes }, () => untilAnswered(response, next));
  };

const untilAnswered = (response: Response, next: () => void, ended?: () => void): Promise<void> =>
  new Promise((resolve) => {
    response.once('close', () => {
      ended?.();
      resolve();
    });
    next();
  });

/** Tells the span of {@link traceOperations} which operation it is, and how it ended. */
export const operationTraces = ({ tracing }: Pick<App, 'tracing'>): ApolloServerPlugin<GraphContext> => {
  const tell = operationTeller();
  return {
    requestDidStart: async () => {
      const span: Span | null = tracing.current();
      if (span === null) return undefined;
      return {
        didResolveOperation: async ({ operation, queryHash }) => tell.resolved(span, operation, queryHash),
        willSendResponse: async ({ response: { body } }) => {
          tell.ended(span, (body.kind === 'single' ? body.singleResult : body.initialResult).errors ?? []);
        },
      };
    },
  };
};

/** What a span is told of an operation, by whatever transport it came. */
export const operationTeller = () => {
  const published = publishedNames();
  return {
    resolved: (span: Span, operation: OperationDefinitionNode | undefined, documentSha256: string): void => {
      const name = operation?.name?.value;
      const type = operation?.operation ?? 'operation';
      const known = name !== undefined && published.has(name);
      span.rename(known ? `${type} ${name}` : type);
      span.set({
        'graphql.operation.type': type,
        'graphql.document.sha256': documentSha256,
        ...(known ? { 'graphql.operation.name': name } : {}),
      });
    },
    ended: (span: Span, errors: readonly GraphQLFormattedError[]): void => {
      const codes = [...new Set(errors.map(({ extensions }) => String(extensions?.['code'])))];
      if (codes.length > 0) span.set({ 'tierwarden.faults': codes });
      const ours = codes.find((code) => code === 'INTERNAL_SERVER_ERROR' || code === 'SERVICE_UNAVAILABLE');
      if (ours !== undefined) span.fail(ours);
    },
  };
};
