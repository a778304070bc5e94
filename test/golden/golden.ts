/** Compares a text with the committed one; `npm run goldens` writes it anew instead. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const ROOT = join(__dirname, '../..');

/** `file` is relative to the top of the project. */
export const expectGolden = (file: string, actual: string): void => {
  const path = join(ROOT, file);
  if (process.env['UPDATE_GOLDENS'] === '1') {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, actual);
  }
  const committed = existsSync(path) ? readFileSync(path, 'utf8') : '';
  // The hint travels in the compared values, since jest shows those and nothing else.
  expect({ hint: 'refresh by `npm run goldens`', text: actual }).toEqual({
    hint: 'refresh by `npm run goldens`',
    text: committed,
  });
};
