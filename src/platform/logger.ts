/**
 * Log lines of a process, on stderr, so that stdout stays for what a command answers. JSON for machines; on a terminal one
 * line of text each. Secrets that find their way into a logged object are struck out by name.
 */
import pino, { type Logger } from 'pino';
import type { LogFormat, LogLevel } from '../config';

export interface LoggerOptions {
  readonly level: LogLevel;
  readonly format: LogFormat;
  /** Which process speaks: `api`, `worker` … */
  readonly process: string;
}

/** Where lines go; given by tests. */
interface LineSink {
  write(line: string): void;
}

const SECRETS = ['authorization', 'cookie', 'password', 'secret', 'token'];

export const createLogger = (
  options: LoggerOptions,
  sink: LineSink = pino.destination({ fd: 2, sync: true }),
): Logger => {
  const asText = options.format === 'text' || (options.format === 'auto' && process.stderr.isTTY);
  return pino(
    {
      level: options.level,
      base: { process: options.process },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: SECRETS.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]), censor: '***' },
    },
    asText ? { write: (line: string) => sink.write(textOf(line)) } : sink,
  );
};

interface Line {
  readonly level: string;
  readonly time: string;
  readonly msg?: string;
  readonly process?: string;
  readonly err?: { readonly type?: string; readonly message?: string };
  readonly [field: string]: unknown;
}

/** `12:00:00.000 WARN what happened field=value`; an error by its message, since its stack is for machines to keep. */
const textOf = (json: string): string => {
  const { level, time, msg, process: _process, err, ...fields } = JSON.parse(json) as Line;
  const parts = [
    time.slice(11, 23),
    level.toUpperCase().padEnd(5),
    msg ?? '',
    ...(err === undefined ? [] : [`(${err.type ?? 'Error'}: ${(err.message ?? '').split('\n', 1)[0] ?? ''})`]),
    ...Object.entries(fields).map(
      ([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
    ),
  ];
  return `${parts.filter((part) => part !== '').join(' ')}\n`;
};
