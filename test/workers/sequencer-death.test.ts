import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ok } from '../../src/kernel/result';
import { useDatabase } from '../support/database';
import { appendAll, expectWholeLog, testKeys, testSequencer, TEST_ORIGIN } from '../support/log';
import { asSystemActor } from '../support/people';
import { startScript, useProcesses } from '../support/processes';
import type { SequencerChildOptions } from './support/sequencer-child';
import { until } from './support/until';

const test = useDatabase();
useProcesses();

const checkpointsSoFar = async (): Promise<number> =>
  (await test.asOwner<{ count: number }>('SELECT count(*)::int AS count FROM audit_log_checkpoint'))[0]?.count ?? 0;

/** One process after the other is killed at whatever it is doing; another is there to take over. */
it('a sequencer that is killed leaves no gap, nothing twice and no fork', async () => {
  const home = mkdtempSync(join(tmpdir(), 'tierwarden-log-'));
  const options: SequencerChildOptions = { databaseUrl: test.appUrl, home, origin: TEST_ORIGIN };
  const start = () => startScript('test/workers/support/sequencer-child.ts', [JSON.stringify(options)]);
  let writing = true;
  const writers = [1, 2, 3].map(async () => {
    while (writing) {
      await test.unitOfWork.run(asSystemActor(), async (tx) => {
        tx.record({ action: 'test.done', object: { type: 'Test', id: '1' } });
        tx.record({ action: 'test.done', object: { type: 'Test', id: '2' } });
        return ok(true);
      });
    }
  });
  const running = [start(), start()];
  for (let death = 0; death < 6; death++) {
    const victim = running.shift()!;
    await victim.line(/working/);
    // Those who die have had something to do before.
    await until('two checkpoints more', async () => (await checkpointsSoFar()) >= 2 * (death + 1), 30_000);
    await sleep(Math.random() * 200);
    victim.process.kill('SIGKILL');
    await victim.finished;
    if (death < 5) running.push(start());
  }
  writing = false;
  await Promise.all(writers);
  for (const rest of running) {
    rest.process.kill('SIGKILL');
    await rest.finished;
  }
  const keys = testKeys(home);
  // The server may take a moment to notice that a client is gone, and to let go of its lock.
  const sequencer = testSequencer(test, keys);
  while ((await sequencer.append()).kind === 'BUSY') await sleep(20);
  await appendAll(sequencer);
  const checkpoints = await expectWholeLog(test.asApp, keys);
  expect(checkpoints.length).toBeGreaterThan(10);
});
