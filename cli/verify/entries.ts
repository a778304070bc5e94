/**
 * Checks the entries of an export against the hashes of leaves in its tiles. Whether the tiles are what was signed is a
 * matter of their own, so that a platform with a second core may look at both at once.
 */
import { findingOf, Found, readTile, WIDTH, type Files, type Finding } from './export-files';
import type { Crypto } from './note';
import { tilePath } from './tile-path';

const decoder = new TextDecoder('utf-8', { fatal: true });

/** Plain values, to be handed to another thread. */
export interface EntriesOrder {
  /** Leaves of the tree. */
  readonly size: number;
  /** Entries that were exported, `to` exclusive; whole bundles of them are there. */
  readonly from: number;
  readonly to: number;
  /** Indexes of entries whose body is said to lie beside. Which ones must is told by the entries, and not by this list. */
  readonly bodies: readonly number[];
}

export interface EntriesReport {
  readonly finding: Finding | null;
  /** Entries that are the ones of their leaves, up to a finding. */
  readonly entries: number;
  /** Bodies that entries name and that are what was signed. */
  readonly bodies: number;
}

/** How a platform has entries checked: as {@link checkEntries} does it, wherever that runs. */
export type EntriesCheck = (order: EntriesOrder) => Promise<EntriesReport>;

/** Holds one tile and one bundle at a time. */
export const checkEntries = async (files: Files, crypto: Crypto, order: EntriesOrder): Promise<EntriesReport> => {
  const { size } = order;
  const from = Math.max(order.from, 0);
  const to = Math.min(order.to, size);
  const said = new Set(order.bodies);
  const readBundle = bundlesIn(files);
  const counted = { entries: 0, bodies: 0 };
  const finding = await findingOf(async () => {
    for (let begin = from < to ? from - (from % WIDTH) : to; begin < to; begin += WIDTH) {
      const width = Math.min(WIDTH, size - begin);
      const hashes = await readTile(files, size, 0, begin / WIDTH, width);
      const bundle = await readBundle(begin / WIDTH, width);
      for (let i = 0; i < width; i++) {
        const index = begin + i;
        const prefixed = bundle.next(index);
        if (!isAt(crypto.sha256(prefixed), hashes, i * 32))
          throw new Found('broken', `entry ${index} is not the one that was signed`, index);
        counted.entries += 1;
        const digest = bundle.namesBodies ? bodyDigest(prefixed.subarray(1)) : null;
        if (digest === null) {
          if (said.size > 0 && said.has(index))
            throw new Found('broken', `manifest.json names a body of entry ${index}, which has none`, index);
        } else if (index >= from && index < to) {
          await checkBody(files, crypto, index, digest);
          counted.bodies += 1;
        }
      }
      bundle.end(begin + width);
    }
  });
  return { finding, ...counted };
};

/** Compared in place, as it is done for every entry. */
const isAt = (hash: string, bytes: Uint8Array, at: number): boolean => {
  for (let i = 0; i < 32; i++) if (bytes[at + i] !== hash.charCodeAt(i)) return false;
  return true;
};

/** The entries of one bundle, in turn. */
class Bundle {
  /** Whether any of them may hold the digest of a body. */
  readonly namesBodies: boolean;
  private readonly bytes: Uint8Array;
  private at = 0;

  constructor(
    private readonly name: string,
    bytes: Uint8Array,
  ) {
    this.namesBodies = namesBody(bytes);
    // Whatever the platform makes of it: parts of plain arrays are made quicker.
    this.bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  /** After the 0x00 that it is hashed with. That stands where its length was: nothing is copied. */
  next(entry: number): Uint8Array {
    const { bytes, at } = this;
    const end = at + 2 + (((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0));
    if (end > bytes.length) throw new Found('broken', `${this.name} ends within entry ${entry}`, entry);
    bytes[at + 1] = 0;
    this.at = end;
    return bytes.subarray(at + 1, end);
  }

  end(entry: number): void {
    if (this.at !== this.bytes.length) throw new Found('broken', `${this.name} holds more than its entries`, entry - 1);
  }
}

/** One at a time, all in the same memory. */
const bundlesIn = (files: Files) => {
  let room = new Uint8Array(2 ** 18);
  return async (index: number, width: number): Promise<Bundle> => {
    const name = tilePath('entries', index, width);
    const bytes = await files.read(name, room);
    if (bytes === null) throw new Found('unverifiable', `${name} is missing`, index * WIDTH, index * WIDTH + width);
    if (bytes.length >= room.length) room = new Uint8Array(2 * bytes.length);
    return new Bundle(name, bytes);
  };
};

/** By the rarest of its letters, as there are millions of entries and hardly any names a body. */
const namesBody = (bytes: Uint8Array): boolean => {
  for (let at = bytes.indexOf(RAREST); at >= 0; at = bytes.indexOf(RAREST, at + 1)) {
    if (isBody(bytes, at - RAREST_AT)) return true;
  }
  return false;
};

const isBody = (bytes: Uint8Array, begin: number): boolean => {
  for (let i = 0; i < BODY.length; i++) if (bytes[begin + i] !== BODY[i]) return false;
  return true;
};

const BODY = [...'"body":{'].map((character) => character.charCodeAt(0));
const RAREST = 'y'.charCodeAt(0);
const RAREST_AT = BODY.indexOf(RAREST);

/**
 * Hex digest that the entry names in place of its content; null for one that holds its content itself. Only what holds the
 * right letters is parsed.
 */
const bodyDigest = (entry: Uint8Array): string | null => {
  if (!namesBody(entry)) return null;
  try {
    const event = JSON.parse(decoder.decode(entry)) as { body?: { sha256?: unknown } };
    return event.body === undefined ? null : String(event.body.sha256);
  } catch {
    // Signed all the same, and no event.
    return null;
  }
};

const checkBody = async (files: Files, crypto: Crypto, index: number, digest: string): Promise<void> => {
  const body = await files.read(`bodies/${index}.json`);
  if (body === null) throw new Found('unverifiable', `bodies/${index}.json is missing`, index);
  const hex = [...crypto.sha256(body)].map((c) => c.charCodeAt(0).toString(16).padStart(2, '0')).join('');
  if (digest !== hex) throw new Found('broken', `the body of entry ${index} is not the one that was signed`, index);
};
