/** Who looked at what is sensitive, and who was refused, stands in the audit log within a second, and answers wait for nothing. */
import { asSystem, required } from '../../src/app';
import { useApi, type Loose } from '../support/api';

const api = useApi('empty');

beforeAll(async () => {
  const by = asSystem('cli', 'test');
  for (let i = 0; i < 10; i++) {
    const { customer } = required(
      await api.app.customers.commands.registerCustomer(by, {
        number: `L-${i}`,
        nameEn: `Looked at ${i}`,
        industryCode: 'SERVICES',
      }),
    );
    required(
      await api.app.indicators.commands.recordSnapshot(by, {
        customerId: customer.id,
        asOf: '2026-01-14',
        source: 'test',
        quality: 'VERIFIED',
        values: { defaultsIn3Years: '1', yearlyTurnoverWithUs: '1000' },
      }),
    );
  }
});

const events = async (where: object): Promise<Loose[]> =>
  (await api.ask('auditor', 'audit-events', { first: 100, where })).data['auditEvents'].nodes as Loose[];
const recorded = async (action: string) => {
  await api.app.looks.flush();
  return events({ action: { eq: action } });
};
const customerId = async (at = 0): Promise<string> =>
  (await api.ask('approver', 'customers', { first: 10 })).data['customers'].nodes[at].id as string;
const keyOf = (id: string): string => Buffer.from(id, 'base64url').toString().replace('Customer:', '');

it('a look at credit data is an event: who, whom, which fields, in which request', async () => {
  const id = await customerId();
  const answer = await api.ask('analyst', 'customer-indicators', { id });
  const shown = (answer.data['customer'].indicators as Loose[]).filter(
    ({ value, masked }) => value !== null && !masked,
  );
  expect(shown.length).toBeGreaterThan(0);
  const [event] = await recorded('sensitive.read');
  const [look] = event.data.looks as Loose[];
  expect(look.request).toEqual(expect.any(String));
  expect(look.fields.length).toBeGreaterThan(0);
  expect(look.fields.length).toBeLessThan(shown.length);
  for (const { customers } of look.fields) expect(customers).toEqual([keyOf(id)]);
  expect(await events({ lookedAt: id })).toEqual([expect.objectContaining({ id: event.id })]);
  expect(await events({ lookedAt: await customerId(5) })).toEqual([]);
});

it('who sees no credit data leaves no look', async () => {
  const before = (await recorded('sensitive.read')).length;
  const answer = await api.ask('maker', 'customer-indicators', { id: await customerId(1) });
  expect((answer.data['customer'].indicators as Loose[]).some(({ masked }) => masked)).toBe(true);
  expect(await recorded('sensitive.read')).toHaveLength(before);
});

it('many looks of one person become few events, of a bounded size', async () => {
  const before = (await recorded('sensitive.read')).length;
  await Promise.all(
    Array.from({ length: 20 }, () =>
      api.ask('analyst', '{ customers(first: 100) { nodes { indicators { value } } } }'),
    ),
  );
  const fresh = (await recorded('sensitive.read')).slice(0, -before);
  const looks = fresh.flatMap(({ data }) => data.looks as Loose[]);
  expect(new Set(looks.map(({ request }) => request as string)).size).toBe(20);
  expect(fresh.length).toBeLessThan(60);
});

it('an attempt at what one has no right to is an event with the result REFUSED', async () => {
  const answer = await api.ask('maker', 'rate-customer', { input: { customerId: await customerId() } });
  expect(answer.errors[0]?.extensions['code']).toBe('FORBIDDEN');
  await api.app.looks.flush();
  const refused = await events({ result: 'REFUSED' });
  expect(refused[0]).toMatchObject({
    action: 'access.refused',
    data: { refusals: [{ what: 'rateCustomer', code: 'FORBIDDEN', request: expect.any(String) }] },
  });
  expect((await events({ result: 'DONE' })).some(({ action }) => action === 'access.refused')).toBe(false);
});

it('what cannot be written is kept and written later', async () => {
  const failing = jest.spyOn(api.app.unitOfWork, 'run').mockRejectedValueOnce(new Error('the database is away'));
  const before = (await recorded('sensitive.read')).length;
  failing.mockRejectedValueOnce(new Error('the database is away'));
  await api.ask('analyst', 'customer-indicators', { id: await customerId(2) });
  await api.app.looks.flush();
  failing.mockRestore();
  expect((await recorded('sensitive.read')).length).toBe(before + 1);
});

it('events are found by the name of who acted and of whom they concern', async () => {
  const [customer] = await api.test.asOwner<{ id: string; name: string }>(
    `SELECT customer_id AS id, display_name AS name FROM audit_event JOIN customer ON customer.id = customer_id
     WHERE customer_id IS NOT NULL ORDER BY occurred_at DESC LIMIT 1`,
  );
  const found = await events({ search: customer?.name ?? 'x' });
  if (customer !== undefined) expect(found.length).toBeGreaterThan(0);
  const [actor] = await api.test.asOwner<{ name: string; id: string }>(
    `SELECT display_name AS name, actor_id AS id FROM audit_event JOIN app_user ON app_user.id::text = actor_id LIMIT 1`,
  );
  const byActor = await events({ search: actor!.name });
  expect(byActor.length).toBeGreaterThan(0);
  expect(await events({ search: 'nobody has this name' })).toEqual([]);
  expect(
    await events({ not: { search: actor!.name }, actor: Buffer.from(`User:${actor!.id}`).toString('base64url') }),
  ).toEqual([]);
});

describe('kept searches', () => {
  const save = async (name: string, where: object, who: 'auditor' | 'cro' = 'auditor') =>
    (await api.ask(who, 'save-audit-search', { input: { name, where } })).data['saveAuditSearch'];
  const kept = async (who: 'auditor' | 'cro' = 'auditor') =>
    (await api.ask(who, 'audit-searches')).data['auditSearches'] as Loose[];

  it('are those of one person, by name, and go as they are into the list', async () => {
    const where = {
      result: 'REFUSED',
      actor: Buffer.from('User:00000000-0000-7000-8000-000000000000').toString('base64url'),
    };
    await save('mine', where);
    await save('theirs', { result: 'DONE' }, 'cro');
    const [search] = await kept();
    expect(search).toMatchObject({ name: 'mine', where });
    expect(await events(search.where as object)).toEqual([]);
    await save('mine', { result: 'DONE' });
    expect(await kept()).toEqual([expect.objectContaining({ where: { result: 'DONE' } })]);
    const foreign = (await kept('cro'))[0].id as string;
    const discard = async (searchId: string) =>
      (await api.ask('auditor', 'discard-audit-search', { input: { searchId } })).data['discardAuditSearch'];
    expect((await discard(foreign)).userErrors[0].code).toBe('NOT_FOUND');
    expect((await discard('no id')).userErrors[0].code).toBe('NOT_FOUND');
    expect((await discard((await kept())[0].id as string)).userErrors).toEqual([]);
    expect(await kept()).toEqual([]);
  });

  it('need a name, and the right to read the log', async () => {
    expect((await save(' ', {})).userErrors[0].messageKey).toBe('REQUIRED.NAME');
    expect((await save('x'.repeat(101), {})).userErrors[0].messageKey).toBe('INVALID.TOO_LONG');
    const maker = await api.ask('maker', 'save-audit-search', { input: { name: 'x', where: {} } });
    expect(maker.errors[0]?.extensions['code']).toBe('FORBIDDEN');
  });
});
