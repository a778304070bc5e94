/**
 * Makes a checkout ready to run: packages as package-lock.json names them, and dist/ as the sources say. Does only what is
 * missing or out of date, and says on stderr what it does. It needs nothing but Node.js and npm.
 */
'use strict';
/* global __dirname */

const { spawn } = require('node:child_process');
const { createHash } = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');

const ROOT = path.join(__dirname, '..');
/** What front ends use, for tests and documents alone: too much to install on every machine that only runs the program. */
const CLIENTS = path.join(ROOT, 'clients');
const BUILT = path.join(ROOT, 'dist', '.sources');
/** What the compiler reads, as in tsconfig.build.json. */
const SOURCES = ['src', 'migrations', 'graphql', 'workers', 'cli', 'bench'];
const SOURCE_FILES = ['ormconfig.ts', 'tsconfig.json', 'tsconfig.build.json', 'package-lock.json'];

const BUSY = path.join(ROOT, '.tmp', 'prepare.pid');
const BUSY_POLL_MS = 250;
/** Longer than any installation takes: whoever holds the file for so long is another program with the same id. */
const BUSY_STALE_MS = 30 * 60_000;

/** A step that failed; the message is one line, `output` what the tool said. */
class StepFailed extends Error {
  constructor(message, output = '') {
    super(message);
    this.output = output;
  }
}

/** Installs and builds as far as needed. Several processes may ask at once: one works, the others wait. */
async function prepare() {
  if (isInstalled(ROOT) && isBuilt()) return;
  await alone(async () => {
    await install(ROOT, 'installing packages');
    await build();
  });
}

/** Installs the packages of clients/ if that is needed. */
async function prepareClients() {
  if (isInstalled(CLIENTS)) return;
  await alone(() => install(CLIENTS, 'installing packages of front ends'));
}

async function install(folder, title) {
  if (isInstalled(folder)) return;
  const lockFile = path.join(folder, 'package-lock.json');
  const committed = fs.readFileSync(lockFile);
  // Not `npm ci`: npm 11 refuses locks with optional packages of other platforms. The lock is put back and compared instead.
  const args = ['install', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'];
  await step(title, () => npm(args, folder));
  const left = fs.readFileSync(lockFile);
  fs.writeFileSync(lockFile, committed);
  if (!namesSamePackages(left, committed)) {
    throw new StepFailed('package-lock.json does not fit package.json: npm changed it; the committed one was put back');
  }
  const now = new Date();
  fs.utimesSync(installedMark(folder), now, now);
}

/** npm writes it last, so it is missing after an install that was cut short. */
const installedMark = (folder) => path.join(folder, 'node_modules', '.package-lock.json');

/** Older npm leaves out fields that newer npm writes; what counts is which packages, in which versions, with which content. */
function namesSamePackages(a, b) {
  const named = (lock) =>
    Object.entries(JSON.parse(lock.toString('utf8')).packages)
      .map(([folder, { version, integrity }]) => [folder, version, integrity].join(' '))
      .sort()
      .join('\n');
  return named(a) === named(b);
}

async function build() {
  const digest = digestOfSources();
  if (readOrNull(BUILT) === digest) return;
  fs.rmSync(BUILT, { force: true });
  await step('building', () => tool('typescript/bin/tsc', ['-p', 'tsconfig.build.json']));
  fs.writeFileSync(BUILT, digest);
}

const isInstalled = (folder) => {
  const installed = mtimeMs(installedMark(folder));
  return ['package-lock.json', 'package.json'].every((file) => installed >= mtimeMs(path.join(folder, file)));
};

const isBuilt = () => readOrNull(BUILT) === digestOfSources();

/** By content, so that neither a checkout of the same sources nor a deleted file goes wrong. */
function digestOfSources() {
  const digest = createHash('sha256');
  const listed = SOURCES.filter((folder) => fs.existsSync(path.join(ROOT, folder))).flatMap((folder) =>
    fs
      .readdirSync(path.join(ROOT, folder), { recursive: true })
      .filter((name) => /\.(ts|json)$/.test(name))
      .map((name) => path.join(folder, name)),
  );
  for (const file of [...listed.sort(), ...SOURCE_FILES]) {
    digest
      .update(`${file}\0`)
      .update(fs.readFileSync(path.join(ROOT, file)))
      .update('\0');
  }
  return digest.digest('hex');
}

/** Runs `work`, saying so while it lasts; on a terminal with the seconds. */
async function step(title, work) {
  const started = performance.now();
  const seconds = () => `${((performance.now() - started) / 1000).toFixed(1)} s`;
  const terminal = process.stderr.isTTY;
  if (!terminal) process.stderr.write(`  ${title} …\n`);
  const ticking = terminal ? setInterval(() => process.stderr.write(`\r  ${title} … ${seconds()} `), 200) : undefined;
  try {
    const result = await work();
    process.stderr.write(`${terminal ? '\r' : ''}✓ ${title} (${seconds()})\n`);
    return result;
  } catch (error) {
    process.stderr.write(`${terminal ? '\r' : ''}✗ ${title} (${seconds()})\n`);
    throw error;
  } finally {
    clearInterval(ticking);
  }
}

/** Runs npm: the one that runs us, if one does. */
function npm(args, folder = ROOT) {
  const runner = process.env.npm_execpath;
  return runner && /\.c?js$/.test(runner)
    ? command(process.execPath, [runner, ...args], `npm ${args[0]}`, folder)
    : command('npm', args, `npm ${args[0]}`, folder);
}

/** Runs a script of an installed package. */
const tool = (script, args) =>
  command(process.execPath, [path.join(ROOT, 'node_modules', script), ...args], path.basename(script));

/** Runs a command; answers with what it said, or throws with it. */
async function command(program, args, name, folder = ROOT) {
  let output = '';
  // The runtime for models brings what it needs on processors; its install script would fetch parts for others.
  const env = { ONNXRUNTIME_NODE_INSTALL: 'skip', ...process.env };
  const child = spawn(program, args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  const code = await exitOf(child);
  if (code !== 0) throw new StepFailed(`${name} failed with code ${code}`, output);
  return output;
}

/** The exit code of a child; a signal that asks us to stop is passed on to it, and counts as 128 + its number. */
function exitOf(child) {
  const passOn = (signal) => child.kill(signal);
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  signals.forEach((signal) => process.on(signal, passOn));
  return new Promise((resolve, reject) => {
    child.once('error', (error) => reject(new StepFailed(error.message)));
    child.once('close', (code, signal) => resolve(code ?? 128 + require('node:os').constants.signals[signal]));
  }).finally(() => signals.forEach((signal) => process.off(signal, passOn)));
}

/** Waits for another preparation of this checkout, then works. */
async function alone(work) {
  fs.mkdirSync(path.dirname(BUSY), { recursive: true });
  for (let waited = false; !take(); waited = true) {
    if (!waited) process.stderr.write(`  waiting for process ${readOrNull(BUSY)}, which prepares this folder …\n`);
    await new Promise((resolve) => setTimeout(resolve, BUSY_POLL_MS));
  }
  const giveBack = () => fs.rmSync(BUSY, { force: true });
  process.once('exit', giveBack);
  try {
    return await work();
  } finally {
    giveBack();
    process.off('exit', giveBack);
  }
}

function take() {
  try {
    fs.writeFileSync(BUSY, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  }
  const owner = Number(readOrNull(BUSY));
  // An empty file is one that is being written.
  const gone = owner > 0 && !isAlive(owner);
  if (gone || Date.now() - mtimeMs(BUSY) > BUSY_STALE_MS) fs.rmSync(BUSY, { force: true });
  return false;
}

function isAlive(pid) {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
}

const mtimeMs = (file) => fs.statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;

function readOrNull(file) {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}

/** Runs a script's work and turns what it throws into one line, after what the failing tool said. */
function main(work) {
  work().catch((error) => {
    if (!(error instanceof StepFailed)) throw error;
    process.stderr.write(`${error.output}${error.output.endsWith('\n') || !error.output ? '' : '\n'}`);
    process.stderr.write(`tierwarden: ${error.message}\n`);
    process.exit(1);
  });
}

module.exports = { ROOT, StepFailed, command, exitOf, main, npm, prepare, prepareClients, step };
