import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FAULT_CODES } from '../../graphql/faults';
import { ACTIONS } from '../../src/identity';
import { REFUSAL_CODES } from '../../src/kernel/refusal';
import { ROLES } from '../../src/kernel/role';
import { expectGolden } from './golden';
import { messageKeysIn, messageKeysPage } from './message-keys';

/** Codes that front ends and integrations rely on: adding is fine, renaming breaks somebody. */
it('codes, roles and permissions are the committed ones', () => {
  const section = (title: string, codes: readonly string[]): string => `# ${title}\n${codes.join('\n')}\n`;
  expectGolden(
    'test/golden/codes.txt',
    [section('refusal codes', REFUSAL_CODES), section('faults', FAULT_CODES), section('roles', ROLES), section('permissions', ACTIONS)].join('\n'),
  );
});

it('every code stands in the guide with its cause and its cure', () => {
  const guide = readFileSync(join(__dirname, '../../docs/guides/errors.md'), 'utf8');
  const rows = new Set([...guide.matchAll(/^\| `([A-Z_]+)` +\| .{20,} \| .{8,} \|$/gm)].map(([, code]) => code));
  expect([...REFUSAL_CODES, ...FAULT_CODES].filter((code) => !rows.has(code))).toEqual([]);
});

it('every key of a message is listed for those who translate', () => {
  const keys = messageKeysIn(['src', 'graphql']);
  expect([...REFUSAL_CODES].filter((code) => ![...keys.keys()].some((key) => key.split('.')[0] === code))).toEqual([]);
  expectGolden('docs/guides/message-keys.md', messageKeysPage(keys));
  const chinese = JSON.parse(readFileSync(join(__dirname, '../../graphql/messages.zh-CN.json'), 'utf8')) as object;
  expect(Object.keys(chinese).sort()).toEqual([...keys.keys()].sort());
  expect(Object.entries(chinese).filter(([, text]) => !/\p{sc=Han}.*。$/u.test(String(text)))).toEqual([]);
});
