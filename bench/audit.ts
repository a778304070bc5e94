/**
 * How fast events become leaves, what that costs the writers, how fast one is proved, and how fast an export is verified.
 * Floors of the same run: SHA-256 over the same leaves and nodes on one core, COPY of the same bytes, writers without a
 * sequencer beside them, look-ups by primary key.
 */
import { hash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Client } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { writeExport } from '../cli/audit/write-export';
import { filesOf, nodeCrypto, readKey, verifyExport } from '../cli/verify';
import { asSystem, required, type App } from '../src/app';
import { formatVerifierKey } from '../src/audit';
import type { Config } from '../src/config';
import { ok } from '../src/kernel/result';
import { startWorker } from '../workers/main';
import { figure, timed, type Figure } from './support/figure';
import { withScratchDatabase } from './support/scratch-database';

export interface AuditOptions {
  readonly events: number;
  readonly seconds: number;
  readonly onStep: (title: string) => void;
}

const WRITERS = 8;
const PROOFS = 1_000;

export const audit = (config: Config, { events, seconds, onStep }: AuditOptions): Promise<Figure[]> =>
  withScratchDatabase(config, async ({ app, owner }) => {
    await sequenceAll(app);
    onStep(`writing ${events} events`);
    await drawEvents(owner, events);
    const [{ size: bytes } = { size: 0 }] = (
      await owner.query<{ size: number }>('SELECT round(avg(octet_length(bytes)))::int AS size FROM audit_event')
    ).rows;

    onStep('sequencing');
    const sequencing = await timed(() => sequenceAll(app));
    onStep('floors: SHA-256, COPY');
    const hashing = await timed(async () => hashFloor(events, bytes));
    const copying = await timed(() => copyFloor(owner, events, bytes));

    onStep(`${PROOFS} proofs`);
    const ids = (
      await owner.query<{ id: string }>(`SELECT event_id AS id FROM audit_log_leaf ORDER BY random() LIMIT ${PROOFS}`)
    ).rows;
    const proving = await timed(async () => {
      for (const { id } of ids) await app.audit.log.queries.proof(id);
    });
    const lookingUp = await timed(async () => {
      for (const { id } of ids) await app.database.query('SELECT bytes FROM audit_event WHERE id = $1', [id]);
    });

    onStep('export and verification');
    const folder = await mkdtemp(join(tmpdir(), 'tierwarden-bench-export-'));
    const { verifying, grownMiB } = await verifyOnce(app, join(folder, 'export')).finally(() =>
      rm(folder, { recursive: true, force: true }),
    );

    onStep(`${WRITERS} writers without a sequencer, then with one`);
    const alone = await writeFor(app, seconds);
    await sequenceAll(app);
    const worker = await startWorker(app);
    const beside = await writeFor(app, seconds).finally(() => worker.close());

    const of = `${events} events of ${bytes} bytes`;
    const common = { bench: 'audit', concurrency: 1 };
    return [
      figure({
        ...common,
        case: `sequencing ${of}; floor: the slower of SHA-256 and COPY`,
        value: events / sequencing.seconds,
        unit: 'events/s',
        floor: events / Math.max(hashing.seconds, copying.seconds),
      }),
      figure({
        ...common,
        case: `offline verification of ${of}, ${grownMiB} MiB more memory at its end; floor: SHA-256`,
        value: events / verifying,
        unit: 'events/s',
        floor: events / hashing.seconds,
      }),
      figure({
        ...common,
        case: `proof of one of ${events} events; floor: look-up of the event`,
        value: PROOFS / proving.seconds,
        unit: 'proofs/s',
        floor: PROOFS / lookingUp.seconds,
      }),
      figure({
        ...common,
        concurrency: WRITERS,
        case: 'units of work of one event with the sequencer on; floor: with it off',
        value: beside.rate,
        unit: 'events/s',
        floor: alone.rate,
      }),
      figure({
        ...common,
        concurrency: WRITERS,
        case: `longest lag of the log at ${Math.round(beside.rate)} events/s; floor: the target of 2 s`,
        value: Math.max(beside.lagSeconds, 0.001),
        unit: 's',
        floor: 2,
      }),
    ];
  });

const sequenceAll = async (app: App): Promise<void> => {
  for (;;) {
    const appended = await app.audit.log.sequencer.append();
    if (appended.kind !== 'APPENDED') throw new Error(`the sequencer answers ${appended.kind}`);
    if (!appended.more) return;
  }
};

/** Events like those of a decision, in transactions of a thousand. */
const drawEvents = async (owner: Client, events: number): Promise<void> => {
  for (let begin = 0; begin < events; begin += 1_000) {
    await owner.query(`BEGIN; SELECT set_config('tierwarden.actor', 'system:cli', true);
      INSERT INTO audit_event (id, occurred_at, actor_id, action, object_type, object_id, request_id, bytes)
      SELECT gen_random_uuid(), now(), 'system:cli', 'bench.done', 'Bench', i::text, 'bench-' || i,
        convert_to(format('{"action":"bench.done","actor":"system:cli","after":{"amount":"%s.00","currency":"CNY"},"at":"2026-01-15T08:00:00.000Z","before":{"amount":"%s.00","currency":"CNY"},"customer":null,"data":{"cause":"%s"},"id":"%s","object":{"id":"%s","type":"Bench"},"onBehalfOf":null,"reason":"drawn for a measurement","request":"bench-%s","v":1}',
          i, i + 1, md5(i::text), gen_random_uuid(), i, i), 'UTF8')
      FROM generate_series(${begin}, ${Math.min(begin + 1_000, events) - 1}) AS i; COMMIT`);
  }
  await owner.query('VACUUM ANALYZE audit_event');
};

/** As many leaves and nodes as the tree has, of the same sizes, and nothing else. */
const hashFloor = (events: number, bytes: number): void => {
  const leaf = Buffer.alloc(1 + bytes, 7);
  const node = Buffer.alloc(65, 1);
  for (let i = 0; i < events; i++) {
    hash('sha256', leaf, 'binary');
    hash('sha256', node, 'binary');
  }
};

const copyFloor = async (owner: Client, events: number, bytes: number): Promise<void> => {
  await owner.query('CREATE TABLE audit_floor (id bigint, bytes bytea)');
  const head = Buffer.alloc(2 + 4 + 8 + 4);
  head.writeInt16BE(2, 0);
  head.writeInt32BE(8, 2);
  head.writeInt32BE(bytes, 14);
  const row = Buffer.concat([head, Buffer.alloc(bytes, 7)]);
  const rowsAtATime = 500;
  const piece = Buffer.concat(Array.from({ length: rowsAtATime }, () => row));
  const pieces = function* (): Generator<Buffer> {
    yield Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1');
    for (let i = 0; i < events; i += rowsAtATime)
      yield piece.subarray(0, Math.min(rowsAtATime, events - i) * row.length);
    yield Buffer.from([0xff, 0xff]);
  };
  await pipeline(Readable.from(pieces()), owner.query(copyFrom('COPY audit_floor FROM STDIN (FORMAT binary)')));
  await owner.query('DROP TABLE audit_floor');
};

const verifyOnce = async (app: App, folder: string): Promise<{ verifying: number; grownMiB: number }> => {
  await writeExport(app, folder, null);
  const keys = (await app.audit.log.keys.load()).flatMap((key) => readKey(nodeCrypto, formatVerifierKey(key)) ?? []);
  const before = process.memoryUsage().rss;
  const { seconds, value } = await timed(() => verifyExport(filesOf(folder), nodeCrypto, keys));
  if (value.verdict !== 'intact') throw new Error(`the export is ${value.verdict}: ${value.problem}`);
  return { verifying: seconds, grownMiB: Math.max(0, Math.round((process.memoryUsage().rss - before) / 2 ** 20)) };
};

const writeFor = async (app: App, seconds: number): Promise<{ rate: number; lagSeconds: number }> => {
  const by = asSystem('cli', app.newId());
  const endMs = performance.now() + seconds * 1_000;
  let written = 0;
  let lagSeconds = 0;
  const writers = Array.from({ length: WRITERS }, async () => {
    while (performance.now() < endMs) {
      required(
        await app.unitOfWork.run(by, async (tx) => {
          tx.record({ action: 'bench.done', object: { type: 'Bench', id: '1' } });
          return ok(true);
        }),
      );
      written += 1;
    }
  });
  const watching = (async () => {
    while (performance.now() < endMs) {
      await new Promise((resolve) => setTimeout(resolve, 500));
      lagSeconds = Math.max(lagSeconds, (await app.audit.log.queries.status()).lagSeconds);
    }
  })();
  await Promise.all([...writers, watching]);
  return { rate: written / seconds, lagSeconds };
};
