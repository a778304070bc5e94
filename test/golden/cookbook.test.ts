/** The cookbook says what the operations are answered on the sample portfolio. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { useApi } from '../support/api';
import { PROJECT } from '../support/processes';
import { cookbookPage, runCookbook } from './cookbook';
import { expectGolden } from './golden';

const api = useApi('sample');

test('what it says for a shell works', async () => {
  const [, script = ''] = /^```sh\n(.*?)^```$/ms.exec(cookbookPage([])) ?? [];
  expect(script).toMatch(/^\. \.tierwarden\/sign-ins\.sh\n/);
  const { stdout } = await promisify(execFile)('sh', ['-euc', script.slice(script.indexOf('\n') + 1)], {
    cwd: PROJECT,
    env: { PATH: process.env['PATH'], ENDPOINT: `${api.url}/graphql`, MAKER: await api.token('maker') },
  });
  expect(JSON.parse(stdout)).toMatchObject({ data: { customer: { number: 'C0007' } } });
});

test('every recipe is answered as it stands there', async () => {
  expectGolden('docs/guides/operations-cookbook.md', cookbookPage(await runCookbook(api)));
});
