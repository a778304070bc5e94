/**
 * Fitted models on real firms: 6,819 listed companies of Taiwan, half of them to fit on and half to judge by. The data set is
 * not part of the repository; without it there is nothing to check. The ONNX file is made here, of the same coefficients.
 *
 * @jest-environment ./test/support/native-environment.js
 */
import fc from 'fast-check';
import { compileScorer, type CompiledScorer, type ScorecardDefinition } from '../../src/scorecards';
import { hasErrors, lintScorecard } from '../../src/scorecards/domain/lint-scorecard';
import { openModel } from '../../src/scorecards/model-runner';
import { brought, fitFirms, hasFirms } from '../support/fitted-card';
import { modelFile, sharesFile, type Steps } from '../support/onnx';
import { freeze, scoreOf } from './scorecards-fixture';

describe('a model file', () => {
  const simple: Steps = { steps: [{ column: 0, from: 0.5, adds: -3 }], constant: 1, columns: 2 };
  const file = modelFile(simple);
  const definition = brought(['roa', 'roe'], file);

  test('is asked for a batch, and its word goes into the slot of each row', async () => {
    const opened = await openModel(definition, file);
    if (!opened.ok) throw new Error(opened.refusal.message);
    const values = Float64Array.from([0.4, 0, NaN, 0.6, 0, NaN]);
    await opened.value.fill(values, 2);
    expect(values[2]).toBeCloseTo(1 / (1 + Math.exp(-1)), 6);
    expect(values[5]).toBeCloseTo(1 / (1 + Math.exp(2)), 6);
    await opened.value.close();
  });

  test('says the same of a customer to the last bit, whoever else is asked about', async () => {
    const opened = await openModel(definition, file);
    if (!opened.ok) throw new Error(opened.refusal.message);
    const runner = opened.value;
    const ask = async (rows: readonly (readonly number[])[]): Promise<number[]> => {
      const values = Float64Array.from(rows.flatMap((row) => [...row, NaN]));
      await runner.fill(values, rows.length);
      return rows.map((_, i) => values[i * 3 + 2] ?? NaN);
    };
    const any = fc.double({ min: -2, max: 2, noNaN: true });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(any, any), { minLength: 1, maxLength: 250 }), async (rows) => {
        const together = await ask(rows);
        expect((await ask([...rows].reverse())).reverse()).toEqual(together);
        expect([await ask(rows.slice(0, 1)), await ask(rows.slice(-1))]).toEqual([
          together.slice(0, 1),
          together.slice(-1),
        ]);
      }),
      { numRuns: 40 },
    );
    await runner.close();
  });

  test.each([
    ['another file', definition, Buffer.from('other'), 'MODEL_DIGEST'],
    ['no model at all', brought(['roa', 'roe'], Buffer.from('other')), Buffer.from('other'), 'MODEL_FILE'],
    ['another input', brought(['roa', 'roe'], modelFile(simple, 'y')), modelFile(simple, 'y'), 'MODEL_SHAPE'],
    ['more characteristics', brought(['roa', 'roe', 'netMargin'], file), file, 'MODEL_SHAPE'],
    ['one that looks at the neighbours', brought(['roa', 'roe'], sharesFile(2)), sharesFile(2), 'MODEL_UNSTEADY'],
  ])('is refused where it is %s', async (_, version, content, reason) => {
    expect(await openModel(version, content)).toMatchObject({ ok: false, refusal: { code: 'INVALID', reason } });
  });

  test('is refused where nothing can run it', async () => {
    expect(await openModel(definition, file, async () => null)).toMatchObject({
      refusal: { code: 'INVALID_STATE', reason: 'MODEL_RUNTIME' },
    });
  });
});

const describeWithFile = hasFirms
  ? describe
  : (title: string, _: () => void) =>
      describe(title, () => test('not checked: the firms are not there', () => undefined));

describeWithFile('fitted on half of 6,819 firms, judged by the other half', () => {
  let card: ScorecardDefinition;
  let logistic: CompiledScorer;
  let rows: number[][] = [];
  let bad: boolean[] = [];
  let model: Steps;

  beforeAll(() => {
    const fitted = fitFirms();
    ({ card, bad, model } = fitted);
    // In single precision, as a model from elsewhere sees them: what lies that close to the end of a bin is on its other side.
    rows = fitted.rows.map((row) => row.map(Math.fround));
    logistic = compileScorer(
      card,
      freeze(
        card,
        card.characteristics.map((_, k) => rows.map((row) => row[k] ?? null)),
        'TECHNOLOGY',
      ),
    );
  });

  test('the logistic card is fit for review and separates: area under the ROC curve at least 0.88', () => {
    expect(hasErrors(lintScorecard(card))).toBe(false);
    expect(card.characteristics.length).toBeGreaterThanOrEqual(5);
    const judged = rows.flatMap((row, i) =>
      i % 2 === 0 ? [] : [{ score: Number(scoreOf(logistic, row).score), bad: bad[i] }],
    );
    const scores = (wanted: boolean) => judged.filter((firm) => firm.bad === wanted).map((firm) => firm.score);
    const [good, failed] = [scores(false), scores(true)];
    expect(failed.length).toBeGreaterThan(90);
    let won = 0;
    for (const low of failed) for (const high of good) won += high > low ? 1 : high === low ? 0.5 : 0;
    expect(won / (failed.length * good.length)).toBeGreaterThanOrEqual(0.88);
  });

  test('the same model as ONNX gives every firm the same grade', async () => {
    const file = modelFile(model);
    const definition = brought(
      card.characteristics.map((row) => row.id),
      file,
    );
    const opened = await openModel(definition, file);
    if (!opened.ok) throw new Error(opened.refusal.message);
    const columns = card.characteristics.map((_, k) => rows.map((row) => row[k] ?? null));
    const scorer = compileScorer(definition, freeze(definition, columns, 'TECHNOLOGY'));
    const values = Float64Array.from(rows.flatMap((row) => [...row, NaN]));
    await opened.value.fill(values, rows.length);
    const scored = scorer.newRows(rows.length);
    rows.forEach((_, i) => expect(scorer.scoreRow(values, i * scorer.width, scored, i)).toBe(true));
    const plain = logistic.newRows(rows.length);
    const packed = Float64Array.from(rows.flat());
    rows.forEach((_, i) => logistic.scoreRow(packed, i * logistic.width, plain, i));
    expect([...scored.modelRank]).toEqual([...plain.modelRank]);
    expect(new Set(plain.modelRank).size).toBeGreaterThanOrEqual(6);
    await opened.value.close();
  });
});
