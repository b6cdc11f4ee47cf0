/** Pretrained head: learned along with a trunk for any hand, and what it is for one hand. */
import { headShapes, MEMBERS, type StandardizedHead } from '../network/head.ts';
import type { Parameter, Parameters } from '../network/parameters.ts';
import type { Standardization } from '../network/standardization.ts';
import { type GraspHand, graspDescriptor } from './descriptor.ts';

/** A head that was pretrained along with its trunk, for any hand: one shape of a grasp, the hand's descriptor beside the features. */
export interface PretrainedHead {
  /** As `headShapes` for one shape, and `head/descriptor/kernel` [DESCRIPTOR_KEYS.length or fewer, units]. */
  readonly parameters: Parameters;
  readonly standardization: Standardization;
}

const DESCRIPTOR = 'head/descriptor/kernel';
const [MEAN, SCALE] = ['head/mean', 'head/scale'];

/** A head's tensors as they are stored beside a trunk's. */
export const headTensors = ({ parameters, standardization: { mean, scale } }: PretrainedHead): Parameters => ({
  ...parameters,
  [MEAN]: { shape: [mean.length], values: mean },
  [SCALE]: { shape: [scale.length], values: scale },
});

/**
 * Names and shapes of {@link headTensors} for features of a length.
 * @param known how many of {@link DESCRIPTOR_KEYS} the head reads: the first ones.
 */
export const headTensorShapes = (
  length: number,
  units: number,
  known: number,
): Readonly<Record<string, readonly number[]>> => ({
  ...headShapes(length, 1, units / MEMBERS),
  [DESCRIPTOR]: [known, units],
  [MEAN]: [length],
  [SCALE]: [length],
});

/** The head among checked tensors. @returns undefined if there is none. */
export function headAmong(tensors: Parameters): PretrainedHead | undefined {
  if (!tensors[DESCRIPTOR]) return undefined;
  const { [MEAN]: mean, [SCALE]: scale, ...parameters } = tensors;
  return { parameters, standardization: { mean: mean.values, scale: scale.values } };
}

/** Bias of the hidden units for one hand: its descriptor is constant, so the descriptor's share is, too. */
export function handBias(head: Parameters, descriptor: Float32Array): Float32Array {
  const {
    values: kernel,
    shape: [known],
  } = head[DESCRIPTOR];
  const bias = head['head/hidden/bias'].values.slice();
  descriptor.subarray(0, known).forEach((value, d) => {
    for (let u = 0; u < bias.length; u++) bias[u] += value * kernel[d * bias.length + u];
  });
  return bias;
}

/**
 * The head for one hand and some grasp shapes: exactly what the pretrained one says of each. Every shape has its own copy of
 * the hidden units, for only their biases differ.
 * @param descriptors one a grasp shape.
 */
export function headFor({ parameters }: PretrainedHead, descriptors: readonly Float32Array[]): Parameters {
  const [kernel, logit] = [parameters['head/hidden/kernel'], parameters['head/logit/kernel'].values];
  const [length, units] = kernel.shape;
  const [shapeCount, hidden] = [descriptors.length, units / MEMBERS];
  const shapes = headShapes(length, shapeCount, hidden * shapeCount);
  const out: Record<string, Parameter> = Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [
      name,
      { shape, values: new Float32Array(shape.reduce((n, s) => n * s, 1)) },
    ]),
  );
  const biases = descriptors.map((d) => handBias(parameters, d));
  // unit h of member m, copied for grasp shape k
  const place = (m: number, k: number, h: number): number => (m * shapeCount + k) * hidden + h;
  for (let m = 0; m < MEMBERS; m++) {
    for (let k = 0; k < shapeCount; k++) {
      out['head/logit/bias'].values[k * MEMBERS + m] = parameters['head/logit/bias'].values[m];
      for (let h = 0; h < hidden; h++) {
        const [from, to] = [m * hidden + h, place(m, k, h)];
        out['head/hidden/bias'].values[to] = biases[k][from];
        out['head/logit/kernel'].values[k * units * shapeCount + to] = logit[from];
        for (let f = 0; f < length; f++)
          out['head/hidden/kernel'].values[f * units * shapeCount + to] = kernel.values[f * units + from];
      }
    }
  }
  return out;
}

/** A backbone that may have a head. */
interface Headed {
  readonly name: string;
  readonly head?: PretrainedHead;
}

/** @throws Error naming the backbone if it was pretrained without a head, or if the head does not know such a hand. */
export function checkHead({ name, head }: Headed, { kind }: { readonly kind: string }): PretrainedHead {
  if (kind !== 'jaws') throw new Error(`learner.head 'initialised': expected a gripper of kind 'jaws', got '${kind}'`);
  if (head) return head;
  throw new Error(
    `learner.head 'initialised': expected a backbone that was pretrained on grasps, read at its own taps, got '${name}', which has no head`,
  );
}

/**
 * A head's start for one hand: the pretrained head that says of every shape of a grasp what it has learned about such hands.
 * @param shapes as `graspShapes`.
 * @throws Error as {@link checkHead}.
 */
export function startHeadFor(
  backbone: Headed,
  hand: GraspHand & { readonly kind: string },
  shapes: readonly { readonly depth: number; readonly opening: number }[],
): StandardizedHead {
  const head = checkHead(backbone, hand);
  const descriptors = shapes.map(({ depth, opening }) => graspDescriptor(hand, depth, opening));
  return { parameters: headFor(head, descriptors), standardization: head.standardization };
}
