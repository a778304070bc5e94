/**
 * Lets a plain `node -r` child run the TypeScript sources as jest does: through swc, with decorator metadata. What a file
 * becomes is kept for the next child, under the digest of what it was made from.
 */
/* global __dirname */
const { createHash } = require('node:crypto');
const { mkdirSync, readFileSync, renameSync, writeFileSync } = require('node:fs');
const Module = require('node:module');
const { join } = require('node:path');
const { version } = require('@swc/core/package.json');

const OPTIONS = {
  sourceMaps: 'inline',
  jsc: {
    target: 'es2022',
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true },
  },
  module: { type: 'commonjs' },
};

const KEPT = join(__dirname, '../../../.tmp/swc');
mkdirSync(KEPT, { recursive: true });

const digestOf = (...parts) => createHash('sha256').update(JSON.stringify(parts)).digest('hex');

Module._extensions['.ts'] = (module, filename) => {
  const source = readFileSync(filename, 'utf8');
  // One file for each source, so that old ones do not pile up.
  const kept = join(KEPT, `${digestOf(filename)}.js`);
  const mark = `\n//${digestOf(version, OPTIONS, source)}\n`;
  module._compile(readKept(kept, mark) ?? keep(kept, transform(filename, source) + mark), filename);
};

const readKept = (file, mark) => {
  try {
    const code = readFileSync(file, 'utf8');
    return code.endsWith(mark) ? code : null;
  } catch {
    return null;
  }
};

const transform = (filename, source) => require('@swc/core').transformSync(source, { filename, ...OPTIONS }).code;

/** Written whole before it gets its name: children come several at once. */
const keep = (file, code) => {
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, code);
  renameSync(draft, file);
  return code;
};
