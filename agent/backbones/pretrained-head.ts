/** Pretrained heads: what was learned along with a trunk for any hand of a kind, and what it is for one hand. */
import { type HandSettings, kindOf } from '../../sim/hand/settings.ts';
import { headShapes, MEMBERS, type StandardizedHead } from '../network/head.ts';
import { named, type Parameter, type Parameters, prefixed, withPrefix } from '../network/parameters.ts';
import type { Standardization } from '../network/standardization.ts';
import { descriptorKeys, graspDescriptor, HEAD_KINDS, type HeadKind, isHeadKind } from './descriptor.ts';

/** A head that was pretrained on a trunk, for any hand of a kind: one shape of a grasp, the hand's descriptor beside the features. */
export interface PretrainedHead {
  /** As `headShapes` for one shape, and `head/descriptor/kernel` [`descriptorKeys` or fewer, units]. */
  readonly parameters: Parameters;
  readonly standardization: Standardization;
}

/** The heads of a trunk, by kind of hand. */
export type PretrainedHeads = Readonly<Partial<Record<HeadKind, PretrainedHead>>>;

const DESCRIPTOR = 'head/descriptor/kernel';
const [MEAN, SCALE] = ['head/mean', 'head/scale'];

/** What the tensors of a kind's head are called by in a file; those of jaws were there first. */
const prefixOf = (kind: HeadKind): string => (kind === 'jaws' ? '' : `${kind}/`);

/** A head's tensors as they are stored beside a trunk's. */
const headTensors = (kind: HeadKind, { parameters, standardization: { mean, scale } }: PretrainedHead): Parameters =>
  prefixed(prefixOf(kind), {
    ...parameters,
    [MEAN]: { shape: [mean.length], values: mean },
    [SCALE]: { shape: [scale.length], values: scale },
  });

/** The tensors of all heads as they are stored beside a trunk's. */
export const headsTensors = (heads: PretrainedHeads): Parameters =>
  Object.fromEntries(
    HEAD_KINDS.flatMap((kind) => {
      const head = heads[kind];
      return head ? Object.entries(headTensors(kind, head)) : [];
    }),
  );

/**
 * Names and shapes of {@link headsTensors} for features of a length, for the heads that are among some tensors.
 * @param length of a feature vector.
 */
export const headsShapes = (tensors: Parameters, length: number): Readonly<Record<string, readonly number[]>> =>
  Object.fromEntries(
    HEAD_KINDS.flatMap((kind) => {
      const prefix = prefixOf(kind);
      const units = tensors[`${prefix}head/hidden/bias`]?.shape[0];
      if (!units) return [];
      const known = Math.min(tensors[`${prefix}${DESCRIPTOR}`]?.shape[0] ?? 0, descriptorKeys(kind).length);
      const shapes = {
        ...headShapes(length, 1, units / MEMBERS),
        [DESCRIPTOR]: [known, units],
        [MEAN]: [length],
        [SCALE]: [length],
      };
      return Object.entries(shapes).map(([name, shape]) => [`${prefix}${name}`, shape]);
    }),
  );

/** The heads among tensors of {@link headsShapes}. */
export const headsAmong = (tensors: Parameters): PretrainedHeads =>
  Object.fromEntries(
    HEAD_KINDS.flatMap((kind) => {
      const { [MEAN]: mean, [SCALE]: scale, ...others } = withPrefix(prefixOf(kind), tensors);
      if (!mean || !scale) return [];
      const parameters = named(others, (name) => name.startsWith('head/'));
      return [[kind, { parameters, standardization: { mean: mean.values, scale: scale.values } }]];
    }),
  );

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

/** A backbone that may have heads. */
interface Headed {
  readonly name: string;
  readonly heads: PretrainedHeads;
}

/** The head for a hand's kind. @returns undefined if there is none. */
export const headForKind = (
  { heads }: Pick<Headed, 'heads'>,
  hand: Pick<HandSettings, 'kind'>,
): PretrainedHead | undefined => {
  const kind = kindOf(hand);
  return isHeadKind(kind) ? heads[kind] : undefined;
};

/** @param what of a scenario asks for it. @throws Error naming the backbone if it was pretrained without a head for such a hand. */
export function checkHead(
  backbone: Headed,
  hand: Pick<HandSettings, 'kind'>,
  what = "learner.head 'initialised'",
): PretrainedHead {
  const head = headForKind(backbone, hand);
  if (head) return head;
  const known = Object.keys(backbone.heads);
  const got = known.length > 0 ? `heads for ${known.join(' and ')} alone` : 'no head';
  throw new Error(
    `${what}: expected a backbone that was pretrained on grasps with a gripper of kind '${kindOf(hand)}', read at its own taps, got '${backbone.name}', which has ${got}`,
  );
}

/**
 * A head's start for one hand: the pretrained head that says of every shape of a grasp what it has learned about such hands.
 * @param shapes as `graspShapes`.
 * @throws Error as {@link checkHead}.
 */
export function startHeadFor(
  backbone: Headed,
  hand: HandSettings,
  shapes: readonly { readonly depth: number; readonly opening: number }[],
): StandardizedHead {
  const head = checkHead(backbone, hand);
  const descriptors = shapes.map(({ depth, opening }) => graspDescriptor(hand, depth, opening));
  return { parameters: headFor(head, descriptors), standardization: head.standardization };
}
