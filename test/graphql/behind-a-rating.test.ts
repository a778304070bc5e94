/** What stands behind a rating: values over time, the scorecard version, its cut points, and how it fared. */
import { INDICATORS } from '../../src/indicators';
import { useApi, type Answer, type Loose } from '../support/api';
import { asSystemActor, type Handle } from '../support/people';

const api = useApi('sample');

const codeOf = (answer: Answer): unknown => answer.errors[0]?.extensions['code'];
const reasonOf = (answer: Answer): unknown => answer.errors[0]?.extensions['reason'];
const some = async (grade = 'A'): Promise<{ id: string; number: string }> =>
  (await api.ask('approver', 'customers', { first: 1, where: { grade: { eq: grade } } })).data.customers.nodes[0];

describe('the history of an indicator', () => {
  const history = (who: Handle, id: string, code: string, page: object = {}): Promise<Answer> =>
    api.ask(who, 'indicator-history', { id, code, ...page });

  it('pages through every value, newest day first, corrections before what they correct', async () => {
    const { id, number } = await some();
    const correction = await api.app.indicators.commands.importSnapshots(asSystemActor(), {
      source: 'audited accounts',
      rows: [
        {
          number,
          content: { asOf: '2025-06-30', source: 'audited accounts', quality: 'VERIFIED', values: { roa: '0.0321' } },
        },
      ],
    });
    expect(correction).toMatchObject({ ok: true, value: { new: 1 } });
    const values: Loose[] = [];
    let after: string | null = null;
    do {
      const answer: Answer = await history('approver', id, 'roa', { first: 3, after });
      const { nodes, pageInfo, totalCount } = answer.data.customer.indicatorHistory;
      values.push(...nodes);
      expect(totalCount).toEqual({ count: 9, precision: 'EXACT' });
      after = pageInfo.hasNextPage ? pageInfo.endCursor : null;
    } while (after !== null);
    const days = values.map(({ asOf }) => asOf as string);
    expect(days).toEqual([...days].sort().reverse());
    expect(new Set(days).size).toBe(8);
    expect(values.filter(({ asOf }) => asOf === '2025-06-30')).toMatchObject([
      { value: '0.0321', source: 'audited accounts', quality: 'VERIFIED', recordedAt: '2026-01-15T08:00:00.000Z' },
      { source: 'sample portfolio', quality: 'REPORTED', recordedAt: '2026-01-15T07:00:00.000Z' },
    ]);
    const newest = (await api.ask('approver', 'customer-indicators', { id })).data.customer.indicators;
    expect(values[0].value).toBe(newest.find(({ code }: Loose) => code === 'roa').value);
  });

  it('withholds credit data from sales as the newest values do, and says so', async () => {
    const { id } = await some();
    const newest = (await api.ask('maker', 'customer-indicators', { id })).data.customer.indicators;
    for (const code of ['roa', newest.find(({ masked }: Loose) => masked).code as string]) {
      const { masked } = newest.find((value: Loose) => value.code === code);
      const { nodes } = (await history('maker', id, code)).data.customer.indicatorHistory;
      expect(nodes.length).toBeGreaterThan(0);
      for (const node of nodes) expect(node).toMatchObject({ masked, value: masked ? null : expect.any(String) });
      const risk = (await history('analyst', id, code)).data.customer.indicatorHistory.nodes;
      expect(risk.every((node: Loose) => !node.masked && node.value !== null)).toBe(true);
    }
  });

  it('is empty where nothing is known, and refuses what is no indicator and a cursor of another one', async () => {
    const { id } = await some();
    const { customer } = (await api.ask('maker', 'register-customer', { input: { number: 'EMPTY', nameZh: '空' } }))
      .data.registerCustomer;
    expect((await history('approver', customer.id, 'roa')).data.customer.indicatorHistory).toMatchObject({
      nodes: [],
      totalCount: { count: 0 },
    });
    const unknown = await history('approver', id, 'magic');
    expect([codeOf(unknown), reasonOf(unknown)]).toEqual(['NOT_FOUND', 'INDICATOR']);
    const { endCursor } = (await history('approver', id, 'roa', { first: 1 })).data.customer.indicatorHistory.pageInfo;
    expect(reasonOf(await history('approver', id, 'currentRatio', { first: 1, after: endCursor }))).toBe(
      'INVALID_CURSOR',
    );
  });
});

describe('the scorecard behind a rating', () => {
  const ratingOf = async (who: Handle, id: string): Promise<Loose> =>
    (await api.ask(who, 'rating-scorecard', { id })).data.customer.grade.rating;

  it('is the version that was live, found again by its id, with the rules themselves', async () => {
    const { id } = await some();
    const { scorecardVersion } = await ratingOf('maker', id);
    const live = await api.app.scorecards.liveVersion();
    expect(scorecardVersion).toMatchObject({
      scorecard: live.scorecardCode,
      number: 1,
      state: 'LIVE',
      digest: live.digest,
      effectiveFrom: live.effectiveFrom?.toISOString(),
    });
    const again = await api.ask(
      'maker',
      'query ($id: ID!) { node(id: $id) { ... on ScorecardVersion { number definition } } }',
      { id: scorecardVersion.id },
    );
    expect(again.data.node).toEqual({ number: 1, definition: live.definition });
  });

  it('comes with the cut points that the calculation log weighs by', async () => {
    const { id } = await some();
    const { cutPoints } = await ratingOf('analyst', id);
    const rows = (await api.ask('analyst', 'rating-log', { id })).data.customer.grade.rating.calculationLog.rows;
    expect(cutPoints.characteristics.map((row: Loose) => [row.characteristic, row.effectiveWeight])).toEqual(
      rows.map((row: Loose) => [row.characteristic, row.effectiveWeight]),
    );
    expect(cutPoints.referenceSize).toBeGreaterThan(30);
    let compared = 0;
    for (const { indicator, applicable, cuts, meanPoints, masked } of cutPoints.characteristics) {
      expect(masked).toBe(false);
      expect(cuts).toHaveLength(applicable ? 9 : 0);
      const { direction } = INDICATORS.find((known) => known.code === indicator)!;
      const { input, state, points } = rows.find((row: Loose) => row.indicator === indicator);
      if (state === 'MISSING') expect(Number(points)).toBeLessThanOrEqual(Number(meanPoints));
      if (state !== 'SCORED' || direction === 'BAND') continue;
      const reached = cuts.filter((cut: string) =>
        direction === 'HIGHER' ? Number(input) >= Number(cut) : Number(input) <= Number(cut),
      );
      expect(Number(points)).toBe(1 + reached.length);
      compared++;
    }
    expect(compared).toBeGreaterThan(10);
    const node = await api.ask('analyst', 'query ($id: ID!) { node(id: $id) { ... on CutPointSet { segment } } }', {
      id: cutPoints.id,
    });
    expect(node.data.node).toEqual({ segment: cutPoints.segment });
    expect((await api.ask('security', 'node', { id: cutPoints.id })).data.node).toBeNull();
  });

  it('withholds the cut points of credit data from sales, since they are values of customers', async () => {
    const { id } = await some();
    const [seen, all] = [await ratingOf('maker', id), await ratingOf('analyst', id)];
    const hidden = seen.cutPoints.characteristics.filter(({ masked }: Loose) => masked);
    expect(hidden.length).toBeGreaterThan(0);
    for (const row of hidden) {
      expect(INDICATORS.find((known) => known.code === (row.indicator as string))?.sensitivity).toBe('CREDIT');
      expect([row.cuts, row.meanPoints]).toEqual([null, null]);
    }
    expect(seen.cutPoints.characteristics.filter(({ masked }: Loose) => !masked)).toEqual(
      all.cutPoints.characteristics.filter(
        ({ indicator }: Loose) =>
          INDICATORS.find((known) => known.code === (indicator as string))?.sensitivity === 'INTERNAL',
      ),
    );
  });
});

describe('rank power', () => {
  const power = (who: Handle, source = 'register'): Promise<Answer> =>
    api.ask(who, 'rank-power', { event: 'DEFAULT', source });

  beforeAll(async () => {
    const claims = [];
    for (const [grade, bad] of [
      ['C', true],
      ['AAA', false],
      ['A', false],
    ] as const) {
      claims.push({ number: (await some(grade)).number, event: 'DEFAULT' as const, bad, observedOn: '2026-01-10' });
    }
    const recorded = await api.app.validation.recordOutcomes(asSystemActor(), {
      batchId: api.app.newId(),
      source: 'register',
      claims,
    });
    expect(recorded).toMatchObject({ ok: true, value: { recorded: 3 } });
  });

  it('tells risk and auditors how the scores fared, grade by grade', async () => {
    for (const who of ['approver', 'analyst', 'auditor'] as const) {
      const { grades, byGrade, ...figures } = (await power(who)).data.rankPower;
      // Nobody's grade is overridden.
      expect(byGrade).toEqual({ modelAuc: 1, inForceAuc: 1, inForce: grades });
      expect(figures).toEqual({ customers: 3, rated: 3, bad: 1, auc: 1 });
      expect(grades).toHaveLength(9);
      expect(grades[0]).toEqual({ grade: { value: 'AAA' }, count: 1, bad: 0, shareBad: 0 });
      expect(grades[8]).toEqual({ grade: { value: 'C' }, count: 1, bad: 1, shareBad: 1 });
      expect(grades[1]).toEqual({ grade: { value: 'AA' }, count: 0, bad: 0, shareBad: null });
    }
    expect((await power('approver', 'nobody')).data.rankPower).toMatchObject({ customers: 0, auc: null });
  });

  it('is not for sales', async () => {
    expect(codeOf(await power('maker'))).toBe('FORBIDDEN');
  });
});
