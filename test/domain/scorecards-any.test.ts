/**
 * What holds of every scorecard that is fit for review, of whatever kind: definitions, populations and customers are drawn at
 * random. A second implementation, slow and written from the rules alone, has to agree.
 */
import { Decimal } from 'decimal.js';
import fc from 'fast-check';
import { indicatorOf } from '../../src/indicators/domain/dictionary';
import { gradeOfRank, rankOf } from '../../src/kernel/grade';
import {
  compileScorer,
  explainScore,
  MISSING_VALUE,
  pointsToE4,
  rowSlots,
  type Characteristic,
  type ScorecardDefinition,
} from '../../src/scorecards';
import { readCutPointSet } from '../../src/scorecards/domain/cut-points';
import { hasErrors, lintScorecard } from '../../src/scorecards/domain/lint-scorecard';
import { parseScorecardDefinition } from '../../src/scorecards/domain/scorecard-definition';
import { anyCard, anyRowOf, type DrawnCard, type Row } from '../support/scorecard-arbitrary';
import { freeze, scoreOf } from './scorecards-fixture';

const compiledOn = ({ definition, population }: DrawnCard) => {
  const cutPoints = freeze(
    definition,
    definition.characteristics.map((_, i) => population.map((row) => row[i] ?? null)),
  );
  return { cutPoints, card: compileScorer(definition, cutPoints) };
};
const anyCase = anyCard.chain((drawn) => fc.tuple(fc.constant(drawn), anyRowOf(drawn.definition)));

/** Grows with what is good; a copy of the direction rules on purpose. */
const goodness = (indicator: string, value: number): number => {
  const { direction, band } = indicatorOf(indicator);
  if (direction === 'HIGHER') return value;
  if (direction === 'LOWER') return 0 - value;
  return 0 - Math.max(0, (band?.low ?? 0) - value, value - (band?.high ?? 0));
};

test('what is drawn is fit for review and survives JSON', () => {
  fc.assert(
    fc.property(anyCard, ({ definition }) => {
      const errors = lintScorecard(definition).filter(({ severity }) => severity === 'ERROR');
      expect(errors).toEqual([]);
      expect(hasErrors(lintScorecard(definition))).toBe(false);
      expect(parseScorecardDefinition(JSON.parse(JSON.stringify(definition)))).toEqual({ ok: true, value: definition });
    }),
  );
});

test('better input never lowers score or grade: values, what a model says, relatives', () => {
  const anyImprovement = anyCase.chain(([drawn, row]) =>
    fc.tuple(fc.constant(drawn), fc.constant(row), anyRowOf(drawn.definition), fc.nat(row.length - 1)),
  );
  fc.assert(
    fc.property(anyImprovement, ([drawn, row, other, at]) => {
      const slot = rowSlots(drawn.definition)[at];
      const worth = (value: number): number =>
        slot?.kind === 'INDICATOR' ? goodness(slot.indicator, value) : slot?.kind === 'MODEL_OUTPUT' ? -value : value;
      const [one, two] = [row[at], other[at]];
      fc.pre(one != null && two != null);
      const [worse, better] = worth(one) <= worth(two) ? [one, two] : [two, one];
      const { card } = compiledOn(drawn);
      const [low, high] = [scoreOf(card, row.with(at, worse)), scoreOf(card, row.with(at, better))];
      expect(pointsToE4(high.score)).toBeGreaterThanOrEqual(pointsToE4(low.score));
      expect(rankOf(high.uncappedGrade)).toBeGreaterThanOrEqual(rankOf(low.uncappedGrade));
      expect(rankOf(high.modelGrade)).toBeGreaterThanOrEqual(rankOf(low.modelGrade));
    }),
    { numRuns: 1500 },
  );
});

test('caps always win, and nothing else lowers a grade below what score, rules and floors give', () => {
  fc.assert(
    fc.property(anyCase, ([drawn, row]) => {
      const { modelGrade, uncappedGrade, caps } = scoreOf(compiledOn(drawn).card, row);
      const struck = drawn.definition.knockOuts
        .filter(({ id }) => caps.includes(id))
        .map((rule) => rankOf(rule.capGrade));
      expect(modelGrade).toBe(gradeOfRank(Math.min(rankOf(uncappedGrade), ...struck)));
    }),
    { numRuns: 500 },
  );
});

test('contributions and base add up to the score exactly', () => {
  fc.assert(
    fc.property(anyCase, ([drawn, row]) => {
      const { card, cutPoints } = compiledOn(drawn);
      const scored = scoreOf(card, row);
      const log = explainScore(drawn.definition, cutPoints, { ...scored, inputs: row });
      const parts = [log.base, ...log.characteristics.map((line) => line.contribution)];
      expect(Decimal.sum(...parts).toFixed(4)).toBe(scored.score);
      expect(log.rules.map(({ id }) => id)).toEqual(scored.caps);
    }),
    { numRuns: 500 },
  );
});

test('batch, single and replay agree, whatever the order', () => {
  const anyBatch = anyCard.chain((drawn) =>
    fc.tuple(fc.constant(drawn), fc.array(anyRowOf(drawn.definition), { minLength: 1, maxLength: 12 }), fc.nat()),
  );
  fc.assert(
    fc.property(anyBatch, ([drawn, rows, start]) => {
      const { card, cutPoints } = compiledOn(drawn);
      const packed = Float64Array.from(rows.flat(), (value) => value ?? MISSING_VALUE);
      const filled = card.newRows(rows.length);
      rows.forEach((_, step) => {
        const row = (start + step) % rows.length;
        expect(card.scoreRow(packed, row * card.width, filled, row)).toBe(true);
      });
      const stored = JSON.parse(JSON.stringify({ definition: drawn.definition, cutPoints })) as {
        definition: unknown;
        cutPoints: never;
      };
      const definition = parseScorecardDefinition(stored.definition);
      if (!definition.ok) throw new Error(definition.refusal.message);
      const again = compileScorer(definition.value, readCutPointSet(stored.cutPoints));
      rows.forEach((row, i) => {
        const single = scoreOf(card, row);
        expect(scoreOf(again, JSON.parse(JSON.stringify(row)) as Row)).toEqual(single);
        expect({
          scoreE4: filled.scoreE4[i],
          points: [...filled.pointsCenti.subarray(i * card.characteristics, (i + 1) * card.characteristics)],
          ranks: [filled.modelRank[i], filled.uncappedRank[i]],
          caps: card.capsOf(filled.capBits[i] ?? 0),
          notes: card.notesOf(filled.noteBits[i] ?? 0),
        }).toEqual({
          scoreE4: pointsToE4(single.score),
          points: single.pointsCenti,
          ranks: [rankOf(single.modelGrade), rankOf(single.uncappedGrade)],
          caps: single.caps,
          notes: single.notes,
        });
      });
    }),
    { numRuns: 200 },
  );
});

test('a second implementation, written from the rules, agrees', () => {
  fc.assert(
    fc.property(anyCase, ([drawn, row]) => {
      const { score, uncappedGrade, modelGrade } = scoreOf(compiledOn(drawn).card, row);
      const { exact, grades } = byTheBook(drawn, row);
      const distance = exact.minus(score).abs();
      if (drawn.definition.model?.kind === 'EXPERT' || drawn.definition.model?.kind === 'HYBRID') {
        expect(distance.toFixed(4)).toBe('0.0000');
      } else {
        // Log-odds are no decimals: the last place may fall to either side.
        expect(distance.lessThanOrEqualTo('0.0001')).toBe(true);
      }
      expect({ uncappedGrade, modelGrade }).toEqual(grades(new Decimal(score)));
    }),
    { numRuns: 1500 },
  );
});

const byTheBook = ({ definition, population }: DrawnCard, row: Row) => {
  const { characteristics, knockOuts, floors = [], groupRules = [], gradeThresholds, model } = definition;
  const slots = rowSlots(definition);
  const valueOf = (indicator: string): number | null =>
    row[slots.findIndex((slot) => slot.kind === 'INDICATOR' && slot.indicator === indicator)] ?? null;

  const grades = (score: Decimal) => {
    let rank = rankOf(gradeThresholds.find(({ minScore }) => score.gte(minScore))?.grade ?? 'C');
    for (const { id, when, grade, notches } of groupRules) {
      const related = row[slots.findIndex((slot) => slot.kind === 'RELATED_RANK' && slot.rule.id === id)] ?? null;
      if (related === null) continue;
      if (when === 'WORST_AT_MOST' ? related <= rankOf(grade) : related >= rankOf(grade)) rank += notches;
    }
    rank = Math.min(9, Math.max(1, rank));
    for (const { indicator, value, floorGrade } of floors) {
      const found = valueOf(indicator);
      if (found !== null && found >= value) rank = Math.max(rank, rankOf(floorGrade));
    }
    const uncappedGrade = gradeOfRank(rank);
    for (const { indicator, op, value, capGrade } of knockOuts) {
      const found = valueOf(indicator);
      if (found === null) continue;
      if (op === 'GT' ? found > value : op === 'LT' ? found < value : found === value) {
        rank = Math.min(rank, rankOf(capGrade));
      }
    }
    return { uncappedGrade, modelGrade: gradeOfRank(rank) };
  };

  if (model?.kind === 'LOGISTIC' || model?.kind === 'ONNX') {
    const logOdds =
      model.kind === 'LOGISTIC'
        ? characteristics.reduce(
            (sum, line) =>
              sum.plus(new Decimal(line.coefficient ?? 0).times(evidenceOf(line, valueOf(line.indicator)))),
            new Decimal(model.intercept),
          )
        : saidLogOdds(definition, row[slots.findIndex(({ kind }) => kind === 'MODEL_OUTPUT')] ?? NaN);
    const points = logOdds.negated().div(new Decimal(2).ln()).times(model.scaling.pointsToDoubleOdds);
    const exact = points.plus(model.scaling.evenOddsScore);
    return { exact: Decimal.max(0, Decimal.min(100, exact)), grades };
  }

  const applies = characteristics.map((line, i) => {
    const known = population.filter((member) => member[i] !== null).length;
    const enough = known > 0 && known >= Math.min(10, Math.ceil(population.length / 10));
    const fixed = line.normalisation.kind === 'BANDS' || line.normalisation.kind === 'WOE';
    return enough || (fixed && line.missing.kind !== 'INDUSTRY_MEAN');
  });
  const raw = characteristics.map((line, i) => new Decimal(applies[i] === true ? line.weight : 0));
  const total = Decimal.sum(...raw);
  const ideal = raw.map((weight) => weight.times(1_000_000).div(total));
  const weights = ideal.map((weight) => weight.floor().toNumber());
  const short = 1_000_000 - weights.reduce((sum, weight) => sum + weight, 0);
  ideal
    .map((weight, i) => ({ i, rest: weight.minus(weight.floor()).toDecimalPlaces(12) }))
    .sort((a, b) => b.rest.comparedTo(a.rest) || a.i - b.i)
    .slice(0, short)
    .forEach(({ i }) => (weights[i] = (weights[i] ?? 0) + 1));
  const score = characteristics.reduce((sum, line, i) => {
    if (applies[i] !== true) return sum;
    const known = population.flatMap((member) => member[i] ?? []);
    return sum.plus(
      pointsOf(line, valueOf(line.indicator), known)
        .times(weights[i] ?? 0)
        .div(100_000),
    );
  }, new Decimal(0));
  return { exact: score.toDecimalPlaces(4, Decimal.ROUND_HALF_UP), grades };
};

const binOf = <T extends { readonly from: number | null; readonly to: number | null }>(
  bins: readonly T[],
  value: number,
): T => {
  const found = bins.find(({ from, to }) => (from === null || value >= from) && (to === null || value < to));
  if (found === undefined) throw new Error('no bin');
  return found;
};

const evidenceOf = ({ normalisation, missing }: Characteristic, value: number | null): string => {
  if (normalisation.kind !== 'WOE') throw new Error('no bins');
  if (value !== null) return binOf(normalisation.bins, value).woe;
  if (missing.kind === 'WOE') return missing.woe;
  return Decimal.min(...normalisation.bins.map(({ woe }) => woe)).toFixed();
};

const saidLogOdds = ({ model }: ScorecardDefinition, said: number): Decimal => {
  if (model?.kind !== 'ONNX' || model.outputKind === 'LOG_ODDS') return new Decimal(said);
  const bounded = Math.min(1 - 1e-12, Math.max(1e-12, said));
  return new Decimal(bounded).div(1 - bounded).ln();
};

/** Points of a value, or by the missing rule, among the known values of a population. */
const pointsOf = (line: Characteristic, value: number | null, known: readonly number[]): Decimal => {
  const { normalisation, missing, indicator } = line;
  const ranked = known.map((one) => goodness(indicator, one)).sort((a, b) => a - b);
  const steps =
    normalisation.kind === 'BANDS'
      ? normalisation.bands.map(({ points }) => new Decimal(points))
      : normalisation.kind === 'WOE'
        ? normalisation.bins.map(({ woe }) => pointsOfEvidence(woe, normalisation.bins))
        : [new Decimal(1)];
  const scored = (one: number): Decimal => {
    switch (normalisation.kind) {
      case 'BANDS':
        return new Decimal(binOf(normalisation.bands, one).points);
      case 'WOE':
        return pointsOfEvidence(binOf(normalisation.bins, one).woe, normalisation.bins);
      case 'Z_SCORE': {
        const mean = ranked.reduce((sum, each) => sum + each, 0) / ranked.length;
        const spread =
          Number(normalisation.clampAt) *
          Math.sqrt(ranked.reduce((sum, each) => sum + (each - mean) * (each - mean), 0) / ranked.length);
        const centi = spread === 0 ? 550 : Math.floor(550 + (goodness(indicator, one) - mean) * (450 / spread) + 0.5);
        return new Decimal(Math.min(1000, Math.max(100, centi))).div(100);
      }
      case 'DECILE':
        return new Decimal(tenthOf(goodness(indicator, one), ranked));
    }
  };
  if (value !== null) return scored(value);
  switch (missing.kind) {
    case 'POINTS':
      return new Decimal(missing.points);
    case 'WORST':
      return Decimal.min(...steps);
    case 'INDUSTRY_MEAN':
      return Decimal.sum(...known.map(scored))
        .div(known.length)
        .toDecimalPlaces(2, Decimal.ROUND_HALF_UP);
    case 'WOE':
      throw new Error('belongs to fitted models');
  }
};

const pointsOfEvidence = (woe: string, bins: readonly { readonly woe: string }[]): Decimal => {
  const least = Decimal.min(...bins.map((bin) => bin.woe));
  const span = Decimal.max(...bins.map((bin) => bin.woe)).minus(least);
  if (span.isZero()) return new Decimal('5.5');
  return new Decimal(woe).minus(least).times(9).div(span).plus(1).toDecimalPlaces(2, Decimal.ROUND_HALF_UP);
};

/** The best tenth 10, the worst 1; a crowd across a boundary goes up, the crowd at the very bottom down unless it is best too. */
const tenthOf = (good: number, ranked: readonly number[]): number => {
  const worst = ranked[0] ?? NaN;
  const begins = (k: number): number => ranked[Math.floor((k * ranked.length) / 10)] ?? NaN;
  let tenth = 1;
  for (let k = 1; k <= 9; k++) {
    const inBottomCrowd = begins(k) === worst && worst !== begins(9);
    const from = inBottomCrowd ? (ranked.find((one) => one > worst) ?? NaN) : begins(k);
    if (good >= from) tenth += 1;
  }
  return tenth;
};
