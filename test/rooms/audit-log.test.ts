import { mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { v7 as uuidv7 } from 'uuid';
import { createAuditLogQueries } from '../../src/audit/audit-log.queries';
import { LogKeysUnusable, openLogKeys } from '../../src/audit/audit-log.keys';
import { readWrittenForm } from '../../src/audit/domain/audit-event';
import { ForkRefused, parseCheckpoint } from '../../src/audit/domain/checkpoint';
import { isConsistent, leafHash, rootFromInclusion } from '../../src/audit/domain/merkle-tree';
import { fromBase64, parseNote } from '../../src/audit/domain/signed-note';
import { systemActor } from '../../src/kernel/actor';
import { digestOf } from '../../src/kernel/canonical-json';
import { ok } from '../../src/kernel/result';
import { APP_ROLE } from '../../src/platform/database';
import { cloneDatabase, useDatabase, type TestDatabase } from '../support/database';
import { appendAll, expectWholeLog, testKeys, testSequencer, TEST_ORIGIN } from '../support/log';
import { asSystemActor } from '../support/people';

const test = useDatabase();

/** Writes as many events as units of work, one after the other. */
const write = async (count: number, into: TestDatabase = test, data: object = {}): Promise<string[]> => {
  const ids: string[] = [];
  for (let i = 0; i < count; i++) {
    await into.unitOfWork.run(asSystemActor(), async (tx) => {
      ids.push(tx.record({ action: 'test.done', object: { type: 'Test', id: String(i) }, data: { ...data } }));
      return ok(true);
    });
  }
  return ids;
};

describe('the sequencer', () => {
  const keys = testKeys();

  it('begins with a checkpoint of nothing, then takes what there is, in order', async () => {
    const sequencer = testSequencer(test, keys, { events: 7, statements: 1 });
    const ids = await write(40);
    expect(await sequencer.append()).toEqual({ kind: 'APPENDED', leaves: 0, more: true });
    expect(await sequencer.append()).toEqual({ kind: 'APPENDED', leaves: 7, more: true });
    expect(await appendAll(sequencer)).toBe(33);
    expect(await sequencer.append()).toEqual({ kind: 'APPENDED', leaves: 0, more: false });
    const order = await test.asApp<{ id: string }>('SELECT event_id AS id FROM audit_log_leaf ORDER BY leaf_index');
    expect(order.map(({ id }) => id)).toEqual(ids);
    expect((await expectWholeLog(test.asApp, keys)).map(({ size }) => size)).toEqual([0, 7, 14, 21, 28, 35, 40]);
  });

  it('takes what commits late, once, and waits for nobody', async () => {
    const sequencer = testSequencer(test, keys);
    const late = new Client({ connectionString: test.appUrl, options: `-c role=${APP_ROLE}` });
    await late.connect();
    const id = uuidv7();
    await late.query("BEGIN; SELECT set_config('tierwarden.actor', 'system:cli', true)");
    await late.query(
      `INSERT INTO audit_event (id, occurred_at, actor_id, action, object_type, object_id, request_id, bytes)
       VALUES ($1, now(), 'system:cli', 'test.late', 'Test', '1', 'r', '{}')`,
      [id],
    );
    await write(3);
    expect(await appendAll(sequencer)).toBe(3);
    await write(2);
    expect(await appendAll(sequencer)).toBe(2);
    await late.query('COMMIT');
    await late.end();
    await write(1);
    expect(await appendAll(sequencer)).toBe(2);
    await expectWholeLog(test.asApp, keys);
  });

  it('keeps the order of commits when the clock goes backwards', async () => {
    const sequencer = testSequencer(test, keys);
    const ids: string[] = [];
    for (const iso of ['2026-01-15T09:00:00Z', '2026-01-14T09:00:00Z', '2020-01-01T00:00:00Z']) {
      test.clock.set(iso);
      ids.push(...(await write(1)));
      // Some are sequenced together, some alone.
      if (iso.startsWith('2026-01-15')) await appendAll(sequencer);
    }
    await appendAll(sequencer);
    test.clock.set('2026-01-15T08:00:00Z');
    const order = await test.asApp<{ id: string }>(
      'SELECT event_id AS id FROM audit_log_leaf WHERE event_id = ANY ($1::uuid[]) ORDER BY leaf_index',
      [ids],
    );
    expect(order.map(({ id }) => id)).toEqual(ids);
    await expectWholeLog(test.asApp, keys);
  });

  it('works one at a time, with writers all the while: no gap, nothing twice', async () => {
    const sequencers = [1, 2, 3].map(() => testSequencer(test, keys, { events: 5, statements: 3 }));
    let writing = true;
    const kinds = new Set<string>();
    const appending = sequencers.map(async (sequencer) => {
      while (writing) kinds.add((await sequencer.append()).kind);
    });
    await Promise.all(Array.from({ length: 8 }, () => write(15)));
    writing = false;
    await Promise.all(appending);
    await appendAll(sequencers[0]!);
    expect(kinds).toContain('APPENDED');
    await expectWholeLog(test.asApp, keys);
  });

  it('looks through everything again on a server that numbers transactions otherwise', async () => {
    const sequencer = testSequencer(test, keys);
    await write(2);
    await appendAll(sequencer);
    await test.asOwner(`ALTER TABLE audit_log_checkpoint DISABLE TRIGGER USER;
      UPDATE audit_log_checkpoint SET server = 'elsewhere', seen = '900000000:900000000:';
      ALTER TABLE audit_log_checkpoint ENABLE TRIGGER USER;
      ALTER TABLE audit_event DISABLE TRIGGER USER;
      UPDATE audit_event SET xact = '900000000' WHERE id = (SELECT event_id FROM audit_log_leaf ORDER BY leaf_index DESC LIMIT 1);
      ALTER TABLE audit_event ENABLE TRIGGER USER`);
    await write(3);
    expect(await appendAll(sequencer)).toBe(3);
    // The number of a transaction there may be a long way ahead of those here: its event stays new, and is a leaf all the same.
    await write(1);
    expect(await appendAll(sequencer)).toBe(1);
    await expectWholeLog(test.asApp, keys);
  });

  it('keeps a large event aside, with its digest in the leaf', async () => {
    const sequencer = testSequencer(test, keys);
    const text = '评'.repeat(60_000);
    const [id] = await write(1, test, { text });
    await appendAll(sequencer);
    const [stored] = await test.asApp<{ entry: string; body: string }>(
      `SELECT convert_from(e.bytes, 'UTF8') AS entry, convert_from(b.bytes, 'UTF8') AS body
       FROM audit_event AS e JOIN audit_event_body AS b ON b.event_id = e.id WHERE id = $1`,
      [id],
    );
    const { body, ...head } = JSON.parse(stored!.entry);
    expect(head).toMatchObject({ id, action: 'test.done', data: null });
    expect(body).toEqual({ sha256: digestOf(JSON.parse(stored!.body)), bytes: Buffer.byteLength(stored!.body) });
    expect(readWrittenForm(stored!.body).data).toEqual({ text });
    await expectWholeLog(test.asApp, keys);
  });

  it('tells how far it is behind', async () => {
    const queries = createAuditLogQueries(test.database, test.clock);
    const sequencer = testSequencer(test, keys, { events: 2, statements: 1 });
    await write(3);
    test.clock.advance(5_000);
    expect(await queries.status()).toMatchObject({ waiting: 3, lagSeconds: 5 });
    await sequencer.append();
    expect(await queries.status()).toMatchObject({ waiting: 1, lagSeconds: 5 });
    await appendAll(sequencer);
    expect(await queries.status()).toMatchObject({ waiting: 0, lagSeconds: 0 });
  });

  it('gives proofs in few statements that lead to the signed root', async () => {
    let statements = 0;
    const counting = {
      query: ((sql, params) => ((statements += 1), test.database.query(sql, params))) as typeof test.database.query,
    };
    const queries = createAuditLogQueries(counting, test.clock);
    const events = await test.asApp<{ id: string; bytes: Buffer }>(
      'SELECT id, bytes FROM audit_event ORDER BY random() LIMIT 20',
    );
    for (const { id, bytes } of events) {
      statements = 0;
      const found = await queries.proof(id);
      expect(statements).toBeLessThanOrEqual(3);
      const [head, ...note] = found!.proof.split('\n\n');
      const [title, extra, index, ...path] = head!.split('\n');
      expect(extra).toBe(`extra ${bytes.toString('base64')}`);
      const checkpoint = parseCheckpoint(parseNote(note.join('\n\n'))!.text)!;
      expect([title, index]).toEqual(['c2sp.org/tlog-proof@v1', `index ${found!.leafIndex}`]);
      const hashes = path.map((hash) => fromBase64(hash)!.toString('latin1'));
      expect(rootFromInclusion(leafHash(bytes), found!.leafIndex, checkpoint.size, hashes)).toBe(checkpoint.root);
    }
    expect(await queries.proof(uuidv7())).toBeNull();
    const checkpoints = await expectWholeLog(test.asApp, keys);
    const last = checkpoints.at(-1)!;
    for (const old of checkpoints.filter(({ size }) => size > 0)) {
      const path = (await queries.consistency(old.size, last.size))!.map((hash) =>
        fromBase64(hash)!.toString('latin1'),
      );
      expect(isConsistent(old, last, path)).toBe(true);
    }
    expect(await queries.consistency(last.size, last.size + 1)).toBeNull();
  });
});

describe('the signer', () => {
  let forked: { database: TestDatabase; close: () => Promise<void> };
  beforeEach(async () => {
    forked = await cloneDatabase();
  });
  afterEach(() => forked.close());

  /** As whoever has the server in his hands. */
  const tamper = async (table: string, sql: string): Promise<void> => {
    await forked.database.asOwner(
      `ALTER TABLE ${table} DISABLE TRIGGER USER; ${sql}; ALTER TABLE ${table} ENABLE TRIGGER USER`,
    );
  };

  it.each([
    [
      'hashes',
      'audit_log_tile',
      `UPDATE audit_log_tile SET hashes = set_byte(hashes, 40, get_byte(hashes, 40) # 1) WHERE level = 0`,
    ],
    [
      'the signed root',
      'audit_log_checkpoint',
      `UPDATE audit_log_checkpoint SET root = set_byte(root, 0, get_byte(root, 0) # 1)`,
    ],
    [
      'the signed note',
      'audit_log_checkpoint',
      `UPDATE audit_log_checkpoint SET note = replace(note, E'\\n5\\n', E'\\n6\\n')`,
    ],
  ])('signs nothing when somebody has changed %s', async (_, table, sql) => {
    const keys = testKeys();
    await write(5, forked.database);
    await appendAll(testSequencer(forked.database, keys));
    await tamper(table, sql);
    await write(1, forked.database);
    await expect(testSequencer(forked.database, keys).append()).rejects.toThrow(ForkRefused);
    const [count] = await forked.database.asApp<{ leaves: number }>(
      'SELECT count(*)::int AS leaves FROM audit_log_leaf',
    );
    expect(count).toEqual({ leaves: 5 });
  });

  it('signs no second history after the database was set back', async () => {
    const keys = testKeys();
    await write(5, forked.database);
    await appendAll(testSequencer(forked.database, keys));
    // What a restored backup looks like: the last leaves and their checkpoint are gone, and other events follow.
    await tamper('audit_log_checkpoint', 'DELETE FROM audit_log_checkpoint WHERE size > 0');
    await tamper('audit_log_tile', 'DELETE FROM audit_log_tile');
    await tamper('audit_log_leaf', 'DELETE FROM audit_log_leaf');
    await tamper('audit_event', "DELETE FROM audit_event WHERE object_id IN ('3', '4')");
    await expect(testSequencer(forked.database, keys).append()).rejects.toThrow(/signs?|signed 5 leaves/);
    await write(10, forked.database);
    await expect(testSequencer(forked.database, keys).append()).rejects.toThrow(ForkRefused);
  });

  it('changes no name, and needs a key', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tierwarden-log-'));
    const without = openLogKeys({
      mode: 'external',
      home: folder,
      auditLog: { origin: TEST_ORIGIN, keys: null, keyFile: null, witnesses: [] },
    });
    expect(await testSequencer(forked.database, without).append()).toEqual({ kind: 'NO_KEY' });
    const keys = testKeys(folder);
    await appendAll(testSequencer(forked.database, keys));
    const renamed = openLogKeys({
      mode: 'embedded',
      home: folder,
      auditLog: { origin: 'elsewhere', keys: null, keyFile: null, witnesses: [] },
    });
    await expect(renamed.load()).rejects.toThrow(LogKeysUnusable);
  });

  it('replaces its key while both are named', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tierwarden-log-'));
    const keys = testKeys(folder);
    const sequencer = testSequencer(forked.database, keys);
    await write(1, forked.database);
    await appendAll(sequencer);
    const [old, next] = await keys.add();
    await write(1, forked.database);
    await appendAll(sequencer);
    await keys.retire(old!.id.toString(16).padStart(8, '0'));
    await write(1, forked.database);
    await appendAll(sequencer);
    const notes = await forked.database.asApp<{ note: string }>('SELECT note FROM audit_log_checkpoint ORDER BY size');
    expect(notes.map(({ note }) => parseNote(note)!.signatures.map(({ keyId }) => keyId))).toEqual([
      [old!.id],
      [old!.id],
      [old!.id, next!.id],
      [next!.id],
    ]);
    await expect(keys.retire('ffffffff')).rejects.toThrow(LogKeysUnusable);
    await expect(keys.retire(next!.id.toString(16).padStart(8, '0'))).rejects.toThrow('the last key stays');
    const file = join(folder, 'keys', 'audit-log.key');
    expect(statSync(file).mode & 0o077).toBe(0);
    writeFileSync(file, readFileSync(file, 'utf8').replace('PRIVATE', 'PUBLIC'));
    await expect(keys.load()).rejects.toThrow(LogKeysUnusable);
  });
});

describe('the tables', () => {
  const TABLES = [
    'audit_event',
    'audit_event_body',
    'audit_log_leaf',
    'audit_log_tile',
    'audit_log_checkpoint',
    'audit_log_cosignature',
  ];
  it.each(
    TABLES.flatMap((table) => [
      `DELETE FROM ${table}`,
      `TRUNCATE ${table}`,
      `ALTER TABLE ${table} DISABLE TRIGGER USER`,
      `DROP TABLE ${table}`,
    ]),
  )('the application may not %s', (sql) => expect(test.asApp(sql)).rejects.toThrow(/permission denied|must be owner/));
  it.each([
    "UPDATE audit_event SET bytes = '{}'",
    "UPDATE audit_event_body SET bytes = '{}'",
    'UPDATE audit_log_leaf SET leaf_index = leaf_index + 1',
    "UPDATE audit_log_tile SET hashes = ''",
    "UPDATE audit_log_checkpoint SET note = ''",
    "UPDATE audit_log_cosignature SET line = ''",
  ])('the application may not %s', (sql) => expect(test.asApp(sql)).rejects.toThrow('permission denied'));
  it.each(TABLES)('even the owner is stopped by triggers at %s', (table) =>
    expect(test.asOwner(`SET tierwarden.actor = 'x'; DELETE FROM ${table}`)).rejects.toThrow('append-only'),
  );

  const insert = (sql: string) =>
    test.unitOfWork.run({ actor: systemActor('cli'), requestId: 'r' }, async (tx) => {
      tx.record({ action: 'test.done', object: { type: 'Test', id: '1' } });
      await tx.query(sql);
      return ok(true);
    });
  it.each([
    [
      'a leaf that leaves a gap',
      'INSERT INTO audit_log_leaf SELECT max(leaf_index) + 2, gen_random_uuid() FROM audit_log_leaf',
      'leave a gap',
    ],
    [
      'an event that is a leaf already',
      'INSERT INTO audit_log_leaf SELECT max(leaf_index) + 1, (array_agg(event_id))[1] FROM audit_log_leaf',
      'audit_log_leaf_event_id_key',
    ],
    [
      'a second checkpoint of one size',
      `INSERT INTO audit_log_checkpoint SELECT size, sha256('x'), note, signed_at, seen, NULL, NULL, NULL, server
       FROM audit_log_checkpoint ORDER BY size DESC LIMIT 1`,
      'comes after',
    ],
    [
      'a checkpoint that goes back',
      `INSERT INTO audit_log_checkpoint SELECT 1, root, note, signed_at, seen, NULL, NULL, NULL, server
       FROM audit_log_checkpoint ORDER BY size DESC LIMIT 1`,
      'comes after',
    ],
    [
      'a checkpoint of leaves that are not there',
      `INSERT INTO audit_log_checkpoint SELECT size + 1, root, note, signed_at, seen, NULL, NULL, NULL, server
       FROM audit_log_checkpoint ORDER BY size DESC LIMIT 1`,
      'not of the leaves there are',
    ],
  ])('refuse %s', (_, sql, message) => expect(insert(sql)).rejects.toThrow(message));
});
