/** Reports that leave the house signed: whoever has the verifier key of the log can tell that not one figure was changed. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLogKeys } from '../../src/audit/audit-log.keys';
import { parseVerifierKey, formatVerifierKey, parseNote, verifyNote } from '../../src/audit/domain/signed-note';
import { createSignedStatements } from '../../src/audit/signed-statements';

let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'tierwarden-statements-'));
});
afterAll(() => rm(home, { recursive: true, force: true }));

const at = new Date('2026-01-15T08:00:00.000Z');
const report = { from: '2026-01-01', to: null, report: { total: { overrides: 3, bad: 1 }, groups: [] } };
const keysIn = (folder: string) =>
  openLogKeys({
    mode: 'external',
    home: folder,
    auditLog: { origin: 'example.com/log', keys: null, keyFile: join(folder, 'audit-log.key'), witnesses: [] },
  });

it('an override report is signed by the keys of the log, figure by figure', async () => {
  const keys = keysIn(home);
  const [key] = await keys.add();
  const verifier = parseVerifierKey(formatVerifierKey(key!))!;
  const note = await createSignedStatements(keys, 'example.com/log').sign('override report', at, report);
  expect(note!.split('\n').slice(0, 3)).toEqual([
    'tierwarden statement: override report',
    '2026-01-15T08:00:00.000Z',
    '{"from":"2026-01-01","report":{"groups":[],"total":{"bad":1,"overrides":3}},"to":null}',
  ]);
  expect(verifyNote(parseNote(note!)!, [verifier])).toHaveLength(1);
  const touched = parseNote(note!.replace('"bad":1', '"bad":0'))!;
  expect(verifyNote(touched, [verifier])).toBeNull();
});

it('is not signed where no key is', async () => {
  const none = createSignedStatements(keysIn(join(home, 'none')), 'example.com/log');
  expect(await none.sign('override report', at, report)).toBeNull();
});

it('is never taken for a checkpoint: no log is named like a statement', () => {
  expect(() => createSignedStatements(keysIn(home), 'tierwarden statement: override report')).toThrow(/not named/);
});
