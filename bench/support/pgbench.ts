/** Floors by pgbench: what the same server does with a script of plain SQL. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface PgbenchOptions {
  readonly url: string;
  readonly script: string;
  readonly clients: number;
  readonly seconds: number;
}

/** Transactions per second. */
export const pgbench = async ({ url, script, clients, seconds }: PgbenchOptions): Promise<number> => {
  const folder = await mkdtemp(join(tmpdir(), 'tierwarden-pgbench-'));
  try {
    const path = join(folder, 'script.sql');
    await writeFile(path, script);
    const said = await output('pgbench', [
      '-n',
      '-c',
      String(clients),
      '-j',
      '2',
      '-T',
      String(seconds),
      '-f',
      path,
      url,
    ]);
    const rate = /tps = ([\d.]+)/.exec(said)?.[1];
    if (rate === undefined) throw new Error(`pgbench said no rate: ${said}`);
    return Number(rate);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

const output = (command: string, args: readonly string[]): Promise<string> =>
  new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
    child.on('error', reject);
    child.on('close', (code) => (code === 0 ? resolve(said) : reject(new Error(`${command} ended with ${code}`))));
  });
