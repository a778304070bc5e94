/**
 * Runs a model that was trained elsewhere over a batch and puts its word into the rows, before the pure scorer sees them.
 * A file is used only under the digest that a version pins, and only with inputs and outputs as the version states them.
 * A customer is told the same to the last bit, whoever else is asked about in the same batch. It is the one place that
 * knows ONNX; the package that runs it is optional.
 */
import { createHash } from 'node:crypto';
import type * as onnx from 'onnxruntime-common';
import type { InferenceSession, Tensor } from 'onnxruntime-common';
import { refuse } from '../kernel/refusal';
import { ok, type Result } from '../kernel/result';
import { modelOf, rowSlots, type Model, type ScorecardDefinition } from './domain/scorecard-definition';
import { MISSING_VALUE } from './domain/value';

export type OnnxModel = Extract<Model, { kind: 'ONNX' }>;

export interface ModelRunner {
  /**
   * Fills the slot of the model's word in the first `rows` rows of `values`, laid out by `rowSlots`. What the model says is
   * left as it is, and NaN stands for customers that it fails on: the scorer parks whoever it says nothing usable of.
   */
  fill(values: Float64Array, rows: number): Promise<void>;
  close(): Promise<void>;
}

/** Its types come from a small package that is always there where this is compiled. */
type Runtime = typeof onnx;
const RUNTIME_PACKAGE: string = 'onnxruntime-node';

/** Null where the optional package is not installed or does not load on this machine. */
const loadRuntime = async (): Promise<Runtime | null> => {
  try {
    return (await import(RUNTIME_PACKAGE)) as Runtime;
  } catch {
    return null;
  }
};

/**
 * Refuses INVALID.MODEL_DIGEST where the file is another one, INVALID_STATE.MODEL_RUNTIME where nothing here can run it,
 * INVALID.MODEL_FILE where it is no model, INVALID.MODEL_SHAPE where inputs or outputs are not those of the version,
 * INVALID.MODEL_UNSTEADY where what it says of one customer hangs on others.
 */
export const openModel = async (
  definition: ScorecardDefinition,
  file: Buffer,
  load: () => Promise<Runtime | null> = loadRuntime,
): Promise<Result<ModelRunner>> => {
  const model = modelOf(definition);
  if (model.kind !== 'ONNX') throw new Error(`a model of kind ${model.kind} has no file`);
  const digest = createHash('sha256').update(file).digest('hex');
  if (digest !== model.digest) {
    return refuse('INVALID', `the file is ${digest}, and the version asks for ${model.digest}`, {
      reason: 'MODEL_DIGEST',
      params: { digest, expected: model.digest },
    });
  }
  const runtime = await load();
  if (runtime === null) {
    return refuse('INVALID_STATE', 'models cannot be run here: the package onnxruntime-node is not installed', {
      reason: 'MODEL_RUNTIME',
    });
  }
  const opened = await openSession(runtime, file);
  if (!opened.ok) return opened;
  const session = opened.value;
  const count = definition.characteristics.length;
  const fits = checkShape(session, model, count);
  if (!fits.ok) return fits;
  const ask = createAsk(runtime, session, model, { count, tile: tileOf(session) });
  const steady = await checkSteady(ask, count);
  if (!steady.ok) return steady;
  return ok(runnerOf(session, ask, rowSlots(definition).length, count, slotOf(definition)));
};

const openSession = async (runtime: Runtime, file: Buffer): Promise<Result<InferenceSession>> => {
  try {
    // One thread: sums come in one order, and workers are scaled by their number.
    const options = { intraOpNumThreads: 1, interOpNumThreads: 1, executionProviders: ['cpu'] };
    return ok(await runtime.InferenceSession.create(file, options));
  } catch (error) {
    return refuse('INVALID', `the file is no model that can be run: ${(error as Error).message}`, {
      reason: 'MODEL_FILE',
    });
  }
};

const checkShape = (session: InferenceSession, model: OnnxModel, count: number): Result<true> => {
  const misfit = (what: string) =>
    refuse('INVALID', `the model does not fit the version: ${what}`, { reason: 'MODEL_SHAPE', params: { what } });
  if (session.inputNames.join() !== model.input) {
    return misfit(`its inputs are ${session.inputNames.join(', ')}, not ${model.input}`);
  }
  const input = session.inputMetadata[0];
  if (input?.isTensor !== true || input.type !== 'float32') return misfit(`${model.input} takes no floats`);
  const width = input.shape[1];
  if (input.shape.length !== 2 || (typeof width === 'number' && width !== count)) {
    return misfit(
      `${model.input} takes [${input.shape.join(', ')}], not ${count} characteristics of any number of customers`,
    );
  }
  const output = session.outputMetadata.find(({ name }) => name === model.output);
  if (output?.isTensor !== true || output.type !== 'float32')
    return misfit(`it has no output ${model.output} of floats`);
  return ok(true);
};

const slotOf = (definition: ScorecardDefinition): number =>
  rowSlots(definition).findIndex((slot) => slot.kind === 'MODEL_OUTPUT');

/** Customers that a model is asked about at a time, where it takes any number. Kernels work on 4, 6, 8, 12 or 16 rows at once. */
const TILE = 96;

/** Some models were exported for a fixed number. */
const tileOf = (session: InferenceSession): number => {
  const input = session.inputMetadata[0];
  const first = input?.isTensor === true ? input.shape[0] : undefined;
  return typeof first === 'number' && first > 0 ? first : TILE;
};

/** What the model says of so many customers, packed row by row; NaN of those that it fails on. */
type Ask = (packed: Float32Array, rows: number) => Promise<Float64Array>;

/**
 * Always asks about the same number of customers, filling up with the first of them: with another number, the same sums may
 * be added up in another order.
 */
const createAsk = (
  runtime: Runtime,
  session: InferenceSession,
  model: OnnxModel,
  { count, tile }: { readonly count: number; readonly tile: number },
): Ask => {
  const askTile = async (packed: Float32Array, from: number, rows: number): Promise<ArrayLike<unknown>> => {
    const filled = new Float32Array(tile * count);
    for (let row = 0; row < tile; row++) {
      const of = row < rows ? from + row : from;
      filled.set(packed.subarray(of * count, (of + 1) * count), row * count);
    }
    const answers = await session.run({ [model.input]: new runtime.Tensor('float32', filled, [tile, count]) });
    const { data } = answers[model.output] as Tensor;
    if (data.length !== tile) throw new Error(`the model was asked for ${tile} customers and spoke of ${data.length}`);
    return data;
  };
  const askEach = async (packed: Float32Array, from: number, rows: number, into: Float64Array): Promise<void> => {
    try {
      const said = await askTile(packed, from, rows);
      for (let row = 0; row < rows; row++) into[from + row] = Number(said[row]);
    } catch {
      // One customer may be beyond the model, and must not take the others along.
      if (rows === 1) into[from] = NaN;
      else for (let row = 0; row < rows; row++) await askEach(packed, from + row, 1, into);
    }
  };
  return async (packed, rows) => {
    const into = new Float64Array(rows);
    for (let from = 0; from < rows; from += tile) await askEach(packed, from, Math.min(tile, rows - from), into);
    return into;
  };
};

const PROBES = TILE + 5;

/** Asks about some customers in one order, in the other and one by one. */
const checkSteady = async (ask: Ask, count: number): Promise<Result<true>> => {
  const probe = (order: (row: number) => number): Float32Array =>
    Float32Array.from({ length: PROBES * count }, (_, at) => {
      const [row, column] = [order(Math.floor(at / count)), at % count];
      return (row + column) % 7 === 0 ? NaN : ((row * 31 + column * 17) % 101) / 40 - 1;
    });
  const forwards = probe((row) => row);
  const [said, reversed] = [
    await ask(forwards, PROBES),
    await ask(
      probe((row) => PROBES - 1 - row),
      PROBES,
    ),
  ];
  for (let row = 0; row < PROBES; row++) {
    const alone = row % 10 === 0 ? await ask(forwards.slice(row * count, (row + 1) * count), 1) : [said[row]];
    if (!Object.is(said[row], reversed[PROBES - 1 - row]) || !Object.is(said[row], alone[0])) {
      return refuse('INVALID', 'what the model says of a customer hangs on whom else it is asked about', {
        reason: 'MODEL_UNSTEADY',
      });
    }
  }
  return ok(true);
};

const runnerOf = (session: InferenceSession, ask: Ask, width: number, count: number, slot: number): ModelRunner => ({
  fill: async (values, rows) => {
    const packed = new Float32Array(rows * count);
    for (let row = 0; row < rows; row++) {
      for (let i = 0; i < count; i++) {
        const value = values[row * width + i] ?? NaN;
        packed[row * count + i] = value === MISSING_VALUE ? NaN : value;
      }
    }
    const said = await ask(packed, rows);
    for (let row = 0; row < rows; row++) values[row * width + slot] = said[row] ?? NaN;
  },
  close: () => session.release(),
});
