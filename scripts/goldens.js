/** `npm run goldens`: writes anew every file that tests compare with what the program makes. Look at the difference before committing it. */
'use strict';

require('./require-node');
const { spawn } = require('node:child_process');
const { exitOf, main, prepare, prepareClients, ROOT } = require('./prepare');

main(async () => {
  await prepare();
  await prepareClients();
  const jest = spawn(process.execPath, [require.resolve('jest/bin/jest'), 'test/golden', ...process.argv.slice(2)], {
    cwd: ROOT,
    stdio: 'inherit',
    env: { ...process.env, UPDATE_GOLDENS: '1' },
  });
  process.exit(await exitOf(jest));
});
