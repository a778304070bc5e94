/** `npm run bench -- NAME …`: makes the checkout ready and hands the arguments to bench/main, which knows the measurements. */
'use strict';

require('./require-node');
const { spawn } = require('node:child_process');
const path = require('node:path');
const { exitOf, main, prepare, ROOT } = require('./prepare');

main(async () => {
  await prepare();
  const script = path.join(ROOT, 'dist', 'bench', 'main.js');
  process.exit(
    await exitOf(
      spawn(process.execPath, [script, ...process.argv.slice(2)], {
        stdio: 'inherit',
        env: { NODE_ENV: 'production', ...process.env },
      }),
    ),
  );
});
