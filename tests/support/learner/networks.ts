import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Tf } from '../../../agent/engine/engine.ts';
import { heNormal, type Parameter, type Parameters, sizeOf } from '../../../agent/network/parameters.ts';
import { encodeTensors } from '../../../agent/network/safetensors.ts';
import { rngStream } from '../../../sim/math/rng.ts';

/** Small foreign networks, written as the files that people have: weights are drawn, nothing is downloaded. */

const rng = rngStream(0, 'test/networks');
const vector = (length: number): Parameter => ({
  shape: [length],
  values: Float32Array.from({ length }, () => rng.normal()),
});

/** How the pictures of all of them are prepared. */
export const INPUT = { mean: [127.5, 127.5, 127.5], scale: [127.5, 127.5, 127.5] };

/** A residual network in small: strides 2 and 4, a depthwise convolution, a sum, a top that is passed over. */
export const LAYERS = [
  {
    op: 'conv2d',
    name: 'stem',
    input: 'image',
    kernel: 'k1',
    bias: 'b1',
    strides: [2, 2],
    padding: 'same',
    activation: 'relu6',
  },
  {
    op: 'depthwiseConv2d',
    name: 'deep',
    input: 'stem',
    kernel: 'k2',
    bias: 'b2',
    strides: [1, 1],
    padding: 'same',
    activation: 'relu',
  },
  { op: 'conv2d', name: 'point', input: 'deep', kernel: 'k3', strides: [1, 1], padding: 'same' },
  { op: 'add', name: 'sum', inputs: ['stem', 'point'] },
  { op: 'maxPool', name: 'pool', input: 'sum', size: 3, strides: [2, 2], padding: 'same' },
  { op: 'concat', name: 'both', inputs: ['pool', 'pool'] },
  { op: 'globalAveragePool', name: 'mean', input: 'both' },
  { op: 'dense', name: 'classifier', input: 'mean', kernel: 'k4' },
];

export const layerWeights = (): Parameters => ({
  k1: heNormal([3, 3, 3, 4], 27, rngStream(1, 'test/k1')),
  b1: { shape: [4], values: Float32Array.of(0.1, -0.2, 0.3, 0.5) },
  k2: heNormal([3, 3, 4, 1], 9, rngStream(1, 'test/k2')),
  b2: { shape: [4], values: Float32Array.of(0.3, 0.2, -0.1, 0.05) },
  k3: heNormal([1, 1, 4, 4], 4, rngStream(1, 'test/k3')),
  k4: heNormal([8, 2], 8, rngStream(1, 'test/k4')),
});

/** Writes a card; `null` takes a key away. @returns its path. */
export function writeCard(folder: string, name: string, card: object): string {
  const path = join(folder, `${name}.json`);
  const entries = Object.entries({ license: 'CC0-1.0', input: INPUT, ...card }).filter(([, v]) => v !== null);
  writeFileSync(path, JSON.stringify(Object.fromEntries(entries)));
  return path;
}

/** A layer list with its weights. @returns the path of the card. */
export function writeLayerNetwork(folder: string, name: string, card: object = {}, weights = layerWeights()): string {
  writeFileSync(join(folder, `${name}.safetensors`), encodeTensors({ parameters: weights, metadata: {} }));
  return writeCard(folder, name, { layers: LAYERS, taps: ['sum', 'pool'], ...card });
}

const bytesOf = (values: Float32Array): Uint8Array =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength);

/** A TensorFlow.js layers model for 32 x 32 pictures, as tfjs saves it: model.json and one weight file. */
export async function writeLayersModel(tf: Tf, folder: string): Promise<{ first: Parameter; bias: Parameter }> {
  const first = heNormal([3, 3, 3, 5], 27, rngStream(2, 'test/tfjs'));
  const bias = vector(5);
  const input = tf.input({ shape: [32, 32, 3] });
  const conv = tf.layers.conv2d({
    filters: 5,
    kernelSize: 3,
    strides: 2,
    padding: 'same',
    activation: 'relu',
    name: 'conv',
  });
  const pool = tf.layers.maxPooling2d({ poolSize: 2, name: 'pool' }).apply(conv.apply(input));
  const mean = tf.layers.globalAveragePooling2d({ name: 'mean' }).apply(pool);
  const top = tf.layers.dense({ units: 2, name: 'top' }).apply(mean);
  const model = tf.model({ inputs: input, outputs: top as ReturnType<Tf['input']> });
  const [kernel, offset] = [tf.tensor(first.values, [...first.shape]), tf.tensor(bias.values, [5])];
  conv.setWeights([kernel, offset]);
  await model.save(
    tf.io.withSaveHandler(async (artifacts) => {
      writeFileSync(join(folder, 'group1-shard1of1.bin'), new Uint8Array(artifacts.weightData as ArrayBuffer));
      const { modelTopology, weightSpecs: weights, format } = artifacts;
      const weightsManifest = [{ paths: ['group1-shard1of1.bin'], weights }];
      writeFileSync(join(folder, 'model.json'), JSON.stringify({ modelTopology, format, weightsManifest }));
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
    }),
  );
  tf.dispose([kernel, offset]);
  model.dispose();
  return { first, bias };
}

/** A TensorFlow.js graph model for 32 x 32 pictures, in two weight files: 3 x 3 convolution, stride 2, bias, ReLU. */
export function writeGraphModel(folder: string): { first: Parameter; bias: Parameter } {
  const first = heNormal([3, 3, 3, 5], 27, rngStream(3, 'test/graph'));
  const bias = vector(5);
  const float = { type: 'DT_FLOAT' };
  const shape = (sizes: readonly number[]) => ({ shape: { dim: sizes.map((size) => ({ size: String(size) })) } });
  const node = [
    { name: 'x', op: 'Placeholder', attr: { dtype: float, shape: shape([1, 32, 32, 3]) } },
    { name: 'kernel', op: 'Const', attr: { dtype: float } },
    { name: 'bias', op: 'Const', attr: { dtype: float } },
    {
      name: 'conv',
      op: 'Conv2D',
      input: ['x', 'kernel'],
      attr: {
        T: float,
        strides: { list: { i: ['1', '2', '2', '1'] } },
        padding: { s: Buffer.from('SAME').toString('base64') },
        data_format: { s: Buffer.from('NHWC').toString('base64') },
        dilations: { list: { i: ['1', '1', '1', '1'] } },
      },
    },
    { name: 'sum', op: 'BiasAdd', input: ['conv', 'bias'], attr: { T: float } },
    { name: 'relu', op: 'Relu', input: ['sum'], attr: { T: float } },
  ];
  writeFileSync(join(folder, 'a.bin'), bytesOf(first.values));
  writeFileSync(join(folder, 'b.bin'), bytesOf(bias.values));
  const weights = [
    { name: 'kernel', shape: first.shape, dtype: 'float32' },
    { name: 'bias', shape: bias.shape, dtype: 'float32' },
  ];
  const json = {
    format: 'graph-model',
    modelTopology: { node, versions: { producer: 987 } },
    weightsManifest: [{ paths: ['a.bin', 'b.bin'], weights }],
  };
  writeFileSync(join(folder, 'model.json'), JSON.stringify(json));
  return { first, bias };
}

const varint = (n: number): number[] => (n < 128 ? [n] : [(n % 128) | 128, ...varint(Math.floor(n / 128))]);
const block = (id: number, bytes: Iterable<number>): number[] => {
  const body = [...bytes];
  return [...varint(id * 8 + 2), ...varint(body.length), ...body];
};
const text = (id: number, value: string): number[] => block(id, new TextEncoder().encode(value));
const int = (id: number, value: number): number[] => [...varint(id * 8), ...varint(value)];

/** An ONNX model for pictures of any size: 3 x 3 convolution of stride 2, bias, ReLU ('inner'), another ReLU ('out'). */
export function onnxModel(): { model: Uint8Array; first: Parameter; bias: Parameter } {
  const first = heNormal([3, 3, 3, 5], 27, rngStream(4, 'test/onnx'));
  const bias = vector(5);
  const ints = (name: string, values: readonly number[]) =>
    block(5, [...text(1, name), ...values.flatMap((v) => int(8, v)), ...int(20, 7)]);
  const tensor = (name: string, dims: readonly number[], values: Float32Array) =>
    block(5, [...dims.flatMap((d) => int(1, d)), ...int(2, 1), ...text(8, name), ...block(9, bytesOf(values))]);
  const dims = [int(1, 1), text(2, 'n'), int(1, 3), text(2, 'h'), text(2, 'w')].slice(1);
  const value = (id: number, name: string) =>
    block(id, [
      ...text(1, name),
      ...block(
        2,
        block(1, [
          ...int(1, 1),
          ...block(
            2,
            dims.flatMap((d) => block(1, d)),
          ),
        ]),
      ),
    ]);
  // [height, width, in, out] -> [out, in, height, width]
  const kernel = new Float32Array(sizeOf(first.shape));
  for (let s = 0; s < 9; s++)
    for (let i = 0; i < 3; i++)
      for (let o = 0; o < 5; o++) kernel[(o * 3 + i) * 9 + s] = first.values[(s * 3 + i) * 5 + o];
  const node = (op: string, inputs: readonly string[], output: string, attributes: readonly number[] = []) =>
    block(1, [...inputs.flatMap((i) => text(1, i)), ...text(2, output), ...text(4, op), ...attributes]);
  const convolution = [...ints('strides', [2, 2]), ...ints('pads', [0, 0, 1, 1]), ...ints('kernel_shape', [3, 3])];
  const output = block(12, [...text(1, 'out'), ...block(2, block(1, int(1, 1)))]);
  const graph = [
    ...node('Conv', ['x', 'k', 'b'], 'conv', convolution),
    ...node('Relu', ['conv'], 'inner'),
    ...node('Relu', ['inner'], 'out'),
    ...text(2, 'test'),
    ...tensor('k', [5, 3, 3, 3], kernel),
    ...tensor('b', [5], bias.values),
    ...value(11, 'x'),
    ...output,
  ];
  const model = Uint8Array.from([...int(1, 8), ...block(7, graph), ...block(8, int(2, 13))]);
  return { model, first, bias };
}
