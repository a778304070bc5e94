/**
 * How fast requests are decided: the vote that puts an override into effect, with everything that follows of it in the same
 * transaction. Floor of the same run: pgbench with as many single inserts in a transaction, on the same server.
 */
import type { Client } from 'pg';
import { asSystem, required, type App } from '../src/app';
import type { Config } from '../src/config';
import type { Initiator } from '../src/kernel/actor';
import { GRADES, type Grade } from '../src/kernel/grade';
import { figure, timed, type Figure } from './support/figure';
import { pgbench } from './support/pgbench';
import { drawReadPortfolio } from './support/read-portfolio';
import { rowsWritten } from './support/rows-written';
import { withScratchDatabase } from './support/scratch-database';

export interface DecideOptions {
  /** Requests of each measurement. */
  readonly requests: number;
  readonly seconds: number;
  readonly onStep: (title: string) => void;
}

const CLIENTS = [8, 32];
const BULK = 100;
/** Decisions of each connection before anything is measured. */
const WARM_UP = 5;

interface Open {
  readonly id: string;
  readonly version: number;
}

export const decide = (config: Config, { requests, seconds, onStep }: DecideOptions): Promise<Figure[]> =>
  withScratchDatabase({ ...config, databasePoolSize: 32 }, async ({ app, appUrl, owner }) => {
    const customers = 2 * requests * CLIENTS.length + 8 * BULK;
    onStep(`drawing ${customers} customers`);
    required(await app.identity.commands.ensureSampleUsers(asSystem('bootstrap', 'bench')));
    await drawReadPortfolio(owner, { customers, ratingsEach: 1, requests: 1 });
    const maker = await person(app, 'analyst');
    const approver = await person(app, 'approver');
    onStep('submitting requests');
    const warmUp = WARM_UP * Math.max(...CLIENTS);
    const open = await submitAll(app, owner, maker, warmUp + requests * CLIENTS.length + BULK + 20);
    // The floor leaves out what it takes to open connections, too.
    await approveAll(app, approver, open.splice(0, warmUp), Math.max(...CLIENTS));
    const figures: Figure[] = [];
    for (const clients of CLIENTS) {
      onStep(`${clients} at once`);
      const batch = open.splice(0, requests);
      const before = await rowsWritten(owner);
      const measured = await timed(() => approveAll(app, approver, batch, clients));
      const rows = Math.round(((await rowsWritten(owner)) - before) / batch.length);
      onStep(`floor: pgbench, ${clients} clients, ${rows} inserts`);
      figures.push(
        figure({
          bench: 'decide',
          case: `approve: vote, effect, audit, outbox: ${rows} rows; floor: pgbench with as many inserts in a transaction`,
          concurrency: clients,
          value: batch.length / measured.seconds,
          unit: 'transactions/s',
          floor: await floorOf(appUrl, owner, { clients, rows, seconds }),
        }),
      );
    }
    onStep('one at a time, then a hundred in bulk');
    const singles = open.splice(0, 20);
    const one = await timed(() => approveAll(app, approver, singles, 1));
    const many = await timed(async () =>
      required(await app.approvals.voteOnMany(approver, open.splice(0, BULK).map(commandOf))),
    );
    figures.push(
      figure({
        bench: 'decide',
        case: `bulk of ${BULK}; floor: one decision, so the ratio is to be 20 at most`,
        concurrency: 1,
        value: many.seconds * 1_000,
        unit: 'ms',
        floor: (one.seconds / singles.length) * 1_000,
      }),
    );
    return figures;
  });

const person = async (app: App, subject: string): Promise<Initiator> => {
  const user = await app.identity.queries.bySubject(subject);
  if (user === null) throw new Error(`no user ${subject}`);
  const { id, displayName: name, roles, orgUnit } = user;
  return { actor: { kind: 'USER', id, name, roles, orgUnitId: orgUnit.id }, requestId: `bench-${subject}` };
};

const submitAll = async (app: App, owner: Client, maker: Initiator, count: number): Promise<Open[]> => {
  const { rows } = await owner.query<{ id: string; grade: Grade; version: number }>(
    `SELECT customer_id AS id, grade, version FROM customer_grade WHERE grade > 'C'
       AND customer_id::text NOT IN (SELECT subject_id FROM change_request) ORDER BY customer_id LIMIT $1`,
    [count],
  );
  const open: Open[] = [];
  for (const { id, grade, version } of rows) {
    const outcome = required(
      await app.overrides.submit(maker, {
        customerId: id,
        // One notch worse: one level, so every vote is the last one.
        toGrade: GRADES[GRADES.indexOf(grade) + 1] ?? 'C',
        reasonCode: 'MATERIAL_EVENT',
        justification: 'The main customer of this company has stopped paying.',
        evidence: [],
        validUntil: new Date(app.clock().getTime() + 30 * 86_400_000),
        expectedVersion: version,
      }),
    );
    open.push({ id: outcome.request.id, version: outcome.request.version });
  }
  return open;
};

const commandOf = ({ id, version }: Open) => ({
  requestId: id,
  verdict: 'APPROVE' as const,
  comment: null,
  expectedVersion: version,
  expectedDigest: null,
});

const approveAll = async (app: App, by: Initiator, batch: readonly Open[], atOnce: number): Promise<void> => {
  const waiting = batch.values();
  const work = async (): Promise<void> => {
    for (const request of waiting) required(await app.approvals.vote(by, commandOf(request)));
  };
  await Promise.all(Array.from({ length: atOnce }, work));
};

const floorOf = async (
  url: string,
  owner: Client,
  { clients, rows, seconds }: { readonly clients: number; readonly rows: number; readonly seconds: number },
): Promise<number> => {
  await owner.query(
    'CREATE TABLE IF NOT EXISTS bench_floor (id uuid PRIMARY KEY, about text, at timestamptz, body jsonb)',
  );
  await owner.query('GRANT INSERT ON bench_floor TO tierwarden_app');
  const insert = `INSERT INTO bench_floor VALUES (gen_random_uuid(), 'decision', now(), '{"toGrade":"CC","version":2}');\n`;
  return pgbench({ url, script: `BEGIN;\n${insert.repeat(rows)}COMMIT;\n`, clients, seconds });
};
