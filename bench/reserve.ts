/**
 * How fast credit is reserved: balance, journal and audit event with its rows in one transaction. Floors of the same run: pgbench
 * with the same rows updated and inserted in a transaction, in tables with the same columns and indexes and nothing else; and for
 * one account that all want a bare race of updates.
 */
import type { Client } from 'pg';
import { asSystem, required, type App } from '../src/app';
import type { Config } from '../src/config';
import { figure, timed, type Figure } from './support/figure';
import { pgbench } from './support/pgbench';
import { drawReadPortfolio } from './support/read-portfolio';
import { withScratchDatabase } from './support/scratch-database';

export interface ReserveOptions {
  readonly accounts: number;
  /** Reservations of each measurement. */
  readonly reservations: number;
  readonly seconds: number;
  readonly onStep: (title: string) => void;
}

const CLIENTS = [8, 32];
/** Reservations of each connection before anything is measured. */
const WARM_UP = 20;

export const reserve = (config: Config, options: ReserveOptions): Promise<Figure[]> =>
  withScratchDatabase({ ...config, databasePoolSize: 32 }, async ({ app, appUrl, owner }) => {
    const { accounts, reservations, seconds, onStep } = options;
    onStep(`drawing ${accounts} accounts`);
    required(await app.identity.commands.ensureSampleUsers(asSystem('bootstrap', 'bench')));
    // One in nine is of the grade that has no new business.
    await drawReadPortfolio(owner, { customers: Math.ceil(accounts * 1.3), ratingsEach: 1, requests: 1 });
    const ids = await openAccounts(owner, accounts);
    await makeFloor(owner, accounts);
    let references = 0;
    /** Strides over all accounts, or comes back to the one. */
    const next = (among: readonly string[]): string => among[(references * 7_919) % among.length] as string;
    const reserveAll = async (count: number, clients: number, among: readonly string[]): Promise<void> => {
      const until = references + count;
      const work = async (): Promise<void> => {
        while (references < until) await reserveOne(app, next(among), `R-${(references += 1)}`);
      };
      await Promise.all(Array.from({ length: clients }, work));
    };
    await reserveAll(WARM_UP * Math.max(...CLIENTS), Math.max(...CLIENTS), ids);
    const figures: Figure[] = [];
    for (const clients of CLIENTS) {
      onStep(`${clients} at once`);
      const measured = await timed(() => reserveAll(reservations, clients, ids));
      onStep(`floor: pgbench, ${clients} clients`);
      const script = `\\set account random(1, ${accounts})\nBEGIN;\n${UPDATE}${INSERTS}COMMIT;\n`;
      figures.push(
        figure({
          bench: 'reserve',
          case: `${accounts} accounts: balance, entry, hold, audit event; floor: pgbench with the same rows in a transaction`,
          concurrency: clients,
          value: reservations / measured.seconds,
          unit: 'transactions/s',
          floor: await pgbench({ url: appUrl, script, clients, seconds }),
        }),
      );
    }
    for (const clients of CLIENTS) {
      onStep(`one account, ${clients} at once`);
      const measured = await timed(() => reserveAll(reservations / 2, clients, ids.slice(0, 1)));
      figures.push(
        figure({
          bench: 'reserve',
          case: 'one account; floor: pgbench, a bare UPDATE … WHERE of one row',
          concurrency: clients,
          value: reservations / 2 / measured.seconds,
          unit: 'transactions/s',
          floor: await pgbench({ url: appUrl, script: `\\set account 1\n${UPDATE}`, clients, seconds }),
        }),
      );
    }
    return figures;
  });

const reserveOne = async (app: App, customerId: string, reference: string): Promise<void> => {
  const amount = { amount: '1.00', currency: 'CNY' };
  required(
    await app.limits.reserve(asSystem('worker', reference), {
      customerId,
      product: null,
      amount,
      reference,
      holdMinutes: 60,
    }),
  );
};

const openAccounts = async (owner: Client, accounts: number): Promise<string[]> => {
  await owner.query(`SELECT set_config('tierwarden.actor', 'system:bench', false)`);
  await owner.query(
    `INSERT INTO credit_limit_entry (id, customer_id, kind, before, after, currency, cause_id, booked_at, booked_by)
     SELECT gen_random_uuid(), customer_id, 'OPENING', 0, 1000000000, 'CNY', 'bench', now(), 'system:bench'
     FROM customer_grade WHERE grade > 'C' ORDER BY customer_id LIMIT $1`,
    [accounts],
  );
  await owner.query('VACUUM (ANALYZE) credit_limit, customer_grade, customer_relation');
  const { rows } = await owner.query<{ id: string }>('SELECT customer_id AS id FROM credit_limit ORDER BY customer_id');
  if (rows.length < accounts) throw new Error(`only ${rows.length} accounts`);
  return rows.map(({ id }) => id);
};

const UPDATE = `UPDATE bench_account SET reserved = reserved + 1, postings = postings + 1
  WHERE customer_id = md5(:account::text)::uuid AND reserved + 1 <= amount;\n`.replace('\n ', '');
/** As wide as the event of a reservation is, with its rows. */
const EVENT_BYTES = 1_300;
const INSERTS = [
  `INSERT INTO bench_entry SELECT gen_random_uuid(), md5(:account::text)::uuid, (random() * 1e9)::int, 'RESERVE', 'R-' || (random() * 1e9)::int, NULL, '', 1, 'CNY', 60, now(), 0, 1, 1000000000, 0, 1, now(), 'system:worker';`,
  `INSERT INTO bench_hold VALUES (gen_random_uuid(), md5(:account::text)::uuid, now());`,
  `INSERT INTO bench_event (id, occurred_at, actor_id, action, object_type, object_id, customer_id, request_id, bytes) VALUES (gen_random_uuid(), now(), 'worker', 'limit.reserved', 'ExposureEntry', gen_random_uuid(), md5(:account::text)::uuid, 'R-1234567', '${'x'.repeat(EVENT_BYTES)}');`,
]
  .join('\n')
  .concat('\n');

const makeFloor = async (owner: Client, accounts: number): Promise<void> => {
  await owner.query(`
    CREATE TABLE bench_account (LIKE credit_limit INCLUDING INDEXES INCLUDING DEFAULTS);
    INSERT INTO bench_account (customer_id, amount, currency, version, updated_at)
    SELECT md5(n::text)::uuid, 1000000000, 'CNY', 1, now() FROM generate_series(1, ${accounts}) AS n;
    CREATE TABLE bench_entry (LIKE exposure_entry INCLUDING INDEXES);
    CREATE TABLE bench_hold (LIKE exposure_hold INCLUDING INDEXES);
    CREATE TABLE bench_event (LIKE audit_event INCLUDING INDEXES INCLUDING DEFAULTS);
    GRANT SELECT, UPDATE ON bench_account TO tierwarden_app;
    GRANT INSERT ON bench_entry, bench_hold, bench_event TO tierwarden_app`);
};
