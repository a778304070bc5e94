#!/usr/bin/env node
/** The `tierwarden` command. In a checkout it first makes that ready to run, as `npm start` does; elsewhere dist/ is there. */
'use strict';
/* global __dirname */

const fs = require('node:fs');
const path = require('node:path');

const scripts = path.join(__dirname, '..', 'scripts');
const run = () => require('../dist/cli/main.js').main(process.argv.slice(2));

if (fs.existsSync(scripts)) {
  require('../scripts/require-node');
  const { main, prepare } = require('../scripts/prepare');
  main(async () => {
    await prepare();
    await run();
  });
} else {
  run();
}
