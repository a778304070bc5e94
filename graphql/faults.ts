/**
 * Faults: what a request answers in `errors[]`. Refusals that a user can mend travel in payloads instead; what reaches
 * here unforeseen is logged with its request id and leaves the server without any detail.
 */
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import { ApolloServerErrorCode } from '@apollo/server/errors';
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

/** Connection lost, too many of them, statement or lock given up, server shutting down: trying again may help. */
const UNAVAILABLE = /^(08|53|57P|57014|55P03)|^(ECONNREFUSED|ECONNRESET|ETIMEDOUT|EPIPE)$/;
/** The pool's own words; it gives no code. */
const POOL_EXHAUSTED = /^timeout exceeded when trying to connect$/;
/** The database could not make a value out of what it was given, such as a key in a made-up cursor. */
const UNUSABLE_VALUE = /^22/;

export const formatFault =
  (logger: Logger) =>
  (formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError => {
    const original = error instanceof GraphQLError && error.originalError ? error.originalError : error;
    if (original instanceof RefusalError) return shaped(formatted, faultOf(original.refusal));
    if (original instanceof ArgumentValidationError) return shaped(formatted, argumentFault(original));
    const code = codeOf(formatted, error);
    if (code !== undefined && PASSED_ON.has(code)) {
      const { stacktrace: _, ...extensions } = formatted.extensions ?? {};
      // One code for input that cannot be used, whichever layer found it.
      const own = code === 'BAD_REQUEST' ? 'BAD_USER_INPUT' : code;
      return { ...formatted, extensions: { ...extensions, code: own, retryable: RETRYABLE.has(own) } };
    }
    return shaped(formatted, unforeseenFault(logger, original));
  };

/** The fault for a failure that nobody foresaw. What is logged of it holds no values: they may be personal. */
const unforeseenFault = (logger: Logger, error: unknown): GraphQLError => {
  const { name, message, stack, code = '' } = error as Error & { code?: string };
  if (UNUSABLE_VALUE.test(code)) return fault('BAD_USER_INPUT', 'a value cannot be used', { reason: 'UNUSABLE_VALUE' });
  logger.error({ err: { type: name, message, stack, code } }, 'a request failed unforeseen');
  return UNAVAILABLE.test(code) || POOL_EXHAUSTED.test(message)
    ? fault('SERVICE_UNAVAILABLE', 'a service that is needed does not answer', { retryable: true })
    : fault('INTERNAL_SERVER_ERROR', 'something went wrong on our side', { retryable: false });
};

const argumentFault = ({ extensions }: ArgumentValidationError): GraphQLError => {
  const messages = extensions.validationErrors.flatMap((found) => Object.values(found.constraints ?? {}));
  return fault('BAD_USER_INPUT', messages.join('; ') || 'an argument is not valid', {
    reason: 'ARGUMENT',
    arguments: extensions.validationErrors.map((found) => found.property),
  });
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
