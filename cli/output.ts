/**
 * How commands answer: facts on stdout, everything about the way there on stderr, and every failure as one line with an
 * exit code. A stack trace is shown to those who ask for it with LOG_LEVEL=debug, and to nobody else.
 */
import { ConfigError } from '../src/config';
import { messageKey, RefusalError } from '../src/kernel/refusal';

export const EXIT_FAILURE = 1;
export const EXIT_USAGE = 2;
/** Of `audit verify`: nothing is known to be wrong, and nothing is shown to be right either. */
export const EXIT_UNVERIFIABLE = 3;

/** A failure that has no refusal and no better home; the message is one line for people. */
export class CommandFailed extends Error {
  constructor(
    message: string,
    readonly exitCode = EXIT_FAILURE,
  ) {
    super(message);
    this.name = 'CommandFailed';
  }
}

/** The command cannot be what was meant: exit code 2 in place of 1. */
export class UsageError extends CommandFailed {
  constructor(message: string) {
    super(message, EXIT_USAGE);
  }
}

export const say = (line = ''): void => {
  process.stdout.write(`${line}\n`);
};

/** One JSON object on one line: with `--json`, the last line of stdout. */
export const sayJson = (value: object): void => say(JSON.stringify(value));

export const warn = (line: string): void => {
  process.stderr.write(`tierwarden: ${line}\n`);
};

/** The line for a failure, and the exit code of the process. */
export const explain = (error: unknown): { readonly line: string; readonly exitCode: number } => ({
  line: oneLine(error),
  exitCode: error instanceof CommandFailed ? error.exitCode : error instanceof ConfigError ? EXIT_USAGE : EXIT_FAILURE,
});

const oneLine = (error: unknown): string => {
  if (error instanceof RefusalError) return firstLine(`${messageKey(error.refusal)}: ${error.refusal.message}`);
  // Several failures at once, such as one for each address of a host, come without a message of their own.
  if (error instanceof AggregateError && error.message === '') return oneLine(error.errors[0]);
  if (error instanceof Error) return firstLine(error.message) || error.name;
  return firstLine(String(error));
};

const firstLine = (text: string): string => text.trim().split('\n', 1)[0]?.trim() ?? '';
