/** The optimiser: Adam, and how each weight moves in a step. */
import type { Parameters } from './parameters.ts';

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

/** Adam before its first step. */
export function createAdam(parameters: Parameters, rate: number, weightDecay: number): Adam {
  const empty = (): Record<string, Float32Array> =>
    Object.fromEntries(Object.entries(parameters).map(([k, p]) => [k, new Float32Array(p.values.length)]));
  return { rate, weightDecay, first: empty(), second: empty(), step: 0 };
}

const [BETA1, BETA2, EPSILON] = [0.9, 0.999, 1e-8];

/** How one weight moves in a step, where it differs from the others. */
export interface Pace {
  /** Factor on the learning rate; 1 if left out. */
  readonly rateScale?: number;
  /** Which of this weight's own steps it is, from 1; the optimiser's count if left out. */
  readonly step?: number;
  /** Decay towards these values, biases too, in place of weight decay (L2-SP: Li et al., 2018). */
  readonly anchor?: { readonly values: Float32Array; readonly strength: number };
}

/**
 * One step in place, of the weights that have a gradient. Weight decay spares biases (one-dimensional shapes).
 * @param pace factor on the learning rate, or how each weight moves, by name.
 */
export function adamStep(
  adam: Adam,
  parameters: Parameters,
  gradients: Readonly<Record<string, Float32Array>>,
  pace: number | ((name: string) => Pace) = 1,
): void {
  adam.step++;
  for (const [name, gradient] of Object.entries(gradients)) {
    const { shape, values } = parameters[name];
    const own: Pace = typeof pace === 'number' ? { rateScale: pace } : pace(name);
    const { rateScale = 1, step = adam.step, anchor } = own;
    const [m, v] = [adam.first[name], adam.second[name]];
    const correction = Math.sqrt(1 - BETA2 ** step) / (1 - BETA1 ** step);
    const rate = adam.rate * rateScale;
    const decay = Math.max(0, 1 - rate * (anchor ? anchor.strength : shape.length > 1 ? adam.weightDecay : 0));
    for (let i = 0; i < values.length; i++) {
      const g = gradient[i];
      m[i] += (1 - BETA1) * (g - m[i]);
      v[i] += (1 - BETA2) * (g * g - v[i]);
      const kept = anchor ? anchor.values[i] + (values[i] - anchor.values[i]) * decay : values[i] * decay;
      values[i] = kept - (rate * correction * m[i]) / (Math.sqrt(v[i]) + EPSILON);
    }
  }
}
