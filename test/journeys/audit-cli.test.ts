import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ok } from '../../src/kernel/result';
import { useDatabase } from '../support/database';
import { appendAll, testKeys, testSequencer, TEST_ORIGIN } from '../support/log';
import { asSystemActor } from '../support/people';
import { tierwarden, useBuiltProgram } from '../support/processes';

const test = useDatabase();
useBuiltProgram();

const folder = mkdtempSync(join(tmpdir(), 'tierwarden-audit-cli-'));
const installed = () => ({
  DATABASE_URL: test.appUrl,
  TIERWARDEN_HOME: folder,
  AUDIT_LOG_ORIGIN: TEST_ORIGIN,
  AUDIT_LOG_KEY_FILE: join(folder, 'keys', 'audit-log.key'),
});
/** Another machine: no database, no keys. */
const elsewhere = { TIERWARDEN_HOME: join(folder, 'nothing') };

it('an auditor exports, takes the folder elsewhere and finds the one byte that somebody changed', async () => {
  const made = await tierwarden(['audit', 'key', '--add'], installed());
  expect([made.code, made.stderr]).toEqual([0, '']);
  const key = made.stdout.trim();
  expect(key).toMatch(/^example\.org\/log\+[0-9a-f]{8}\+/);
  let event = '';
  await test.unitOfWork.run(asSystemActor(), async (tx) => {
    for (let i = 0; i < 30; i++) event = tx.record({ action: 'test.done', object: { type: 'Test', id: String(i) } });
    return ok(true);
  });
  const sequencer = testSequencer(test, testKeys(folder));
  await appendAll(sequencer);

  const out = join(folder, 'export');
  const exported = await tierwarden(['audit', 'export', '--out', out, '--from', '3', '--json'], installed());
  expect([exported.code, exported.stderr]).toEqual([0, '']);
  // The new key is an event as well, and comes first.
  expect(JSON.parse(exported.stdout)).toEqual({ from: 3, to: 31, size: 31, missing: 0 });
  expect((await tierwarden(['audit', 'export', '--out', out], installed())).code).toBe(1);
  expect(
    (await tierwarden(['audit', 'export', '--out', `${out}-2`, '--from', '9', '--to', '3'], installed())).stderr,
  ).toContain('--to comes before --from');

  const verify = (...more: string[]) => tierwarden(['audit', 'verify', out, '--key', key, ...more], elsewhere);
  expect(await verify()).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^intact: 31 entries of 31/),
    stderr: '',
  });

  const proof = join(folder, 'event.tlog-proof');
  expect((await tierwarden(['audit', 'proof', event], installed())).code).toBe(0);
  const apiId = Buffer.from(`AuditEvent:${event}`).toString('base64url');
  expect((await tierwarden(['audit', 'proof', apiId, '--out', proof], installed())).code).toBe(0);
  expect((await tierwarden(['audit', 'proof', '--rating', apiId], installed())).code).toBe(2);
  // Keys as `audit key` prints them, before the path or after it.
  const proved = await tierwarden(['audit', 'verify', '--key', `${key}\n${key}\n`, proof], elsewhere);
  expect([proved.code, proved.stdout.split('\n')[0]]).toEqual([0, `intact: entry 30 of 31 in ${TEST_ORIGIN}`]);
  expect(JSON.parse(proved.stdout.split('\n')[1]!).id).toBe(event);

  const bundle = join(out, 'tile/entries/000.p/31');
  const bytes = readFileSync(bundle);
  let at = 0;
  for (let i = 0; i < 17; i++) at += 2 + bytes.readUInt16BE(at);
  bytes[at + 20]! ^= 1;
  writeFileSync(bundle, bytes);
  const broken = await verify('--json');
  expect(broken.code).toBe(1);
  expect(broken.stderr).toContain('first bad index 17');
  expect(JSON.parse(broken.stdout)).toMatchObject({ verdict: 'broken', firstBadIndex: 17 });

  const stranger = await tierwarden(['audit', 'key', '--add'], {
    ...installed(),
    AUDIT_LOG_KEY_FILE: join(folder, 'other.key'),
  });
  expect((await tierwarden(['audit', 'verify', out, '--key', stranger.stdout.trim()], elsewhere)).code).toBe(3);
  expect((await tierwarden(['audit', 'verify', out, '--key', 'nonsense'], elsewhere)).code).toBe(2);
}, 120_000);

it('a report leaves the house signed, and whoever changes a figure of it is found out', async () => {
  const env = { ...installed(), AUDIT_LOG_KEY_FILE: join(folder, 'reports', 'audit-log.key') };
  const unsigned = await tierwarden(['override-report', '--signed'], env);
  expect([unsigned.code, unsigned.stderr]).toEqual([2, expect.stringContaining('no key of the audit log')]);
  const key = (await tierwarden(['audit', 'key', '--add'], env)).stdout.trim();
  const { code, stdout: note } = await tierwarden(['override-report', '--from', '2026-01-01', '--signed'], env);
  expect(code).toBe(0);
  const file = join(folder, 'report.note');
  const verified = async (text: string, ...more: string[]) => {
    writeFileSync(file, text);
    return tierwarden(['audit', 'verify', file, '--key', key, ...more], elsewhere);
  };
  const intact = await verified(note, '--json');
  expect(intact.code).toBe(0);
  const { verdict, about, said } = JSON.parse(intact.stdout.trim().split('\n').at(-1)!);
  expect([verdict, about]).toEqual(['intact', 'override report']);
  expect(JSON.parse(said)).toMatchObject({ from: '2026-01-01', report: { total: { overrides: 0 } } });
  expect(await verified(note.replace('"overrides":0', '"overrides":1'))).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('broken: the signature of the statement does not hold'),
  });
  expect((await verified(note.split('\n').slice(1).join('\n'))).code).toBe(3);
  expect((await verified(note, '--entry', file)).code).toBe(2);
}, 120_000);
