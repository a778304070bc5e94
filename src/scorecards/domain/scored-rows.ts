/** Where a batch leaves its results: flat columns of fixed length, made once and filled again and again. */

/** Row r of every column is the result of the customer at row r; what was not scored holds what was there before. */
export interface ScoredRows {
  readonly capacity: number;
  /** Hundredths of a point, row after row, one per characteristic: row r begins at `r * characteristics`. */
  readonly pointsCenti: Int16Array;
  /** Ten-thousandths of a point. */
  readonly scoreE4: Int32Array;
  /** By score alone; 9 for AAA down to 1 for C, as in kernel/grade. */
  readonly uncappedRank: Uint8Array;
  /** With knock-outs applied. */
  readonly modelRank: Uint8Array;
  /** Bit i: knock-out i of the definition struck; names by `capsOf`. */
  readonly capBits: Int32Array;
  /** Bit i: note i of the definition applies; names by `notesOf`. */
  readonly noteBits: Int32Array;
}

export const createScoredRows = (capacity: number, characteristics: number): ScoredRows => ({
  capacity,
  pointsCenti: new Int16Array(capacity * characteristics),
  scoreE4: new Int32Array(capacity),
  uncappedRank: new Uint8Array(capacity),
  modelRank: new Uint8Array(capacity),
  capBits: new Int32Array(capacity),
  noteBits: new Int32Array(capacity),
});
