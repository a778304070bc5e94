/**
 * The whole way on real firms: import, rate, hold against what happened. The data set is not part of the repository;
 * without it there is nothing to check.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { loadOutcomes, outcomeTable, type OutcomesResult } from '../../cli/commands/outcomes';
import { bootstrap, createApp, required, type App } from '../../src/app';
import { readConfig } from '../../src/config';
import { readIndicatorMap } from '../../src/indicators';
import { GRADES } from '../../src/kernel/grade';
import { useDatabase } from '../support/database';
import { asSystemActor } from '../support/people';

const file = join(__dirname, '../../../shared/data/taiwanese_bankruptcy_6819.csv');
const map = join(__dirname, '../../samples/taiwan-ratios.map.yaml');
const FIRMS = 6819;
const BANKRUPT = 220;

const describeWithFile = existsSync(file)
  ? describe
  : (title: string, _: () => void) => describe(title, () => test(`not checked: ${file} is not there`, () => undefined));

describeWithFile('6,819 firms, imported and rated', () => {
  const db = useDatabase();
  const system = asSystemActor();
  let app: App;
  let first: OutcomesResult;

  beforeAll(async () => {
    app = await createApp({
      config: readConfig({ DATABASE_URL: db.appUrl }),
      databaseUrl: db.appUrl,
      logger: pino({ level: 'silent' }),
      clock: db.clock,
    });
    await bootstrap(app);
    const imported = await app.indicators.importFile(system, { file, map: required(await readIndicatorMap(map)) });
    expect(required(imported)).toMatchObject({ accepted: FIRMS, rejected: 0, new: FIRMS });
    const { runId } = required(await app.ratings.startRun(system));
    const chunks = await db.asOwner<{ ordinal: number }>(
      'SELECT ordinal FROM rating_run_chunk WHERE run_id = $1 ORDER BY ordinal',
      [runId],
    );
    for (const { ordinal } of chunks) required(await app.ratings.runChunk(system, { runId, ordinal }));
    first = await loadOutcomes(app, { file, map });
  });
  afterAll(() => app.close());

  test('rank by score as the scorecard promises', () => {
    expect(first).toMatchObject({ rows: FIRMS, recorded: FIRMS, rejected: 0, rated: FIRMS, bad: BANKRUPT });
    expect(first.auc).toBeGreaterThanOrEqual(0.9);
  });

  test('stand in all nine grades, the worst of which holds the largest share of failures', () => {
    const shares = first.grades.map(({ shareBad }) => shareBad ?? Number.NaN);
    expect(first.grades.map(({ grade }) => grade)).toEqual([...GRADES]);
    expect(first.grades.every(({ count }) => count > 0)).toBe(true);
    expect(Math.max(...shares)).toBe(shares.at(-1));
    expect(shares.slice(0, 3).every((share) => share < 0.005)).toBe(true);
  });

  test('are not counted twice when the file comes again', async () => {
    expect(await loadOutcomes(app, { file, map })).toMatchObject({
      recorded: 0,
      unchanged: FIRMS,
      rated: FIRMS,
      auc: first.auc,
    });
  });

  test('make an aligned table', () => {
    const [head, ...rows] = outcomeTable(first).slice(0, GRADES.length + 2);
    expect(head).toBe('grade  customers  bad  share bad');
    expect(rows.map((row) => row.length)).toEqual(rows.map(() => head?.length));
    expect(rows.at(-1)).toBe('all         6819  220      3.2 %');
  });
});
