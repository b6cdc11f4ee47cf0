/** Equivariant network: trunk and head that cannot tell a grasp from its mirror images. */
import type { Rng } from '../../sim/math/rng.ts';
import { featureLength, LOOKS } from './features.ts';
import { headShapes, MEMBERS } from './head.ts';
import { heNormal, type Parameter, type Parameters, sizeOf, zeros } from './parameters.ts';
import type { Parametrization } from './parametrization.ts';
import { type Layer, tapsOf } from './trunk-layers.ts';
import { INPUT_CHANNELS } from './window.ts';

/**
 * A network that cannot tell a parallel-jaw grasp from its mirror images: group convolutions (Cohen and Welling, 2016) over the
 * grasp's own symmetries, for grasping as in Zhu et al., 2022. In the window frame these are D2: element 1 mirrors along the
 * closing axis (columns), 2 across it (rows), 3 is the half turn, and the product of two is their bitwise xor. Other rotations
 * are in the turned windows.
 *
 * It is an ordinary network with tied weights, so that nothing else needs to know of it: each channel of a layer is one of four
 * copies of a field, each the response to a mirror image of one kernel. Mirroring the window mirrors the maps and permutes the
 * copies. What it reads is depth alone: height, the normal's two components, which change sign with their axis, and whether a
 * cell was observed; the kernels of the colours are 0.
 *
 * The head is the last group convolution: units in fours, each seeing the features under one mirror image (copies permuted, and
 * the looks left and right of the grasp exchanged by mirrors along the closing axis), with one weight for the four in the logit.
 * So the logit is the same for all four images, and the looks need no averaging.
 */
const ORDER = 4;
/** Channels of the input that are looked at, and the elements that change their signs. */
const INPUTS = [
  { channel: 0, flippedBy: 0 },
  { channel: 1, flippedBy: 1 },
  { channel: 2, flippedBy: 2 },
  { channel: 6, flippedBy: 0 },
] as const;

/** Fields of each layer at width 1; about the scratch network's compute, with a third of its weights. */
const FIELDS = [
  { name: 'conv1', fields: 4, stride: 1, tap: true },
  { name: 'conv2', fields: 6, stride: 2, tap: false },
  { name: 'conv3', fields: 6, stride: 1, tap: true },
  { name: 'conv4', fields: 10, stride: 2, tap: false },
  { name: 'conv5', fields: 10, stride: 1, tap: false },
  { name: 'conv6', fields: 10, stride: 1, tap: true },
] as const;

/**
 * The layers of the network. Strided kernels have even sides: only those keep the grid where mirroring puts it.
 * @param width factor on the fields.
 */
export function equivariantLayers(width: number): readonly Layer[] {
  let inputs = INPUT_CHANNELS;
  return FIELDS.map(({ name, fields, stride, tap }) => {
    const outputs = ORDER * Math.max(1, Math.round(fields * width));
    const layer: Layer = { name, inputs, outputs, stride, size: stride === 2 ? 4 : 3, tap };
    inputs = outputs;
    return layer;
  });
}

/** How one array of weights follows from a smaller one: weight i is `sign[i]` times the free weight `index[i]`. */
interface Tie {
  readonly shape: readonly number[];
  readonly freeShape: readonly number[];
  readonly index: Int32Array;
  readonly sign: Int8Array;
}

/** @param source of each weight, from its place in every dimension: place in the free weights, and sign. */
function tie(
  shape: readonly number[],
  freeShape: readonly number[],
  source: (place: readonly number[]) => { readonly place: readonly number[]; readonly sign: number },
): Tie {
  const size = sizeOf(shape);
  const [index, sign] = [new Int32Array(size), new Int8Array(size)];
  const place = shape.map(() => 0);
  for (let i = 0; i < size; i++) {
    const from = source(place);
    index[i] = from.place.reduce((at, p, d) => at * freeShape[d] + p, 0);
    sign[i] = from.sign;
    for (let d = shape.length - 1; d >= 0 && ++place[d] === shape[d]; d--) place[d] = 0;
  }
  return { shape, freeShape, index, sign };
}

/** Element and field of a channel. */
const split = (channel: number): readonly [number, number] => [channel % ORDER, Math.floor(channel / ORDER)];
const join = (element: number, field: number): number => field * ORDER + element;

/** A vector that is the same for the copies of a field. */
const tiedVector = (length: number): Tie =>
  tie([length], [length / ORDER], ([i]) => ({ place: [split(i)[1]], sign: 1 }));

/** A kernel whose copies are mirror images of one. @param lifting whether its input is the window, not fields. */
function tiedKernel({ inputs, outputs, size = 3 }: Layer, lifting: boolean): Tie {
  const fields = outputs / ORDER;
  const mirrored = (at: number, flip: number): number => (flip ? size - 1 - at : at);
  return tie(
    [size, size, inputs, outputs],
    [size, size, lifting ? INPUTS.length : inputs, fields],
    ([row, column, input, output]) => {
      const [element, field] = split(output);
      const [r, c] = [mirrored(row, element & 2), mirrored(column, element & 1)];
      if (!lifting) {
        const [copy, from] = split(input);
        return { place: [r, c, join(copy ^ element, from), field], sign: 1 };
      }
      const seen = INPUTS.findIndex(({ channel }) => channel === input);
      if (seen < 0) return { place: [r, c, 0, field], sign: 0 };
      return { place: [r, c, seen, field], sign: INPUTS[seen].flippedBy & element ? -1 : 1 };
    },
  );
}

/** Where each feature of a grasp is found in the features of its mirror image, by element: [ORDER][feature length]. */
function mirroredFeatures(layers: readonly Layer[]): readonly (readonly number[])[] {
  const opposite = LOOKS.map((look) => (LOOKS as readonly number[]).indexOf(-look));
  return Array.from({ length: ORDER }, (_, element) => {
    let start = 0;
    return tapsOf(layers).flatMap(({ channels }) => {
      const from = start;
      start += LOOKS.length * channels;
      return LOOKS.flatMap((_, look) =>
        Array.from({ length: channels }, (_, channel) => {
          const [copy, field] = split(channel);
          return from + (element & 1 ? opposite[look] : look) * channels + join(copy ^ element, field);
        }),
      );
    });
  });
}

/** Ties of the head's weights; those that are not in it are the same for all images anyway. */
function headTies(layers: readonly Layer[], shapeCount: number): Readonly<Record<string, Tie>> {
  const length = featureLength(tapsOf(layers));
  const units = headShapes(length, shapeCount)['head/hidden/bias'][0];
  if (units % (MEMBERS * ORDER) !== 0)
    throw new Error(`equivariant head: expected hidden units in fours for each of ${MEMBERS} members, got ${units}`);
  const features = mirroredFeatures(layers);
  return {
    'head/hidden/kernel': tie([length, units], [length, units / ORDER], ([feature, unit]) => {
      const [element, field] = split(unit);
      return { place: [features[element][feature], field], sign: 1 };
    }),
    'head/hidden/bias': tiedVector(units),
    'head/logit/kernel': tie([shapeCount, units], [shapeCount, units / ORDER], ([shape, unit]) => ({
      place: [shape, split(unit)[1]],
      sign: 1,
    })),
  };
}

const expanded = ({ shape, index, sign }: Tie, free: Float32Array): Parameter => ({
  shape,
  values: Float32Array.from(index, (from, i) => sign[i] * free[from]),
});

function pulledBack({ freeShape, index, sign }: Tie, gradient: Float32Array): Float32Array {
  const out = new Float32Array(sizeOf(freeShape));
  for (let i = 0; i < index.length; i++) out[index[i]] += sign[i] * gradient[i];
  return out;
}

/**
 * The tied network and its first weights.
 * @param head of an ordinary head for these layers: its weights that need no tie are taken from it.
 */
export function equivariantNetwork(
  layers: readonly Layer[],
  shapeCount: number,
  head: Parameters,
  rng: Rng,
): { readonly parametrization: Parametrization; readonly free: Parameters } {
  const ties: Record<string, Tie> = {};
  layers.forEach((layer, i) => {
    ties[`${layer.name}/kernel`] = tiedKernel(layer, i === 0);
    ties[`${layer.name}/bias`] = tiedVector(layer.outputs);
  });
  Object.assign(ties, headTies(layers, shapeCount));
  const drawn = (name: string, { freeShape }: Tie): Parameter =>
    name.endsWith('/bias') || name === 'head/logit/kernel'
      ? zeros(freeShape)
      : heNormal(freeShape, sizeOf(freeShape.slice(0, -1)), rng);
  const untied = Object.entries(head).filter(([name]) => !(name in ties));
  const free = {
    ...Object.fromEntries(Object.entries(ties).map(([name, t]) => [name, drawn(name, t)])),
    ...Object.fromEntries(untied),
  };
  const parametrization: Parametrization = {
    names: Object.keys(free),
    expand: (weights) =>
      Object.fromEntries(
        Object.entries(weights).map(([name, p]) => [name, ties[name] ? expanded(ties[name], p.values) : p]),
      ),
    pullBack: (_, gradients) =>
      Object.fromEntries(
        Object.entries(gradients).map(([name, g]) => [name, ties[name] ? pulledBack(ties[name], g) : g]),
      ),
  };
  return { parametrization, free };
}
