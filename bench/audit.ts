/**
 * How fast events become leaves, what that costs the writers, how far the log is behind them, how an event is proved, and how
 * fast an export is verified. Floors of the same run: SHA-256 over the same leaves and nodes on one core, COPY of the same
 * bytes, writers without a sequencer beside them, look-ups by primary key.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Client } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { writeExport } from '../cli/audit/write-export';
import { asSystem, required, type App } from '../src/app';
import { formatVerifierKey } from '../src/audit';
import type { Config } from '../src/config';
import { ok } from '../src/kernel/result';
import { startSequencer, type SequencerLoop } from '../workers/audit-sequencer';
import { figure, figureOfRounds, timed, type Figure } from './support/figure';
import { hashFloor } from './support/hash-floor';
import { withScratchDatabase } from './support/scratch-database';
import type { Verified, VerifyOrder } from './support/verify-process';

export interface AuditOptions {
  readonly events: number;
  readonly seconds: number;
  readonly onStep: (title: string) => void;
}

const WRITERS = 8;
/** With and without a sequencer in turn, as the machine does not stay the same; long enough for it to look a few times. */
const ROUND_SECONDS = 2.5;
/** A decision and what follows from it. */
const PACE = { eventsPerSecond: 2_000, eventsOfUnit: 4 };
const LAG_TARGET_SECONDS = 2;
const PROOFS = 1_000;
const STATEMENTS_TARGET = 3;
/** Of a floor: rates do not depend on more. */
const FLOOR_EVENTS = 200_000;

export const audit = (config: Config, { events, seconds, onStep }: AuditOptions): Promise<Figure[]> =>
  withScratchDatabase(config, async ({ app, owner }) => {
    await sequenceAll(app);
    await drawEvents(owner, events, onStep);
    const [{ size: bytes } = { size: 0 }] = (
      await owner.query<{ size: number }>('SELECT round(avg(octet_length(bytes)))::int AS size FROM audit_event')
    ).rows;

    onStep('floors: SHA-256, COPY');
    const floors = { hashing: hashFloor(FLOOR_EVENTS, bytes), copying: await copyFloor(owner, bytes) };
    onStep('sequencing');
    const sequencing = await timed(() => sequenceAll(app));
    onStep('floors once more');
    const hashing = (floors.hashing + hashFloor(FLOOR_EVENTS, bytes)) / 2;
    const copying = (floors.copying + (await copyFloor(owner, bytes))) / 2;

    onStep(`${PROOFS} proofs`);
    const ids = (
      await owner.query<{ id: string }>(`SELECT event_id AS id FROM audit_log_leaf ORDER BY random() LIMIT ${PROOFS}`)
    ).rows.map(({ id }) => id);
    let statements = 0;
    const proving = await timed(async () => {
      for (const id of ids)
        statements = Math.max(statements, await countStatements(() => app.audit.log.queries.proof(id)));
    });
    const lookingUp = await timed(async () => {
      for (const id of ids) await app.database.query('SELECT bytes FROM audit_event WHERE id = $1', [id]);
    });

    const { verified, exporting } = await exportAndVerify(app, bytes, onStep);

    const rounds = Math.ceil((2 * seconds) / ROUND_SECONDS);
    onStep(`${WRITERS} writers, with and without a sequencer, ${rounds} times each`);
    const written = [];
    for (let round = 0; round < rounds; round++) {
      const alone = async () => (await writeFor(app, ROUND_SECONDS)).eventsPerSecond;
      const beside = () => besideSequencer(app, alone);
      // Who comes second finds everything warmer.
      if (round % 2 === 0) {
        const floor = await alone();
        // What was written meanwhile is no leaf yet, and is not part of what is measured.
        await sequenceAll(app);
        written.push({ value: await beside(), floor });
      } else {
        const value = await beside();
        written.push({ value, floor: await alone() });
        await sequenceAll(app);
      }
    }
    onStep(`lag at ${PACE.eventsPerSecond} events/s`);
    const paced = await besideSequencer(app, () => writeFor(app, seconds, PACE));

    const of = `${events} events of ${bytes} bytes`;
    const common = { bench: 'audit', concurrency: 1 };
    const floorName = hashing < copying ? 'SHA-256' : 'COPY';
    return [
      figure({
        ...common,
        case: `sequencing ${of}; floor: ${floorName}, the lower of SHA-256 (${Math.round(hashing)}/s) and COPY (${Math.round(copying)}/s)`,
        value: events / sequencing.seconds,
        unit: 'events/s',
        floor: Math.min(hashing, copying),
      }),
      figure({
        ...common,
        case: `export of ${of}; floor: COPY`,
        value: events / exporting,
        unit: 'events/s',
        floor: copying,
      }),
      figureOfRounds(
        { ...common, case: `offline verification of ${of}; floor: SHA-256`, unit: 'events/s' },
        verified.rounds,
      ),
      figure({
        ...common,
        case: `most memory that verification of ${of} took; floor: the process before it`,
        value: verified.peakMiB,
        unit: 'MiB',
        floor: verified.beforeMiB,
      }),
      figure({
        ...common,
        case: `statements of a proof of one of ${events} events; floor: the target of ${STATEMENTS_TARGET}`,
        value: statements,
        unit: 'statements',
        floor: STATEMENTS_TARGET,
      }),
      figure({
        ...common,
        case: `proof of one of ${events} events; floor: look-up of the event`,
        value: PROOFS / proving.seconds,
        unit: 'proofs/s',
        floor: PROOFS / lookingUp.seconds,
      }),
      figureOfRounds(
        {
          ...common,
          concurrency: WRITERS,
          case: `units of work of one event with the sequencer on, middle of ${rounds} rounds; floor: with it off`,
          unit: 'events/s',
        },
        written,
      ),
      figure({
        ...common,
        concurrency: WRITERS,
        case: `longest lag of the log at ${Math.round(paced.eventsPerSecond)} events/s of units of work of ${PACE.eventsOfUnit} events; floor: the target`,
        value: Math.max(paced.lagSeconds, 0.001),
        unit: 's',
        floor: LAG_TARGET_SECONDS,
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

/** Events like those of a decision, keys in the order of time as the program makes them; in transactions of a thousand. */
const drawEvents = async (owner: Client, events: number, onStep: AuditOptions['onStep']): Promise<void> => {
  const tenth = Math.ceil(events / 10_000) * 1_000;
  for (let begin = 0; begin < events; begin += 1_000) {
    if (begin % tenth === 0) onStep(`writing events: ${begin} of ${events}`);
    await owner.query(`BEGIN; SELECT set_config('tierwarden.actor', 'system:cli', true);
      INSERT INTO audit_event (id, occurred_at, actor_id, action, object_type, object_id, request_id, bytes)
      SELECT id, now(), 'system:cli', 'bench.done', 'Bench', i::text, 'bench-' || i,
        convert_to(format('{"action":"bench.done","actor":"system:cli","after":{"amount":"%s.00","currency":"CNY"},"at":"2026-01-15T08:00:00.000Z","before":{"amount":"%s.00","currency":"CNY"},"customer":null,"data":{"cause":"%s"},"id":"%s","object":{"id":"%s","type":"Bench"},"onBehalfOf":null,"reason":"drawn for a measurement","request":"bench-%s","v":1}',
          i, i + 1, md5(i::text), id, i, i), 'UTF8')
      FROM (SELECT i, lpad(to_hex((extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0') AS ms,
              gen_random_uuid()::text AS random
            FROM generate_series(${begin}, ${Math.min(begin + 1_000, events) - 1}) AS i) AS drawn,
        LATERAL (SELECT (substr(ms, 1, 8) || '-' || substr(ms, 9) || '-7' || substr(random, 16))::uuid AS id) AS named; COMMIT`);
  }
  await owner.query('VACUUM ANALYZE audit_event');
};

/** Events per second. */
const copyFloor = async (owner: Client, bytes: number): Promise<number> => {
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
    for (let i = 0; i < FLOOR_EVENTS; i += rowsAtATime) yield piece;
    yield Buffer.from([0xff, 0xff]);
  };
  const { seconds } = await timed(() =>
    pipeline(Readable.from(pieces()), owner.query(copyFrom('COPY audit_floor FROM STDIN (FORMAT binary)'))),
  );
  await owner.query('DROP TABLE audit_floor');
  return FLOOR_EVENTS / seconds;
};

/** Sent to the server, over whatever connection. */
const countStatements = async (work: () => Promise<unknown>): Promise<number> => {
  const original = Object.getOwnPropertyDescriptor(Client.prototype, 'query');
  const query = original?.value as (...args: unknown[]) => unknown;
  let count = 0;
  const counting = function (this: Client, ...args: unknown[]): unknown {
    count += 1;
    return query.apply(this, args);
  };
  Object.defineProperty(Client.prototype, 'query', { ...original, value: counting });
  try {
    await work();
    return count;
  } finally {
    if (original !== undefined) Object.defineProperty(Client.prototype, 'query', original);
  }
};

const exportAndVerify = async (
  app: App,
  bytes: number,
  onStep: AuditOptions['onStep'],
): Promise<{ verified: Verified; exporting: number }> => {
  const folder = await mkdtemp(join(tmpdir(), 'tierwarden-bench-export-'));
  try {
    onStep('export');
    const { seconds: exporting } = await timed(() => writeExport(app, join(folder, 'export'), null));
    onStep('verification');
    const keys = (await app.audit.log.keys.load()).map((key) => formatVerifierKey(key));
    const order: VerifyOrder = { folder: join(folder, 'export'), keys, bytes, floorEvents: FLOOR_EVENTS };
    // Of its own, as memory is told for a process.
    const child = fork(join(__dirname, 'support', 'verify-process.js'), [JSON.stringify(order)]);
    const ended = once(child, 'exit');
    const said = (await Promise.race([once(child, 'message'), ended]))[0] as Verified | number;
    await ended;
    if (typeof said !== 'object') throw new Error('the export was not verified');
    return { verified: said, exporting };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

const besideSequencer = async <T>(app: App, work: () => Promise<T>): Promise<T> => {
  const sequencer: SequencerLoop = startSequencer(() => app.audit.log.sequencer.append(), app.logger);
  try {
    return await work();
  } finally {
    await sequencer.close();
    await sequenceAll(app);
  }
};

/** As fast as they can, or at a pace. */
const writeFor = async (
  app: App,
  seconds: number,
  { eventsPerSecond, eventsOfUnit } = { eventsPerSecond: Infinity, eventsOfUnit: 1 },
): Promise<{ eventsPerSecond: number; lagSeconds: number }> => {
  const by = asSystem('cli', app.newId());
  const beginMs = performance.now();
  const endMs = beginMs + seconds * 1_000;
  let begun = 0;
  let written = 0;
  let lagSeconds = 0;
  const writers = Array.from({ length: WRITERS }, async () => {
    while (performance.now() < endMs) {
      const dueMs = beginMs + (begun / eventsPerSecond) * 1_000;
      begun += eventsOfUnit;
      if (dueMs > performance.now()) await pause(dueMs - performance.now());
      required(
        await app.unitOfWork.run(by, async (tx) => {
          for (let i = 0; i < eventsOfUnit; i++)
            tx.record({ action: 'bench.done', object: { type: 'Bench', id: String(i) } });
          return ok(true);
        }),
      );
      written += eventsOfUnit;
    }
  });
  const watching = (async () => {
    while (eventsPerSecond < Infinity && performance.now() < endMs) {
      await pause(100);
      lagSeconds = Math.max(lagSeconds, (await app.audit.log.queries.status()).lagSeconds);
    }
  })();
  await Promise.all([...writers, watching]);
  return { eventsPerSecond: written / ((performance.now() - beginMs) / 1_000), lagSeconds };
};

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
