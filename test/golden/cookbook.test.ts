/** Cookbook and reference say what the operations are answered on the sample portfolio. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { createSchema, printedSchema } from '../../graphql/schema';
import { useApi } from '../support/api';
import { useClients } from '../support/clients';
import { PROJECT } from '../support/processes';
import { cookbookPage, runCookbook, type Example } from './cookbook';
import { expectGolden } from './golden';
import { makeReference } from './reference';

const api = useApi('sample');
useClients();

let examples: Example[];
beforeAll(async () => {
  examples = await runCookbook(api);
});

test('what the cookbook says for a shell works', async () => {
  const [, script = ''] = /^```sh\n(.*?)^```$/ms.exec(cookbookPage([])) ?? [];
  expect(script).toMatch(/^\. \.tierwarden\/sign-ins\.sh\n/);
  const { stdout } = await promisify(execFile)('sh', ['-euc', script.slice(script.indexOf('\n') + 1)], {
    cwd: PROJECT,
    env: { PATH: process.env['PATH'], ENDPOINT: `${api.url}/graphql`, MAKER: await api.token('maker') },
  });
  expect(JSON.parse(stdout)).toMatchObject({ data: { customer: { number: 'C0007' } } });
});

test('every recipe of the cookbook is answered as it stands there', () => {
  expectGolden('docs/guides/operations-cookbook.md', cookbookPage(examples));
});

test('the reference is the one that schema and cookbook make', async () => {
  const files = await makeReference(printedSchema(createSchema()), examples);
  for (const [file, text] of Object.entries(files)) expectGolden(`graphql/reference/${file}`, text);
}, 120_000);
