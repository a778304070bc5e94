import { expectGolden } from './golden';
import { goldenLog } from './audit-log';

/** Logs that were written stay readable only as long as this does not change. */
it('a small log is the committed one, byte for byte', () => {
  expectGolden('test/golden/audit-log.json', `${JSON.stringify(goldenLog(), null, 1)}\n`);
});
