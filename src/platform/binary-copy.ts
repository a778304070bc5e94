/**
 * PostgreSQL's binary COPY format, read as it streams in and written as it streams out, without an object for every value.
 * It knows the frame of rows and fields; what is in a field is for the caller to say.
 */

/** No row that is written is larger: what is left of a piece when one begins. */
const LARGEST_ROW = 64 * 1024;

/** `PGCOPY\n\xff\r\n\0`, no flags, no extension. */
const HEADER = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1');
const TRAILER = -1;

/** Days between 1970-01-01 and 2000-01-01, where PostgreSQL's dates begin. */
export const DAYS_TO_2000 = 10_957;
/** Microseconds between those days. */
const MICROS_TO_2000 = BigInt(DAYS_TO_2000) * 86_400_000_000n;

const OID = { float8: 701, date: 1082, int2: 21, text: 25 } as const;

/**
 * One row at a time: `fields` gives for each column where it begins in `bytes`, and its length, -1 for NULL. Both are valid
 * until the callback returns.
 */
export type OnRow = (bytes: Buffer, starts: Int32Array, lengths: Int32Array) => void;

/**
 * Takes the pieces of a COPY … TO STDOUT (FORMAT binary) in turn; throws on anything that is not one with `columns` columns. It
 * keeps no piece: of what ends in the middle of a row it holds a copy.
 */
export const createCopyReader = (columns: number, onRow: OnRow): { push(piece: Buffer): void; end(): void } => {
  const starts = new Int32Array(columns);
  const lengths = new Int32Array(columns);
  let held: Buffer = Buffer.allocUnsafeSlow(LARGEST_ROW);
  let heldLength = 0;
  let begun = false;
  let ended = false;

  /** Position after the header or row at `at`, or -1 where it is not complete. */
  const readNext = (bytes: Buffer, view: DataView, at: number, end: number): number => {
    if (!begun) {
      if (at + HEADER.length > end) return -1;
      if (bytes.compare(HEADER, 0, 11, at, at + 11) !== 0) throw new Error('not a binary COPY');
      const next = at + HEADER.length + view.getInt32(at + 15);
      if (next > end) return -1;
      begun = true;
      return next;
    }
    if (at + 2 > end) return -1;
    const count = view.getInt16(at);
    if (count === TRAILER) {
      ended = true;
      return at + 2;
    }
    if (count !== columns) throw new Error(`a row has ${count} columns, not ${columns}`);
    let next = at + 2;
    for (let i = 0; i < columns; i++) {
      if (next + 4 > end) return -1;
      const length = view.getInt32(next);
      next += 4;
      starts[i] = next;
      lengths[i] = length;
      if (length > 0) next += length;
      if (next > end) return -1;
    }
    onRow(bytes, starts, lengths);
    return next;
  };

  /** Completes what is held with the first bytes of a piece; yields how many of them belong to it. */
  const complete = (piece: Buffer): number => {
    const before = heldLength;
    for (let taken = 0; taken < piece.length;) {
      const step = Math.min(JOIN_STEP, piece.length - taken);
      hold(piece, taken, taken + step);
      taken += step;
      const next = readNext(held, viewOf(held), 0, heldLength);
      if (next === -1) continue;
      heldLength = 0;
      return next - before;
    }
    return piece.length;
  };

  const hold = (piece: Buffer, from: number, to: number): void => {
    if (heldLength + to - from > held.length) {
      const larger = Buffer.allocUnsafeSlow(2 * (heldLength + to - from));
      held.copy(larger, 0, 0, heldLength);
      held = larger;
    }
    heldLength += piece.copy(held, heldLength, from, to);
  };

  return {
    push: (piece) => {
      let at = heldLength === 0 ? 0 : complete(piece);
      if (heldLength > 0) return;
      const view = viewOf(piece);
      while (!ended) {
        const next = readNext(piece, view, at, piece.length);
        if (next === -1) break;
        at = next;
      }
      if (!ended) hold(piece, at, piece.length);
    },
    end: () => {
      if (!ended) throw new Error('the COPY ended in the middle of a row');
    },
  };
};

/** By how much a row that two pieces share grows until it is complete. */
const JOIN_STEP = 1024;

let seen: { readonly bytes: Buffer; readonly view: DataView } | null = null;
/** Numbers are read several times faster by way of a view, of which there is one for each piece. */
export const viewOf = (bytes: Buffer): DataView => {
  if (seen?.bytes !== bytes) seen = { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength) };
  return seen.view;
};

/** Elements of a one-dimensional array field begin after this many bytes; a NULL array or an empty one has none. */
const ARRAY_HEADER = 20;

/** Where the elements of an array field begin, up to the one at `last`, -1 for NULL; yields how many there are of these. */
export const readOffsets = (
  view: DataView,
  start: number,
  length: number,
  last: number,
  offsets: Int32Array,
): number => {
  let at = start + ARRAY_HEADER;
  const end = start + length;
  let count = 0;
  while (at < end && count <= last) {
    const size = view.getInt32(at);
    at += 4;
    offsets[count] = size === -1 ? -1 : at;
    if (size > 0) at += size;
    count++;
  }
  return count;
};

/** The texts of a column with few values, made once each. */
export const textsOf = (): ((bytes: Buffer, at: number, length: number) => string | null) => {
  const known: { readonly bytes: Buffer; readonly text: string }[] = [];
  return (bytes, at, length) => {
    if (length === -1) return null;
    for (const entry of known) if (isAt(entry.bytes, bytes, at, length)) return entry.text;
    const fresh = Buffer.from(bytes.subarray(at, at + length));
    known.push({ bytes: fresh, text: fresh.toString() });
    return fresh.toString();
  };
};

/** Byte by byte: for so few of them a call out of the engine takes longer. */
const isAt = (wanted: Buffer, bytes: Buffer, at: number, length: number): boolean => {
  if (wanted.length !== length) return false;
  for (let i = 0; i < length; i++) if (wanted[i] !== bytes[at + i]) return false;
  return true;
};

/** Bytes that are handed to the server at a time. */
const PIECE = 256 * 1024;

/** Buffers of pieces that were written, used again: new ones by the hundred cost more than filling them. */
const spare: Buffer[] = [];
/** 16 MiB, the rows of a large chunk. */
const MOST_SPARE = 64;
const newPiece = (): Buffer => spare.pop() ?? Buffer.allocUnsafeSlow(PIECE);

/** Writes rows for COPY … FROM STDIN (FORMAT binary) into pieces of bounded size. */
export class CopyWriter {
  private readonly full: Buffer[] = [];
  private readonly pieces: Buffer[] = [];
  private bytes = newPiece();
  /** Writes numbers several times faster than the buffer's own methods. */
  private view = new DataView(this.bytes.buffer);
  private at = HEADER.copy(this.bytes);

  row(columns: number): void {
    if (this.at + LARGEST_ROW > PIECE) this.flush();
    this.view.setInt16(this.at, columns);
    this.at += 2;
  }

  /** A field that is at hand as the server takes it. */
  raw(field: Uint8Array, from = 0, to = field.length): void {
    this.view.setInt32(this.at, to - from);
    this.at += 4;
    this.bytes.set(from === 0 && to === field.length ? field : field.subarray(from, to), this.at);
    this.at += to - from;
  }

  /** A number with four places, 0 to 9999.9999, given in ten-thousandths. */
  numericE4(value: number): void {
    const { view, at } = this;
    view.setInt32(at, 12);
    view.setInt16(at + 4, 2);
    view.setInt16(at + 6, 0);
    view.setInt16(at + 8, 0);
    view.setInt16(at + 10, 4);
    view.setInt16(at + 12, Math.trunc(value / 10_000));
    view.setInt16(at + 14, value % 10_000);
    this.at = at + 16;
  }

  /** `missing` stands for NULL. */
  float8Array(values: Float64Array, missing: number): void {
    const start = this.arrayHead(OID.float8, values.length);
    const { view } = this;
    let { at } = this;
    let nulls: 0 | 1 = 0;
    for (let i = 0; i < values.length; i++) {
      const value = values[i] as number;
      if (value === missing) {
        nulls = 1;
        view.setInt32(at, -1);
        at += 4;
      } else {
        view.setInt32(at, 8);
        view.setFloat64(at + 4, value);
        at += 12;
      }
    }
    this.arrayEnd(start, at, nulls);
  }

  /** Days since 1970-01-01; `missing` stands for NULL. */
  dateArray(days: Int32Array, missing: number): void {
    const start = this.arrayHead(OID.date, days.length);
    const { view } = this;
    let { at } = this;
    let nulls: 0 | 1 = 0;
    for (let i = 0; i < days.length; i++) {
      const day = days[i] as number;
      if (day === missing) {
        nulls = 1;
        view.setInt32(at, -1);
        at += 4;
      } else {
        view.setInt32(at, 4);
        view.setInt32(at + 4, day - DAYS_TO_2000);
        at += 8;
      }
    }
    this.arrayEnd(start, at, nulls);
  }

  int2Array(values: Int16Array): void {
    const start = this.arrayHead(OID.int2, values.length);
    const { view } = this;
    let { at } = this;
    for (let i = 0; i < values.length; i++) {
      view.setInt32(at, 2);
      view.setInt16(at + 4, values[i] as number);
      at += 6;
    }
    this.arrayEnd(start, at, 0);
  }

  /** Ends the COPY; the writer takes no more. */
  end(): readonly Buffer[] {
    this.row(TRAILER);
    this.flush();
    return this.pieces;
  }

  /** The server has all of it: the memory of its pieces is used for others. */
  release(): void {
    spare.push(...[this.bytes, ...this.full.splice(0)].slice(0, MOST_SPARE - spare.length));
    this.pieces.length = 0;
  }

  private arrayHead(oid: number, length: number): number {
    const start = this.at;
    const { view } = this;
    view.setInt32(start + 4, 1);
    view.setInt32(start + 12, oid);
    view.setInt32(start + 16, length);
    view.setInt32(start + 20, 1);
    this.at = start + 24;
    return start;
  }

  private arrayEnd(start: number, end: number, nulls: 0 | 1): void {
    this.view.setInt32(start + 8, nulls);
    this.view.setInt32(start, end - start - 4);
    this.at = end;
  }

  private flush(): void {
    this.full.push(this.bytes);
    this.pieces.push(this.bytes.subarray(0, this.at));
    this.bytes = newPiece();
    this.view = new DataView(this.bytes.buffer);
    this.at = 0;
  }
}

/** The field of a text[] column, made once for values that come again. */
export const textArrayField = (texts: readonly string[]): Buffer => {
  if (texts.length === 0) {
    const empty = Buffer.alloc(12);
    empty.writeInt32BE(OID.text, 8);
    return empty;
  }
  const head = Buffer.alloc(ARRAY_HEADER);
  head.writeInt32BE(1, 0);
  head.writeInt32BE(OID.text, 8);
  head.writeInt32BE(texts.length, 12);
  head.writeInt32BE(1, 16);
  return Buffer.concat([
    head,
    ...texts.flatMap((text) => {
      const length = Buffer.alloc(4);
      length.writeInt32BE(Buffer.byteLength(text), 0);
      return [length, Buffer.from(text)];
    }),
  ]);
};

export const timestampField = (moment: Date): Buffer => {
  const field = Buffer.alloc(8);
  field.writeBigInt64BE(BigInt(moment.getTime()) * 1000n - MICROS_TO_2000);
  return field;
};

export const dateField = (day: number): Buffer => {
  const field = Buffer.alloc(4);
  field.writeInt32BE(day - DAYS_TO_2000);
  return field;
};

export const uuidField = (id: string): Buffer => Buffer.from(id.replaceAll('-', ''), 'hex');

export const uuidOf = (bytes: Uint8Array, at: number): string => {
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset + at, 16).toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
};
