/**
 * Checks the proof file of a rating in two steps: from its canonical bytes to the root (or the leaf) that the event names,
 * and from the event to a signed checkpoint. Written from the written form; shares nothing with the program that rates.
 */
import { bytesOf, checkProof, textOf, type Checkpoint, type Crypto, type VerifierKey } from './note';
import { hashLeaf, rootOfPath } from './tree';

/** What stands in the canonical bytes of a rating. */
export interface ProvedRating {
  readonly customer: string;
  readonly scorecardVersion: string;
  readonly cutPointSet: string;
  /** YYYY-MM-DD. */
  readonly asOf: string;
  readonly score: string;
  readonly modelGrade: string;
  readonly uncappedGrade: string;
  /** Null for one that was missing, as its day. */
  readonly inputs: readonly { readonly value: number | null; readonly asOf: string | null }[];
  readonly points: readonly string[];
  readonly caps: readonly string[];
  readonly notes: readonly string[];
}

export type RatingVerdict =
  | {
      readonly verdict: 'intact';
      readonly rating: ProvedRating;
      /** The event that names it or its run, and where that stands in the log. */
      readonly event: ProvedEvent;
      readonly index: number;
      readonly checkpoint: Checkpoint;
      /** Its place among the ratings of its run; null for a single one. */
      readonly inRun: { readonly index: number; readonly size: number } | null;
    }
  | { readonly verdict: 'broken' | 'unverifiable'; readonly problem: string };

export interface ProvedEvent {
  readonly id: string;
  readonly at: string;
  readonly action: string;
  readonly object: { readonly type: string; readonly id: string };
}

export const RATING_PROOF = 'tierwarden-rating-proof/1';

export const checkRatingProof = async (
  crypto: Crypto,
  proof: string,
  keys: readonly VerifierKey[],
): Promise<RatingVerdict> => {
  const unverifiable = (problem: string): RatingVerdict => ({ verdict: 'unverifiable', problem });
  const broken = (problem: string): RatingVerdict => ({ verdict: 'broken', problem });
  const end = proof.indexOf('\n\n');
  const [title, ...lines] = proof.slice(0, Math.max(end, 0)).split('\n');
  if (title !== RATING_PROOF) return unverifiable('this is no proof file of a rating, version 1');
  const bytes = carried('rating', lines.shift());
  const body = lines.at(-1)?.startsWith('body ') ? carried('body', lines.pop()) : null;
  const digits = lines.length === 0 ? null : (/^index (0|[1-9]\d{0,9})$/.exec(lines.shift() ?? '')?.[1] ?? '');
  const path = lines.map((line) => bytesOf(line));
  const rating = bytes === undefined ? null : readRating(bytes);
  if (bytes === undefined || rating === null || body === undefined || digits === '')
    return unverifiable('the proof file is damaged');
  if (path.some((hash) => hash?.length !== 32)) return unverifiable('the proof file is damaged');

  const logged = await checkProof(crypto, proof.slice(end + 2), null, keys);
  if (logged.verdict !== 'intact') return logged;
  const entry = readEvent(logged.entry);
  if (entry === null) return unverifiable('the entry is no event that is known here');
  if (entry.body === undefined && body !== null)
    return unverifiable('the proof file brings a body that no entry names');
  if (entry.body !== undefined && body === null) return unverifiable('the body of the event is not in the proof file');
  if (body !== null && hexOf(crypto.sha256(body)) !== entry.body?.sha256)
    return broken('the body of the event is not the one that was signed');
  const event = body === null ? entry : readEvent(body);
  if (event === null) return unverifiable('the body is no event that is known here');

  const leaf = hashLeaf(crypto.sha256, bytes);
  const { index, checkpoint } = logged;
  const proved = { verdict: 'intact', rating, event: shownEvent(event), index, checkpoint } as const;
  if (digits === null) {
    if (event.object.type !== 'Rating' || typeof event.data?.leaf !== 'string')
      return unverifiable(`the event ${event.action} names no rating`);
    if (event.data.leaf !== hexOf(leaf)) return broken('this is not the rating that the event names');
    return { ...proved, inRun: null };
  }
  const { ratingsRoot, rated } = event.after ?? {};
  if (event.object.type !== 'RatingRun' || typeof ratingsRoot !== 'string' || !Number.isSafeInteger(rated))
    return unverifiable(`the event ${event.action} names no root of a run`);
  const size = Number(rated);
  const place = Number(digits);
  const hashes = path.map((hash) => textOf(hash ?? new Uint8Array(0)));
  const root = rootOfPath(crypto.sha256, leaf, place, size, hashes);
  if (root === null || hexOf(root) !== ratingsRoot) return broken(`this is not rating ${place} of the run's ${size}`);
  return { ...proved, inRun: { index: place, size } };
};

/** Undefined for what is no such line. */
const carried = (name: string, line: string | undefined): Uint8Array | undefined =>
  line?.startsWith(`${name} `) ? (bytesOf(line.slice(name.length + 1)) ?? undefined) : undefined;

const hexOf = (hash: string): string =>
  [...hash].map((character) => character.charCodeAt(0).toString(16).padStart(2, '0')).join('');

interface WrittenEvent extends ProvedEvent {
  readonly after?: { readonly ratingsRoot?: unknown; readonly rated?: unknown } | null;
  readonly data?: { readonly leaf?: unknown } | null;
  readonly body?: { readonly sha256: string };
}

const decoder = new TextDecoder('utf-8', { fatal: true });

const readEvent = (bytes: Uint8Array): WrittenEvent | null => {
  try {
    const event = JSON.parse(decoder.decode(bytes)) as Partial<WrittenEvent> | null;
    return typeof event?.action === 'string' && typeof event.object?.type === 'string' ? (event as WrittenEvent) : null;
  } catch {
    return null;
  }
};

const shownEvent = ({ id, at, action, object }: WrittenEvent): ProvedEvent => ({ id, at, action, object });

/* The canonical bytes */

const GRADES = ['C', 'CC', 'CCC', 'B', 'BB', 'BBB', 'A', 'AA', 'AAA'];
const MISSING_DAY = -(2 ** 31);
const MISSING_VALUE = -Number.MAX_VALUE;
const DAY_MS = 86_400_000;

/** Null for bytes that are none, or hold more or less than one. */
const readRating = (bytes: Uint8Array): ProvedRating | null => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const take = (length: number): number => {
    at += length;
    return at - length;
  };
  const id = (): string => {
    const start = take(16);
    const hex = [...bytes.subarray(start, at)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  };
  const uint16 = (): number => view.getUint16(take(2));
  const int32 = (): number => view.getInt32(take(4));
  const list = <T>(count: number, one: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => one(i));
  const codes = (): string[] => list(uint16(), () => decoder.decode(bytes.subarray(take(uint16()), at)));
  const day = (): string | null => {
    const days = int32();
    return days === MISSING_DAY ? null : new Date(days * DAY_MS).toISOString().slice(0, 10);
  };
  const grade = (): string => GRADES[view.getUint8(take(1)) - 1] ?? '?';
  try {
    if (decoder.decode(bytes.subarray(take(4), 4)) !== 'TWR1') return null;
    const ids = { customer: id(), scorecardVersion: id(), cutPointSet: id() };
    const asOf = day() ?? '';
    const score = (int32() / 10_000).toFixed(4);
    const grades = { modelGrade: grade(), uncappedGrade: grade() };
    const values = list(uint16(), () => view.getFloat64(take(8)));
    const inputs = values.map((value) => ({ value: value === MISSING_VALUE ? null : value, asOf: day() }));
    const points = list(uint16(), () => (view.getInt16(take(2)) / 100).toFixed(2));
    const lists = { caps: codes(), notes: codes() };
    return at === bytes.length ? { ...ids, asOf, score, ...grades, inputs, points, ...lists } : null;
  } catch {
    return null;
  }
};
