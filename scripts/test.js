/**
 * `npm test`: makes the checkout ready, runs the checks that package.json names, then every test. `npm test -- ARGUMENTS`
 * gives the arguments to jest and leaves the checks out. Jest speaks last; a failed check shows in the exit code too.
 */
'use strict';
/* global __dirname */

require('./require-node');
const { spawn } = require('node:child_process');
const path = require('node:path');
const { command, exitOf, main, npm, prepare, prepareClients, ROOT, step, StepFailed } = require('./prepare');

/** By title, the scripts of package.json. */
const CHECKS = {
  types: 'typecheck',
  lint: 'lint',
  layout: 'format:check',
  architecture: 'deps',
  'unused code': 'unused',
};

main(async () => {
  const args = process.argv.slice(2);
  await prepare();
  if (args.length === 0) await prepareClients();
  const checked = args.length > 0 || (await runChecks());
  const jest = spawn(process.execPath, [require.resolve('jest/bin/jest'), ...args], { cwd: ROOT, stdio: 'inherit' });
  const code = await exitOf(jest);
  process.exit(code === 0 && !checked ? 1 : code);
});

async function runChecks() {
  const sound = await check(Object.keys(CHECKS).join(', '), checkSources);
  return (await check('the schema against the last release', compareSchema)) && sound;
}

/** Side by side, for none of them makes use of more than one core. What failed speaks under its title. */
async function checkSources() {
  const failures = await Promise.all(
    Object.entries(CHECKS).map(([title, script]) =>
      npm(['run', '--silent', script]).then(
        () => [],
        (error) => {
          if (!(error instanceof StepFailed)) throw error;
          return [`✗ ${title}: ${error.message}\n${error.output}`];
        },
      ),
    ),
  );
  const said = failures.flat();
  if (said.length > 0) throw new StepFailed('checks failed', said.join('\n'));
}

async function check(title, work) {
  try {
    await step(`checking ${title}`, work);
    return true;
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error;
    process.stderr.write(`${error.output}\n`);
    return false;
  }
}

/** Not by npm, for what it says: that there was nothing to compare with must be seen. */
async function compareSchema() {
  const said = await command(process.execPath, [path.join(__dirname, 'schema-diff.js')], 'schema-diff');
  process.stderr.write(said.replace(/^(?=.)/gm, '    '));
}
