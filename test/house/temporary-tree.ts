/** A small project in a temporary folder, for running the house rules on code that breaks them. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

export const REPOSITORY = resolve(__dirname, '../..');

export interface TemporaryTree {
  readonly root: string;
  remove(): Promise<void>;
}

/** `files` holds texts by path. */
export const plantTree = async (files: Readonly<Record<string, string>>): Promise<TemporaryTree> => {
  const root = await mkdtemp(join(tmpdir(), 'tierwarden-house-'));
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  return { root, remove: () => rm(root, { recursive: true, force: true }) };
};

/** Runs a script of the repository's node_modules in `folder`; yields what it printed, whatever its exit code. */
export const runTool = (script: string, args: readonly string[], folder: string): Promise<string> =>
  new Promise((finished, failed) => {
    const tool = spawn(process.execPath, [join(REPOSITORY, 'node_modules', script), ...args], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const printed: Buffer[] = [];
    tool.stdout.on('data', (part: Buffer) => printed.push(part));
    tool.once('error', failed);
    tool.once('close', () => finished(Buffer.concat(printed).toString('utf8')));
  });
