/** The sample comes in once, whatever interrupts it, and never over what people did since. */
import { pino } from 'pino';
import { loadSamplePortfolio, type SampleProgress } from '../../cli/sample/load';
import { bootstrap, createApp, type App } from '../../src/app';
import { readConfig } from '../../src/config';
import { useDatabase } from '../support/database';
import { asSystemActor } from '../support/people';

const db = useDatabase();
const system = asSystemActor();
let app: App;

beforeAll(async () => {
  app = await createApp({
    config: readConfig({ DATABASE_URL: db.appUrl }),
    databaseUrl: db.appUrl,
    logger: pino({ level: 'silent' }),
    clock: db.clock,
  });
  await bootstrap(app);
});
afterAll(() => app.close());

const counts = async (): Promise<Record<string, number>> => {
  const [row] = await db.asOwner<Record<string, string>>(
    `SELECT (SELECT count(*) FROM customer) AS customers, (SELECT count(*) FROM customer_version) AS versions,
       (SELECT count(*) FROM customer_relation) AS relations, (SELECT count(*) FROM indicator_snapshot WHERE derivation IS NULL) AS snapshots,
       (SELECT count(*) FROM credit_limit) AS limits, (SELECT count(*) FROM audit_event) AS events`,
  );
  return Object.fromEntries(Object.entries(row ?? {}).map(([name, count]) => [name, Number(count)]));
};

test('a load that is cut short is completed by the next one, and a finished one changes nothing more', async () => {
  const steps: SampleProgress['step'][] = [];
  const cut = loadSamplePortfolio(app, {
    onProgress: ({ step }) => {
      steps.push(step);
      if (step === 'snapshots') throw new Error('power cut');
    },
  });
  await expect(cut).rejects.toThrow('power cut');
  const half = await counts();
  expect(half).toMatchObject({ customers: 600, limits: 0 });
  expect(half['snapshots']).toBeGreaterThan(0);

  const loaded = await loadSamplePortfolio(app, { onProgress: ({ step }) => void steps.push(step) });
  const whole = await counts();
  expect(whole).toMatchObject({ customers: 600, versions: 600, relations: half['relations'] });
  expect(whole['snapshots']).toBe(loaded.snapshots);
  expect(whole['limits']).toBeGreaterThan(400);
  expect(new Set(steps)).toEqual(new Set(['customers', 'relations', 'snapshots', 'limits']));

  const [story] = loaded.stories;
  const customer = await app.customers.queries.byNumber(system.actor, story?.number ?? '');
  const renamed = await app.customers.commands.updateCustomer(system, {
    customerId: customer?.id ?? '',
    expectedVersion: 1,
    changes: { shortName: '改名' },
  });
  expect(renamed.ok).toBe(true);
  const before = await counts();
  db.clock.set('2026-07-15T08:00:00.000Z');
  steps.length = 0;
  expect(await loadSamplePortfolio(app, { onProgress: ({ step }) => void steps.push(step) })).toEqual(loaded);
  expect(steps).toEqual([]);
  expect(await counts()).toEqual(before);
}, 180_000);
