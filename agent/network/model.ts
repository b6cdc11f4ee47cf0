/** A grasp network as plain data: what training makes, what files keep, what a policy is opened from. */
import type { Architecture } from './architecture.ts';
import { copyParameters, type Parameter, type Parameters } from './parameters.ts';
import type { Standardization } from './standardization.ts';

/** Model: everything that scoring grasps needs. */
export interface Model {
  readonly architecture: Architecture;
  /** Weights of graft's own trunk; empty for a foreign one, whose weights stay in their file. */
  readonly trunk: Parameters;
  readonly head: Parameters;
  readonly standardization: Standardization;
}

/** A deep copy: training goes on without it. */
export const copyModel = ({ architecture, trunk, head, standardization: { mean, scale } }: Model): Model => ({
  architecture,
  trunk: copyParameters(trunk),
  head: copyParameters(head),
  standardization: { mean: mean.slice(), scale: scale.slice() },
});

/** All of a model's weights by name, its standardisation included: what identifies it. */
export function modelParameters({ trunk, head, standardization: { mean, scale } }: Model): Parameters {
  const vector = (values: Float32Array): Parameter => ({ shape: [values.length], values });
  return { ...trunk, ...head, mean: vector(mean), scale: vector(scale) };
}
