import { ACTIONS } from '../../src/identity';
import { REFUSAL_CODES } from '../../src/kernel/refusal';
import { ROLES } from '../../src/kernel/role';
import { expectGolden } from './golden';

/** Codes that front ends and integrations rely on: adding is fine, renaming breaks somebody. */
it('codes, roles and permissions are the committed ones', () => {
  const section = (title: string, codes: readonly string[]): string => `# ${title}\n${codes.join('\n')}\n`;
  expectGolden(
    'test/golden/codes.txt',
    [section('refusal codes', REFUSAL_CODES), section('roles', ROLES), section('permissions', ACTIONS)].join('\n'),
  );
});
