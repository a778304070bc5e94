/**
 * The whole way on real firms: import, rate, hold against what happened; by the delivered scorecard, and by a model that was fitted
 * outside on half of them. The data set is not part of the repository; without it there is nothing to check.
 *
 * @jest-environment ./test/support/native-environment.js
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { loadOutcomes, outcomeTable, type OutcomesResult } from '../../cli/commands/outcomes';
import { bootstrap, createApp, required, type App } from '../../src/app';
import { readConfig } from '../../src/config';
import { readIndicatorMap } from '../../src/indicators';
import { GRADES, gradeOfRank } from '../../src/kernel/grade';
import { uuidField } from '../../src/platform/binary-copy';
import { fillInputs } from '../../src/ratings/domain/prepare-inputs';
import { segmentsOf, type CutPointsBySegment } from '../../src/ratings/reference-population';
import { createScorer, isRefusal } from '../../src/ratings/score-customers';
import { pointsFromE4, type ScorecardDefinition, type ScorecardVersion } from '../../src/scorecards';
import { useDatabase } from '../support/database';
import { fitFirms, brought } from '../support/fitted-card';
import { modelFile } from '../support/onnx';
import { asSystemActor, hirePeople, type People } from '../support/people';

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
    required(await app.ratings.finishRun(system, { runId }));
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

  describe('by a model that was fitted on half of them', () => {
    const { card, model, bad } = fitFirms();
    const file = modelFile(model);
    let people: People;
    beforeAll(async () => {
      people = await hirePeople(db);
    });

    interface Rated {
      readonly firm: number;
      readonly score: string;
      readonly grade: string;
    }
    /** What a simulation of the definition rates by, and what every single firm comes to by it: together what the run counted. */
    const tried = async (definition: ScorecardDefinition): Promise<Rated[]> => {
      const live = await app.scorecards.liveVersion();
      const draft = await app.scorecards.createDraft(people.analyst, { basedOnId: live.id, changes: { definition } });
      const { versionId } = required(draft);
      const order = { simulate: { scorecardVersionId: versionId } };
      const { runId } = required(await app.ratings.startRun(system, order));
      const chunks = await db.asOwner<{ ordinal: number; trial: string }>(
        `SELECT chunk.ordinal, run.trial_id AS trial FROM rating_run_chunk AS chunk JOIN rating_run AS run ON run.id = chunk.run_id
         WHERE run_id = $1 ORDER BY ordinal`,
        [runId],
      );
      for (const { ordinal } of chunks) required(await app.ratings.runChunk(system, { runId, ordinal }));
      required(await app.ratings.finishRun(system, { runId }));
      const trial = await app.scorecards.trialById(chunks[0]?.trial ?? '');
      if (trial === null) throw new Error('the simulation lacks its trial');
      const rated = await rateFirms(trial.version, segmentsOf(trial.cutPoints));
      const [run] = await app.ratings.queries.runsByIds(system.actor, [runId]);
      const counted = (grade: string): number =>
        (run?.figures?.moves ?? []).reduce((sum, move) => (move.to === grade ? sum + move.count : sum), 0);
      for (const grade of GRADES) {
        expect([grade, counted(grade)]).toEqual([grade, rated.filter((firm) => firm.grade === grade).length]);
      }
      return rated;
    };
    const rateFirms = async (version: ScorecardVersion, cutPoints: CutPointsBySegment): Promise<Rated[]> => {
      const model = required(await app.scorecards.modelOf(version));
      const firms = await db.asOwner<{ id: string; firm: number; industry: string }>(
        'SELECT id, substr(number, 4)::int AS firm, industry_code AS industry FROM customer ORDER BY firm',
      );
      const read = await app.indicators.packedValues(
        app.database.query,
        firms.map(({ id }) => id),
      );
      const packed = new Map(read.map((values) => [values.customerId, values]));
      const scorer = createScorer(version, cutPoints, db.clock().toISOString().slice(0, 10));
      const rated: Rated[] = [];
      for (const { id, firm, industry } of firms) {
        fillInputs(scorer.rules, packed.get(id) ?? null, scorer.inputs);
        await model?.fill(scorer.inputs.values, 1);
        const row = scorer.rate(uuidField(id), industry);
        if (isRefusal(row)) throw new Error(row.message);
        rated.push({ firm, score: pointsFromE4(row.scoreE4), grade: gradeOfRank(row.modelRank) });
      }
      return rated;
    };
    let logistic: Rated[];

    test('the card separates the other half: area under the ROC curve at least 0.88', async () => {
      logistic = await tried(card);
      expect(logistic).toHaveLength(FIRMS);
      const first = logistic[0]?.firm ?? NaN;
      const judged = logistic.map(({ firm, score }) => ({ place: firm - first, score: Number(score) }));
      const scores = (wanted: boolean) =>
        judged.filter(({ place }) => place % 2 === 1 && bad[place] === wanted).map(({ score }) => score);
      const [good, failed] = [scores(false), scores(true)];
      expect(failed.length).toBeGreaterThan(90);
      let won = 0;
      for (const low of failed) for (const high of good) won += high > low ? 1 : high === low ? 0.5 : 0;
      expect(won / (failed.length * good.length)).toBeGreaterThanOrEqual(0.88);
      expect(new Set(logistic.map(({ grade }) => grade)).size).toBeGreaterThanOrEqual(6);
    }, 120_000);

    test('the same model as ONNX gives every firm the same grade', async () => {
      required(await app.scorecards.addModelFile(people.policy, file));
      const asked = await tried(
        brought(
          card.characteristics.map(({ id }) => id),
          file,
        ),
      );
      const odd = asked.filter(({ grade }, i) => grade !== logistic[i]?.grade);
      expect(odd).toEqual([]);
      expect(asked).toHaveLength(FIRMS);
    }, 120_000);
  });
});
