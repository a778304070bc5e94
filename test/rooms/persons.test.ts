/** Natural persons: sealed from the beginning, shown on record, protected, and erased so that nothing of them is left anywhere. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkRatingProof, nodeCrypto, readKey } from '../../cli/verify';
import type { App } from '../../src/app';
import { asSystem, required } from '../../src/app';
import { formatVerifierKey } from '../../src/audit';
import { openPersonalKeys, PersonalKeysUnusable } from '../../src/customers/personal-keys';
import { dumpDatabase } from '../support/dump';
import { appendAll, expectWholeLog, testKeys, testSequencer } from '../support/log';
import { useApi, type Loose } from '../support/api';
import type { Handle } from '../support/people';

const api = useApi('empty');
const keys = testKeys();

const NAMES = {
  nameZh: '欧阳明月',
  nameEn: 'Mingyue Ouyang',
  idNumber: '11010519491231002X',
  phone: '+86 138-0000-0000',
  email: 'mingyue@example.org',
  address: '长安街一号',
};
const SECRETS = [
  ...Object.values(NAMES),
  '13800000000',
  'ouyang',
  Buffer.from('欧阳明月').toString('base64').slice(0, 14),
  Buffer.from('欧阳明月').toString('hex'),
];

let numbers = 0;
const send = async (who: Handle, operation: string, input: object): Promise<Loose> =>
  Object.values((await api.ask(who, operation, { input })).data as object)[0];
const register = async (personal: object = NAMES): Promise<Loose> => {
  const payload = await send('analyst', 'register-person', {
    number: `P-${(numbers += 1)}`,
    form: 'PERSON',
    industryCode: 'SERVICES',
    personal,
    idempotencyKey: `register ${numbers}`,
  });
  expect(payload.userErrors).toEqual([]);
  return payload.customer;
};
const on = (customer: Loose, version: number, more: object = {}) => ({
  customerId: customer.id,
  expectedVersion: version,
  reason: 'They ask for it.',
  ...more,
});
const reveal = (customer: Loose, who: Handle = 'analyst') =>
  send(who, 'reveal-personal-data', { customerId: customer.id, purpose: 'They ask what we hold.' });
const keyOf = ({ id }: Loose): string =>
  Buffer.from(id as string, 'base64url')
    .toString()
    .replace('Customer:', '');
const messageOf = (payload: Loose): string | undefined => payload.userErrors[0]?.messageKey;

/** Where any of the texts stands: in every column of every table, as text. */
const placesOf = async (texts: readonly string[]): Promise<string[]> => {
  const tables = await api.test.asOwner<{ name: string }>(
    `SELECT format('%I.%I', n.nspname, c.relname) AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg_toast%'`,
  );
  expect(tables.length).toBeGreaterThan(40);
  const found: string[] = [];
  for (const { name } of tables) {
    const [row] = await api.test.asOwner<{ there: boolean }>(
      `SELECT EXISTS (SELECT FROM ${name} AS t WHERE to_jsonb(t)::text ILIKE ANY ($1) OR
         ${name === 'public.audit_event' || name === 'public.audit_event_body' ? "convert_from(bytes, 'UTF8') ILIKE ANY ($1)" : 'false'}) AS there`,
      [texts.map((text) => `%${text}%`)],
    );
    if (row!.there) found.push(name);
  }
  return found;
};

const app = (): App => api.app;

describe('a person', () => {
  it('bears a pseudonym from the beginning, and stands nowhere in the clear', async () => {
    const customer = await register();
    expect(customer).toMatchObject({
      name: `自然人 ${customer.number}`,
      person: { form: 'PERSON', state: 'ACTIVE', version: 1 },
    });
    expect(await placesOf(SECRETS)).toEqual([]);
  });

  it('is shown to whoever needs it, with an event before, and the answer is not kept', async () => {
    const customer = await register();
    const input = { customerId: customer.id, purpose: 'They ask.', idempotencyKey: 'look' };
    const payload = await send('analyst', 'reveal-personal-data', input);
    expect(payload).toMatchObject({ personal: NAMES, auditEvent: { action: 'personalData.revealed' } });
    expect(await send('analyst', 'reveal-personal-data', input)).toMatchObject({ personal: NAMES });
    const [event] = await api.test.asOwner<{ actor: string; reason: string }>(
      `SELECT actor_id AS actor, convert_from(bytes, 'UTF8')::json ->> 'reason' AS reason FROM audit_event
       WHERE action = 'personalData.revealed' AND customer_id = $1`,
      [keyOf(customer)],
    );
    expect(event).toMatchObject({ reason: 'They ask.' });
    expect(await placesOf(SECRETS)).toEqual([]);
    const approver = await api.ask('approver', 'reveal-personal-data', { input: { ...input, idempotencyKey: 'no' } });
    expect(approver.errors[0]?.extensions).toMatchObject({ code: 'FORBIDDEN' });
  });

  it.each([
    ['idNumber', '11010519491231002x', true],
    ['phone', '+8613800000000', true],
    ['name', ' 欧阳明月 ', true],
    ['name', '欧阳', false],
    ['phone', '13800000001', false],
  ])('is found by a whole %s: %s %s', async (field, value, expected) => {
    const customer = await register();
    const { customers } = await send('analyst', 'look-up-person', { field, value, purpose: 'They call.' });
    expect(customers.some(({ id }: Loose) => id === customer.id)).toBe(expected);
  });

  it.each([
    [{ nameZh: '' }, 'REQUIRED.NAME'],
    [{ nameZh: '某人', idNumber: '110105194912310021' }, 'INVALID.CHECK_DIGIT'],
    [{ nameZh: 'a\u0007b' }, 'INVALID.CONTROL_CHARACTER'],
    [{ nameZh: '某'.repeat(101) }, 'INVALID.TOO_LONG'],
  ])('is not registered with %j: %s', async (personal, key) => {
    const payload = await send('analyst', 'register-person', { number: `BAD-${key}`, form: 'PERSON', personal });
    expect(messageOf(payload)).toBe(key);
    // Nor does the refusal say what was sent.
    expect(JSON.stringify(payload.userErrors)).not.toContain('110105194912310021');
    expect(await api.test.asOwner('SELECT FROM customer WHERE number = $1', [`BAD-${key}`])).toEqual([]);
  });

  it('is corrected apart from the master data, which refuse names', async () => {
    const customer = await register();
    const corrected = await send('analyst', 'correct-personal-data', on(customer, 1, { personal: { phone: '010-1' } }));
    expect(corrected).toMatchObject({
      customer: { person: { version: 2 } },
      auditEvent: { action: 'person.corrected' },
    });
    expect((await reveal(customer)).personal).toEqual({ ...NAMES, phone: '010-1' });
    const update = { customerId: customer.id, expectedVersion: 1, changes: { nameZh: '欧阳' } };
    expect(messageOf(await send('analyst', 'update-customer', update))).toBe('INVALID_STATE.PERSONAL_FIELD');
    await api.test.asApp(`SELECT set_config('tierwarden.actor', 'test', false)`);
    await expect(
      api.test.asApp(`UPDATE customer SET name_zh = '欧阳' WHERE id = $1`, [keyOf(customer)]),
    ).rejects.toMatchObject({ code: 'TW014' });
    const imported = required(
      await app().customers.commands.importCustomers(asSystem('cli', 'test'), {
        source: 'test',
        rows: [
          { line: 2, input: { number: customer.number, nameEn: 'Ouyang' } },
          { line: 3, input: { number: customer.number, region: 'North' } },
        ],
      }),
    );
    expect(imported).toMatchObject({ changed: 1, refusals: [{ line: 2, code: 'PERSONAL_FIELD' }] });
  });
});

describe('protection', () => {
  it('a restriction blocks looking, correcting, rating and exporting, each with its code; lifted, all goes on', async () => {
    const customer = await register();
    const by = asSystem('cli', 'test');
    required(
      await app().indicators.commands.recordSnapshot(by, {
        customerId: keyOf(customer),
        asOf: '2026-01-14',
        source: 'test',
        quality: 'VERIFIED',
        values: { debtToAssetsRatio: '0.4', yearlyTurnoverWithUs: '1000' },
      }),
    );
    // Others of the industry, against whom they are rated.
    for (let i = 0; i < 12; i++) {
      const { customer: peer } = required(
        await app().customers.commands.registerCustomer(by, {
          number: `PEER-${i}`,
          nameEn: 'Peer',
          industryCode: 'SERVICES',
        }),
      );
      required(
        await app().indicators.commands.recordSnapshot(by, {
          customerId: peer.id,
          asOf: '2026-01-14',
          source: 'test',
          quality: 'VERIFIED',
          values: { debtToAssetsRatio: `0.${i + 10}`, yearlyTurnoverWithUs: `${1000 + i}` },
        }),
      );
    }
    const { ratingId } = required(await app().ratings.rateCustomer(by, { customerId: keyOf(customer) }));
    expect((await send('analyst', 'restrict-person', on(customer, 1))).customer.person.state).toBe('RESTRICTED');
    const viewer = { ...by.actor, kind: 'USER' as const, roles: ['RISK_ANALYST' as const] };
    const analyst = { ...by, actor: viewer };
    expect(messageOf(await reveal(customer))).toBe('INVALID_STATE.RESTRICTED');
    expect(
      messageOf(await send('analyst', 'correct-personal-data', on(customer, 2, { personal: { phone: '1' } }))),
    ).toBe('INVALID_STATE.RESTRICTED');
    const refusal = { refusal: { code: 'INVALID_STATE', reason: 'RESTRICTED' } };
    expect(await app().ratings.rateCustomer(by, { customerId: keyOf(customer) })).toMatchObject(refusal);
    expect(await app().ratings.queries.printReport(viewer, ratingId, 'zh')).toMatchObject(refusal);
    expect(await app().ratings.exportRating(analyst, ratingId)).toMatchObject(refusal);
    const { runId } = required(await app().ratings.startRun(by));
    for (let ordinal = 1; ordinal < 100; ordinal++) {
      const chunk = await app()
        .ratings.runChunk(by, { runId, ordinal })
        .catch(() => null);
      if (chunk?.ok !== true) break;
    }
    const parked = await api.test.asOwner<{ reason: string }>(
      `SELECT to_jsonb(p)::text AS reason FROM rating_parked AS p WHERE run_id = $1 AND customer_id = $2`,
      [runId, keyOf(customer)],
    );
    expect(parked[0]?.reason).toContain('RESTRICTED');
    await app().ratings.cancelRun(by, { runId });
    // Under a legal hold those who audit see it all the same, and nobody else.
    await send('analyst', 'place-legal-hold', on(customer, 2));
    expect((await reveal(customer, 'auditor')).personal).toEqual(NAMES);
    expect(messageOf(await reveal(customer))).toBe('INVALID_STATE.RESTRICTED');
    await send('analyst', 'lift-person-restriction', on(customer, 3));
    expect((await reveal(customer)).personal).toEqual(NAMES);
  });

  it('a legal hold and a day of retention beat the erasure, also in the database', async () => {
    const customer = await register();
    await send('analyst', 'place-legal-hold', on(customer, 1));
    expect(messageOf(await send('analyst', 'request-erasure', on(customer, 2)))).toBe('INVALID_STATE.LEGAL_HOLD');
    const forced = `UPDATE person SET state = 'ERASED', sealed = NULL, name_index = NULL, id_number_index = NULL,
      phone_index = NULL, held_since = NULL WHERE customer_id = $1`;
    await api.test.asOwner(`SELECT set_config('tierwarden.actor', 'test', false)`);
    await expect(api.test.asOwner(forced, [keyOf(customer)])).rejects.toMatchObject({ code: 'TW013' });
    await send('analyst', 'release-legal-hold', on(customer, 2));
    await send('analyst', 'retain-person', on(customer, 3, { until: '2026-02-01' }));
    expect(messageOf(await send('analyst', 'request-erasure', on(customer, 4)))).toBe('INVALID_STATE.RETENTION');
    await expect(api.test.asOwner(forced, [keyOf(customer)])).rejects.toMatchObject({ code: 'TW013' });
    // It is never moved in.
    expect(messageOf(await send('analyst', 'retain-person', on(customer, 4, { until: '2026-01-20' })))).toBe(
      'INVALID.UNTIL',
    );
  });

  it('changes of an older version are refused, and those without a reason', async () => {
    const customer = await register();
    expect(messageOf(await send('analyst', 'restrict-person', on(customer, 7)))).toBe('STALE_VERSION');
    expect(messageOf(await send('analyst', 'restrict-person', on(customer, 1, { reason: ' ' })))).toBe(
      'REQUIRED.REASON',
    );
    expect(messageOf(await send('analyst', 'lift-person-restriction', on(customer, 1)))).toBe(
      'INVALID_STATE.ALREADY_SO',
    );
  });
});

describe('erasure', () => {
  it('by request: the key is destroyed, nothing is found anywhere, every proof holds, and nothing works any more', async () => {
    const customer = await register();
    const other = await register({ nameZh: '司马南山' });
    expect((await reveal(customer)).personal).toEqual(NAMES);
    const [before] = await api.test.asOwner<{ sealed: string; wrapped: string }>(
      `SELECT encode(sealed, 'hex') AS sealed, encode(wrapped, 'hex') AS wrapped FROM person JOIN subject_key ON subject_id = customer_id
       WHERE customer_id = $1`,
      [keyOf(customer)],
    );
    const { request } = await send('analyst', 'request-erasure', on(customer, 1));
    expect(request.proposal).toEqual({ number: customer.number, reason: 'They ask for it.' });
    let version = request.version as number;
    for (const who of ['approver', 'cro'] as const) {
      const payload = await send(who, 'approve-request', {
        requestId: request.id,
        expectedVersion: version,
        expectedDigest: request.digest,
        comment: 'Seen.',
      });
      expect(payload.userErrors).toEqual([]);
      version = payload.request.version;
    }
    expect(messageOf(await reveal(customer))).toBe('INVALID_STATE.ERASED');
    expect(messageOf(await send('analyst', 'restrict-person', on(customer, 2)))).toBe('INVALID_STATE.ERASED');
    expect(
      (await send('analyst', 'look-up-person', { field: 'name', value: NAMES.nameZh, purpose: 'x' })).customers.some(
        ({ id }: Loose) => id === customer.id,
      ),
    ).toBe(false);
    expect(await placesOf(SECRETS)).toEqual([]);
    // The key is nowhere; what was sealed is in the log for good, and opens no more.
    expect(await placesOf([before!.wrapped])).toEqual([]);
    expect(await placesOf([before!.sealed])).toEqual(['public.audit_event']);
    await api.test.asOwner(`SELECT set_config('tierwarden.actor', 'test', false)`);
    await expect(
      api.test.asOwner(
        `UPDATE subject_key SET wrapped = decode($2, 'hex'), destroyed_at = NULL WHERE subject_id = $1`,
        [keyOf(customer), before!.wrapped],
      ),
    ).rejects.toMatchObject({ code: 'TW013' });
    await appendAll(testSequencer(api.test, keys));
    await expectWholeLog(api.test.asApp, keys);
    expect((await reveal(other)).personal).toMatchObject({ nameZh: '司马南山' });
  });
});

describe('a dump of the database', () => {
  const inDump = (dump: string): string[] => SECRETS.filter((secret) => dump.includes(secret.toLowerCase()));

  it('holds nothing of a person, before and after the erasure; proofs hold, and the report refuses', async () => {
    const customer = await register();
    const by = asSystem('cli', 'test');
    required(
      await app().indicators.commands.recordSnapshot(by, {
        customerId: keyOf(customer),
        asOf: '2026-01-14',
        source: 'test',
        quality: 'VERIFIED',
        values: { debtToAssetsRatio: '0.4', yearlyTurnoverWithUs: '1000' },
      }),
    );
    const { ratingId } = required(await app().ratings.rateCustomer(by, { customerId: keyOf(customer) }));
    const report = async () =>
      fetch(`${api.url}/reports/${Buffer.from(`Rating:${ratingId}`).toString('base64url')}.pdf?lang=zh`, {
        headers: { authorization: `Bearer ${await api.token('analyst')}` },
      });
    expect((await report()).status).toBe(200);
    await app().looks.flush();
    await appendAll(testSequencer(api.test, keys));
    const proof = (await app().ratings.queries.ratingProof(by.actor, ratingId)) as { value: { proof: string } };
    const known = (await keys.load()).map((key) => readKey(nodeCrypto, formatVerifierKey(key))!);
    expect(await checkRatingProof(nodeCrypto, proof.value.proof, known)).toMatchObject({ verdict: 'intact' });
    const dumped = await dumpDatabase(api.test.ownerUrl);
    // That the search finds what is there: the pseudonym, and what stands in bytes of events alone.
    expect(dumped).toContain(`自然人 ${customer.number}`.toLowerCase());
    expect(dumped).toContain('"action":"person.registered"');
    expect(inDump(dumped)).toEqual([]);

    const { request } = await send('analyst', 'request-erasure', on(customer, 1));
    let version = request.version as number;
    for (const who of ['approver', 'cro'] as const) {
      const vote = {
        requestId: request.id,
        expectedVersion: version,
        expectedDigest: request.digest,
        comment: 'Seen.',
      };
      const payload = await send(who, 'approve-request', vote);
      expect(payload.userErrors).toEqual([]);
      version = payload.request.version;
    }
    const refused = await report();
    expect(refused.status).not.toBe(200);
    expect(await refused.text()).toContain('this person has been erased');
    expect(await app().ratings.queries.ratingProof(by.actor, ratingId)).toMatchObject({
      ok: false,
      refusal: { reason: 'ERASED' },
    });
    await app().looks.flush();
    await appendAll(testSequencer(api.test, keys));
    await expectWholeLog(api.test.asApp, keys);
    // Whoever was given a proof before still holds one.
    expect(await checkRatingProof(nodeCrypto, proof.value.proof, known)).toMatchObject({ verdict: 'intact' });
    const [key] = await api.test.asOwner<{ gone: boolean }>(
      'SELECT wrapped IS NULL AS gone FROM subject_key WHERE subject_id = $1',
      [keyOf(customer)],
    );
    expect(key!.gone).toBe(true);
    expect(inDump(await dumpDatabase(api.test.ownerUrl))).toEqual([]);
  }, 120_000);
});

describe('master keys', () => {
  it('rotation wraps every key anew, may be called again, and forgets the old one', async () => {
    const customer = await register();
    const before = (await app().persons.keys.load())!.masters.map(({ id }) => id);
    const outcome = required(await app().persons.commands.rotateKeys(asSystem('cli', 'test')));
    expect(outcome.wrapped).toBeGreaterThan(0);
    expect((await app().persons.keys.load())!.masters.map(({ id }) => id)).toEqual([outcome.masterKeyId]);
    expect(before).not.toContain(outcome.masterKeyId);
    const [left] = await api.test.asOwner<{ count: number }>(
      `SELECT count(*)::int AS count FROM subject_key WHERE wrapped IS NOT NULL AND master_key_id <> $1`,
      [outcome.masterKeyId],
    );
    expect(left!.count).toBe(0);
    expect((await reveal(customer)).personal).toEqual(NAMES);
    required(await app().persons.commands.rotateKeys(asSystem('cli', 'test')));
    expect((await reveal(customer)).personal).toEqual(NAMES);
  });

  it('come from a file or the environment; what is no key is said', async () => {
    const home = mkdtempSync(join(tmpdir(), 'tierwarden-keys-'));
    const none = { keys: null, keyFile: null };
    expect(await openPersonalKeys({ mode: 'external', home, personalData: none }).load({ make: true })).toBeNull();
    const made = await openPersonalKeys({ mode: 'embedded', home, personalData: none }).load({ make: true });
    const again = await openPersonalKeys({
      mode: 'external',
      home,
      personalData: { keys: null, keyFile: join(home, 'keys', 'personal-data.key') },
    }).load();
    expect(again).toEqual(made);
    const text = `TW-MASTER+${made!.masters[0].bytes.toString('base64')},TW-INDEX+${made!.index.toString('base64')}`;
    const given = openPersonalKeys({ mode: 'external', home, personalData: { keys: text, keyFile: null } });
    expect(await given.load()).toEqual(made);
    await expect(given.add()).rejects.toThrow(PersonalKeysUnusable);
    for (const bad of ['TW-MASTER+AAAA', text.split(',')[0]!, 'x']) {
      await expect(
        openPersonalKeys({ mode: 'external', home, personalData: { keys: bad, keyFile: null } }).load(),
      ).rejects.toThrow(PersonalKeysUnusable);
    }
  });
});
