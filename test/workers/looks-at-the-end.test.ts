/**
 * Looks that were gathered and not yet written when an API process ends: told to stop, it writes them first; killed, it loses
 * those of the last second and none that were written before.
 */
import { asSystem, required } from '../../src/app';
import { useApi } from '../support/api';
import { startScript, useProcesses, type Running } from '../support/processes';
import type { ServingChildOptions } from './support/serving-child';
import { until } from './support/until';

const api = useApi('empty');
useProcesses();

/** A customer with credit data, by public id and key. */
const register = async (number: string): Promise<{ id: string; key: string }> => {
  const by = asSystem('cli', 'test');
  const { customer } = required(
    await api.app.customers.commands.registerCustomer(by, { number, nameEn: number, industryCode: 'SERVICES' }),
  );
  required(
    await api.app.indicators.commands.recordSnapshot(by, {
      customerId: customer.id,
      asOf: '2026-01-14',
      source: 'test',
      quality: 'VERIFIED',
      values: { defaultsIn3Years: '1' },
    }),
  );
  return { id: Buffer.from(`Customer:${customer.id}`).toString('base64url'), key: customer.id };
};

const start = async (): Promise<Running & { readonly url: string }> => {
  const options: ServingChildOptions = { databaseUrl: api.test.appUrl, home: api.app.config.home };
  const running = startScript('test/workers/support/serving-child.ts', [JSON.stringify(options)]);
  return { ...running, url: await running.line(/^http/) };
};

const look = async (url: string, id: string): Promise<void> => {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${await api.token('analyst')}` },
    body: JSON.stringify({
      query: 'query ($id: ID!) { customer(id: $id) { indicators { code value masked } } }',
      variables: { id },
    }),
  });
  const { data } = (await response.json()) as { data: { customer: { indicators: { code: string; value: string }[] } } };
  expect(data.customer.indicators).toEqual([
    expect.objectContaining({ code: 'defaultsIn3Years', value: '1', masked: false }),
  ]);
};

/** Customers of whom a look is on record. */
const lookedAt = async (): Promise<string[]> =>
  (await api.test.asOwner<{ key: string }>('SELECT DISTINCT customer_id AS key FROM audit_look')).map(({ key }) => key);

it('a process that is told to stop writes them before it ends', async () => {
  const customer = await register('TOLD');
  const process = await start();
  await look(process.url, customer.id);
  process.process.kill('SIGTERM');
  expect(await process.finished).toMatchObject({ code: 0, signal: null });
  expect(await lookedAt()).toEqual([customer.key]);
}, 120_000);

it('a process that is killed loses those of the last second, and none from before', async () => {
  const [early, late] = [await register('EARLY'), await register('LATE')];
  const process = await start();
  await look(process.url, early.id);
  // Written by itself within a second, while the process runs on.
  await until('the look is on record', async () => (await lookedAt()).includes(early.key), 30_000);
  await look(process.url, late.id);
  process.process.kill('SIGKILL');
  expect(await process.finished).toMatchObject({ signal: 'SIGKILL' });
  const recorded = await lookedAt();
  expect(recorded).toContain(early.key);
  // Whatever is on record is whole: an event that names the customer.
  const events = await api.test.asOwner<{ key: string }>(
    `SELECT look.customer_id AS key FROM audit_look AS look JOIN audit_event ON id = look.event_id
     WHERE convert_from(bytes, 'UTF8') LIKE '%' || look.customer_id || '%'`,
  );
  expect(new Set(events.map(({ key }) => key))).toEqual(new Set(recorded));
}, 120_000);
