/** Models from elsewhere, made here as a trainer would export them. */
import { onnx } from 'onnx-proto';

interface Shape {
  readonly name: string;
  readonly dims: readonly (number | string)[];
}
const { FLOAT } = onnx.TensorProto.DataType;
const valueInfo = ({ name, dims }: Shape) =>
  onnx.ValueInfoProto.create({
    name,
    type: {
      tensorType: {
        elemType: FLOAT,
        shape: { dim: dims.map((dim) => (typeof dim === 'number' ? { dimValue: dim } : { dimParam: dim })) },
      },
    },
  });
const tensor = (name: string, dims: readonly number[], floatData: readonly number[]) => ({
  name,
  dims: [...dims],
  dataType: FLOAT,
  floatData: [...floatData],
});

export interface Steps {
  /** Column that is looked at, value from which the step counts, and what it adds to the log-odds. */
  readonly steps: readonly { readonly column: number; readonly from: number; readonly adds: number }[];
  readonly constant: number;
  readonly columns: number;
}

/** Log-odds as a sum of steps, then a probability: what a trainer would export for a card on bins. */
export const modelFile = ({ steps, constant, columns }: Steps, input = 'x', width = columns): Buffer => {
  const select = Array.from({ length: columns * steps.length }, (_, at) =>
    steps[at % steps.length]?.column === Math.floor(at / steps.length) ? 1 : 0,
  );
  const graph = {
    name: 'card',
    input: [valueInfo({ name: input, dims: ['customers', width] })],
    output: [valueInfo({ name: 'p', dims: ['customers', 1] })],
    initializer: [
      tensor('select', [columns, steps.length], select),
      tensor(
        'from',
        [steps.length],
        steps.map((step) => step.from),
      ),
      tensor(
        'adds',
        [steps.length, 1],
        steps.map((step) => step.adds),
      ),
      tensor('constant', [1], [constant]),
    ],
    node: [
      { opType: 'MatMul', input: [input, 'select'], output: ['looked'] },
      { opType: 'GreaterOrEqual', input: ['looked', 'from'], output: ['reached'] },
      {
        opType: 'Cast',
        input: ['reached'],
        output: ['taken'],
        attribute: [{ name: 'to', i: FLOAT, type: onnx.AttributeProto.AttributeType.INT }],
      },
      { opType: 'MatMul', input: ['taken', 'adds'], output: ['sum'] },
      { opType: 'Add', input: ['sum', 'constant'], output: ['logOdds'] },
      { opType: 'Sigmoid', input: ['logOdds'], output: ['p'] },
    ],
  };
  return encoded(graph);
};

/** A weighted sum, then a probability. It says nothing of whoever lacks a value. */
export const linearFile = (weights: readonly number[]): Buffer =>
  encoded({
    name: 'linear',
    input: [valueInfo({ name: 'x', dims: ['customers', weights.length] })],
    output: [valueInfo({ name: 'p', dims: ['customers', 1] })],
    initializer: [tensor('weights', [weights.length, 1], weights)],
    node: [
      { opType: 'MatMul', input: ['x', 'weights'], output: ['logOdds'] },
      { opType: 'Sigmoid', input: ['logOdds'], output: ['p'] },
    ],
  });

/** Shares of one customer in all that are asked about together: nobody may be rated by that. */
export const sharesFile = (columns: number): Buffer =>
  encoded({
    name: 'shares',
    input: [valueInfo({ name: 'x', dims: ['customers', columns] })],
    output: [valueInfo({ name: 'p', dims: ['customers', 1] })],
    initializer: [tensor('weights', [columns, 1], Array<number>(columns).fill(1))],
    node: [
      { opType: 'IsNaN', input: ['x'], output: ['lacks'] },
      { opType: 'Where', input: ['lacks', 'zero', 'x'], output: ['known'] },
      { opType: 'MatMul', input: ['known', 'weights'], output: ['sum'] },
      {
        opType: 'Softmax',
        input: ['sum'],
        output: ['p'],
        attribute: [{ name: 'axis', i: 0, type: onnx.AttributeProto.AttributeType.INT }],
      },
    ],
    constants: { zero: 0 },
  });

interface Graph extends onnx.IGraphProto {
  readonly constants?: Readonly<Record<string, number>>;
}

const encoded = ({ constants = {}, ...graph }: Graph): Buffer => {
  const initializer = [
    ...(graph.initializer ?? []),
    ...Object.entries(constants).map(([name, value]) => tensor(name, [1], [value])),
  ];
  const model = onnx.ModelProto.create({
    irVersion: 7,
    opsetImport: [{ domain: '', version: 13 }],
    graph: { ...graph, initializer },
  });
  return Buffer.from(onnx.ModelProto.encode(model).finish());
};
