/** The session of docs/guides/warnings.md, pasted into a shell as it stands there, says what the page promises. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { asSystem, required } from '../../src/app';
import { useApi } from '../support/api';
import { PROJECT } from '../support/processes';

const api = useApi('sample');
const by = asSystem('rating-worker', 'test');

test('every line is answered as it says', async () => {
  api.test.clock.set(new Date().toISOString());
  const guide = readFileSync(join(PROJECT, 'docs/guides/warnings.md'), 'utf8');
  const script = [...guide.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block = '']) => block).join('\n');
  expect(script).toMatch(/^\. \.tierwarden\/sign-ins\.sh/);
  const promised = [...script.matchAll(/^.* \| pick [\w.]+ +# (.+)$/gm)].map(([, answer]) => answer);
  expect(promised.length).toBeGreaterThan(6);
  let ended = false;
  // The part of a worker: whatever is asked for is rated again.
  const worker = (async () => {
    while (!ended) {
      required(await api.app.ratings.rerateNext(by));
      await sleep(200);
    }
  })();
  try {
    const { stdout } = await promisify(execFile)('sh', ['-euc', script.slice(script.indexOf('\n') + 1)], {
      cwd: PROJECT,
      env: {
        PATH: process.env['PATH'],
        ENDPOINT: `${api.url}/graphql`,
        MAKER: await api.token('maker'),
        ANALYST: await api.token('analyst'),
      },
    });
    const lines = stdout.split('\n');
    let from = 0;
    for (const answer of promised) {
      const found = lines.indexOf(answer ?? '', from);
      expect({ answer, stdout, found: found >= 0 }).toEqual({ answer, stdout, found: true });
      from = found + 1;
    }
    const [before, after] = lines.filter((line) => /^\d+\.\d\d$/.test(line)).map(Number);
    expect(after).toBeLessThan(before ?? 0);
  } finally {
    ended = true;
    await worker;
  }
}, 120_000);
