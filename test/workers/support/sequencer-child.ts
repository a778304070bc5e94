/** A process that sequences the audit log as fast as it can, until it is killed. */
import { openLogKeys } from '../../../src/audit/audit-log.keys';
import { createSequencer } from '../../../src/audit/audit-log.commands';
import { ENTITIES } from '../../../src/entities';
import { openDatabase } from '../../../src/platform/database';

export interface SequencerChildOptions {
  readonly databaseUrl: string;
  readonly home: string;
  readonly origin: string;
}

const run = async ({ databaseUrl, home, origin }: SequencerChildOptions): Promise<void> => {
  const database = await openDatabase({
    url: databaseUrl,
    entities: ENTITIES,
    poolSize: 2,
    applicationName: 'sequencer-child',
  });
  const keys = openLogKeys({ mode: 'embedded', home, auditLog: { origin, keys: null, keyFile: null, witnesses: [] } });
  const deps = { database, clock: () => new Date(), keys, origin };
  const sequencer = createSequencer(deps, { events: 10, statements: 2 });
  process.stdout.write('working\n');
  for (;;) await sequencer.append();
};

void run(JSON.parse(process.argv[2] ?? '') as SequencerChildOptions);
