/**
 * Processes of their own for tests: the built program as people run it, and scripts of the tests, which run from source.
 */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export const PROJECT = join(__dirname, '..', '..');

type Environment = Readonly<Record<string, string | undefined>>;

export interface Finished {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly process: ChildProcessWithoutNullStreams;
  readonly pid: number;
  /** The next line of stdout that matches; rejects with all output when the process ends before. */
  line(pattern: RegExp): Promise<string>;
  readonly finished: Promise<Finished>;
}

const started = new Set<Running>();

/** Call at file level before using {@link tierwarden}: builds dist/ if the sources have changed since. */
export const useBuiltProgram = (): void => {
  beforeAll(async () => {
    const { prepare } = jest.requireActual<{ prepare: () => Promise<void> }>('../../scripts/prepare.js');
    await prepare();
  }, 300_000);
  useProcesses();
};

/** Call at file level: ends, after the tests of the file, what they left running. */
export const useProcesses = (): void => {
  afterAll(async () => {
    for (const running of started) running.process.kill('SIGKILL');
    await Promise.all([...started].map((running) => running.finished));
  });
};

/** Runs TypeScript as jest does. */
const TYPESCRIPT = ['-r', join(PROJECT, 'test', 'workers', 'support', 'ts-register.js')];

/** Starts a script of the project with just the given environment. */
export const startScript = (script: string, args: readonly string[], env: Environment = {}): Running => {
  const runtime = script.endsWith('.ts') ? TYPESCRIPT : [];
  const child = spawn(process.execPath, [...runtime, join(PROJECT, script), ...args], {
    cwd: PROJECT,
    env: { PATH: process.env['PATH'], ...env },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString('utf8')));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString('utf8')));
  const lines: string[] = [];
  const waiting = new Set<() => void>();
  const wake = (): void => waiting.forEach((look) => look());
  createInterface(child.stdout).on('line', (line) => {
    lines.push(line);
    wake();
  });
  let ended = false;
  const finished = once(child, 'close').then(([code, signal]: unknown[]): Finished => {
    ended = true;
    started.delete(running);
    wake();
    return { code: code as number | null, signal: signal as NodeJS.Signals | null, stdout, stderr };
  });
  const running: Running = {
    process: child,
    pid: child.pid!,
    finished,
    line: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const at = lines.findIndex((line) => pattern.test(line));
          if (at < 0 && !ended) return;
          waiting.delete(look);
          if (at < 0) reject(new Error(`ended without a line like ${String(pattern)}:\n${stdout}\n${stderr}`));
          else resolve(lines.splice(0, at + 1)[at]!);
        };
        waiting.add(look);
        look();
      }),
  };
  started.add(running);
  return running;
};

/** Runs a `tierwarden` command to its end. */
export const tierwarden = (args: readonly string[], env: Environment = {}): Promise<Finished> =>
  startScript('bin/tierwarden.js', args, env).finished;
