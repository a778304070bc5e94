/** An operation that takes too long, and one whose caller has left: what is answered, and what goes on in the database. */
import { request as httpRequest } from 'node:http';
import { listen, stopListeners, TRANSPORTS, connectSocket } from '../support/live';
import { useApi, type Answer, type Loose, type TestApi } from '../support/api';
import { waitingFor } from '../support/locks';
import { until } from '../workers/support/until';

const api = useApi('empty', {
  operationTimeoutMs: 1_500,
  lockTimeoutMs: 0,
  statementTimeoutMs: 0,
});
const patient = useApi('empty', { operationTimeoutMs: 0, lockTimeoutMs: 0, statementTimeoutMs: 0 });
afterEach(async () => {
  stopListeners();
  await Promise.all([letGo(), letGo(patient)]);
});

/** The first is read over shared connections, the second by one of the pool. */
const SHARED = '{ customers { nodes { id } } }';
const QUERIES = [
  ['over a shared connection', SHARED],
  ['over one of the pool', '{ customer(number: "C1", asOf: "2026-01-01T00:00:00Z") { id } }'],
] as const;

const holdCustomers = async (on: TestApi = api): Promise<void> => {
  await on.test.asOwner('BEGIN');
  await on.test.asOwner('LOCK TABLE customer IN ACCESS EXCLUSIVE MODE');
};
const letGo = (on: TestApi = api): Promise<unknown> => on.test.asOwner('ROLLBACK');
const untilWaiting = (count: number, on: TestApi = api): Promise<void> =>
  until(`${count} statements that wait`, async () => (await waitingFor(on.test, 'customer')) === count);

const OUT_OF_TIME = { code: 'SERVICE_UNAVAILABLE', reason: 'OPERATION_TIMEOUT', retryable: true };

/** As many as there are connections of any kind, so that each of them is used. */
const expectSound = async (query: string, on: TestApi = api): Promise<void> => {
  const answers = await Promise.all(Array.from({ length: 30 }, () => on.ask('auditor', query)));
  expect(answers.flatMap(({ errors }) => errors)).toEqual([]);
};

const register = (number: string, idempotencyKey: string, on: TestApi = api): Promise<Answer> =>
  on.ask('maker', 'register-customer', { input: { number, nameZh: '甲公司', idempotencyKey } });
const registrations = async (): Promise<unknown> =>
  api.test.asOwner("SELECT count(*)::int FROM audit_event WHERE action = 'customer.registered'");

describe.each(QUERIES)('a query that takes too long, read %s', (_, query) => {
  it('is answered over HTTP, the first time and ever after, and ended in the database', async () => {
    await api.ask('auditor', query);
    await holdCustomers();
    for (const document of [`# new\n${query}`, query]) {
      const { status, data, errors } = await api.ask('auditor', document);
      expect([status, data, errors[0]?.extensions]).toEqual([503, null, expect.objectContaining(OUT_OF_TIME)]);
      await untilWaiting(0);
    }
    await letGo();
    await expectSound(query);
  });

  it.each(TRANSPORTS)('is answered over %s, and ended in the database', async (transport) => {
    await holdCustomers();
    const { results, ended } = listen(transport, api.url, await api.token('auditor'), query);
    // Over a WebSocket an operation that yields nothing is an error of its own kind.
    const errors: Loose = transport === 'websocket' ? await ended : (await ended, results[0].errors);
    expect(errors[0].extensions).toMatchObject(OUT_OF_TIME);
    await untilWaiting(0);
    await letGo();
    await expectSound(query);
  });
});

describe.each(QUERIES)('a query whose caller has left, read %s', (where, query) => {
  const expectEnded = async (): Promise<void> => {
    // While it is still held up: by itself nothing would end.
    await untilWaiting(0, patient);
    await letGo(patient);
    await expectSound(query, patient);
  };

  it.each(['the first time', 'again'])('is ended in the database: over HTTP, asked %s', async (time) => {
    if (time === 'again') await patient.ask('auditor', query);
    await holdCustomers(patient);
    const leaving = httpRequest(`${patient.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${await patient.token('auditor')}` },
    });
    leaving.on('error', () => undefined);
    const body = JSON.stringify({ query: time === 'again' ? query : `# anew\n${query}` });
    leaving.setHeader('content-length', body.length);
    leaving.end(body);
    await untilWaiting(1, patient);
    leaving.destroy();
    await expectEnded();
  });

  it.each(TRANSPORTS)('is ended in the database: over %s', async (transport) => {
    await holdCustomers(patient);
    const { stop } = listen(transport, patient.url, await patient.token('auditor'), query);
    await untilWaiting(1, patient);
    stop();
    await expectEnded();
  });

  it('is ended in the database: by a word over a WebSocket that stays, which serves on', async () => {
    await holdCustomers(patient);
    const socket = await connectSocket(patient.url, await patient.token('auditor'));
    socket.send({ id: 'a', type: 'subscribe', payload: { query } });
    await untilWaiting(1, patient);
    socket.send({ id: 'a', type: 'complete' });
    await expectEnded();
    socket.send({ id: 'b', type: 'subscribe', payload: { query: '{ viewer { id } }' } });
    await socket.first('complete');
    expect(socket.messages.filter(({ id }) => id === 'a')).toEqual([]);
  });

  it('costs nobody else who reads at the same time his answer', async () => {
    await holdCustomers(patient);
    const leaving = Array.from({ length: 8 }, () => new AbortController());
    const token = await patient.token('auditor');
    const left = leaving.map(({ signal }) =>
      fetch(`${patient.url}/graphql`, {
        method: 'POST',
        signal,
        headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
        body: JSON.stringify({ query }),
      }).catch(() => 'left'),
    );
    const stayed = Array.from({ length: 8 }, () => patient.ask('auditor', query));
    const elsewhere = Array.from({ length: 8 }, () =>
      patient.ask('auditor', '{ auditEvents(first: 1) { nodes { id } } }'),
    );
    // Four connections are shared by all; of the pool each has its own.
    await untilWaiting(where.includes('shared') ? 4 : 10, patient);
    for (const controller of leaving) controller.abort();
    expect(await Promise.all(left)).toEqual(left.map(() => 'left'));
    await letGo(patient);
    for (const { errors } of await Promise.all([...stayed, ...elsewhere])) expect(errors).toEqual([]);
  });
});

describe('a change', () => {
  it('that takes too long before its commit is undone, and done once when it is asked for again', async () => {
    const before = await registrations();
    await holdCustomers();
    const cut = await register('CUT', 'key-of-the-cut');
    expect([cut.status, cut.errors[0]?.extensions]).toEqual([503, expect.objectContaining(OUT_OF_TIME)]);
    await untilWaiting(0);
    await letGo();
    expect(await registrations()).toEqual(before);
    const again = await register('CUT', 'key-of-the-cut');
    expect(again.data.registerCustomer).toMatchObject({ userErrors: [], customer: { number: 'CUT' } });
    expect((await register('CUT', 'key-of-the-cut')).data).toEqual(again.data);
    await expectSound(SHARED);
  });

  it('whose caller has left is made, and its answer waits under its key', async () => {
    const operation =
      'mutation ($input: RegisterCustomerInput!) { registerCustomer(input: $input) { customer { number } } }';
    await holdCustomers(patient);
    const leaving = new AbortController();
    const left = fetch(`${patient.url}/graphql`, {
      method: 'POST',
      signal: leaving.signal,
      headers: { 'content-type': 'application/json', authorization: `Bearer ${await patient.token('maker')}` },
      body: JSON.stringify({
        query: operation,
        variables: { input: { number: 'LEFT', nameZh: '甲公司', idempotencyKey: 'key-of-the-left' } },
      }),
    });
    await untilWaiting(1, patient);
    leaving.abort();
    await expect(left).rejects.toThrow();
    await letGo(patient);
    await until('the change is made', async () => {
      const found = await patient.ask('auditor', '{ customer(number: "LEFT") { id } }');
      return found.data?.customer !== null;
    });
    const again = await register('LEFT', 'key-of-the-left', patient);
    expect(again.data.registerCustomer).toMatchObject({ userErrors: [], customer: { number: 'LEFT' } });
  });

  describe('whose commit takes long', () => {
    beforeAll(async () => {
      await api.test.asOwner(
        `CREATE FUNCTION slow_commit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(2.5); RETURN NULL; END $$`,
      );
      await api.test.asOwner(
        `CREATE CONSTRAINT TRIGGER slow_commit AFTER INSERT ON customer DEFERRABLE INITIALLY DEFERRED
         FOR EACH ROW EXECUTE FUNCTION slow_commit()`,
      );
    });
    afterAll(async () => {
      await api.test.asOwner('DROP TRIGGER slow_commit ON customer');
      await api.test.asOwner('DROP FUNCTION slow_commit()');
    });

    it('is answered as it went', async () => {
      const answer = await register('SLOW', 'key-of-the-slow');
      expect(answer).toMatchObject({ status: 200, errors: [] });
      expect(answer.data.registerCustomer).toMatchObject({ userErrors: [], customer: { number: 'SLOW' } });
      expect((await register('SLOW', 'key-of-the-slow')).data).toEqual(answer.data);
    });

    it('is answered as it went, and what was to follow it is not begun', async () => {
      const input = (number: string): Loose => ({ number, nameZh: '甲公司', idempotencyKey: `key-of-${number}` });
      const answer = await api.ask(
        'maker',
        `mutation ($first: RegisterCustomerInput!, $second: RegisterCustomerInput!) {
          first: registerCustomer(input: $first) { customer { number } }
          second: registerCustomer(input: $second) { customer { number } }
        }`,
        { first: input('FIRST'), second: input('SECOND') },
      );
      expect(answer.errors).toMatchObject([{ path: ['second'], extensions: OUT_OF_TIME }]);
      expect((await register('FIRST', 'key-of-FIRST')).data.registerCustomer).toMatchObject({ userErrors: [] });
      expect((await api.ask('auditor', '{ customer(number: "SECOND") { id } }')).data).toEqual({ customer: null });
    });
  });
});
