/** What the application writes into business tables stands in the event of the same transaction, as the database saw it. */
import { digestOf, canonicalJson, type Json } from '../../src/kernel/canonical-json';
import { readWrittenForm, type AuditEvent } from '../../src/audit/domain/audit-event';
import { MAX_ENTRY_BYTES } from '../../src/audit/domain/tile';
import { refuse } from '../../src/kernel/refusal';
import { ok } from '../../src/kernel/result';
import type { Tx } from '../../src/platform/unit-of-work';
import { useDatabase } from '../support/database';
import { asSystemActor } from '../support/people';

const test = useDatabase();

interface Written {
  readonly entry: string;
  readonly whole: string;
  readonly event: AuditEvent;
}

/** Events of one unit of work. */
const eventsOf = async (work: (tx: Tx) => Promise<unknown>, events = 1): Promise<Written[]> => {
  const ids: string[] = [];
  await test.unitOfWork.run(asSystemActor(), async (tx) => {
    await work(tx);
    for (let i = 0; i < events; i++) {
      ids.push(
        tx.record({ action: 'industry.added', object: { type: 'Industry', id: String(i) }, data: { body: null } }),
      );
    }
    return ok(true);
  });
  const rows = await test.asApp<{ entry: string; whole: string }>(
    `SELECT convert_from(event.bytes, 'UTF8') AS entry, convert_from(coalesce(body.bytes, event.bytes), 'UTF8') AS whole
     FROM audit_event AS event LEFT JOIN audit_event_body AS body ON body.event_id = event.id
     WHERE id = ANY ($1::uuid[]) ORDER BY id`,
    [ids],
  );
  return rows.map((row) => ({ ...row, event: readWrittenForm(row.whole) }));
};

const add = (tx: Tx, code: string, nameZh = 'a', nameEn = 'b') =>
  tx.query('INSERT INTO industry (code, name_zh, name_en) VALUES ($1, $2, $3)', [code, nameZh, nameEn]);

const industry = (op: string, ...rows: (string | null)[][]) => ({
  table: 'industry',
  op,
  columns: ['code', 'name_en', 'name_zh'],
  rows,
});

it('names the rows in the form of RFC 8785, whatever the text', async () => {
  const texts = ['"quoted" \\ and / slash', 'tab\tline\nbell\u0007del\u007f', '名称 𠮷 \u2028 é', '<script>&amp;'];
  for (const [i, text] of texts.entries()) {
    const [written] = await eventsOf((tx) => add(tx, `TEXT_${i}`, text));
    expect(written!.event.rows).toEqual([industry('insert', [`TEXT_${i}`, 'b', text])]);
    expect(canonicalJson(JSON.parse(written!.whole) as Json)).toBe(written!.whole);
  }
});

describe('work that touches more than belongs into one event', () => {
  const done = (tx: Tx, id: string): string =>
    tx.record({ action: 'industry.added', object: { type: 'Industry', id } });
  const codesBy = async (ids: readonly string[]): Promise<(string | null)[][]> => {
    const rows = await test.asApp<{ whole: string }>(
      `SELECT convert_from(bytes, 'UTF8') AS whole FROM audit_event WHERE id = ANY ($1::uuid[]) ORDER BY id`,
      [ids],
    );
    return rows.map(({ whole }) =>
      (readWrittenForm(whole).rows ?? []).flatMap(({ rows: written }) => written.map(([code]) => code!)),
    );
  };

  it('is settled part by part: each event has the rows of its part, and all are there or none', async () => {
    const ids: string[] = [];
    const work = async (tx: Tx) => {
      for (const part of ['P1', 'P2', 'P3']) {
        await add(tx, `${part}_A`);
        await add(tx, `${part}_B`);
        ids.push(done(tx, part));
        await tx.settle();
        // Nothing new: nothing is done.
        await tx.settle();
      }
      await add(tx, 'REST');
      ids.push(done(tx, 'rest'));
    };
    await test.unitOfWork.run(asSystemActor(), async (tx) => {
      await work(tx);
      return refuse('INVALID', 'no');
    });
    expect(await codesBy(ids)).toEqual([]);
    ids.length = 0;
    await test.unitOfWork.run(asSystemActor(), async (tx) => {
      await work(tx);
      return ok(true);
    });
    expect(await codesBy(ids)).toEqual([['P1_A', 'P1_B'], ['P2_A', 'P2_B'], ['P3_A', 'P3_B'], ['REST']]);
  });

  it('that is undone in between takes its events along', async () => {
    const ids: string[] = [];
    await test.unitOfWork.run(asSystemActor(), async (tx) => {
      await add(tx, 'U1');
      await tx.attempt(async () => {
        await add(tx, 'U2');
        ids.push(done(tx, 'undone'));
        await tx.settle();
        return refuse('INVALID', 'no');
      });
      await add(tx, 'U3');
      ids.push(done(tx, 'kept'));
      return ok(true);
    });
    expect(await codesBy(ids)).toEqual([['U1', 'U3']]);
  });

  it('ends with an event: rows without one are refused', async () => {
    const ended = test.unitOfWork.run(asSystemActor(), async (tx) => {
      done(tx, 'early');
      await tx.settle();
      await add(tx, 'LATE');
      return ok(true);
    });
    await expect(ended).rejects.toThrow(/at least one audit event/);
    expect(await test.asApp("SELECT FROM industry WHERE code = 'LATE'")).toEqual([]);
  });
});

it('the last event of a transaction has all of them, in their order', async () => {
  const [first, last] = await eventsOf(async (tx) => {
    await add(tx, 'ONE');
    await add(tx, 'TWO');
    await tx.query(`INSERT INTO org_unit (id, code, name_zh, name_en, line) VALUES ($1, 'U1', 'a', 'b', 'IT')`, [
      tx.newId(),
    ]);
  }, 2);
  expect(first!.event.rows).toBeNull();
  expect(last!.event.rows).toEqual([
    industry('insert', ['ONE', 'b', 'a']),
    industry('insert', ['TWO', 'b', 'a']),
    expect.objectContaining({
      table: 'org_unit',
      op: 'insert',
      columns: expect.arrayContaining(['code', 'parent_id']),
    }),
  ]);
});

it('thousands of statements keep all their rows, in their order', async () => {
  const codes = Array.from({ length: 2_000 }, (_, i) => `MANY_${i}`);
  const text = 'x'.repeat(100);
  const [written] = await eventsOf((tx) =>
    tx.query(
      // A statement for each row, as a trigger of a journal has it.
      `DO $do$ BEGIN FOR i IN 0..${codes.length - 1} LOOP
         INSERT INTO industry (code, name_zh, name_en) VALUES ('MANY_' || i, '${text}', 'b');
       END LOOP; END $do$`,
    ),
  );
  expect(written!.event.rows).toEqual(codes.map((code) => industry('insert', [code, 'b', text])));
});

it('no rows of work that was undone, and none of tables that are no business', async () => {
  const [dry] = await eventsOf(async (tx) => {
    await tx.dryRun(async () => {
      await add(tx, 'DRY');
      return refuse('INVALID', 'undone');
    });
    await add(tx, 'WET');
  });
  expect(dry!.event.rows).toEqual([industry('insert', ['WET', 'b', 'a'])]);
  const [none] = await eventsOf(async (tx) => {
    await tx.query(`SELECT FROM customer`);
  });
  expect(none!.event.rows).toBeNull();
});

it('what is too large for an entry is kept aside, with its rows, under its digest', async () => {
  const long = 'x'.repeat(30_000);
  const [written] = await eventsOf(async (tx) => {
    for (const code of ['BIG_A', 'BIG_B', 'BIG_C']) await add(tx, code, long);
  });
  expect(Buffer.byteLength(written!.entry)).toBeLessThan(MAX_ENTRY_BYTES);
  expect(written!.event.rows!.flatMap(({ rows }) => rows)).toHaveLength(3);
  const entry = JSON.parse(written!.entry) as { body: object; rows: null; data: null };
  expect(entry).toMatchObject({
    rows: null,
    data: null,
    body: { bytes: Buffer.byteLength(written!.whole), sha256: digestOf(JSON.parse(written!.whole) as Json) },
  });
  expect(canonicalJson(entry as unknown as Json)).toBe(written!.entry);
});

it('every business table leaves a trail, or is exempt for a reason', async () => {
  const tables = await test.asOwner<{ name: string; trail: boolean; reason: string | null }>(
    `SELECT t.relname AS name, EXISTS (SELECT FROM pg_trigger g WHERE g.tgrelid = t.oid AND g.tgname = 'tw_trail_insert') AS trail,
       (SELECT reason FROM audit_trail_exemption x WHERE x.table_name = t.relname AND column_name = '' AND condition IS NULL) AS reason
     FROM pg_class t WHERE t.relnamespace = 'public'::regnamespace AND t.relkind IN ('r', 'p') AND NOT t.relispartition
       AND EXISTS (SELECT FROM pg_trigger g WHERE g.tgrelid = t.oid AND g.tgfoid = 'tw_require_actor'::regproc)`,
  );
  expect(tables.length).toBeGreaterThan(25);
  expect(tables.filter(({ trail, reason }) => trail === (reason !== null))).toEqual([]);
});
