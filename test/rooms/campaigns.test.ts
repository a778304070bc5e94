/** A campaign against PostgreSQL: begun by a new live version, worst grades first, loud when behind, over when all are covered. */
import { pino } from 'pino';
import { asSystem, createApp, required, type App } from '../../src/app';
import { readConfig } from '../../src/config';
import { wantedBy } from '../../src/ratings/domain/campaign';
import { cloneDatabase, type TestDatabase } from '../support/database';
import { ensureSampleTemplate } from '../support/sample';

const by = asSystem('scheduler', 'test');

let db: TestDatabase;
let app: App;
let close = async (): Promise<void> => undefined;
beforeAll(async () => {
  const cloned = await cloneDatabase(await ensureSampleTemplate());
  db = cloned.database;
  app = await createApp({
    config: { ...readConfig({}), auth: { kind: 'none' } },
    databaseUrl: db.appUrl,
    logger: pino({ level: 'silent' }),
    clock: db.clock,
  });
  close = async () => {
    await app.close();
    await cloned.close();
  };
}, 300_000);
afterAll(() => close());

const advance = async (atMost: number) => required(await app.ratings.advanceCampaign(by, atMost));

it('goes from its beginning to its end', async () => {
  expect(await advance(10)).toEqual({ asked: 0, newlyMissed: null });
  expect(required(await app.ratings.queries.campaigns(by.actor))).toEqual([]);

  // Everybody is rated by a version that has since gone; a handful keep the live one company.
  await db.asOwner("SELECT set_config('tierwarden.actor', 'system:test', false)");
  await db.asOwner('ALTER TABLE scorecard_version DISABLE TRIGGER USER');
  await db.asOwner(`UPDATE scorecard_version SET state = 'RETIRED', retired_at = now() WHERE state = 'LIVE'`);
  await db.asOwner(
    `INSERT INTO scorecard_version SELECT (jsonb_populate_record(v, jsonb_build_object('id', $1::uuid, 'number', v.number + 1,
       'state', 'LIVE', 'retired_at', NULL, 'effective_from', '2026-01-16T00:00:00Z'))).* FROM scorecard_version AS v`,
    [db.newId()],
  );
  await db.asOwner('ALTER TABLE scorecard_version ENABLE TRIGGER USER');

  db.clock.set('2026-01-16T02:00:00Z');
  const first = await advance(6);
  const [campaign] = required(await app.ratings.queries.campaigns(by.actor));
  const { startedAt, targets, customers } = campaign ?? { startedAt: new Date(0), targets: [], customers: 0 };
  expect(customers).toBeGreaterThan(100);
  // As much as the pace of the next day asks for, the worst first.
  const wanted = wantedBy(startedAt, targets, { customers }, new Date('2026-01-17T02:00:00Z'));
  expect(first).toEqual({ asked: wanted, newlyMissed: null });
  const ranks = (of: string) => db.asOwner<{ rank: number }>(`${of} ORDER BY 1 LIMIT ${wanted}`);
  expect(await ranks(`SELECT rank FROM rerating WHERE kind = 'CAMPAIGN'`)).toEqual(
    await ranks('SELECT grade_rank(least(grade, model_grade)) AS rank FROM customer_grade'),
  );
  expect(await advance(6)).toEqual({ asked: 0, newlyMissed: null });
  expect(required(await app.ratings.rerateNext(by))).toMatchObject({ kind: 'CAMPAIGN' });
  expect(required(await app.ratings.queries.campaigns(by.actor))).toMatchObject([
    { state: 'OPEN', covered: 1, missed: 0 },
  ]);

  db.clock.set('2026-07-16T02:00:00Z');
  expect(await advance(5)).toEqual({ asked: 5, newlyMissed: 1 });
  expect((await advance(5)).newlyMissed).toBeNull();
  expect(await app.ratings.queries.campaignProgress()).toMatchObject({ missed: 1 });
  expect(await db.asOwner("SELECT FROM audit_event WHERE action = 'ratingCampaign.behind'")).toHaveLength(1);
  const [behind] = required(await app.ratings.queries.campaigns(by.actor));
  expect(behind?.burnDown.map(({ day, covered }) => [day, covered])).toEqual([
    ['2026-01-16', 0],
    ['2026-07-16', 1],
  ]);
});
