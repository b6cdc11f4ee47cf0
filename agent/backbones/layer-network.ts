/** Network from a list of layers and safetensors weights. */
import type { Tf } from '../engine/engine.ts';
import type { Parameters } from '../network/parameters.ts';
import { type Tensor, toTensors } from '../network/tensors.ts';
import type { Tap } from '../network/trunk.ts';
import type { ListedLayer } from './card.ts';
import type { ImageNetwork } from './foreign-trunk.ts';

type Tensor4D = ReturnType<Tf['tensor4d']>;
type Convolution = ListedLayer & { op: 'conv2d' | 'depthwiseConv2d' };

/** The name that the first layers' input goes by. */
const IMAGE = 'image';

/** The grid of a layer's output: cells a step, channels, and the cell index that its first value is centred on. */
interface Grid {
  readonly stride: number;
  readonly channels: number;
  readonly start: number;
}

const inputsOf = (layer: ListedLayer): readonly string[] => ('inputs' in layer ? layer.inputs : [layer.input]);

/** The grid that a window of `size` taps and a stride make of another ('same' padding, even sizes). */
const stepped = (from: Grid, size: number, stride: number, channels: number): Grid => ({
  stride: from.stride * stride,
  channels,
  start: from.start + ((size - 1) / 2 - Math.floor(Math.max(size - stride, 0) / 2)) * from.stride,
});

/** A convolution's grid, once its weights have been checked against its input. */
function convolved(layer: Convolution, from: Grid, weights: Parameters, where: string): Grid {
  const shape = weights[layer.kernel]?.shape;
  const depthwise = layer.op === 'depthwiseConv2d';
  const form = depthwise ? `[n, n, ${from.channels}, 1]` : `[n, n, ${from.channels}, outputs]`;
  const fits = shape?.length === 4 && shape[0] === shape[1] && shape[2] === from.channels;
  if (!fits || (depthwise && shape[3] !== 1))
    throw new Error(
      `${where}: expected tensor '${layer.kernel}' of shape ${form} for layer '${layer.name}', got ${shape ? `[${shape}]` : 'none'}`,
    );
  const channels = depthwise ? from.channels : shape[3];
  const bias = layer.bias === undefined ? [channels] : weights[layer.bias]?.shape;
  if (bias?.join() !== String(channels))
    throw new Error(
      `${where}: expected tensor '${layer.bias}' of shape [${channels}] for layer '${layer.name}', got ${bias ? `[${bias}]` : 'none'}`,
    );
  return stepped(from, shape[0], layer.strides[0], channels);
}

/** The grid of a layer, from its inputs'; undefined for layers that give up the picture's layout. */
function gridOf(
  layer: ListedLayer,
  inputs: readonly (Grid | undefined)[],
  weights: Parameters,
  where: string,
): Grid | undefined {
  const [first, ...others] = inputs;
  if (!first || others.some((o) => !o)) return undefined;
  switch (layer.op) {
    case 'conv2d':
    case 'depthwiseConv2d':
      return convolved(layer, first, weights, where);
    case 'maxPool':
      return stepped(first, layer.size, layer.strides[0], first.channels);
    case 'add':
    case 'concat': {
      const other = others.find(
        (o) => o!.stride !== first.stride || (layer.op === 'add' && o!.channels !== first.channels),
      );
      if (other)
        throw new Error(
          `${where}: expected inputs of layer '${layer.name}' to match (stride ${first.stride}, ${first.channels} channels), got stride ${other.stride}, ${other.channels} channels`,
        );
      const channels = layer.op === 'add' ? first.channels : inputs.reduce((n, i) => n + i!.channels, 0);
      return { ...first, channels };
    }
    default:
      return undefined;
  }
}

/** Grids of all layers. @throws Error naming a layer that stands before its input, or does not fit it. */
function gridsOf(
  layers: readonly ListedLayer[],
  weights: Parameters,
  where: string,
): ReadonlyMap<string, Grid | undefined> {
  const grids = new Map<string, Grid | undefined>([[IMAGE, { stride: 1, channels: 3, start: 0 }]]);
  for (const layer of layers) {
    if (grids.has(layer.name))
      throw new Error(`${where}: expected layers with unique names, got '${layer.name}' twice`);
    const missing = inputsOf(layer).find((name) => !grids.has(name));
    if (missing !== undefined)
      throw new Error(`${where}: expected the input of layer '${layer.name}' among earlier layers, got '${missing}'`);
    const inputs = inputsOf(layer).map((name) => grids.get(name));
    grids.set(layer.name, gridOf(layer, inputs, weights, where));
  }
  return grids;
}

/** The layers that the taps depend on. */
function needed(layers: readonly ListedLayer[], taps: readonly string[]): ListedLayer[] {
  const wanted = new Set(taps);
  for (const layer of layers.toReversed()) if (wanted.has(layer.name)) for (const i of inputsOf(layer)) wanted.add(i);
  return layers.filter((l) => wanted.has(l.name));
}

/** For each stride, the last layer at it, or the last sum of a residual block: narrower than what the next block makes of it. */
function lastAt(
  strides: readonly number[],
  layers: readonly ListedLayer[],
  grids: ReadonlyMap<string, Grid | undefined>,
  where: string,
): string[] {
  return strides.map((stride) => {
    const there = layers.filter((l) => grids.get(l.name)?.stride === stride);
    const last = there.findLast((l) => l.op === 'add') ?? there.at(-1);
    if (last) return last.name;
    throw new Error(`${where}: expected taps in the model card or a layer at stride ${stride} to read, got neither`);
  });
}

/** The taps by these names. @throws Error listing the layers that can be read, if one is not among them. */
function tapsNamed(
  names: readonly string[],
  grids: ReadonlyMap<string, Grid | undefined>,
  where: string,
): readonly Tap[] {
  return names.map((name) => {
    const grid = grids.get(name);
    if (!grid || name === IMAGE) {
      const known = [...grids].filter(([n, g]) => g && n !== IMAGE).map(([n]) => n);
      throw new Error(`${where}: expected taps among ${known.join(', ')}, got '${name}'`);
    }
    const { stride, channels, start } = grid;
    return { name, stride, channels, shift: start + 0.5 - stride / 2 };
  });
}

/**
 * A network given as a list of layers with weights, up to the last tap.
 * @param read  names of layers, or strides of which the last layers are read.
 * @param where named in errors.
 * @throws Error if a layer, a weight or a tap does not fit.
 */
export function layerNetwork(
  tf: Tf,
  layers: readonly ListedLayer[],
  weights: Parameters,
  read: readonly string[] | readonly number[],
  where: string,
): ImageNetwork {
  const grids = gridsOf(layers, weights, where);
  const tapNames = read.every((r) => typeof r === 'string')
    ? read
    : lastAt(read as readonly number[], layers, grids, where);
  const taps = tapsNamed(tapNames, grids, where);
  const used = needed(layers, tapNames);
  const keys = used.flatMap((l) => ('kernel' in l ? [l.kernel, ...(l.bias === undefined ? [] : [l.bias])] : []));
  const tensors = toTensors(tf, Object.fromEntries(keys.map((key) => [key, weights[key]])));
  const apply = (layer: ListedLayer, inputs: readonly Tensor4D[]): Tensor4D => {
    if (layer.op === 'maxPool') return tf.maxPool(inputs[0], layer.size, layer.strides, 'same');
    if (layer.op === 'concat') return tf.concat([...inputs], 3);
    if (layer.op === 'add') return activated(tf, tf.addN([...inputs]), layer.activation);
    if (layer.op !== 'conv2d' && layer.op !== 'depthwiseConv2d')
      throw new Error(`${where}: expected layer '${layer.name}' to keep the picture's layout, got op ${layer.op}`);
    const convolve = layer.op === 'conv2d' ? tf.fused.conv2d : tf.fused.depthwiseConv2d;
    return convolve({
      x: inputs[0],
      filter: tensors[layer.kernel] as Tensor4D,
      strides: layer.strides,
      pad: 'same',
      ...(layer.bias !== undefined && { bias: tensors[layer.bias] }),
      activation: layer.activation,
    });
  };
  return {
    taps,
    forward: (images, count, rows, cols) => {
      const outputs = tf.tidy(() => {
        const values = new Map([[IMAGE, tf.tensor4d(images, [count, rows, cols, 3])]]);
        for (const layer of used)
          values.set(
            layer.name,
            apply(
              layer,
              inputsOf(layer).map((name) => values.get(name)!),
            ),
          );
        return tapNames.map((name) => values.get(name)!);
      });
      return outputs.map(taken);
    },
    dispose: () => {
      for (const tensor of Object.values(tensors)) tensor.dispose();
    },
  };
}

function activated(tf: Tf, x: Tensor4D, activation: Convolution['activation']): Tensor4D {
  if (activation === 'linear') return x;
  return activation === 'relu' ? tf.relu(x) : tf.relu6(x);
}

/** The values of a tensor, which is freed. */
export function taken(tensor: Tensor): Float32Array {
  const values = tensor.dataSync<'float32'>();
  tensor.dispose();
  return values;
}
