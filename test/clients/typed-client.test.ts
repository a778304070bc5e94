/** The guide on typed clients: what it says is built, compiled strictly and talks to a running server. */
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { useApi } from '../support/api';
import { CLIENT_PACKAGES, useClients } from '../support/clients';
import { PROJECT } from '../support/processes';
import { buildProject, chapter, installed, type GuideProject } from './guide';

useClients();
jest.setTimeout(120_000);

const COMMANDS = `npx graphql-codegen
npx tsc
TOKEN=$MAKER node dist/main.js`;
const RECIPES = ['Plain fetch', 'Apollo Client', 'urql'];
const GREETING = '武汉盛岳服饰有限公司 has A\n';

describe.each(RECIPES)('%s', (recipe) => {
  const api = useApi('sample');
  let project: GuideProject;
  const run = async (env: Record<string, string>) => project.node('dist/main.js', env);

  beforeAll(async () => {
    // Its code reads the clock of this machine, and the server shall too.
    api.test.clock.advance(Date.now() - api.test.clock().getTime());
    project = await buildProject(recipe, api.url);
  });
  afterAll(() => project.remove());

  test('is generated and compiled by the commands that it names', async () => {
    expect(chapter(recipe)).toContain(`\`\`\`sh\n${COMMANDS}\n\`\`\``);
    const generated = await project.tool('@graphql-codegen/cli/cjs/bin.js');
    expect([generated.code, generated.stderr]).toEqual([0, '']);
    expect(await project.tool('typescript/bin/tsc')).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  test('knows the schema: what it does not have is not compiled', async () => {
    const wrong = `
      import type { Grade, SubmitGradeOverrideInput, UserErrorCode } from './gql/graphql';
      export const grade: Grade = 'AAAA';
      export const code: UserErrorCode = 'STALE';
      export const input: SubmitGradeOverrideInput = { customerId: 'x' };
    `;
    await writeFile(join(project.folder, 'src/wrong.ts'), wrong);
    const { code, stdout } = await project.tool('typescript/bin/tsc', '--noEmit');
    await writeFile(join(project.folder, 'src/wrong.ts'), '');
    expect(code).not.toBe(0);
    expect(stdout.match(/^src\/wrong\.ts\(\d+/gm)).toEqual(['src/wrong.ts(3', 'src/wrong.ts(4', 'src/wrong.ts(5']);
  });

  test('asks, proposes, and is told by code what stands against it', async () => {
    const maker = { TOKEN: await api.token('maker') };
    expect(await run(maker)).toEqual({ code: 0, stdout: `${GREETING}CR-000001 is IN_REVIEW\n`, stderr: '' });
    expect(await run(maker)).toEqual({
      code: 0,
      stdout: `${GREETING}Somebody has asked already. See the open request.\n`,
      stderr: '',
    });
  });

  test('tells faults from refusals', async () => {
    const auditor = await run({ TOKEN: await api.token('auditor') });
    expect(auditor).toMatchObject({ code: 1, stdout: GREETING, stderr: expect.stringMatching(/^FORBIDDEN: /) });
    expect(await run({})).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(/^UNAUTHENTICATED: /) });
  });

  if (recipe === 'Plain fetch') return;

  test('has hooks that show the customer, what became of a click, and faults', async () => {
    await writeFile(join(project.folder, 'watch.js'), watching(recipe, `${api.url}/graphql`));
    const { code, stdout, stderr } = await project.node('watch.js', {
      MAKER: await api.token('maker'),
      AUDITOR: await api.token('auditor'),
    });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const card = { name: '苏州鑫林电子科技有限公司', grade: 'BBB' };
    expect(JSON.parse(stdout)).toEqual({
      seen: { ...card, open: [], status: null, alert: null },
      proposed: { ...card, open: ['CR-000002'], status: 'CR-000002 is IN_REVIEW', alert: null },
      again: { ...card, open: ['CR-000002'], status: 'Somebody has asked already. See the open request.', alert: null },
      notAllowed: { ...card, open: ['CR-000002'], status: null, alert: expect.stringMatching(/^FORBIDDEN: /) },
      unknown: { name: null, grade: null, open: [], status: null, alert: expect.stringMatching(/^UNAUTHENTICATED: /) },
    });
  });
});

/** A program that shows the component of a project and clicks its button, and prints what can be seen each time. */
const watching = (recipe: string, endpoint: string): string => `
  const { createElement } = require('react');
  const { act, create } = require('react-test-renderer');
  const { createClient } = require('./dist/client.js');
  const { CustomerCard } = require('./dist/customer-card.js');
  const Provider = ${recipe === 'urql' ? "require('urql').Provider" : "require('@apollo/client/react').ApolloProvider"};

  globalThis.IS_REACT_ACT_ENVIRONMENT = true;
  const { error } = console;
  console.error = (...words) => String(words[0]).includes('react-test-renderer is deprecated') || error(...words);

  const textOf = (node) => (typeof node === 'string' ? node : (node.children ?? []).map(textOf).join(''));
  const show = async (token) => {
    const client = createClient(${JSON.stringify(endpoint)}, token);
    let root;
    await act(async () => {
      root = create(createElement(Provider, { client, value: client }, createElement(CustomerCard, { number: 'C0013' })));
    });
    const all = (type) => root.root.findAllByType(type).map(textOf);
    const by = (role) => root.root.findAll((node) => node.type === 'p' && node.props.role === role).map(textOf)[0] ?? null;
    const look = () => ({
      name: all('h1')[0] ?? null,
      grade: all('h1').length === 0 ? null : all('p')[0],
      open: all('li'),
      status: by('status'),
      alert: by('alert'),
    });
    return {
      until: async (wanted) => {
        for (let tries = 0; !wanted(look()); tries++) {
          if (tries > 500) throw new Error('never seen: ' + wanted + ' in ' + JSON.stringify(look()));
          await act(() => new Promise((resolve) => setTimeout(resolve, 20)));
        }
        return look();
      },
      click: () => act(async () => root.root.findByType('button').props.onClick()),
      end: () => act(async () => root.unmount()),
    };
  };

  const main = async () => {
    const maker = await show(process.env.MAKER);
    const seen = await maker.until(({ name }) => name !== null);
    await maker.click();
    const proposed = await maker.until(({ status, open }) => status !== null && open.length > 0);
    await maker.click();
    const again = await maker.until(({ status }) => status !== proposed.status && status !== null);
    await maker.end();
    const auditor = await show(process.env.AUDITOR);
    await auditor.until(({ name }) => name !== null);
    await auditor.click();
    const notAllowed = await auditor.until(({ alert }) => alert !== null);
    await auditor.end();
    const nobody = await show('');
    const unknown = await nobody.until(({ alert }) => alert !== null);
    await nobody.end();
    console.log(JSON.stringify({ seen, proposed, again, notAllowed, unknown }));
    process.exit();
  };
  main().catch((problem) => {
    error(problem);
    process.exit(1);
  });
`;

test('the guide installs what was tried', () => {
  const { devDependencies } = JSON.parse(readFileSync(join(CLIENT_PACKAGES, '../package.json'), 'utf8')) as {
    devDependencies: Record<string, string>;
  };
  const tried = Object.entries(devDependencies).map(([name, version]) => `${name}@${version}`);
  expect(installed().length).toBeGreaterThan(8);
  expect(installed().filter((one) => !tried.includes(one))).toEqual([]);
});

test('server and clients have one copy of graphql each, of the same version', () => {
  const copies = ['package-lock.json', 'clients/package-lock.json'].map((file) => {
    const { packages } = JSON.parse(readFileSync(join(PROJECT, file), 'utf8')) as {
      packages: Record<string, { version: string }>;
    };
    return Object.entries(packages).flatMap(([path, { version }]) =>
      path.endsWith('node_modules/graphql') ? [`${path}@${version}`] : [],
    );
  });
  expect(copies).toEqual([['node_modules/graphql@16.15.0'], ['node_modules/graphql@16.15.0']]);
});
