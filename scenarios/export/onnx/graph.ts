/** ONNX graph: trunk, sampling of features and head of a policy, from windows to logits. */
import { LOOKS } from '../../../agent/network/features.ts';
import { MEMBERS } from '../../../agent/network/head.ts';
import type { Model } from '../../../agent/network/model.ts';
import type { Parameter } from '../../../agent/network/parameters.ts';
import type { Layer } from '../../../agent/network/trunk-layers.ts';
import { INPUT_CHANNELS } from '../../../agent/network/window.ts';
import type { Fields } from '../../../sim/recording/read/decode.ts';
import { ATTRIBUTE_TYPE, DATA_TYPE, IR_VERSION, ONNX, OPSET } from './messages.ts';

/** Names and shapes of the graph's inputs and outputs; a word in a shape is any number. */
export const signature = (shapes: number) =>
  ({
    inputs: { windows: ['batch', 'rows', 'cols', INPUT_CHANNELS], points: ['batch', 'points', 2] },
    outputs: { logits: ['batch', 'points', shapes], members: ['batch', 'points', shapes, MEMBERS] },
  }) as const satisfies Readonly<Record<string, Readonly<Record<string, Shape>>>>;

type Shape = readonly (string | number)[];

/** What a file says of itself. */
export interface OnnxAbout {
  readonly graftVersion: string;
  /** One paragraph. */
  readonly description: string;
  readonly metadata: Readonly<Record<string, string>>;
}

/** A network of graft's own layers, and how a greedy policy ranks by its head. */
export interface OnnxNetwork extends Pick<Model, 'trunk' | 'head' | 'standardization'> {
  readonly layers: readonly Layer[];
  /** Standard deviations of the members that a logit lies below their mean. */
  readonly pessimism: number;
}

/**
 * The network as an ONNX file, as {@link signature}: the trunk's maps are read at `points` (column and row in cells of the
 * window, cell centres at half integers), and the head answers for each.
 */
export function encodeOnnx(network: OnnxNetwork, about: OnnxAbout): Uint8Array {
  const graph = new GraphBuilder();
  const features = sampled(graph, addTrunk(graph, network), addGrid(graph));
  addHead(graph, standardized(graph, features, network), network);
  const { inputs, outputs } = signature(network.head['head/logit/kernel'].shape[0]);
  return ONNX.encode('ModelProto', {
    irVersion: IR_VERSION,
    producerName: 'graft',
    producerVersion: about.graftVersion,
    docString: about.description,
    opsetImport: [{ domain: '', version: OPSET }],
    metadataProps: Object.entries(about.metadata).map(([key, value]) => ({ key, value })),
    graph: {
      name: 'graft',
      node: graph.nodes,
      initializer: graph.initializers,
      input: Object.entries(inputs).map(([name, shape]) => valueInfo(name, shape)),
      output: Object.entries(outputs).map(([name, shape]) => valueInfo(name, shape)),
    },
  });
}

const valueInfo = (name: string, shape: Shape): Fields => {
  const dim = shape.map((size) => (typeof size === 'string' ? { dimParam: size } : { dimValue: size }));
  return { name, type: { tensorType: { elemType: DATA_TYPE.float, shape: { dim } } } };
};

/** Nodes and constants in the order that they are added: each node after those that it reads. */
class GraphBuilder {
  readonly nodes: Fields[] = [];
  readonly initializers: Fields[] = [];

  /** @returns the name of its output, which is the node's own. */
  node(
    type: string,
    name: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
  ): string {
    const attribute = Object.entries(attributes).map(([key, value]) => ({ name: key, ...attributeValue(value) }));
    this.nodes.push({ name, opType: type, input: inputs, output: [name], attribute });
    return name;
  }

  floats(name: string, dims: readonly number[], values: ArrayLike<number>): string {
    return this.#constant(name, dims, DATA_TYPE.float, Float32Array.from(values));
  }

  integers(name: string, values: readonly number[]): string {
    return this.#constant(name, [values.length], DATA_TYPE.int64, BigInt64Array.from(values, BigInt));
  }

  #constant(name: string, dims: readonly number[], dataType: number, values: Float32Array | BigInt64Array): string {
    this.initializers.push({ name, dims, dataType, rawData: new Uint8Array(values.buffer) });
    return name;
  }
}

type Attribute = number | string | readonly number[];

function attributeValue(value: Attribute): Fields {
  if (typeof value === 'number') return { i: value, type: ATTRIBUTE_TYPE.int };
  if (typeof value === 'string') return { s: new TextEncoder().encode(value), type: ATTRIBUTE_TYPE.string };
  return { ints: value, type: ATTRIBUTE_TYPE.ints };
}

/** @returns names of the taps' maps, [batch, channels, rows / stride, cols / stride]. */
function addTrunk(graph: GraphBuilder, { layers, trunk }: OnnxNetwork): string[] {
  let x = graph.node('Transpose', 'channels_first', ['windows'], { perm: [0, 3, 1, 2] });
  return layers.flatMap(({ name, stride, size = 3, tap }) => {
    const { shape, values } = transposedKernel(trunk[`${name}/kernel`]);
    const kernel = graph.floats(`${name}/kernel`, shape, values);
    const bias = graph.floats(`${name}/bias`, [shape[0]], trunk[`${name}/bias`].values);
    // 'same' as TensorFlow pads where the sides are multiples of the stride
    const padding = Math.max(size - stride, 0);
    const [before, after] = [Math.floor(padding / 2), Math.ceil(padding / 2)];
    const attributes = {
      kernel_shape: [size, size],
      strides: [stride, stride],
      pads: [before, before, after, after],
    };
    x = graph.node('Relu', name, [graph.node('Conv', `${name}/conv`, [x, kernel, bias], attributes)]);
    return tap ? [x] : [];
  });
}

/** [height, width, in, out] -> [out, in, height, width]. */
function transposedKernel({ shape: [height, width, inputs, outputs], values }: Parameter): Parameter {
  const cells = height * width;
  const out = new Float32Array(values.length);
  for (let s = 0, from = 0; s < cells; s++)
    for (let i = 0; i < inputs; i++)
      for (let o = 0; o < outputs; o++, from++) out[(o * inputs + i) * cells + s] = values[from];
  return { shape: [outputs, inputs, height, width], values: out };
}

/** Where the maps are read, from -1 to 1 over the window: [batch, points, looks, 2]. The same for every tap. */
function addGrid(graph: GraphBuilder): string {
  const sides = graph.node('Gather', 'sides', [
    graph.node('Shape', 'shape', ['windows']),
    graph.integers('cols_rows', [2, 1]),
  ]);
  const extent = graph.node('Cast', 'extent', [sides], { to: DATA_TYPE.float });
  const middle = graph.node('Unsqueeze', 'middle', ['points', graph.integers('look_axis', [2])]);
  const offsets = graph.floats(
    'looks',
    [LOOKS.length, 2],
    LOOKS.flatMap((look) => [look, 0]),
  );
  const twice = graph.node('Mul', 'twice', [
    graph.node('Add', 'looked_at', [middle, offsets]),
    graph.floats('two', [], [2]),
  ]);
  return graph.node('Sub', 'grid', [graph.node('Div', 'share', [twice, extent]), graph.floats('one', [], [1])]);
}

/** Features of every point, [batch, points, feature length], in the order of `writeFeatures`. */
function sampled(graph: GraphBuilder, taps: readonly string[], grid: string): string {
  const rest = graph.integers('in_one', [0, 0, -1]);
  const parts = taps.map((tap) => {
    const settings = { mode: 'bilinear', padding_mode: 'border', align_corners: 0 };
    const read = graph.node('GridSample', `${tap}/read`, [tap, grid], settings); // [batch, channels, points, looks]
    const last = graph.node('Transpose', `${tap}/looks`, [read], { perm: [0, 2, 3, 1] });
    return graph.node('Reshape', `${tap}/features`, [last, rest]);
  });
  return graph.node('Concat', 'features', parts, { axis: 2 });
}

function standardized(
  graph: GraphBuilder,
  features: string,
  { standardization: { mean, scale } }: OnnxNetwork,
): string {
  const shifted = graph.node('Sub', 'shifted', [features, graph.floats('mean', [mean.length], mean)]);
  return graph.node('Mul', 'standardized', [shifted, graph.floats('scale', [scale.length], scale)]);
}

/** Adds `members`, and `logits` that a greedy policy ranks by. */
function addHead(graph: GraphBuilder, features: string, { head, pessimism }: OnnxNetwork): void {
  const [hidden, logit] = [head['head/hidden/kernel'], head['head/logit/kernel']];
  const [shapes, units] = logit.shape;
  const kernel = graph.floats('head/hidden/kernel', hidden.shape, hidden.values);
  const bias = graph.floats('head/hidden/bias', [units], head['head/hidden/bias'].values);
  const sums = graph.node('Add', 'sums', [graph.node('MatMul', 'products', [features, kernel]), bias]);
  const active = graph.node('Relu', 'hidden', [sums]);
  const out = graph.floats('head/logit/kernel', [units, shapes * MEMBERS], memberKernel(logit));
  const offset = graph.floats('head/logit/bias', [shapes * MEMBERS], head['head/logit/bias'].values);
  const flat = graph.node('Add', 'flat', [graph.node('MatMul', 'answers', [active, out]), offset]);
  graph.node('Reshape', 'members', [flat, graph.integers('by_member', [0, 0, shapes, MEMBERS])]);
  const overMembers = { axes: [3], keepdims: 0 };
  if (pessimism === 0) return void graph.node('ReduceMean', 'logits', ['members'], overMembers);
  const mean = graph.node('ReduceMean', 'members_mean', ['members'], overMembers);
  const squares = graph.node(
    'ReduceMean',
    'squares',
    [graph.node('Mul', 'squared', ['members', 'members'])],
    overMembers,
  );
  const spread = graph.node('Sub', 'spread', [squares, graph.node('Mul', 'mean_squared', [mean, mean])]);
  const deviation = graph.node('Sqrt', 'deviation', [graph.node('Relu', 'variance', [spread])]);
  const less = graph.node('Mul', 'less', [deviation, graph.floats('pessimism', [], [pessimism])]);
  graph.node('Sub', 'logits', [mean, less]);
}

/** [shapes, units] -> [units, shapes * MEMBERS]: a unit counts for its own member alone. */
function memberKernel({ shape: [shapes, units], values }: Parameter): Float32Array {
  const out = new Float32Array(units * shapes * MEMBERS);
  for (let s = 0; s < shapes; s++)
    for (let u = 0; u < units; u++) {
      const member = Math.floor(u / (units / MEMBERS));
      out[(u * shapes + s) * MEMBERS + member] = values[s * units + u];
    }
  return out;
}
