/** `npm run schema:diff` on small repositories: what breaks clients fails, the rest passes, and nothing to compare is said. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { plantTree, REPOSITORY, type TemporaryTree } from './temporary-tree';

const FILE = 'graphql/schema.graphql';
const RELEASED = `
  type Query { customer(id: ID!, size: Size): Customer, old: Int @deprecated(reason: "Use customer. Removed after 2020-06-30.") }
  type Customer { id: ID!, name: String, alias: String @deprecated(reason: "Use name. Removed after 2999-12-31.") }
  enum Size { LARGE SMALL OTHER @deprecated(reason: "Removed after 2020-06-30.") }
  input Where { size: Size, hue: Int @deprecated(reason: "Removed after 2020-06-30.") }
`;

const trees: TemporaryTree[] = [];
afterAll(() => Promise.all(trees.map((tree) => tree.remove())));

const plant = async (files: Readonly<Record<string, string>>): Promise<string> => {
  const tree = await plantTree(files);
  trees.push(tree);
  return tree.root;
};

const git = (folder: string, ...args: string[]): void => {
  const name = ['-c', 'user.name=somebody', '-c', 'user.email=somebody@example.com', '-c', 'commit.gpgsign=false'];
  execFileSync('git', [...name, ...args], { cwd: folder, stdio: 'ignore' });
};

const release = (folder: string, tag: string): void => {
  git(folder, 'add', '.');
  git(folder, 'commit', '-m', tag, '--allow-empty');
  git(folder, 'tag', tag);
};

const diff = (folder: string, env: NodeJS.ProcessEnv = process.env): { code: number | null; said: string } => {
  const ended = spawnSync(process.execPath, [join(REPOSITORY, 'scripts/schema-diff.js')], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...env, GIT_CEILING_DIRECTORIES: tmpdir() },
  });
  return { code: ended.status, said: ended.stdout + ended.stderr };
};

describe('after a release', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await plant({ [FILE]: RELEASED });
    git(folder, 'init');
    release(folder, 'v1.0.0');
  });

  it.each<[string, string, string, number, string]>([
    ['nothing changed', '', '', 0, '0 breaking'],
    ['a field was added', 'name: String,', 'name: String, nameEn: String,', 0, '0 breaking'],
    ['a field was removed', 'name: String,', '', 1, 'Customer.name was removed'],
    ['a field is null now and then', 'id: ID!, name', 'id: ID, name', 1, 'Customer.id changed type'],
    ['an argument became mandatory', 'size: Size)', 'size: Size!)', 1, 'Query.customer arg size has changed type'],
    ['a mandatory argument was added', 'size: Size)', 'size: Size, on: Int!)', 1, 'on on Query.customer was added'],
    ['an enum value was removed', ' SMALL', '', 1, 'SMALL was removed from enum type Size'],
    ['an enum value was added', ' SMALL', ' SMALL MICRO', 0, 'noticeable  VALUE_ADDED_TO_ENUM'],
    [
      'what was deprecated went early',
      ', alias: String @deprecated(reason: "Use name. Removed after 2999-12-31.")',
      '',
      1,
      'Customer.alias was removed',
    ],
    [
      'a field went after its day',
      ', old: Int @deprecated(reason: "Use customer. Removed after 2020-06-30.")',
      '',
      0,
      '0 breaking',
    ],
    [
      'an enum value went after its day',
      ' OTHER @deprecated(reason: "Removed after 2020-06-30.")',
      '',
      0,
      '0 breaking',
    ],
    [
      'an input field went after its day',
      ', hue: Int @deprecated(reason: "Removed after 2020-06-30.")',
      '',
      0,
      '0 breaking',
    ],
  ])('%s', async (_, from, to, code, said) => {
    expect(RELEASED).toContain(from);
    await writeFile(join(folder, FILE), RELEASED.replace(from, to));
    const ended = diff(folder);
    expect(ended.said).toContain(said);
    expect(ended.said).toContain('since v1.0.0');
    expect(ended.code).toBe(code);
  });
});

it('the last of several releases counts', async () => {
  const folder = await plant({ [FILE]: RELEASED.replace('name: String,', 'name: String, legacy: Int,') });
  git(folder, 'init');
  release(folder, 'v1.0.0');
  await writeFile(join(folder, FILE), RELEASED);
  expect(diff(folder)).toMatchObject({ code: 1 });
  release(folder, 'v2.0.0');
  expect(diff(folder)).toMatchObject({ code: 0, said: expect.stringContaining('since v2.0.0') });
});

it('works in a folder of a larger repository', async () => {
  const folder = await plant({ [`server/${FILE}`]: RELEASED });
  git(folder, 'init');
  release(folder, 'v1.0.0');
  await writeFile(join(folder, 'server', FILE), RELEASED.replace('name: String,', ''));
  expect(diff(join(folder, 'server'))).toMatchObject({ code: 1 });
});

describe('with nothing to compare with it passes and says so', () => {
  it('no repository', async () => {
    const folder = await plant({ [FILE]: RELEASED });
    expect(diff(folder)).toEqual({ code: 0, said: 'no git tag to compare the schema with\n' });
  });

  it('no tag', async () => {
    const folder = await plant({ [FILE]: RELEASED });
    git(folder, 'init');
    git(folder, 'add', '.');
    git(folder, 'commit', '-m', 'first');
    expect(diff(folder)).toEqual({ code: 0, said: 'no git tag to compare the schema with\n' });
  });

  it('no git', async () => {
    const folder = await plant({ [FILE]: RELEASED });
    expect(diff(folder, { PATH: folder })).toEqual({ code: 0, said: 'no git tag to compare the schema with\n' });
  });

  it('a release from before there was a schema', async () => {
    const folder = await plant({ 'README.md': 'soon' });
    git(folder, 'init');
    release(folder, 'v0.0.1');
    await mkdir(join(folder, 'graphql'));
    await writeFile(join(folder, FILE), RELEASED);
    expect(diff(folder)).toEqual({ code: 0, said: `v0.0.1 has no ${FILE} to compare with\n` });
  });
});
