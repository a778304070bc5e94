/**
 * A rating is proved to an outsider: over GraphQL and by the program, checked in another folder with the key alone; and
 * whoever takes a proof or an exported rating, or looks back at credit data, is on record.
 */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatVerifierKey } from '../../src/audit';
import { useApi, type Loose } from '../support/api';
import goldenLog from '../golden/audit-log.json';
import { appendAll } from '../support/log';
import { tierwarden, useBuiltProgram, type Finished } from '../support/processes';

const api = useApi('sample');
useBuiltProgram();

const place = mkdtempSync(join(tmpdir(), 'tierwarden-rating-proof-'));
const installed = () => ({ DATABASE_URL: api.test.appUrl, TIERWARDEN_HOME: api.app.config.home });
/** Another machine: no database, no keys. */
const elsewhere = { TIERWARDEN_HOME: join(place, 'nothing') };
let key = '';
const verify = (file: string, as = key): Promise<Finished> =>
  tierwarden(['audit', 'verify', file, '--key', as], elsewhere);

/** Looks on record at one customer, by field, and who looked. */
const looksAt = async (customerId: string): Promise<{ actor: string; field: string }[]> => {
  await api.app.looks.flush();
  const { data } = await api.ask(
    'auditor',
    'query ($customer: ID!) { auditEvents(first: 100, where: { lookedAt: $customer }) { nodes { actorId data } } }',
    { customer: customerId },
  );
  const key = Buffer.from(customerId, 'base64url').toString().replace('Customer:', '');
  return (data.auditEvents.nodes as Loose[]).flatMap(({ actorId, data: { looks } }) =>
    (looks as Loose[]).flatMap(({ fields }) =>
      (fields as Loose[])
        .filter(({ customers }) => (customers as string[]).includes(key))
        .map(({ field }) => ({ actor: actorId as string, field: field as string })),
    ),
  );
};
const customers = async (): Promise<string[]> =>
  (await api.ask('auditor', '{ customers(first: 9) { nodes { id grade { rating { id } } } } }')).data.customers.nodes
    .filter(({ grade }: Loose) => grade !== null)
    .map(({ id }: Loose) => id as string);

beforeAll(async () => {
  await appendAll(api.app.audit.log.sequencer);
  key = (await api.app.audit.log.keys.load()).map(formatVerifierKey).join(' ');
});

it('the proof that GraphQL gives holds elsewhere, and no byte of it may be another', async () => {
  const [customer = ''] = await customers();
  const ask = '{ grade { rating { asOf score modelGrade { value } proof } } }';
  const document = `query ($id: ID!) { customer(id: $id) ${ask} }`;
  const { rating } = (await api.ask('auditor', document, { id: customer })).data.customer.grade;
  const file = join(place, 'of-graphql.proof');
  writeFileSync(file, rating.proof as string);
  const good = await verify(file);
  expect([good.code, good.stderr]).toEqual([0, '']);
  const customerKey = Buffer.from(customer, 'base64url').toString().replace('Customer:', '');
  expect(good.stdout).toContain(
    `intact: customer ${customerKey} as of ${rating.asOf}: ${rating.modelGrade.value} by the model, score ${rating.score}`,
  );
  expect(good.stdout).toMatch(/rating \d+ of \d+ in run /);

  const bytes = readFileSync(file);
  // In the rating's own bytes, which stand first.
  const at = bytes.indexOf('rating ') + 60;
  bytes[at] = bytes[at] === 0x41 ? 0x42 : 0x41;
  const changed = join(place, 'changed.proof');
  writeFileSync(changed, bytes);
  const broken = await verify(changed);
  expect([broken.code, broken.stderr]).toEqual([1, expect.stringContaining('broken: this is not rating')]);
  expect(await looksAt(customer)).toEqual(expect.arrayContaining([expect.objectContaining({ field: 'ratingProof' })]));
  // To those who may not read the log, there is no proof.
  expect((await api.ask('analyst', document, { id: customer })).data.customer.grade.rating.proof).toBeNull();
});

it('the program writes the same proof, and puts on record that it did; so it does with an exported rating', async () => {
  const [, customer = ''] = await customers();
  const { id } = (
    await api.ask('auditor', 'query ($id: ID!) { customer(id: $id) { grade { rating { id } } } }', { id: customer })
  ).data.customer.grade.rating;
  const rating = Buffer.from(id as string, 'base64url')
    .toString()
    .replace('Rating:', '');
  const file = join(place, 'of-program.proof');
  const made = await tierwarden(['audit', 'proof', '--rating', rating, '--out', file], installed());
  expect([made.code, made.stderr]).toEqual([0, '']);
  expect((await verify(file)).code).toBe(0);
  const exported = await tierwarden(
    ['replay', '--rating', rating, '--export', join(place, 'rating.json')],
    installed(),
  );
  expect(exported.code).toBe(0);
  expect(await looksAt(customer)).toEqual(
    expect.arrayContaining([
      { actor: 'system:cli', field: 'ratingProof' },
      { actor: 'system:cli', field: 'ratingExport' },
    ]),
  );
  expect((await verify(file, goldenLog.keys[0]!.verifier)).code).toBe(3);
  expect((await tierwarden(['audit', 'proof'], installed())).code).toBe(2);
  expect((await tierwarden(['audit', 'proof', '--rating', api.app.newId()], installed())).code).toBe(1);
});

it('looking back at credit data is on record, where the values are asked for', async () => {
  const [, , customer = ''] = await customers();
  const ask = (fields: string) =>
    api.ask(
      'auditor',
      `query ($id: ID!, $at: DateTime) { customer(id: $id, asOf: $at, knownAt: $at) { indicators { ${fields} } } }`,
      { id: customer, at: '2026-01-15T07:30:00Z' },
    );
  expect((await ask('code asOf masked')).data.customer.indicators.length).toBeGreaterThan(10);
  expect(await looksAt(customer)).toEqual([]);
  const shown = (await ask('code value')).data.customer.indicators as Loose[];
  const fields = new Set((await looksAt(customer)).map(({ field }) => field));
  expect(fields.size).toBeGreaterThan(0);
  for (const field of fields) expect(shown.find(({ code }) => code === field)?.value).not.toBeNull();
});

it('so are calculation logs and reports, of now and of then', async () => {
  const [, , , customer = ''] = await customers();
  const rating = '{ calculationLog { rows { indicator input masked } } }';
  await api.ask('maker', `query ($id: ID!) { customer(id: $id) { grade { rating ${rating} } } }`, { id: customer });
  expect(await looksAt(customer)).toEqual([]);
  const { data } = await api.ask(
    'auditor',
    `query ($id: ID!, $at: DateTime) { customer(id: $id, asOf: $at) { latestRating ${rating} } }`,
    { id: customer, at: '2026-01-15T07:59:00Z' },
  );
  const rows = data.customer.latestRating.calculationLog.rows as Loose[];
  const seen = new Set((await looksAt(customer)).map(({ field }) => field));
  expect(seen.size).toBeGreaterThan(0);
  for (const field of seen) expect(rows.find(({ indicator }) => indicator === field)?.input).not.toBeNull();
  await api.ask('auditor', 'grade-report', { id: customer });
  expect((await looksAt(customer)).map(({ field }) => field)).toContain('gradeReport');
});
