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
    if (text === null) return plain(...given);
    const callback = given.at(-1);
    if (typeof callback !== 'function') return spanned(tracing, text, async () => plain(...given));
    const ended = spanned(
      tracing,
      text,
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

/** `work` under a span of its own, where there is a span for it to stand in. */
export const spanned = <T>(tracing: Tracing, text: string, work: () => Promise<T>): Promise<T> => {
  if (tracing.current() === null) return work();
  const shown = shortened(text);
  return tracing.span(
    /^[a-z]+/i.exec(shown)?.[0].toUpperCase() ?? 'SQL',
    { kind: 'client', attributes: { 'db.system.name': 'postgresql', 'db.query.text': shown } },
    work,
  );
};

/** null for what is no statement with an end of its own, such as the stream of a COPY. */
const textOf = (statement: unknown): string | null => {
  if (typeof statement === 'string') return statement;
  if (typeof statement !== 'object' || statement === null || 'submit' in statement) return null;
  const { text } = statement as { text?: unknown };
  return typeof text === 'string' ? text : null;
};

const shortened = (text: string): string => text.replace(/\s+/g, ' ').trim().slice(0, MAX_TEXT_LENGTH);
