/**
 * The canonical bytes of a rating: what its place in the log is computed over, and what a replay must reproduce byte for
 * byte. The form is written down in docs/guides/replay.md; it never changes, a new one gets a new mark.
 */
import { sha256, SHA256_BYTES } from '../../kernel/sha256';

/** Everything that a rating came from and came to. Numbers are big-endian. */
export interface RatingFacts {
  /** 16 bytes each. */
  readonly customerId: Uint8Array;
  readonly scorecardVersionId: Uint8Array;
  readonly cutPointSetId: Uint8Array;
  /** Days since 1970-01-01. */
  readonly asOfDay: number;
  readonly scoreE4: number;
  readonly modelRank: number;
  readonly uncappedRank: number;
  /** MISSING_VALUE and MISSING_DAY where there is none. */
  readonly values: Float64Array;
  readonly days: Int32Array;
  readonly pointsCenti: Int16Array;
  /** {@link codeList} of caps, then of notes. */
  readonly caps: Uint8Array;
  readonly notes: Uint8Array;
}

const MARK = Buffer.from('TWR1', 'latin1');
/** RFC 6962: what is hashed for a leaf begins with a zero. */
const LEAF_PREFIX = 0;
export const HASH_BYTES = SHA256_BYTES;

/** A count, then each code with its length before it, all lengths two bytes. */
export const codeList = (codes: readonly string[]): Buffer => {
  const count = Buffer.alloc(2);
  count.writeUInt16BE(codes.length);
  return Buffer.concat([
    count,
    ...codes.flatMap((code) => {
      const length = Buffer.alloc(2);
      length.writeUInt16BE(Buffer.byteLength(code));
      return [length, Buffer.from(code)];
    }),
  ]);
};

/** A view writes numbers several times faster than the buffer's own methods. */
const viewOf = (bytes: Buffer): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Writes leaves into one buffer, again and again. */
export class LeafEncoder {
  private bytes = Buffer.alloc(16_384);
  private view = viewOf(this.bytes);

  /** Length of the leaf; it stands behind the prefix until the next call. */
  private encode(facts: RatingFacts): number {
    const { values, days, pointsCenti, caps, notes } = facts;
    const longest = 128 + values.length * 12 + pointsCenti.length * 2 + caps.length + notes.length;
    if (longest > this.bytes.length) {
      this.bytes = Buffer.alloc(longest * 2);
      this.view = viewOf(this.bytes);
    }
    const { bytes, view } = this;
    bytes[0] = LEAF_PREFIX;
    bytes.set(MARK, 1);
    bytes.set(facts.customerId, 5);
    bytes.set(facts.scorecardVersionId, 21);
    bytes.set(facts.cutPointSetId, 37);
    view.setInt32(53, facts.asOfDay);
    view.setInt32(57, facts.scoreE4);
    view.setUint8(61, facts.modelRank);
    view.setUint8(62, facts.uncappedRank);
    view.setUint16(63, values.length);
    let at = 65;
    for (let i = 0; i < values.length; i++, at += 8) view.setFloat64(at, values[i] as number);
    for (let i = 0; i < days.length; i++, at += 4) view.setInt32(at, days[i] as number);
    view.setUint16(at, pointsCenti.length);
    at += 2;
    for (let i = 0; i < pointsCenti.length; i++, at += 2) view.setInt16(at, pointsCenti[i] as number);
    bytes.set(caps, at);
    at += caps.length;
    bytes.set(notes, at);
    return at + notes.length;
  }

  leaf(facts: RatingFacts): Buffer {
    const end = this.encode(facts);
    return Buffer.from(this.bytes.subarray(1, end));
  }

  /** Puts the leaf's RFC 6962 hash into `into` at `at`. */
  hash(facts: RatingFacts, into: Buffer, at: number): void {
    const end = this.encode(facts);
    into.write(sha256(this.bytes.subarray(0, end)), at, 'latin1');
  }
}
