/**
 * One chunk of a run: values stream out of the database by binary COPY, are scored row by row, and the finished rows go back
 * the same way into the run's own table; those of a simulation are only counted and hashed. It holds the rows of its chunk and no other; what is read is what was recorded
 * before the run began, whenever and wherever the chunk is worked on.
 */
import { gradeOfRank } from '../kernel/grade';
import type { Refusal } from '../kernel/refusal';
import { processingRefusalsBetween } from '../customers';
import { MAX_ORDINAL, packedValuesAt } from '../indicators';
import {
  createCopyReader,
  DAYS_TO_2000,
  readOffsets,
  textsOf,
  uuidOf,
  viewOf,
  type OnRow,
} from '../platform/binary-copy';
import type { Tx } from '../platform/unit-of-work';
import { MISSING_VALUE, type GroupRule, type ModelRunner } from '../scorecards';
import { countMove, newMoveCounts, type MoveCounts } from './domain/judge-run';
import { fillInputs, MISSING_DAY, type InputRules, type Inputs, type PackedIndicators } from './domain/prepare-inputs';
import { HASH_BYTES, LeafEncoder } from './domain/rating-leaf';
import { runRowId, type ChunkRange } from './domain/run';
import { copyRatings, RatingRows } from './rating.store';
import { chunkInputsSql, INPUT_COLUMNS, industriesAt, runTable, type RunRow } from './run.store';
import { isRefusal, type ParkedCustomer, type RatedRow, type Scorer } from './score-customers';

export interface ChunkResult {
  readonly rated: number;
  readonly parked: readonly ParkedCustomer[];
  /** RFC 6962 leaf hashes of the ratings in their order. */
  readonly leafHashes: Buffer;
  readonly moves: MoveCounts;
}

/** What was known before the run began of customers whose values or master data moved after it. */
type Latecomers = Map<string, { readonly packed: PackedIndicators | null; readonly industry: string | null }>;

/** Told of every rating in its order; the list begins anew with every pass over the chunk. */
export type OnRated = (customerId: Buffer, rated: RatedRow) => void;

/** What customers are rated by. */
export interface ChunkMeans {
  readonly scorer: Scorer;
  readonly groupRules: readonly GroupRule[];
  /** Asked about every batch of rows that comes in; null where the version needs none, or none can be asked. */
  readonly model: ModelRunner | null;
}

export const rateChunk = async (
  tx: Tx,
  run: RunRow,
  chunk: ChunkRange,
  means: ChunkMeans,
  onPass: () => OnRated = () => () => undefined,
): Promise<ChunkResult> => {
  const { groupRules } = means;
  const known: Latecomers = new Map();
  const blocked = await processingRefusalsBetween(tx.query, chunk.idAfter, chunk.idUpto);
  for (;;) {
    const pass = createPass(run, chunk, means, known, blocked, onPass());
    const reader = createCopyReader(INPUT_COLUMNS + groupRules.length, pass.onRow);
    for await (const piece of tx.copyOut(chunkInputsSql(run, chunk, groupRules))) {
      reader.push(piece);
      await pass.ask();
    }
    reader.end();
    if (pass.unknown.length > 0) {
      // Begun again, so that the order of the ratings does not depend on who came late.
      await look(tx, run, pass.unknown, known);
      continue;
    }
    const { rows } = pass;
    const leafHashes = pass.hashes();
    const rated = leafHashes.length / HASH_BYTES;
    if (rows !== null) {
      const written = await tx.copyIn(copyRatings(runTable(run)), rows.end());
      rows.release();
      if (written !== rated) throw new Error(`${rated} ratings were to be written, ${written} were`);
    }
    return { rated, parked: pass.parked, leafHashes, moves: pass.moves };
  }
};

const createPass = (
  run: RunRow,
  chunk: ChunkRange,
  { scorer, groupRules, model }: ChunkMeans,
  known: Latecomers,
  blocked: ReadonlyMap<string, Refusal>,
  onRated: OnRated,
) => {
  const rows = run.purpose === 'SIMULATION' ? null : new RatingRows({ ...run, runId: run.id, ratedAt: run.startedAt });
  let count = 0;
  const encoder = new LeafEncoder();
  const parked: ParkedCustomer[] = [];
  const moves = newMoveCounts();
  const unknown: string[] = [];
  const industries = textsOf();
  const id = Buffer.alloc(16);
  const waiting = model === null ? null : createWaiting(scorer.inputs);
  let hashes = Buffer.allocUnsafeSlow(HASH_BYTES * 1024);

  const rate = (customerId: Buffer, industry: string | null, rankBefore: number): void => {
    // Few are, and mostly nobody is: then no id is written out.
    const refused = blocked.size === 0 ? undefined : blocked.get(uuidOf(customerId, 0));
    const rated = refused ?? scorer.rate(customerId, industry);
    if (isRefusal(rated)) {
      parked.push({ customerId: uuidOf(customerId, 0), refusal: rated });
      return;
    }
    const at = count * HASH_BYTES;
    if (hashes.length < at + HASH_BYTES) hashes = Buffer.concat([hashes, Buffer.allocUnsafeSlow(hashes.length)]);
    encoder.hash(rated, hashes, at);
    if (rows !== null) {
      runRowId(run.number, chunk.ordinal, count, id);
      rows.add(id, rated);
    }
    count++;
    countMove(moves, rankBefore, rated.modelRank);
    onRated(customerId, rated);
  };

  const onRow: OnRow = (bytes, starts, lengths) => {
    const start = starts[0] as number;
    const isLate = bytes[starts[5] as number] === 1;
    const late = isLate ? known.get(uuidOf(bytes, start)) : undefined;
    if (isLate && late === undefined) unknown.push(uuidOf(bytes, start));
    if (unknown.length > 0) return;
    const rankBefore = lengths[4] === -1 ? 0 : rankField(bytes, starts[4] as number, lengths[4] as number);
    const customerId = bytes.subarray(start, start + 16);
    if (late !== undefined) fillInputs(scorer.rules, late.packed, scorer.inputs);
    else unpack(scorer, bytes, starts[2] as number, lengths[2] as number, starts[3] as number, lengths[3] as number);
    const industry = late === undefined ? industries(bytes, starts[1] as number, lengths[1] as number) : late.industry;
    for (let rule = 0; rule < groupRules.length; rule++) {
      const column = INPUT_COLUMNS + rule;
      scorer.inputs.values[scorer.rules.relatedAt + rule] =
        lengths[column] === -1 ? MISSING_VALUE : bytes.readInt32BE(starts[column]);
    }
    if (waiting === null) rate(customerId, industry, rankBefore);
    else waiting.add(customerId, industry, rankBefore);
  };
  const ask = async (): Promise<void> => {
    if (model !== null) await waiting?.settle(model, rate);
  };
  return { rows, parked, moves, unknown, onRow, ask, hashes: () => hashes.subarray(0, count * HASH_BYTES) };
};

/** Customers that a model is to be asked about, in their order. */
const createWaiting = (inputs: Inputs) => {
  const width = inputs.values.length;
  let values = new Float64Array(width * 256);
  let days = new Int32Array(width * 256);
  const asked: { readonly customerId: Buffer; readonly industry: string | null; readonly rankBefore: number }[] = [];
  return {
    add: (customerId: Buffer, industry: string | null, rankBefore: number): void => {
      const at = asked.length * width;
      if (at === values.length) {
        const [moreValues, moreDays] = [new Float64Array(at * 2), new Int32Array(at * 2)];
        moreValues.set(values);
        moreDays.set(days);
        [values, days] = [moreValues, moreDays];
      }
      values.set(inputs.values, at);
      days.set(inputs.days, at);
      // Pieces of the COPY are gone by the time the model has answered.
      asked.push({ customerId: Buffer.from(customerId), industry, rankBefore });
    },
    settle: async (
      model: ModelRunner,
      rate: (customerId: Buffer, industry: string | null, rankBefore: number) => void,
    ): Promise<void> => {
      await model.fill(values, asked.length);
      asked.forEach(({ customerId, industry, rankBefore }, row) => {
        inputs.values.set(values.subarray(row * width, (row + 1) * width));
        inputs.days.set(days.subarray(row * width, (row + 1) * width));
        rate(customerId, industry, rankBefore);
      });
      asked.length = 0;
    },
  };
};

const look = async (tx: Tx, run: RunRow, ids: readonly string[], known: Latecomers): Promise<void> => {
  const packed = await packedValuesAt(tx.query, ids, run.startedAt);
  const industries = await industriesAt(tx.query, ids, run.startedAt);
  for (const id of ids) known.set(id, { packed: packed.get(id) ?? null, industry: industries.get(id) ?? null });
};

const elementOffsets = new Int32Array(MAX_ORDINAL);

/** Puts the elements of two packed arrays, float8[] and date[], where the scorecard wants them. */
const unpack = (
  { rules, inputs }: { readonly rules: InputRules; readonly inputs: Inputs },
  bytes: Buffer,
  valuesAt: number,
  valuesLength: number,
  daysAt: number,
  daysLength: number,
): void => {
  const offsets = elementOffsets;
  const view = viewOf(bytes);
  const { slots, lastSlot } = rules;
  const { values, days } = inputs;
  const count = valuesLength === -1 ? 0 : readOffsets(view, valuesAt, valuesLength, lastSlot, offsets);
  for (let i = 0; i < slots.length; i++) {
    const slot = slots[i] as number;
    const at = slot < count ? (offsets[slot] as number) : -1;
    values[i] = at === -1 ? MISSING_VALUE : view.getFloat64(at);
  }
  const dayCount = daysLength === -1 ? 0 : readOffsets(view, daysAt, daysLength, lastSlot, offsets);
  for (let i = 0; i < slots.length; i++) {
    const slot = slots[i] as number;
    const at = slot < dayCount ? (offsets[slot] as number) : -1;
    if (at === -1 || values[i] === MISSING_VALUE) {
      values[i] = MISSING_VALUE;
      days[i] = MISSING_DAY;
    } else {
      days[i] = view.getInt32(at) + DAYS_TO_2000;
    }
  }
};

const RANKS = new Map(Array.from({ length: 9 }, (_, i) => [gradeOfRank(i + 1) as string, i + 1]));
const rankField = (bytes: Buffer, at: number, length: number): number =>
  RANKS.get(bytes.toString('latin1', at, at + length)) ?? 0;
