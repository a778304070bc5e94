import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runWitness } from '../../cli/audit/witness';
import { writeExport } from '../../cli/audit/write-export';
import {
  checkProof,
  filesOf,
  nodeCrypto,
  readKey,
  verifyExport,
  witnessKey,
  witnessVerifierKey,
  formatWitnessKey,
} from '../../cli/verify';
import { formatVerifierKey } from '../../src/audit';
import { isConsistent } from '../../src/audit/domain/merkle-tree';
import { ok } from '../../src/kernel/result';
import { useApi, type Loose } from '../support/api';
import { asSystemActor } from '../support/people';
import { appendAll } from '../support/log';
import { TileClient } from '../support/tile-client';
import goldenLog from '../golden/audit-log.json';

const witness = witnessKey('witness.example.org', Buffer.alloc(32, 9));
const api = useApi('empty', {
  auditLog: {
    origin: 'tierwarden.example.org/audit/log',
    keys: null,
    keyFile: null,
    witnesses: [witnessVerifierKey(witness)],
  },
});
const folder = (): string => mkdtempSync(join(tmpdir(), 'tierwarden-audit-'));
const url = (): string => `${api.url}/audit/log`;
const vkey = async (): Promise<string> => formatVerifierKey((await api.app.audit.log.keys.load({ make: true }))[0]!);
const keys = async () => [readKey(nodeCrypto, await vkey())!];

const write = async (count: number, large = false): Promise<string> => {
  let id = '';
  await api.app.unitOfWork.run(asSystemActor(), async (tx) => {
    for (let i = 0; i < count; i++) {
      id = tx.record({
        action: 'test.done',
        object: { type: 'Test', id: String(i) },
        reason: large ? '评'.repeat(30_000) : '=1+1',
      });
    }
    return ok(true);
  });
  return id;
};

describe('the log over HTTP', () => {
  it('has nothing to show before its first checkpoint', async () => {
    expect((await fetch(`${url()}/checkpoint`)).status).toBe(404);
  });

  it('is mirrored by a client that knows the formats alone, from the first checkpoint on', async () => {
    const key = await vkey();
    const client = new TileClient(url(), key, await api.token('auditor'));
    await api.app.audit.log.sequencer.append();
    expect(await client.follow()).toMatchObject({ origin: 'tierwarden.example.org/audit/log', size: 0 });
    for (const more of [1, 1, 3, 250, 1, 1, 300, 70]) {
      await write(more);
      await appendAll(api.app.audit.log.sequencer);
      await client.follow();
    }
    const [stored] = await api.test.asApp<{ size: number }>('SELECT max(size)::int AS size FROM audit_log_checkpoint');
    expect(client.accepted!.size).toBe(stored!.size);
    expect(client.accepted!.size).toBeGreaterThan(600);
  });

  it('shows hashes to everybody, entries to who may read the audit log', async () => {
    const get = async (path: string, as?: Parameters<typeof api.token>[0]) =>
      fetch(`${url()}/${path}`, {
        headers: as === undefined ? {} : { authorization: `Bearer ${await api.token(as)}` },
      });
    const checkpoint = await get('checkpoint');
    expect([checkpoint.status, checkpoint.headers.get('cache-control')]).toEqual([200, 'public, max-age=1']);
    const tile = await get('tile/0/000');
    expect([tile.status, tile.headers.get('cache-control'), tile.headers.get('content-type')]).toEqual([
      200,
      'public, max-age=31536000, immutable',
      'application/octet-stream',
    ]);
    // Tiles that were partial once are there for good.
    expect((await get('tile/0/000.p/7')).status).toBe(200);
    expect(Buffer.from(await (await get('tile/0/000.p/7')).arrayBuffer())).toHaveLength(7 * 32);
    const statuses = async (path: string) => [
      (await get(path)).status,
      (await get(path, 'maker')).status,
      (await get(path, 'auditor')).status,
    ];
    expect(await statuses('tile/entries/000')).toEqual([401, 403, 200]);
    expect((await get('tile/entries/000', 'auditor')).headers.get('cache-control')).toMatch(/^private/);
    for (const path of ['tile/0/999', 'tile/7/000', 'tile/0/000.p/0', 'tile/0/1', 'elsewhere']) {
      expect((await get(path, 'auditor')).status).toBe(404);
    }
  });

  it('takes the cosignature of a witness that it knows, of what it has signed', async () => {
    const place = folder();
    writeFileSync(join(place, 'witness.key'), formatWitnessKey(witness));
    const options = {
      url: url(),
      key: await vkey(),
      name: 'witness.example.org',
      keyFile: join(place, 'witness.key'),
      stateFile: join(place, 'seen.json'),
      everySeconds: 1,
      once: true,
    };
    await runWitness(options, () => true);
    const note = await (await fetch(`${url()}/checkpoint`)).text();
    expect(note.trimEnd().split('\n').at(-1)).toMatch(/^— witness\.example\.org /);
    // And the next one, going on from what it saw.
    await write(5);
    await appendAll(api.app.audit.log.sequencer);
    await runWitness(options, () => true);
    expect(await (await fetch(`${url()}/checkpoint`)).text()).toMatch(/— witness/);

    const post = async (body: string) => (await fetch(`${url()}/cosignature`, { method: 'POST', body })).status;
    const lines = note.split('\n');
    expect(await post('nonsense')).toBe(400);
    expect(await post(note.replace(/— witness\S+ .*\n/, ''))).toBe(403);
    expect(await post(note.replace(lines[1]!, String(Number(lines[1]) + 1)))).toBe(400);
    // A witness that saw another history says so and signs nothing.
    const seen = JSON.parse(readFileSync(options.stateFile, 'utf8'));
    writeFileSync(options.stateFile, JSON.stringify({ ...seen, size: seen.size - 1 }));
    await expect(runWitness(options, () => true)).rejects.toThrow(/does not extend|another length/);
  });
});

describe('the log in GraphQL', () => {
  it('gives index and proof of an event, checkpoints, and what joins them', async () => {
    // What was looked at until here is put on record first, so that the newest events have their leaves.
    await api.app.looks.flush();
    await appendAll(api.app.audit.log.sequencer);
    const { data } = await api.ask(
      'auditor',
      '{ auditEvents(first: 3) { nodes { id leafIndex proof } } auditCheckpoint { size root note } first: auditCheckpoint(size: 1) { size root } none: auditCheckpoint(size: 999999) { size } }',
    );
    for (const { id, leafIndex, proof } of data.auditEvents.nodes) {
      expect(await checkProof(nodeCrypto, proof, null, await keys())).toMatchObject({
        verdict: 'intact',
        index: leafIndex,
      });
      expect((await api.ask('auditor', 'audit-event', { id })).data.auditEvent).toMatchObject({ id, leafIndex, proof });
    }
    expect(data.none).toBeNull();
    const { size, root } = data.auditCheckpoint;
    const join = { fromSize: 1, toSize: size };
    const { hashes } = (await api.ask('maker', 'audit-consistency', join)).data.auditConsistency;
    const [before, after] = [
      data.first ?? { size: 1, root: null },
      { size, root: Buffer.from(root, 'base64').toString('latin1') },
    ];
    const leaf = await fetch(`${url()}/tile/0/000.p/1`);
    const old = { size: before.size, root: Buffer.from(await leaf.arrayBuffer()).toString('latin1') };
    expect(
      isConsistent(
        old,
        after,
        hashes.map((hash: string) => Buffer.from(hash, 'base64').toString('latin1')),
      ),
    ).toBe(true);
    expect(
      (await api.ask('auditor', 'audit-consistency', { fromSize: 2, toSize: 1 })).errors[0]!.extensions,
    ).toMatchObject({
      code: 'BAD_USER_INPUT',
    });
    expect(
      (await api.ask('auditor', 'audit-consistency', { fromSize: 1, toSize: size + 1 })).data.auditConsistency,
    ).toBeNull();
  });

  it('says of an event that is no leaf yet that it has no index', async () => {
    await write(1);
    const { data } = await api.ask('auditor', '{ auditEvents(first: 1) { nodes { leafIndex proof } } }');
    expect(data.auditEvents.nodes).toEqual([{ leafIndex: null, proof: null }]);
  });
});

describe('an export', () => {
  let whole: string;
  beforeAll(async () => {
    await write(1, true);
    await appendAll(api.app.audit.log.sequencer);
    whole = join(folder(), 'export');
    await writeExport(api.app, whole, null);
  });
  const verify = async (place: string) => verifyExport(filesOf(place), nodeCrypto, await keys());
  const copy = (): string => {
    const place = folder();
    cpSync(whole, place, { recursive: true });
    return place;
  };
  const flip = (file: string, at: number): void => {
    const bytes = readFileSync(file);
    bytes[at]! ^= 1;
    writeFileSync(file, bytes);
  };
  /** Where entry `index` begins in its bundle, past its length. */
  const placeOf = (bundle: Buffer, index: number): number => {
    let at = 0;
    for (let i = 0; i < index; i++) at += 2 + bundle.readUInt16BE(at);
    return at + 2;
  };

  it('is intact, and readable for people', async () => {
    const report = await verify(whole);
    expect(report).toMatchObject({ verdict: 'intact', problem: null, firstBadIndex: null, passedOver: 0 });
    expect(report.entries).toBe(report.checkpoint!.size);
    const lines = readFileSync(join(whole, 'events.jsonl'), 'utf8').trimEnd().split('\n');
    expect(lines).toHaveLength(report.entries);
    expect(JSON.parse(lines.at(-1)!).event.reason).toHaveLength(30_000);
    const csv = readFileSync(join(whole, 'events.csv'), 'utf8');
    expect(csv).toContain('test.done');
    expect(csv).not.toMatch(/,=1/);
  });

  it('names the entry of which any one bit is another', async () => {
    for (const index of [0, 3, 255, 256, 300]) {
      const place = copy();
      const file = join(place, 'tile/entries', index < 256 ? '000' : '001');
      flip(file, placeOf(readFileSync(file), index % 256) + 5);
      expect(await verify(place)).toMatchObject({ verdict: 'broken', firstBadIndex: index, badBefore: index + 1 });
    }
  });

  it('finds whatever else is changed, and says at least whereabouts', async () => {
    const place = copy();
    flip(join(place, 'tile/0/001'), 40 * 32);
    expect(await verify(place)).toMatchObject({ verdict: 'broken', firstBadIndex: 296 });
    // Somebody who fits the hashes of a changed entry as well is found by the checkpoints, between two of them.
    const clever = copy();
    const bundle = join(clever, 'tile/entries/001');
    const at = placeOf(readFileSync(bundle), 44);
    flip(bundle, at + 5);
    const bytes = readFileSync(bundle);
    const entry = bytes.subarray(at, at + bytes.readUInt16BE(at - 2));
    const tile = readFileSync(join(clever, 'tile/0/001'));
    Buffer.from(nodeCrypto.sha256(Buffer.concat([Buffer.of(0), entry])), 'latin1').copy(tile, 44 * 32);
    writeFileSync(join(clever, 'tile/0/001'), tile);
    const found = await verify(clever);
    expect(found.verdict).toBe('broken');
    expect(found.firstBadIndex).toBeLessThanOrEqual(300);
    expect(found.badBefore).toBeGreaterThan(300);

    for (const [file, byte] of [
      ['tile/1/000.p/2', 3],
      ['checkpoint', 70],
      [`bodies/${(await verify(whole)).entries - 1}.json`, 9],
    ] as const) {
      const changed = copy();
      flip(join(changed, file), byte);
      expect((await verify(changed)).verdict).not.toBe('intact');
    }
  });

  it('misses a body that was taken away, also where the manifest was changed to go with it', async () => {
    const index = (await verify(whole)).entries - 1;
    const silent = (place: string, change: (manifest: Loose) => Loose): void => {
      const manifest = JSON.parse(readFileSync(join(place, 'manifest.json'), 'utf8'));
      writeFileSync(join(place, 'manifest.json'), JSON.stringify({ ...manifest, ...change(manifest) }));
    };
    expect(await verify(whole)).toMatchObject({ bodies: 1, range: { from: 0, to: index + 1 } });
    const robbed = copy();
    rmSync(join(robbed, `bodies/${index}.json`));
    expect(await verify(robbed)).toMatchObject({ verdict: 'unverifiable', firstBadIndex: index });
    silent(robbed, () => ({ bodies: [] }));
    expect(await verify(robbed)).toMatchObject({ verdict: 'unverifiable', firstBadIndex: index });
    // With the body still there, the list alone changes nothing.
    const unlisted = copy();
    silent(unlisted, () => ({ bodies: [] }));
    expect(await verify(unlisted)).toMatchObject({ verdict: 'intact', bodies: 1 });
    // Whoever makes the range smaller is told on: the range is in the report.
    silent(robbed, () => ({ to: index }));
    expect(await verify(robbed)).toMatchObject({ verdict: 'intact', bodies: 0, range: { from: 0, to: index } });
    // A body for an entry that has none, and a manifest of another tree.
    const added = copy();
    silent(added, ({ bodies }) => ({ bodies: [3, ...bodies] }));
    writeFileSync(join(added, 'bodies/3.json'), '{}');
    expect(await verify(added)).toMatchObject({ verdict: 'broken', firstBadIndex: 3 });
    const other = copy();
    silent(other, ({ size }) => ({ size: size - 1 }));
    expect(await verify(other)).toMatchObject({ verdict: 'broken', problem: expect.stringContaining('manifest.json') });
  });

  it('is unverifiable without what it takes, which is not the same as broken', async () => {
    const stranger = [readKey(nodeCrypto, goldenLog.keys[0]!.verifier)!];
    expect(await verifyExport(filesOf(whole), nodeCrypto, stranger)).toMatchObject({ verdict: 'unverifiable' });
    expect(await verify(folder())).toMatchObject({ verdict: 'unverifiable' });
    const place = copy();
    for (const manifest of [
      '{"format":"tierwarden-audit-export/2"}',
      '{"format":"tierwarden-audit-export/1","from":0,"to":1,"bodies":3}',
      'null',
      '{',
    ]) {
      writeFileSync(join(place, 'manifest.json'), manifest);
      expect(await verify(place)).toMatchObject({ verdict: 'unverifiable' });
    }
  });

  it('of a part holds the entries of that part and the whole tree', async () => {
    const place = join(folder(), 'part');
    const exported = await writeExport(api.app, place, { from: 300, to: 400 });
    expect(exported).toMatchObject({ from: 300, to: 400, missing: 0 });
    expect(readdirSync(join(place, 'tile/entries'))).toEqual(['001']);
    expect(await verify(place)).toMatchObject({ verdict: 'intact' });
    expect(readFileSync(join(place, 'events.jsonl'), 'utf8').trimEnd().split('\n')).toHaveLength(100);
    // The entry alone is named; not where the tree is another even before it.
    const bundle = join(place, 'tile/entries/001');
    flip(bundle, placeOf(readFileSync(bundle), 350 - 256) + 5);
    expect(await verify(place)).toMatchObject({ verdict: 'broken', firstBadIndex: 350, badBefore: 351 });
    flip(join(place, 'tile/0/000'), 40 * 32);
    const found = await verify(place);
    expect(found).toMatchObject({ verdict: 'broken', entries: 350 - 256 });
    expect(found.firstBadIndex).toBeLessThanOrEqual(40);
    expect(found.badBefore).toBeLessThanOrEqual(256);
  });

  it('proofs of single events hold with the key alone, for these bytes alone', async () => {
    const id = await write(1);
    await appendAll(api.app.audit.log.sequencer);
    const { proof, leafIndex } = (await api.app.audit.log.queries.proof(id))!;
    const checked = await checkProof(nodeCrypto, proof, null, await keys());
    expect(checked).toMatchObject({ verdict: 'intact', index: leafIndex });
    expect(JSON.parse(Buffer.from((checked as { entry: Uint8Array }).entry).toString()).id).toBe(id);
    expect(await checkProof(nodeCrypto, proof, Buffer.from('{}'), await keys())).toMatchObject({ verdict: 'broken' });
    expect(await checkProof(nodeCrypto, proof.replace(/index \d+/, 'index 1'), null, await keys())).toMatchObject({
      verdict: 'broken',
    });
    expect(await checkProof(nodeCrypto, 'nonsense', null, await keys())).toMatchObject({ verdict: 'unverifiable' });
  });

  it.each<[string, string, number | null]>([
    [
      'changed an event',
      `UPDATE audit_event SET bytes = convert_to(replace(convert_from(bytes, 'UTF8'), 'test.done', 'test.gone'), 'UTF8') WHERE id = (SELECT event_id FROM audit_log_leaf WHERE leaf_index = 280)`,
      280,
    ],
    [
      'removed an event',
      `DELETE FROM audit_event WHERE id = (SELECT event_id FROM audit_log_leaf WHERE leaf_index = 281)`,
      281,
    ],
    [
      "put two events in each other's place",
      `ALTER TABLE audit_log_leaf DROP CONSTRAINT audit_log_leaf_event_id_key;
       UPDATE audit_log_leaf AS l SET event_id = o.event_id FROM audit_log_leaf AS o WHERE l.leaf_index + o.leaf_index = 567 AND l.leaf_index IN (283, 284)`,
      283,
    ],
  ])('names the event when whoever holds the server has %s', async (_, sql, index) => {
    const tables = ['audit_event', 'audit_log_leaf'];
    await api.test.asOwner(
      'CREATE TABLE kept_event AS TABLE audit_event; CREATE TABLE kept_leaf AS TABLE audit_log_leaf',
    );
    for (const table of tables) await api.test.asOwner(`ALTER TABLE ${table} DISABLE TRIGGER USER`);
    try {
      await api.test.asOwner(sql);
      const place = join(folder(), 'tampered');
      await writeExport(api.app, place, null);
      expect(statSync(place).isDirectory()).toBe(true);
      expect(await verify(place)).toMatchObject({ verdict: 'broken', firstBadIndex: index });
    } finally {
      await api.test.asOwner(`
        DELETE FROM audit_event WHERE id IN (SELECT event_id FROM kept_leaf WHERE leaf_index BETWEEN 280 AND 284);
        INSERT INTO audit_event SELECT * FROM kept_event ON CONFLICT DO NOTHING;
        UPDATE audit_log_leaf AS l SET event_id = k.event_id FROM kept_leaf AS k
        WHERE k.leaf_index = l.leaf_index AND k.event_id <> l.event_id;
        DROP TABLE kept_event, kept_leaf`);
      for (const table of tables) await api.test.asOwner(`ALTER TABLE ${table} ENABLE TRIGGER USER`);
    }
    const place = join(folder(), 'mended');
    await writeExport(api.app, place, null);
    expect(await verify(place)).toMatchObject({ verdict: 'intact' });
  });
});

/** The verifier and the writer share this, and nothing else. */
describe('the frozen log', () => {
  const known = goldenLog.keys.map(({ verifier }) => readKey(nodeCrypto, verifier)!);
  const place = folder();
  beforeAll(() => {
    const put = (path: string, content: string | Buffer): void => {
      const file = join(place, path);
      const { mkdirSync } = jest.requireActual<typeof import('node:fs')>('node:fs');
      mkdirSync(join(file, '..'), { recursive: true });
      writeFileSync(file, content);
    };
    for (const [path, bytes] of Object.entries(goldenLog.files)) put(path, Buffer.from(bytes, 'base64'));
    put('checkpoint', goldenLog.cosigned);
    put('checkpoints.jsonl', goldenLog.checkpoints.map((note) => `${JSON.stringify(note)}\n`).join(''));
    put('manifest.json', JSON.stringify({ format: 'tierwarden-audit-export/1', from: 0, to: 300, bodies: [] }));
  });

  it('is intact for every key that signed it, the first or the next', async () => {
    expect(await verifyExport(filesOf(place), nodeCrypto, known)).toMatchObject({
      verdict: 'intact',
      entries: 300,
      passedOver: 0,
    });
    expect(await verifyExport(filesOf(place), nodeCrypto, [known[1]!])).toMatchObject({
      verdict: 'intact',
      passedOver: 7,
    });
    for (const [i, proof] of goldenLog.proofs.entries()) {
      const index = [0, 4, 255, 256, 299][i]!;
      const entry = Buffer.from(goldenLog.entries[index]!);
      expect(await checkProof(nodeCrypto, proof, entry, known)).toMatchObject({ verdict: 'intact', index });
    }
  });
});
