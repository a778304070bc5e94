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
import { OutOfPatience } from '../src/platform/patience';

/** Every code that `errors[].extensions.code` can hold. */
export const FAULT_CODES = [
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'NOT_FOUND',
  'BAD_USER_INPUT',
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'COST_LIMIT_EXCEEDED',
  'DEPTH_LIMIT_EXCEEDED',
  'RATE_LIMITED',
  'TRUSTED_DOCUMENT_REQUIRED',
  'PAYLOAD_TOO_LARGE',
  'SERVICE_UNAVAILABLE',
  'INTERNAL_SERVER_ERROR',
] as const;
export type FaultCode = (typeof FAULT_CODES)[number];

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

export const outOfPatienceFault = ({ message, reason }: OutOfPatience): GraphQLError =>
  fault('SERVICE_UNAVAILABLE', message, { reason, retryable: true, http: { status: 503 } });

/** What other layers say in words of their own, and the code that callers see for it. */
const TRANSLATED: Readonly<Record<string, FaultCode>> = {
  [ApolloServerErrorCode.BAD_REQUEST]: 'BAD_USER_INPUT',
  [ApolloServerErrorCode.OPERATION_RESOLUTION_FAILURE]: 'BAD_USER_INPUT',
};

/** The code that callers see. */
export const shownCode = (code: string): string => TRANSLATED[code] ?? code;

const isFaultCode = (code: string | undefined): code is FaultCode => FAULT_CODES.some((known) => known === code);

/** Of these, the ones that may pass by themselves. */
const RETRYABLE = new Set(['RATE_LIMITED', 'SERVICE_UNAVAILABLE']);

/** Connection lost, too many of them, statement or lock given up, server shutting down: trying again may help. */
const UNAVAILABLE = /^(08|53|57P|57014|55P03)|^(ECONNREFUSED|ECONNRESET|ETIMEDOUT|EPIPE)$/;
/** The driver's own words where it gives no code: no connection to be had, or one that was lost between two statements. */
const CONNECTION_LOST =
  /^(timeout exceeded when trying to connect|timeout expired|Client has encountered a connection error and is not queryable|Connection terminated.*)$/;
/** GraphQL's own words, which carry no code, for a variable that holds null where an argument may not. */
const NULL_ARGUMENT = /^Argument "\w+" of (non-null|required) type /;
/** The database could not make a value out of what it was given, such as a key in a made-up cursor. */
const UNUSABLE_VALUE = /^22/;

export const formatFault =
  (logger: Logger) =>
  (formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError => {
    const original = error instanceof GraphQLError && error.originalError ? error.originalError : error;
    if (original instanceof RefusalError) return shaped(formatted, faultOf(original.refusal));
    if (original instanceof OutOfPatience) return shaped(formatted, outOfPatienceFault(original));
    if (original instanceof ArgumentValidationError) return shaped(formatted, argumentFault(original));
    if (error instanceof GraphQLError && NULL_ARGUMENT.test(error.message)) {
      return shaped(formatted, fault('BAD_USER_INPUT', error.message, { reason: 'ARGUMENT' }));
    }
    const code = shownCode(codeOf(formatted, error) ?? '');
    if (isFaultCode(code) && code !== 'INTERNAL_SERVER_ERROR') {
      const { stacktrace: _, ...extensions } = formatted.extensions ?? {};
      return { ...formatted, extensions: { ...extensions, code, retryable: RETRYABLE.has(code) } };
    }
    return shaped(formatted, unforeseenFault(logger, original));
  };

/** The fault for a failure that nobody foresaw. What is logged of it holds no values: they may be personal. */
const unforeseenFault = (logger: Logger, error: unknown): GraphQLError => {
  const { name, message, stack, code = '' } = error as Error & { code?: string };
  if (UNUSABLE_VALUE.test(code)) return fault('BAD_USER_INPUT', 'a value cannot be used', { reason: 'UNUSABLE_VALUE' });
  logger.error({ err: { type: name, message, stack, code } }, 'a request failed unforeseen');
  return UNAVAILABLE.test(code) || CONNECTION_LOST.test(message)
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
