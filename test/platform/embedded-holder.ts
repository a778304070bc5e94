/**
 * A process that holds the embedded server of a home. Prints its addresses as JSON, then obeys lines on stdin:
 * `release` gives the server back and ends, `exit` ends without, `throw` breaks.
 */
import { createInterface } from 'node:readline';
import { attachEmbedded, type EmbeddedDatabase } from '../../src/platform/embedded-postgres';

const deeds: Readonly<Record<string, (database: EmbeddedDatabase) => unknown>> = {
  release: (database) => database.release().then(() => process.exit(0)),
  exit: () => process.exit(0),
  throw: () =>
    setImmediate(() => {
      throw new Error('broken on purpose');
    }),
};

void attachEmbedded(process.argv[2] ?? '', { durability: 'none' }).then((database) => {
  process.stdout.write(`${JSON.stringify({ ownerUrl: database.ownerUrl, appUrl: database.appUrl })}\n`);
  createInterface(process.stdin).on('line', (line) => void deeds[line]?.(database));
});
