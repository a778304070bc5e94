/**
 * Faults: what a request answers in `errors[]`. Refusals that a user can mend travel in payloads instead; what reaches
 * here unforeseen is logged with its request id and leaves the server without any detail.
 */
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import { ApolloServerErrorCode, unwrapResolverError } from '@apollo/server/errors';
import { ArgumentValidationError } from 'type-graphql';
import type { Logger } from 'pino';
import { RefusalError, type Refusal } from '../src/kernel/refusal';
import type { Result } from '../src/kernel/result';

export type FaultCode =
  | 'UNAUTHENTICATED'
  | 'FORBIDDEN'
  | 'NOT_FOUND'
  | 'BAD_USER_INPUT'
  | 'COST_LIMIT_EXCEEDED'
  | 'DEPTH_LIMIT_EXCEEDED'
  | 'RATE_LIMITED'
  | 'TRUSTED_DOCUMENT_REQUIRED'
  | 'PAYLOAD_TOO_LARGE'
  | 'SERVICE_UNAVAILABLE'
  | 'INTERNAL_SERVER_ERROR';

export const fault = (code: FaultCode, message: string, extensions: Record<string, unknown> = {}): GraphQLError =>
  new GraphQLError(message, { extensions: { code, ...extensions } });

/** The value of a query, or a fault where it was refused: reading has no payload to put a user error into. */
export const valueOrFault = <T>(result: Result<T>): T => {
  if (result.ok) return result.value;
  throw faultOf(result.refusal);
};

export const faultOf = (refusal: Refusal): GraphQLError => {
  const { code, reason, message, params } = refusal;
  const detail = { ...(reason === undefined ? {} : { reason }), ...(params === undefined ? {} : { params }) };
  if (code === 'FORBIDDEN' || code === 'NOT_FOUND') return fault(code, message, detail);
  return fault('BAD_USER_INPUT', message, detail);
};

/** Codes of GraphQL itself that callers may see as they are. */
const PASSED_ON = new Set<string>([
  ApolloServerErrorCode.GRAPHQL_PARSE_FAILED,
  ApolloServerErrorCode.GRAPHQL_VALIDATION_FAILED,
  ApolloServerErrorCode.OPERATION_RESOLUTION_FAILURE,
  ApolloServerErrorCode.BAD_USER_INPUT,
  ApolloServerErrorCode.BAD_REQUEST,
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'NOT_FOUND',
  'COST_LIMIT_EXCEEDED',
  'DEPTH_LIMIT_EXCEEDED',
  'RATE_LIMITED',
  'TRUSTED_DOCUMENT_REQUIRED',
  'PAYLOAD_TOO_LARGE',
  'SERVICE_UNAVAILABLE',
]);

/** Of these, the ones that may pass by themselves. */
const RETRYABLE = new Set(['RATE_LIMITED', 'SERVICE_UNAVAILABLE']);

/** Connection lost, too many connections, statement cancelled, server shutting down: trying again may help. */
const UNAVAILABLE = /^(08|53|57P|57014)|^(ECONNREFUSED|ECONNRESET|ETIMEDOUT|EPIPE)$/;

export const formatFault =
  (logger: Logger) =>
  (formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError => {
    const original = unwrapResolverError(error);
    if (original instanceof RefusalError) return shaped(formatted, faultOf(original.refusal));
    if (original instanceof ArgumentValidationError) {
      return shaped(formatted, fault('BAD_USER_INPUT', 'an argument is not valid', { reason: 'ARGUMENT' }));
    }
    const code = codeOf(formatted, error);
    if (code !== undefined && PASSED_ON.has(code)) {
      const { stacktrace: _, ...extensions } = formatted.extensions ?? {};
      return { ...formatted, extensions: { ...extensions, code, retryable: RETRYABLE.has(code) } };
    }
    logger.error({ err: original }, 'a request failed unforeseen');
    const unavailable = UNAVAILABLE.test((original as { code?: string } | null)?.code ?? '');
    return shaped(
      formatted,
      unavailable
        ? fault('SERVICE_UNAVAILABLE', 'a service that is needed does not answer', { retryable: true })
        : fault('INTERNAL_SERVER_ERROR', 'something went wrong on our side', { retryable: false }),
    );
  };

/** Validation gives every broken rule one code, though a limit has its own. */
const codeOf = (formatted: GraphQLFormattedError, error: unknown): string | undefined => {
  const rule = error instanceof GraphQLError && error.originalError;
  const own = rule instanceof GraphQLError ? rule.extensions['code'] : undefined;
  return (own === 'DEPTH_LIMIT_EXCEEDED' ? own : formatted.extensions?.['code']) as string | undefined;
};

const shaped = (formatted: GraphQLFormattedError, error: GraphQLError): GraphQLFormattedError => ({
  message: error.message,
  ...(formatted.locations === undefined ? {} : { locations: formatted.locations }),
  ...(formatted.path === undefined ? {} : { path: formatted.path }),
  extensions: { retryable: false, ...error.extensions },
});
