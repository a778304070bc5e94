/**
 * Writes the audit log, or a part of it, into a folder that is checked without this program: tiles, entries and checkpoints as
 * they are served, a manifest, and the same entries once more for people. It reads bundle by bundle and judges nothing.
 */
import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { stringify } from 'csv-stringify/sync';
import type { App } from '../../src/app';
import { formatVerifierKey, tilePath, tilesOf } from '../../src/audit';
import { CommandFailed } from '../output';

export interface ExportRange {
  /** Leaf indexes; `to` is exclusive. */
  readonly from: number;
  readonly to: number;
}

export interface Exported extends ExportRange {
  readonly size: number;
  readonly missing: number;
}

const FORMAT = 'tierwarden-audit-export/1';
const NOTES_AT_A_TIME = 1_000;
const COLUMNS = [
  'index',
  'at',
  'actor',
  'onBehalfOf',
  'action',
  'objectType',
  'objectId',
  'customer',
  'request',
  'reason',
  'id',
];

export const writeExport = async (
  { audit: { log } }: App,
  folder: string,
  range: ExportRange | null,
): Promise<Exported> => {
  const newest = await log.queries.checkpoint();
  if (newest === null) throw new CommandFailed('nothing is signed yet: a worker must run first');
  const { size } = newest;
  const from = Math.min(range?.from ?? 0, size);
  const to = Math.min(range?.to ?? size, size);
  const put = async (path: string, content: string | Buffer): Promise<void> => {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  };

  await put('checkpoint', newest.note);
  const notes = await openFile(folder, 'checkpoints.jsonl');
  for (let after = -1; ;) {
    const batch = (await log.queries.notesAfter(after, NOTES_AT_A_TIME)).filter((note) => note.size <= size);
    for (const { note } of batch) await append(notes, `${JSON.stringify(note)}\n`);
    const last = batch.at(-1);
    if (last === undefined || batch.length < NOTES_AT_A_TIME) break;
    after = last.size;
  }
  await close(notes);

  const csv = await openFile(folder, 'events.csv');
  const json = await openFile(folder, 'events.jsonl');
  await append(csv, stringify([COLUMNS]));
  const bodies: number[] = [];
  let missing = 0;
  for (const tile of tilesOf(size)) {
    const [begin, end] = [tile.index * 256, tile.index * 256 + tile.width];
    const isEntries = tile.level === 'entries';
    if (isEntries && (end <= from || begin >= to)) continue;
    const bytes = await log.queries.tile(tile);
    if (bytes === null) throw new CommandFailed(`the log lacks ${tilePath(tile)}`);
    await put(tilePath(tile), bytes);
    if (!isEntries) continue;
    const aside = new Map((await log.queries.bodies(begin, end)).map((body) => [body.index, body.bytes]));
    for (const [index, body] of aside) {
      if (index < from || index >= to) continue;
      bodies.push(index);
      await put(`bodies/${index}.json`, body);
    }
    const wanted = (await log.queries.entries(begin, end))
      .map((entry, i) => ({ index: begin + i, entry }))
      .filter(({ index }) => index >= from && index < to);
    // Whoever took an event away finds out at verification; the export goes on.
    missing += wanted.filter(({ entry }) => entry.length === 0).length;
    const lines = wanted.map(
      ({ index, entry }) => `{"index":${index},"event":${(aside.get(index) ?? entry).toString('utf8') || 'null'}}\n`,
    );
    await append(json, lines.join(''));
    await append(csv, stringify(wanted.map(({ index, entry }) => rowOf(index, entry))));
  }
  await close(csv);
  await close(json);
  await put('keys', (await log.keys.load()).map((key) => `${formatVerifierKey(key)}\n`).join(''));
  await put('schema/audit-event.json', `${JSON.stringify(EVENT_SCHEMA, null, 2)}\n`);
  await put(
    'manifest.json',
    `${JSON.stringify({ format: FORMAT, size, from, to, bodies, signedAt: newest.signedAt, files: FILES }, null, 2)}\n`,
  );
  return { size, from, to, missing };
};

/** A line for people; an entry that is no event any more leaves its cells empty. */
const rowOf = (index: number, entry: Buffer): (string | number | null)[] => {
  try {
    const event = JSON.parse(entry.toString('utf8')) as Record<string, string | null> & {
      object: Record<string, string>;
    };
    const { at, actor, onBehalfOf, action, object, customer, request, reason, id } = event;
    return [index, at, actor, onBehalfOf, action, object['type'], object['id'], customer, request, reason, id].map(
      (cell) => harmless(cell ?? null),
    );
  } catch {
    return [index];
  }
};

/** Spreadsheets take cells with these beginnings for formulas. */
const harmless = (cell: string | number | null): string | number | null =>
  typeof cell === 'string' && /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;

const openFile = async (folder: string, name: string): Promise<WriteStream> => {
  await mkdir(folder, { recursive: true });
  const stream = createWriteStream(join(folder, name));
  await once(stream, 'open');
  return stream;
};
const append = async (stream: WriteStream, text: string): Promise<void> => {
  if (!stream.write(text)) await once(stream, 'drain');
};
const close = async (stream: WriteStream): Promise<void> => {
  stream.end();
  await once(stream, 'finish');
};

const FILES = {
  checkpoint: 'newest signed checkpoint (C2SP tlog-checkpoint), with cosignatures',
  'checkpoints.jsonl': 'every checkpoint that was signed, a JSON string a line',
  'tile/': 'hashes and entries (C2SP tlog-tiles)',
  'bodies/': 'whole events whose entry holds their digest',
  'events.csv, events.jsonl': 'the entries for people; not needed for verification',
  'schema/audit-event.json': 'JSON Schema of an entry',
  keys: 'verifier keys as the writer names them; trust those that you were given otherwise',
};

const nullable = (type: string) => ({ type: [type, 'null'] });
const EVENT_SCHEMA = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'Audit event, canonical JSON (RFC 8785)',
  type: 'object',
  required: [
    'v',
    'id',
    'at',
    'actor',
    'onBehalfOf',
    'action',
    'object',
    'customer',
    'request',
    'before',
    'after',
    'reason',
    'data',
  ],
  properties: {
    v: { enum: [1, 2], description: 'version of this form; the first had no rows' },
    id: { type: 'string', format: 'uuid' },
    at: { type: 'string', format: 'date-time', description: 'when it was done' },
    actor: { type: 'string', description: 'user id, or the name of a part of the system' },
    onBehalfOf: nullable('string'),
    action: { type: 'string', description: 'noun.verb-in-the-past' },
    object: {
      type: 'object',
      required: ['type', 'id'],
      properties: { type: { type: 'string' }, id: { type: 'string' } },
    },
    customer: { ...nullable('string'), description: 'customer whom it concerns' },
    request: { type: 'string', description: 'request, job or command that caused it' },
    before: {},
    after: {},
    reason: nullable('string'),
    data: {},
    rows: {
      type: ['array', 'null'],
      description:
        'what the transaction wrote into business tables, with the last event of it; values as texts of PostgreSQL',
      items: {
        type: 'object',
        required: ['table', 'op', 'columns', 'rows'],
        properties: {
          table: { type: 'string' },
          op: { enum: ['insert', 'update', 'delete', 'baseline'] },
          columns: { type: 'array', items: { type: 'string' } },
          rows: { type: 'array', items: { type: 'array', items: nullable('string') } },
        },
      },
    },
    body: {
      type: 'object',
      description: 'present where before, after, reason, data and rows are kept aside: digest of the whole form',
      required: ['sha256', 'bytes'],
      properties: { sha256: { type: 'string' }, bytes: { type: 'integer' } },
    },
  },
};
