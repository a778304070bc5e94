/** Use of limits against a model, and against everybody at once: no race lets more through than the limit. */
import fc from 'fast-check';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { pino } from 'pino';
import { asSystem, createApp, required, type App } from '../../src/app';
import type { Initiator } from '../../src/kernel/actor';
import type { Result } from '../../src/kernel/result';
import { useApi } from '../support/api';
import { freshAccounts } from '../support/exposure';
import { startScript, useProcesses } from '../support/processes';
import { until } from '../workers/support/until';
import type { ReserveChildOptions } from '../workers/support/reserve-child';

const api = useApi('sample');
useProcesses();
const by = asSystem('worker', 'test');
const accounts = freshAccounts(api);

const codeOf = (result: Result<unknown>): string =>
  result.ok ? 'OK' : [result.refusal.code, result.refusal.reason].filter(Boolean).join('.');

const reserve = (
  customerId: string,
  reference: string,
  amount: string,
  more: { product?: string; currency?: string; holdMinutes?: number; app?: App; by?: Initiator } = {},
) =>
  (more.app ?? api.app).limits.reserve(more.by ?? by, {
    customerId,
    reference,
    product: more.product ?? null,
    amount: { amount, currency: more.currency ?? 'CNY' },
    holdMinutes: more.holdMinutes ?? 60,
  });
const confirm = (customerId: string, reference: string, amount: string | null = null) =>
  api.app.limits.confirm(by, { customerId, reference, amount });
const release = (customerId: string, reference: string) => api.app.limits.release(by, { customerId, reference });
const repay = (customerId: string, reference: string, amount: string, product: string | null = null) =>
  api.app.limits.repay(by, { customerId, reference, product, amount: { amount, currency: 'CNY' } });

interface Balance {
  readonly amount: string;
  readonly used: string;
  readonly reserved: string;
  readonly postings: number;
}
const balanceOf = async (customerId: string): Promise<Balance> => {
  const [row] = await api.test.asOwner<Balance>(
    'SELECT amount::text, used::text, reserved::text, postings FROM credit_limit WHERE customer_id = $1',
    [customerId],
  );
  return row!;
};

/** Balances are what the journal adds up to, entry by entry, and open reservations are those that have not ended. */
const expectJournalAddsUp = async (): Promise<void> => {
  const odd = await api.test.asOwner(
    `SELECT held.customer_id FROM credit_limit AS held LEFT JOIN LATERAL (
       SELECT sum(used_change) AS used, sum(reserved_change) AS reserved, count(*) AS entries, max(number) AS last
       FROM exposure_entry WHERE customer_id = held.customer_id) AS booked ON true
     WHERE (held.used, held.reserved, held.postings, held.postings)
       IS DISTINCT FROM (coalesce(booked.used, 0), coalesce(booked.reserved, 0), booked.entries::int, coalesce(booked.last, 0))
     UNION ALL SELECT customer_id FROM (
       SELECT customer_id, used_after, reserved_after,
         sum(used_change) OVER past AS used, sum(reserved_change) OVER past AS reserved
       FROM exposure_entry WINDOW past AS (PARTITION BY customer_id ORDER BY number)) AS told
     WHERE (used_after, reserved_after) <> (used, reserved)
     UNION ALL SELECT part.customer_id FROM credit_sub_limit AS part
     WHERE (used, reserved) <> (SELECT sum(used_change), sum(reserved_change) FROM exposure_entry AS entry
                                WHERE entry.customer_id = part.customer_id AND entry.product = part.product)
     UNION ALL SELECT customer_id FROM exposure_entry AS entry
     WHERE kind = 'RESERVE' AND EXISTS (SELECT FROM exposure_entry WHERE reservation_id = entry.id)
       = EXISTS (SELECT FROM exposure_hold WHERE reservation_id = entry.id)`,
  );
  expect(odd).toEqual([]);
};
afterEach(expectJournalAddsUp);

describe('the ledger against a model', () => {
  type Command =
    | { readonly verb: 'RESERVE'; readonly reference: number; readonly cents: number; readonly product: number; readonly minutes: number } // prettier-ignore
    | { readonly verb: 'CONFIRM'; readonly reference: number; readonly cents: number | null }
    | { readonly verb: 'RELEASE'; readonly reference: number }
    | { readonly verb: 'REPAY'; readonly reference: number; readonly cents: number; readonly product: number }
    | { readonly verb: 'WAIT'; readonly minutes: number }
    | { readonly verb: 'EXPIRE' };

  const reference = fc.integer({ min: 1, max: 4 });
  const cents = fc.integer({ min: 1, max: 6_000 });
  const product = fc.integer({ min: 0, max: 1 });
  const minutes = fc.integer({ min: 1, max: 30 });
  const command: fc.Arbitrary<Command> = fc.oneof(
    { weight: 4, arbitrary: fc.record({ verb: fc.constant('RESERVE' as const), reference, cents, product, minutes }) },
    {
      weight: 3,
      arbitrary: fc.record({
        verb: fc.constant('CONFIRM' as const),
        reference,
        cents: fc.option(cents, { nil: null }),
      }),
    },
    { weight: 2, arbitrary: fc.record({ verb: fc.constant('RELEASE' as const), reference }) },
    { weight: 2, arbitrary: fc.record({ verb: fc.constant('REPAY' as const), reference, cents, product }) },
    { weight: 1, arbitrary: fc.record({ verb: fc.constant('WAIT' as const), minutes }) },
    { weight: 1, arbitrary: fc.record({ verb: fc.constant('EXPIRE' as const) }) },
  );

  const LIMIT = 10_000;
  const PRODUCTS = ['', 'LOAN'];
  const money = (amount: number): string => (amount / 100).toFixed(2);

  interface Held {
    readonly cents: number;
    readonly product: number;
    readonly minutes: number;
    readonly until: number;
    ended: string | null;
  }
  /** Whole cents and minutes, and no database. */
  class Model {
    now = 0;
    readonly held = new Map<number, Held>();
    readonly paid = new Map<number, { cents: number; product: number }>();
    readonly used = [0, 0];
    get reserved(): number {
      return [...this.held.values()].reduce((sum, { cents: c, ended }) => sum + (ended === null ? c : 0), 0);
    }
    take(command: Exclude<Command, { verb: 'WAIT' | 'EXPIRE' }>): string {
      const held = this.held.get(command.reference);
      switch (command.verb) {
        case 'RESERVE': {
          const { cents: c, product: p, minutes: m } = command;
          if (held !== undefined) return held.cents === c && held.product === p && held.minutes === m ? 'OK' : 'ALREADY_EXISTS.REFERENCE'; // prettier-ignore
          if (this.used[0]! + this.used[1]! + this.reserved + c > LIMIT) return 'LIMIT_EXCEEDED.LIMIT';
          this.held.set(command.reference, { cents: c, product: p, minutes: m, until: this.now + m, ended: null });
          return 'OK';
        }
        case 'REPAY': {
          const { cents: c, product: p } = command;
          const paid = this.paid.get(command.reference);
          if (paid !== undefined) return paid.cents === c && paid.product === p ? 'OK' : 'ALREADY_EXISTS.REFERENCE';
          if (c > this.used[p]!) return 'OUT_OF_RANGE.ABOVE_USE';
          this.used[p]! -= c;
          this.paid.set(command.reference, { cents: c, product: p });
          return 'OK';
        }
        default: {
          if (held === undefined) return 'NOT_FOUND';
          const taken = command.verb === 'RELEASE' ? held.cents : (command.cents ?? held.cents);
          const ending = `${command.verb} ${taken}`;
          if (held.ended === ending) return 'OK';
          if (held.ended?.startsWith(command.verb) === true) return 'ALREADY_EXISTS.REFERENCE';
          if (held.ended !== null) return 'INVALID_STATE.RESERVATION_ENDED';
          if (command.verb === 'CONFIRM') {
            if (this.now >= held.until) return 'EXPIRED';
            if (taken > held.cents) return 'LIMIT_EXCEEDED.RESERVATION';
            this.used[held.product]! += taken;
          }
          held.ended = ending;
          return 'OK';
        }
      }
    }
    expire(): void {
      for (const held of this.held.values()) if (held.ended === null && this.now >= held.until) held.ended = 'EXPIRE';
    }
  }

  const carryOut = async (customerId: string, command: Exclude<Command, { verb: 'WAIT' | 'EXPIRE' }>) => {
    const name = `R-${command.reference}`;
    switch (command.verb) {
      case 'RESERVE':
        return reserve(customerId, name, money(command.cents), {
          ...(command.product === 0 ? {} : { product: PRODUCTS[command.product]! }),
          holdMinutes: command.minutes,
        });
      case 'CONFIRM':
        return confirm(customerId, name, command.cents === null ? null : money(command.cents));
      case 'RELEASE':
        return release(customerId, name);
      case 'REPAY':
        return repay(customerId, name, money(command.cents), PRODUCTS[command.product]! || null);
    }
  };

  it('answers every sequence of commands as the model does, and leaves the same balances', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(command, { minLength: 1, maxLength: 25 }), async (commands) => {
        const customerId = await accounts.next('100.00');
        const model = new Model();
        for (const step of commands) {
          if (step.verb === 'WAIT') {
            model.now += step.minutes;
            api.test.clock.advance(step.minutes * 60_000);
          } else if (step.verb === 'EXPIRE') {
            model.expire();
            required(await api.app.limits.expireReservations(by, 100));
          } else {
            expect({ step, code: codeOf(await carryOut(customerId, step)) }).toEqual({ step, code: model.take(step) });
          }
          const { used, reserved } = await balanceOf(customerId);
          expect({ step, used, reserved }).toEqual({
            step,
            used: money(model.used[0]! + model.used[1]!),
            reserved: money(model.reserved),
          });
        }
      }),
      { numRuns: 40 },
    );
  });
});

describe('a reservation', () => {
  it('gives the same answer to the same reference and body, and does nothing twice', async () => {
    const customerId = await accounts.next('100.00');
    const first = required(await reserve(customerId, 'A', '60.00'));
    expect(required(await reserve(customerId, 'A', '60.00'))).toEqual({ ...first, auditEventId: null });
    expect(codeOf(await reserve(customerId, 'A', '60.01'))).toBe('ALREADY_EXISTS.REFERENCE');
    expect(await balanceOf(customerId)).toMatchObject({ reserved: '60.00', postings: 1 });
  });

  it('under one reference, twenty at once, is one', async () => {
    const customerId = await accounts.next('100.00');
    const told = await Promise.all(Array.from({ length: 20 }, () => reserve(customerId, 'A', '60.00')));
    expect(new Set(told.map((result) => required(result).entryId)).size).toBe(1);
    expect(await balanceOf(customerId)).toMatchObject({ reserved: '60.00', postings: 1 });
  });

  it.each<[string, string, string, Parameters<typeof reserve>[3]]>([
    ['nothing', 'OUT_OF_RANGE', '0', {}],
    ['less than nothing', 'OUT_OF_RANGE', '-1', {}],
    ['parts of a cent', 'OUT_OF_RANGE', '1.001', {}],
    ['what is no number', 'OUT_OF_RANGE', 'NaN', {}],
    ['for ever', 'OUT_OF_RANGE', '1', { holdMinutes: 129_601 }],
    ['of what is no product code', 'INVALID.PRODUCT', '1', { product: 'a b' }],
    ['in another currency', 'INVALID.CURRENCY', '1', { currency: 'USD' }],
    ['more than there is', 'LIMIT_EXCEEDED.LIMIT', '100.01', {}],
  ])('of %s is refused', async (_, code, amount, more) => {
    const customerId = await accounts.next('100.00');
    expect(codeOf(await reserve(customerId, 'A', amount, more))).toBe(code);
    expect(await balanceOf(customerId)).toMatchObject({ reserved: '0.00', postings: 0 });
  });

  it('is refused to strangers, and to those without a limit', async () => {
    expect(codeOf(await reserve('00000000-0000-7000-8000-000000000000', 'A', '1'))).toBe('NOT_FOUND');
    const [without] = await api.test.asOwner<{ id: string }>(
      'SELECT id FROM customer WHERE id NOT IN (SELECT customer_id FROM credit_limit) LIMIT 1',
    );
    expect(codeOf(await reserve(without!.id, 'A', '1'))).toBe('INVALID_STATE.NO_LIMIT');
  });

  it('is refused where the policy stops new business', async () => {
    const [stopped] = await api.test.asOwner<{ id: string }>(
      "SELECT customer_id AS id FROM credit_limit JOIN customer_grade USING (customer_id) WHERE grade = 'C' LIMIT 1",
    );
    expect(codeOf(await reserve(stopped!.id, 'A', '1'))).toBe('POLICY_VIOLATION.NEW_BUSINESS_STOPPED');
  });

  it('is told beforehand by a check, with all that stands against it', async () => {
    const customerId = await accounts.next('100.00');
    required(await reserve(customerId, 'A', '70.00'));
    const check = (amount: string, currency = 'CNY') =>
      api.app.limits.creditCheck(by.actor, { customerId, product: null, amount: { amount, currency } });
    expect(required(await check('30'))).toEqual({
      allowed: true,
      available: { amount: '30.00', currency: 'CNY' },
      against: [],
    });
    const refused = required(await check('30.01', 'USD'));
    expect(refused.allowed).toBe(false);
    expect(refused.against.map(({ code, reason }) => `${code}.${reason}`)).toEqual([
      'INVALID.CURRENCY',
      'LIMIT_EXCEEDED.LIMIT',
    ]);
    expect(await balanceOf(customerId)).toMatchObject({ reserved: '70.00', postings: 1 });
  });

  it('lapses once, however many jobs come for it', async () => {
    const customerId = await accounts.next('100.00');
    for (const reference of ['A', 'B', 'C'])
      required(await reserve(customerId, reference, '10.00', { holdMinutes: 5 }));
    required(await confirm(customerId, 'B'));
    api.test.clock.advance(4 * 60_000);
    required(await api.app.limits.expireReservations(by, 100));
    expect(await balanceOf(customerId)).toMatchObject({ reserved: '20.00' });
    api.test.clock.advance(60_000);
    expect(codeOf(await confirm(customerId, 'A'))).toBe('EXPIRED');
    // Those of other customers fall due whenever they do.
    const lapsed = async (): Promise<number> => {
      const [row] = await api.test.asOwner<{ n: number }>(
        `SELECT count(*)::int AS n FROM exposure_entry WHERE kind = 'EXPIRE'`,
      );
      return row!.n;
    };
    const before = await lapsed();
    const ticks = await Promise.all(Array.from({ length: 4 }, () => api.app.limits.expireReservations(by, 100)));
    expect(ticks.reduce((sum, tick) => sum + required(tick), 0)).toBe((await lapsed()) - before);
    expect(required(await api.app.limits.expireReservations(by, 100))).toBe(0);
    expect(await balanceOf(customerId)).toMatchObject({ used: '10.00', reserved: '0.00', postings: 6 });
  });

  it('leaves an audit event with the rows that it wrote', async () => {
    const customerId = await accounts.next('100.00');
    const { auditEventId } = required(await reserve(customerId, 'A', '60.00'));
    const [event] = await api.test.asOwner<{ text: string }>(
      "SELECT convert_from(bytes, 'UTF8') AS text FROM audit_event WHERE id = $1",
      [auditEventId],
    );
    const { rows, action } = JSON.parse(event!.text) as { rows: { table: string; op: string }[]; action: string };
    expect(action).toBe('limit.reserved');
    expect(rows.map(({ table, op }) => `${op} ${table}`)).toEqual(['update credit_limit', 'insert exposure_entry']);
  });
});

describe('at once', () => {
  it('two hundred race for what is left, over fifty connections of two programs, and exactly as many win as it holds', async () => {
    const customerId = await accounts.next('100.00');
    const other = await createApp({
      config: { ...api.app.config, databasePoolSize: 40 },
      databaseUrl: api.test.appUrl,
      logger: pino({ level: 'silent' }),
      clock: api.test.clock,
    });
    try {
      required(await reserve(customerId, 'first', '63.00'));
      const told: Result<unknown>[] = [];
      const work = async (_: unknown, worker: number): Promise<void> => {
        const app = worker % 5 === 0 ? api.app : other;
        for (let i = 0; i < 4; i++) told.push(await reserve(customerId, `R-${worker}-${i}`, '1.00', { app }));
      };
      await Promise.all(Array.from({ length: 50 }, work));
      expect(told).toHaveLength(200);
      expect(told.filter(({ ok }) => ok)).toHaveLength(37);
      expect(new Set(told.filter(({ ok }) => !ok).map(codeOf))).toEqual(new Set(['LIMIT_EXCEEDED.LIMIT']));
      expect(await balanceOf(customerId)).toMatchObject({ reserved: '100.00', used: '0.00' });
    } finally {
      await other.close();
    }
  });

  it('programs that reserve, one of which is killed, fill the limit to the last unit and not beyond', async () => {
    const customerId = await accounts.next('400.00');
    const start = (name: string) => {
      const options: ReserveChildOptions = { databaseUrl: api.test.appUrl, customerId, name };
      return startScript('test/workers/support/reserve-child.ts', [JSON.stringify(options)]);
    };
    const [victim, survivor] = [start('victim'), start('survivor')];
    await victim.line(/working/);
    victim.process.kill('SIGKILL');
    await Promise.all([victim.finished, survivor.line(/full/)]);
    expect(await balanceOf(customerId)).toMatchObject({ reserved: '400.00', used: '0.00', postings: 400 });
    const [events] = await api.test.asOwner<{ count: number }>(
      "SELECT count(*)::int FROM audit_event WHERE customer_id = $1 AND action = 'limit.reserved'",
      [customerId],
    );
    expect(events).toEqual({ count: 400 });
  });

  it('members of a group never take more together than the limit of the group', async () => {
    const members = await accounts.group(3, '100.00', '120.00');
    const told = await Promise.all(Array.from({ length: 60 }, (_, i) => reserve(members[i % 3]!, `R-${i}`, '7.00')));
    expect(told.filter(({ ok }) => ok)).toHaveLength(17);
    expect(new Set(told.filter(({ ok }) => !ok).map(codeOf))).toEqual(new Set(['LIMIT_EXCEEDED.GROUP_LIMIT']));
  });

  it('two groups that become one while their members reserve are bounded as one from then on', async () => {
    const [left, right] = [await accounts.group(2, '100.00', '100.00'), await accounts.group(2, '100.00', '100.00')];
    const work = async (customerId: string, name: string): Promise<void> => {
      for (let i = 0; i < 25; i++) await reserve(customerId, `${name}-${i}`, '4.00');
    };
    const working = [...left, ...right].map((customerId, i) => work(customerId, `W${i}`));
    await sleep(30);
    required(
      await api.app.customers.commands.relateCustomers(by, {
        fromId: left[0]!,
        toId: right[0]!,
        kind: 'SAME_CONTROLLER',
      }),
    );
    const [joined] = await api.test.asOwner<{ exposure: string }>(
      'SELECT sum(used + reserved)::text AS exposure FROM credit_limit WHERE customer_id = ANY ($1)',
      [[...left, ...right]],
    );
    await Promise.all(working);
    const [end] = await api.test.asOwner<{ exposure: string }>(
      'SELECT sum(used + reserved)::text AS exposure FROM credit_limit WHERE customer_id = ANY ($1)',
      [[...left, ...right]],
    );
    // What each had before they were one stays; beyond a hundred nothing is added.
    expect(Number(end!.exposure)).toBeLessThanOrEqual(Math.max(Number(joined!.exposure), 100));
  });
});

describe('who comes into a group as his limit is opened', () => {
  const relation = `INSERT INTO customer_relation (id, from_id, to_id, kind, created_at)
    VALUES (gen_random_uuid(), least($1::uuid, $2), greatest($1::uuid, $2), 'SAME_CONTROLLER', now())`;
  const opening = `INSERT INTO credit_limit_entry (id, customer_id, kind, before, after, currency, cause_id, booked_at, booked_by)
    VALUES (gen_random_uuid(), $1, 'OPENING', 0, 100, 'CNY', 'test', now(), 'system:test')`;

  /** A member of a group that may owe a hundred, and somebody else who never had a limit. */
  const pair = async (): Promise<[string, string]> => {
    const [member] = await accounts.group(2, '100.00', '100.00');
    const newcomer = await accounts.next('100.00');
    // What keeps a limit from being deleted is the table's own trigger.
    await api.test.asOwner('ALTER TABLE credit_limit_entry DISABLE TRIGGER USER');
    await api.test.asOwner('ALTER TABLE credit_limit DISABLE TRIGGER USER');
    await api.test.asOwner('DELETE FROM credit_limit_entry WHERE customer_id = $1', [newcomer]);
    await api.test.asOwner('DELETE FROM credit_limit WHERE customer_id = $1', [newcomer]);
    await api.test.asOwner('ALTER TABLE credit_limit_entry ENABLE TRIGGER USER');
    await api.test.asOwner('ALTER TABLE credit_limit ENABLE TRIGGER USER');
    return [member!, newcomer];
  };

  /** Whoever does `second` while `first` is not committed waits for it. */
  const inTurn = async (first: readonly [string, string[]], second: readonly [string, string[]]): Promise<void> => {
    const clients = [new Client(api.test.ownerUrl), new Client(api.test.ownerUrl)] as const;
    try {
      for (const client of clients) {
        await client.connect();
        await client.query(`SELECT set_config('tierwarden.actor', 'system:test', false)`);
        await client.query('BEGIN');
      }
      await clients[0].query(...first);
      const { rows } = await clients[0].query<{ id: string }>('SELECT pg_current_xact_id()::text AS id');
      const waits = clients[1].query(...second);
      await until('the second waits for the first', async () => {
        const waiting = await api.test.asOwner(
          `SELECT FROM pg_locks WHERE locktype = 'transactionid' AND transactionid::text = $1 AND NOT granted`,
          [rows[0]!.id],
        );
        return waiting.length > 0;
      });
      await clients[0].query('COMMIT');
      await waits;
      await clients[1].query('COMMIT');
    } finally {
      await Promise.all(clients.map((client) => client.end()));
    }
  };

  it.each(['the relation', 'the limit'])('is bounded by the group from then on: first comes %s', async (which) => {
    const [member, newcomer] = await pair();
    const related = [relation, [member, newcomer]] as const;
    const opened = [opening, [newcomer]] as const;
    await (which === 'the limit'
      ? inTurn([opened[0], [...opened[1]]], [related[0], [...related[1]]])
      : inTurn([related[0], [...related[1]]], [opened[0], [...opened[1]]]));
    required(await reserve(member, `G-${which}`, '60.00'));
    expect(codeOf(await reserve(newcomer, `N-${which}`, '41.00'))).toBe('LIMIT_EXCEEDED.GROUP_LIMIT');
    required(await reserve(newcomer, `M-${which}`, '40.00'));
  });

  it('two relations that tie three together at once are made one after the other', async () => {
    const [member, newcomer] = await pair();
    const third = await accounts.next('100.00');
    await inTurn([relation, [member, newcomer]], [relation, [newcomer, third]]);
    required(await reserve(third, 'T-1', '100.00'));
    expect(codeOf(await reserve(member, 'T-2', '1.00'))).toBe('LIMIT_EXCEEDED.GROUP_LIMIT');
  });
});

describe('plain SQL of the app role', () => {
  beforeEach(() => api.test.asApp("SELECT set_config('tierwarden.actor', 'somebody', false)"));

  it.each([
    ['UPDATE credit_limit SET used = 0', '42501'],
    ['UPDATE credit_limit SET reserved = 0', '42501'],
    ['UPDATE credit_sub_limit SET amount = 1', '42501'],
    ['INSERT INTO exposure_entry SELECT * FROM exposure_entry', '42501'],
    ['UPDATE exposure_entry SET amount = 1', '42501'],
    ['DELETE FROM exposure_entry', '42501'],
    ['DELETE FROM exposure_hold', '42501'],
    ['DELETE FROM credit_over_use', '42501'],
    ['DELETE FROM credit_freeze', '42501'],
    ['SELECT exposure_post(entry) FROM exposure_entry AS entry', '42501'],
  ])('is refused: %s', async (sql, code) => {
    await expect(api.test.asApp(sql)).rejects.toMatchObject({ code });
  });

  it('reserves nothing beyond the limit, under nobody’s name, or less than nothing', async () => {
    const customerId = await accounts.next('100.00');
    const call = (amount: string) =>
      api.test.asApp<{ posted: boolean }>(
        `SELECT posted FROM exposure_reserve(gen_random_uuid(), $1, '', $2::numeric, 'CNY', $2::text, 5, now())`,
        [customerId, amount],
      );
    expect(await call('100.01')).toEqual([{ posted: false }]);
    await expect(call('-5')).rejects.toMatchObject({ code: '23514' });
    await expect(call('NaN')).resolves.toEqual([{ posted: false }]);
    await api.test.asApp("SELECT set_config('tierwarden.actor', '', false)");
    await expect(call('5')).rejects.toMatchObject({ code: 'TW001' });
  });

  it('reads no ledger from end to end, nor an account, however small it was when the plans of a connection were made', async () => {
    const customerId = await accounts.next('1000.00');
    await api.test.asOwner('VACUUM (ANALYZE) exposure_entry, exposure_hold');
    const client = new Client(api.test.ownerUrl);
    await client.connect();
    try {
      await client.query('BEGIN');
      await client.query(`SELECT set_config('tierwarden.actor', 'system:test', true)`);
      for (let n = 0; n < 30; n++) {
        const reference = `ledger-${n}`;
        await client.query(
          `SELECT exposure_reserve(gen_random_uuid(), $1, '', 1, 'CNY', $2, 5, now()),
             exposure_settle(gen_random_uuid(), $1, $2, 'CONFIRM', 1, now()),
             exposure_repay(gen_random_uuid(), $1, '', 1, 'CNY', $2, now())`,
          [customerId, reference],
        );
      }
      const { rows } = await client.query<{ ledger: string; posted: number; scanned: number; fetched: number }>(
        `SELECT relname AS ledger, n_tup_ins::int AS posted, seq_tup_read::int AS scanned, idx_tup_fetch::int AS fetched
         FROM pg_stat_xact_user_tables WHERE relname IN ('exposure_entry', 'exposure_hold') ORDER BY relname`,
      );
      expect(rows).toMatchObject([
        { ledger: 'exposure_entry', posted: 90, scanned: 0 },
        { ledger: 'exposure_hold', posted: 30, scanned: 0 },
      ]);
      // A few for each posting, however many entries the account has.
      expect(rows[0]?.fetched).toBeLessThan(5 * 90);
    } finally {
      await client.end();
    }
  });

  it('not even the owner adds to what is used beyond the limit', async () => {
    const customerId = await accounts.next('100.00');
    await expect(
      api.test.asOwner('UPDATE credit_limit SET used = 101 WHERE customer_id = $1', [customerId]),
    ).rejects.toMatchObject({ code: 'TW011' });
    await expect(
      api.test.asOwner('UPDATE credit_limit SET used = -1 WHERE customer_id = $1', [customerId]),
    ).rejects.toMatchObject({ code: '23514' });
  });
});
