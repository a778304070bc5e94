/**
 * Turns away request bodies that no resolver could use: text with NUL characters or halves of surrogate pairs, which
 * PostgreSQL cannot hold, and variables nested deeper than any input type, which would only cost time.
 */
import type { RequestHandler } from 'express';
import type { Telemetry } from '../src/platform/telemetry';

const MAX_NESTING = 30;
/** A NUL written as an escape inside a document. */
const ESCAPED_NUL = /\\u(0000|\{0+\})/;

export const refuseUnusableInput =
  (telemetry: Pick<Telemetry, 'faulted'>): RequestHandler =>
  (request, response, next) => {
    if (isUsableBody(request.body)) {
      next();
      return;
    }
    const code = 'BAD_USER_INPUT';
    telemetry.faulted(code);
    response.status(400).json({
      errors: [
        {
          message: UNUSABLE,
          extensions: { code, reason: 'UNUSABLE_VALUE', retryable: false, requestId: request.id },
        },
      ],
    });
  };

export const UNUSABLE = 'the request holds text that cannot be stored, or is nested too deeply';

/** False also for what is no object at all. */
export const isUsableBody = (body: unknown): boolean => {
  if (typeof body !== 'object' || body === null) return false;
  const { query, variables } = body as { readonly query?: unknown; readonly variables?: unknown };
  return (typeof query !== 'string' || (isUsableText(query) && !ESCAPED_NUL.test(query))) && isUsable(variables, 0);
};

const isUsable = (value: unknown, depth: number): boolean => {
  if (typeof value === 'string') return isUsableText(value);
  if (typeof value !== 'object' || value === null) return true;
  if (depth === MAX_NESTING) return false;
  return Object.entries(value).every(([key, inner]) => isUsableText(key) && isUsable(inner, depth + 1));
};

const isUsableText = (text: string): boolean => !text.includes('\0') && !LONE_SURROGATE.test(text);

const LONE_SURROGATE = /\p{Surrogate}/u;
