#!/usr/bin/env node
/** The `tierwarden` command. In a checkout it first makes that ready to run, as `npm start` does; elsewhere dist/ is there. */
'use strict';
/* global __dirname */

const fs = require('node:fs');
const path = require('node:path');

const scripts = path.join(__dirname, '..', 'scripts');
/** Packages look at NODE_ENV: without it graphql checks every type of every answer against a second copy of itself. */
const run = () => {
  process.env.NODE_ENV ??= 'production';
  return require('../dist/cli/main.js').main(process.argv.slice(2));
};

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
