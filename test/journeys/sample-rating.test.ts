/** When a start rates the sample portfolio: once, and also where others had been rated before it. */
import { pino } from 'pino';
import { awaitsFirstRating } from '../../cli/sample/first-rating';
import { loadSamplePortfolio, type LoadedSample } from '../../cli/sample/load';
import { bootstrap, createApp, required, type App } from '../../src/app';
import { readConfig } from '../../src/config';
import { useDatabase } from '../support/database';
import { asSystemActor } from '../support/people';
import { finishRun, rateEverybody } from '../support/sample';

const db = useDatabase();
const by = asSystemActor();
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

const gradedCustomers = async (): Promise<number> => {
  const [row] = await db.asOwner<{ count: number }>('SELECT count(*)::int FROM customer_grade');
  return row?.count ?? 0;
};

let sample: LoadedSample;

test('customers of the house are rated before there is a sample', async () => {
  const rows = Array.from({ length: 40 }, (_, index) => ({
    number: `OWN-${index}`,
    content: {
      asOf: '2025-12-31',
      source: 'books',
      quality: 'REPORTED' as const,
      values: { roa: (index / 1000).toFixed(3) },
    },
  }));
  const create = { kind: 'CUSTOMER', industryCode: 'RETAIL', region: null } as const;
  required(await app.indicators.commands.importSnapshots(by, { source: 'books', create, rows }));
  await rateEverybody(app);
  expect(await gradedCustomers()).toBe(40);
});

test('the sample that comes then still waits for its ratings', async () => {
  sample = await loadSamplePortfolio(app, { onProgress: () => undefined });
  expect(await awaitsFirstRating(app, by, sample)).toBe(true);
}, 180_000);

test('a run that a start left behind is waited for', async () => {
  const { runId } = required(await app.ratings.startRun(by));
  expect(await awaitsFirstRating(app, by, sample)).toBe(true);
  await finishRun(app, runId);
  expect(await gradedCustomers()).toBe(640);
});

test('once rated it is not rated again, by this start or the next', async () => {
  expect(await awaitsFirstRating(app, by, sample)).toBe(false);
  const next = await loadSamplePortfolio(app, { onProgress: () => undefined });
  expect(await awaitsFirstRating(app, by, next)).toBe(false);
});

test('unless a run over everybody is under way anyhow, which is joined', async () => {
  const { runId } = required(await app.ratings.startRun(by));
  expect(await awaitsFirstRating(app, by, sample)).toBe(true);
  await finishRun(app, runId);
  expect(await awaitsFirstRating(app, by, sample)).toBe(false);
});
