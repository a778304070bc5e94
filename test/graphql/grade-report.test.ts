/** What a rating says to people: over the API and as a page, as the one who asks may see it. */
import { useApi, type Loose } from '../support/api';
import type { Handle } from '../support/people';

const api = useApi('sample');

const NUMBER = 'C0007';
const rated = async (who: Handle): Promise<Loose> => {
  const { data } = await api.ask(who, 'customer', { number: NUMBER });
  return (await api.ask(who, 'grade-report', { id: data.customer.id })).data.customer.latestRating;
};
const page = async (who: Handle | null, path: string): Promise<Response> =>
  fetch(`${api.url}/reports/${path}`, {
    headers: who === null ? {} : { authorization: `Bearer ${await api.token(who)}` },
  });

test('names reasons, suggestions with the number behind them, and what would lift the grade', async () => {
  const { report, score } = await rated('analyst');
  const sum = report.dimensions.reduce((total: number, row: Loose) => total + Number(row.contribution), 0);
  expect(sum.toFixed(4)).toBe(score);
  expect(report.reasonsFor.length).toBeGreaterThan(0);
  for (const row of report.reasonsFor) expect(Number(row.effect)).toBeGreaterThan(0);
  for (const row of report.reasonsAgainst) expect(Number(row.effect)).toBeLessThan(0);
  for (const row of report.suggestions) expect(row.input).toMatch(/^-?\d/);
  const gains = report.lift.steps.reduce((total: number, step: Loose) => total + Number(step.gain), 0);
  expect(gains).toBeGreaterThanOrEqual(Number(report.lift.missing));
});

test('says nothing of credit data to those who may not see them', async () => {
  const said = JSON.stringify((await rated('maker')).report);
  for (const indicator of ['defaultsIn3Years', 'bureauOverdueAmount', 'guaranteesToNetWorth']) {
    expect(said).not.toContain(indicator);
  }
});

describe('printed', () => {
  test.each(['zh', 'en'])('as PDF in %s, for those who have signed in', async (language) => {
    const { id } = await rated('analyst');
    const response = await page('analyst', `${id}.pdf?lang=${language}`);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/pdf');
    expect(response.headers.get('cache-control')).toBe('private, no-store');
    expect(response.headers.get('content-disposition')).toContain(`${NUMBER}-`);
    const pdf = Buffer.from(await response.arrayBuffer());
    expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');
    expect(pdf.length).toBeGreaterThan(20_000);
  });

  test('not for strangers, nor of anything but a rating, nor in another tongue', async () => {
    const { id } = await rated('analyst');
    expect((await page(null, `${id}.pdf`)).status).toBe(401);
    expect((await page('security', `${id}.pdf`)).status).toBe(403);
    const nobody = Buffer.from('Rating:00000000-0000-0000-0000-000000000000').toString('base64url');
    for (const path of [`${id}.pdf?lang=fr`, id, 'nothing.pdf', `${nobody}.pdf`]) {
      expect((await page('analyst', path)).status).toBe(404);
    }
  });
});
