import type { Rng } from '../sim/rng.ts';

/** One named array of weights. */
export interface Parameter {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** Weights by name, in a fixed order. */
export type Parameters = Readonly<Record<string, Parameter>>;

/** Number of elements of a shape. */
export const sizeOf = (shape: readonly number[]): number => shape.reduce((n, d) => n * d, 1);

/** He-normal weights (He et al., 2015): standard deviation sqrt(2 / fan-in). */
export function heNormal(shape: readonly number[], fanIn: number, rng: Rng): Parameter {
  const deviation = Math.sqrt(2 / fanIn);
  return { shape, values: Float32Array.from({ length: sizeOf(shape) }, () => rng.normal() * deviation) };
}

export const zeros = (shape: readonly number[]): Parameter => ({ shape, values: new Float32Array(sizeOf(shape)) });

/** A deep copy. */
export const copyParameters = (p: Parameters): Parameters =>
  Object.fromEntries(Object.entries(p).map(([k, { shape, values }]) => [k, { shape, values: values.slice() }]));

/**
 * Adam with decoupled weight decay (Loshchilov & Hutter, 2019), on plain arrays so that its state can be saved and restored
 * bit for bit.
 */
export interface Adam {
  readonly rate: number;
  readonly weightDecay: number;
  readonly first: Readonly<Record<string, Float32Array>>;
  readonly second: Readonly<Record<string, Float32Array>>;
  step: number;
}

export function createAdam(parameters: Parameters, rate: number, weightDecay: number): Adam {
  const empty = (): Record<string, Float32Array> =>
    Object.fromEntries(Object.entries(parameters).map(([k, p]) => [k, new Float32Array(p.values.length)]));
  return { rate, weightDecay, first: empty(), second: empty(), step: 0 };
}

const [BETA1, BETA2, EPSILON] = [0.9, 0.999, 1e-8];

/** One step in place. Weight decay spares biases (one-dimensional shapes). @param rateScale factor on the learning rate. */
export function adamStep(
  adam: Adam,
  parameters: Parameters,
  gradients: Readonly<Record<string, Float32Array>>,
  rateScale = 1,
): void {
  adam.step++;
  const correction = Math.sqrt(1 - BETA2 ** adam.step) / (1 - BETA1 ** adam.step);
  const rate = adam.rate * rateScale;
  for (const [name, gradient] of Object.entries(gradients)) {
    const { shape, values } = parameters[name];
    const [m, v] = [adam.first[name], adam.second[name]];
    const decay = shape.length > 1 ? 1 - rate * adam.weightDecay : 1;
    for (let i = 0; i < values.length; i++) {
      const g = gradient[i];
      m[i] += (1 - BETA1) * (g - m[i]);
      v[i] += (1 - BETA2) * (g * g - v[i]);
      values[i] = values[i] * decay - (rate * correction * m[i]) / (Math.sqrt(v[i]) + EPSILON);
    }
  }
}
