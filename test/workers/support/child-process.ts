/** Real processes for tests that kill them. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export interface Child {
  /** Resolves when the child has printed the line; rejects when it ends before. */
  printed(line: string): Promise<void>;
  /** Ends it as a power failure would. */
  kill(): Promise<void>;
}

/** Runs a TypeScript file of this folder with one argument. */
export const startChild = (file: string, argument: object): Child => {
  const child: ChildProcess = spawn(
    process.execPath,
    ['-r', join(__dirname, 'ts-register.js'), join(__dirname, file), JSON.stringify(argument)],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  if (child.stdout === null) throw new Error('the child has no stdout');
  const lines: string[] = [];
  const reader = createInterface({ input: child.stdout });
  reader.on('line', (line) => lines.push(line));
  const exited = once(child, 'exit');
  return {
    printed: async (wanted) => {
      while (!lines.includes(wanted)) {
        const next = await Promise.race([once(reader, 'line'), exited.then(() => 'exit')]);
        if (next === 'exit' && !lines.includes(wanted)) throw new Error(`the child ended without printing ${wanted}`);
      }
    },
    kill: async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
      await exited;
    },
  };
};
