/** Projects as the guide on typed clients describes them, built from its very blocks in a temporary folder. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { CLIENT_PACKAGES } from '../support/clients';
import { PROJECT } from '../support/processes';

const GUIDE = readFileSync(join(PROJECT, 'docs/guides/typed-client.md'), 'utf8');
/** Where the guide takes the server to be. */
const ADDRESS = 'http://127.0.0.1:4000';

/** The part below a heading, as far as the next one of its rank. */
export const chapter = (title: string): string => {
  const found = GUIDE.split(/^## /m).find((part) => part.startsWith(`${title}\n`));
  if (found === undefined) throw new Error(`the guide has no chapter ${title}`);
  return found;
};

/** Files of a chapter, by the path that stands right above a block. */
const filesOf = (text: string): [path: string, content: string][] =>
  [...text.matchAll(/^`([\w./-]+)`\n\n```\w+\n(.*?)^```$/gms)].map(([, path = '', content = '']) => [path, content]);

/** `name@version` of everything that the guide installs. */
export const installed = (): string[] =>
  [...GUIDE.matchAll(/^npm install (.*)$/gm)].flatMap(([, line = '']) =>
    line.split(' ').filter((word) => /.@\d/.test(word)),
  );

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface GuideProject {
  readonly folder: string;
  /** Runs a program of an installed package. */
  tool(script: string, ...args: string[]): Promise<Ended>;
  /** Runs a script with Node.js. */
  node(script: string, env: Readonly<Record<string, string>>): Promise<Ended>;
  remove(): Promise<void>;
}

export const buildProject = async (recipe: string, serverUrl: string): Promise<GuideProject> => {
  const folder = await mkdtemp(join(tmpdir(), 'tierwarden-client-'));
  const files = [...filesOf(chapter('Alike for all')), ...filesOf(chapter(recipe))];
  for (const [path, content] of [['package.json', '{ "name": "client", "version": "1.0.0" }'] as const, ...files]) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content.replaceAll(ADDRESS, serverUrl));
  }
  await symlink(CLIENT_PACKAGES, join(folder, 'node_modules'));
  const run = (args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> =>
    new Promise((resolve) => {
      const options = { cwd: folder, env: { PATH: process.env['PATH'], HOME: folder, NO_COLOR: '1', ...env } };
      execFile(process.execPath, args, options, (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : Number(error.code ?? 1), stdout, stderr });
      });
    });
  return {
    folder,
    tool: (script, ...args) => run([join('node_modules', script), ...args]),
    node: (script, env) => run([script], env),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
};
