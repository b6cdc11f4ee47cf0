/** Head: an ensemble of small perceptrons that says of every grasp shape how likely it holds. */
import type { Rng } from '../../sim/math/rng.ts';
import type { Tf } from '../engine/engine.ts';
import { copyParameters, heNormal, type Parameter, type Parameters, zeros } from './parameters.ts';
import { cappedStandardization, type Standardization } from './standardization.ts';
import type { Tensor, Tensor2D, Tensors } from './tensors.ts';

/** Independent members of the head: their mean is the prediction, one of them at random explores (bootstrapped Thompson sampling). */
export const MEMBERS = 4;
/** Hidden units of each member of a fresh head. */
const HIDDEN = 32;

/**
 * The grasp head: an ensemble of small perceptrons, features -> a few ReLU units -> one success logit for each shape of a grasp.
 * Small on purpose: it learns from tens to hundreds of trials. Members differ by their start and by the trials they learn
 * from (Osband et al., 2016).
 * @param length of a feature vector.
 * @param shapeCount grasp shapes to choose among.
 * @param hidden ReLU units of each member.
 */
export function initHead(length: number, shapeCount: number, rng: Rng, hidden = HIDDEN): Parameters {
  const shapes = headShapes(length, shapeCount, hidden);
  return {
    'head/hidden/kernel': heNormal(shapes['head/hidden/kernel'], length, rng),
    'head/hidden/bias': zeros(shapes['head/hidden/bias']),
    'head/logit/kernel': zeros(shapes['head/logit/kernel']),
    'head/logit/bias': zeros(shapes['head/logit/bias']),
  };
}

/**
 * Members lie side by side: unit u belongs to member floor(u / hidden).
 * @param hidden units of each member.
 */
export const headShapes = (
  length: number,
  shapeCount: number,
  hidden = HIDDEN,
): Readonly<Record<string, readonly number[]>> => ({
  'head/hidden/kernel': [length, MEMBERS * hidden],
  'head/hidden/bias': [MEMBERS * hidden],
  'head/logit/kernel': [shapeCount, MEMBERS * hidden],
  'head/logit/bias': [shapeCount, MEMBERS],
});

/** Hidden units of each member of a head, by its weights. A fresh one's if there are none. */
export const hiddenUnits = (head: Parameters): number =>
  head['head/hidden/kernel'] ? Math.floor(head['head/hidden/kernel'].shape[1] / MEMBERS) : HIDDEN;

/**
 * One member of a head, as a head of a single member: it says what that member says, to the bit, for a share of the products.
 * @param head of {@link MEMBERS}. @param member from 0.
 * @returns weights as `headShapes`, with a share of the units, and [shapes, 1] biases of the logits.
 */
export function memberHead(head: Parameters, member: number): Parameters {
  const columns = ({ shape: [rows, columns], values }: Parameter): Parameter => {
    const own = columns / MEMBERS;
    const out = new Float32Array(rows * own);
    for (let row = 0; row < rows; row++) {
      const first = row * columns + member * own;
      out.set(values.subarray(first, first + own), row * own);
    }
    return { shape: [rows, own], values: out };
  };
  const {
    shape: [units],
    values: bias,
  } = head['head/hidden/bias'];
  const own = units / MEMBERS;
  return {
    'head/hidden/kernel': columns(head['head/hidden/kernel']),
    'head/hidden/bias': { shape: [own], values: bias.slice(member * own, (member + 1) * own) },
    'head/logit/kernel': columns(head['head/logit/kernel']),
    'head/logit/bias': columns(head['head/logit/bias']),
  };
}

/** A head with the scale of its features: what a learner's head may start from. */
export interface StandardizedHead {
  readonly parameters: Parameters;
  readonly standardization: Standardization;
}

/** A head on standardised features as one on {@link cappedStandardization}: it answers as before. */
export function cappedHead(head: StandardizedHead): StandardizedHead {
  const standardization = cappedStandardization(head.standardization);
  const parameters = copyParameters(head.parameters);
  const { shape, values } = parameters['head/hidden/kernel'];
  for (let i = 0; i < values.length; i++) {
    const f = Math.floor(i / shape[1]);
    values[i] *= head.standardization.scale[f] / standardization.scale[f];
  }
  return { parameters, standardization };
}

/**
 * [count, feature length] standardised features -> [count, shapes, members] logits. Differentiable.
 * @param bias of the hidden units, [units] or [count, units]; the weights' own if left out.
 */
export function headLogits(
  tf: Tf,
  weights: Tensors,
  features: Tensor,
  bias: Tensor = weights['head/hidden/bias'],
): Tensor {
  const sums = tf.matMul(features as Tensor2D, weights['head/hidden/kernel'] as Tensor2D);
  return logitsOfSums(tf, weights, sums, bias);
}

/** The rest of {@link headLogits}, from what the hidden units sum up to without their bias, [count, units]. */
function logitsOfSums(tf: Tf, weights: Tensors, hidden: Tensor, bias: Tensor): Tensor {
  const kernel = weights['head/logit/kernel'];
  const [count, shapes, units] = [hidden.shape[0], kernel.shape[0], kernel.shape[1] as number];
  const members = weights['head/logit/bias'].shape[1] as number;
  const sums = tf.add(hidden, bias);
  // every unit's contribution to every shape, then summed within each member
  const parts = tf.mul(tf.expandDims(tf.relu(sums), 1), kernel); // [count, shapes, units]
  const summed = tf.sum(tf.reshape(parts, [count, shapes, members, units / members]), 3); // [count, shapes, members]
  return tf.add(summed, weights['head/logit/bias']);
}

/** One head for each shape of a grasp, on hidden units that differ by their bias alone. */
export interface SharedHead {
  /** [feature length, units of one shape] */
  readonly hidden: Parameter;
  /** Without a hidden kernel. */
  readonly shapes: readonly Parameters[];
}

/**
 * A head whose shapes have the same hidden units but for the bias, as a pretrained one is made for several shapes: what they
 * sum up to needs to be computed once.
 * @returns undefined for any other head, one of a single shape included.
 */
export function sharedHead(head: Parameters): SharedHead | undefined {
  const { shape, values } = head['head/hidden/kernel'];
  const [count, units] = head['head/logit/kernel'].shape;
  const [own, length] = [units / count, shape[0]];
  const members = head['head/logit/bias'].shape[1];
  const hidden = own / members;
  // unit h of member m, of shape k
  const place = (k: number, u: number): number => (Math.floor(u / hidden) * count + k) * hidden + (u % hidden);
  if (count < 2 || !shares(values, length, units, count, own, place)) return undefined;
  const pick = (from: Float32Array, row: number, k: number): Float32Array =>
    Float32Array.from({ length: own }, (_, u) => from[row * units + place(k, u)]);
  const one = new Float32Array(length * own);
  for (let f = 0; f < length; f++) one.set(pick(values, f, 0), f * own);
  const [logits, biases] = [head['head/logit/kernel'].values, head['head/logit/bias'].values];
  const shapes = Array.from(
    { length: count },
    (_, k): Parameters => ({
      'head/hidden/bias': { shape: [own], values: pick(head['head/hidden/bias'].values, 0, k) },
      'head/logit/kernel': { shape: [1, own], values: pick(logits, k, k) },
      'head/logit/bias': { shape: [1, members], values: biases.slice(k * members, (k + 1) * members) },
    }),
  );
  for (let k = 0; k < count; k++) {
    const mine = new Set(Array.from({ length: own }, (_, u) => place(k, u)));
    for (let u = 0; u < units; u++) if (!mine.has(u) && logits[k * units + u] !== 0) return undefined;
  }
  return { hidden: { shape: [length, own], values: one }, shapes };
}

/** Whether every shape's hidden units weigh the features alike. */
function shares(
  kernel: Float32Array,
  length: number,
  units: number,
  count: number,
  own: number,
  place: (k: number, u: number) => number,
): boolean {
  for (let u = 0; u < own; u++) {
    const first = place(0, u);
    for (let k = 1; k < count; k++) {
      const other = place(k, u);
      for (let f = 0; f < length; f++) if (kernel[f * units + first] !== kernel[f * units + other]) return false;
    }
  }
  return true;
}

/**
 * {@link headLogits} of a {@link SharedHead}.
 * @param hidden its hidden kernel. @param shapes its heads, as tensors.
 * @returns [count, shapes, members]
 */
export const sharedLogits = (tf: Tf, hidden: Tensor, shapes: readonly Tensors[], features: Tensor): Tensor => {
  const sums = tf.matMul(features as Tensor2D, hidden as Tensor2D);
  return tf.concat(
    shapes.map((weights) => logitsOfSums(tf, weights, sums, weights['head/hidden/bias'])),
    1,
  );
};
