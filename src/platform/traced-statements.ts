/** One span for each SQL statement that is run inside another span. Values are never part of it. */
import { Client } from 'pg';
import type { Tracing } from './tracing';

const MAX_TEXT_LENGTH = 2_000;

/** What pg takes: a text or an object with one, then perhaps values, then perhaps a callback. */
type Given = unknown[];
type Callback = (error: Error | null, result: unknown) => void;

/** The client class for a pool whose statements are to be traced. */
export const tracedClient = (tracing: Tracing): typeof Client => {
  const run = Client.prototype.query as (...given: Given) => unknown;
  class TracedClient extends Client {}
  TracedClient.prototype.query = function (this: Client, ...given: Given): unknown {
    const plain = (...args: Given): unknown => run.apply(this, args);
    const text = textOf(given[0]);
    if (text === null || tracing.current() === null) return plain(...given);
    const span = <T>(work: () => Promise<T>): Promise<T> =>
      tracing.span(
        /^[a-z]+/i.exec(text)?.[0].toUpperCase() ?? 'SQL',
        { kind: 'client', attributes: { 'db.system.name': 'postgresql', 'db.query.text': text } },
        work,
      );
    const callback = given.at(-1);
    if (typeof callback !== 'function') return span(async () => plain(...given));
    const ended = span(
      () =>
        new Promise<void>((resolve, reject) => {
          plain(...given.slice(0, -1), (error: Error | null, result: unknown) => {
            if (error) reject(error);
            else resolve();
            (callback as Callback)(error, result);
          });
        }),
    );
    // Whoever gave the callback has been told.
    ended.catch(() => undefined);
    return undefined;
  } as Client['query'];
  return TracedClient;
};

/** null for what is no statement with an end of its own, such as the stream of a COPY. */
const textOf = (statement: unknown): string | null => {
  if (typeof statement === 'string') return shortened(statement);
  if (typeof statement !== 'object' || statement === null || 'submit' in statement) return null;
  const { text } = statement as { text?: unknown };
  return typeof text === 'string' ? shortened(text) : null;
};

const shortened = (text: string): string => text.replace(/\s+/g, ' ').trim().slice(0, MAX_TEXT_LENGTH);
