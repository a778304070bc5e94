/**
 * Rebuilds a record from an exported folder alone: no database, no program that wrote it. It takes the entries as they are;
 * whether they are what was signed is told by the verification.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readWrittenForm, stateOf, tilePath, tilesOf, type RebuiltVersion } from '../../src/audit';
import { CommandFailed, EXIT_UNVERIFIABLE } from '../output';

interface Manifest {
  readonly size: number;
  readonly from: number;
  readonly to: number;
}

/** Versions of the rows of `table` that have these values, the oldest first. */
export const versionsFromExport = async (
  folder: string,
  table: string,
  columns: Readonly<Record<string, string>>,
): Promise<RebuiltVersion[]> => {
  const read = async (name: string): Promise<Buffer> => {
    try {
      return await readFile(join(folder, name));
    } catch (error) {
      throw new CommandFailed(`${name} cannot be read: ${(error as Error).message}`, EXIT_UNVERIFIABLE);
    }
  };
  const { size, from, to } = JSON.parse((await read('manifest.json')).toString('utf8')) as Manifest;
  const [baseline, found]: RebuiltVersion[][] = [[], []];
  for (const tile of tilesOf(size)) {
    const begin = tile.index * 256;
    if (tile.level !== 'entries' || begin >= to || begin + tile.width <= from) continue;
    let leafIndex = begin - 1;
    for (const entry of entriesOf(await read(tilePath(tile)))) {
      leafIndex += 1;
      // Bundles at both ends hold entries that were not asked for, without their bodies.
      const isAside = leafIndex >= from && leafIndex < to && hasBody(entry);
      const written = isAside ? await read(`bodies/${leafIndex}.json`) : entry;
      // Most entries speak of other tables.
      if (!written.includes(`"table":"${table}"`)) continue;
      for (const version of versionsIn(leafIndex, written.toString('utf8'), table, columns)) {
        (version.op === 'baseline' ? baseline : found)?.push(version);
      }
    }
  }
  return [...(baseline ?? []), ...(found ?? [])];
};

const versionsIn = (
  leafIndex: number,
  written: string,
  table: string,
  columns: Readonly<Record<string, string>>,
): RebuiltVersion[] => {
  const event = readWrittenForm(written);
  const wanted = Object.entries(columns);
  return (event.rows ?? [])
    .filter((group) => group.table === table)
    .flatMap((group) =>
      group.rows
        .filter((values) => wanted.every(([column, value]) => values[group.columns.indexOf(column)] === value))
        .map((values) => ({ leafIndex, event, op: group.op, state: stateOf({ ...group, values }) })),
    );
};

/** Told by the entry itself, as nobody has signed the manifest. */
const hasBody = (entry: Buffer): boolean =>
  entry.includes('"body":{') && (JSON.parse(entry.toString('utf8')) as { body?: unknown }).body !== undefined;

function* entriesOf(bundle: Buffer): Generator<Buffer> {
  for (let at = 0; at < bundle.length;) {
    const end = at + 2 + bundle.readUInt16BE(at);
    yield bundle.subarray(at + 2, end);
    at = end;
  }
}
