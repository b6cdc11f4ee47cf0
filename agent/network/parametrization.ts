/** Parametrization: a network's weights as a function of those that learn. */
import type { Parameters } from './parameters.ts';

/** Gradients by name of the weight. */
export type Gradients = Readonly<Record<string, Float32Array>>;

/**
 * A network whose weights are computed from other ones, which are what learns. Training and inference run the computed
 * weights, so that both are the same network bit for bit and inference needs to know nothing of this.
 */
export interface Parametrization {
  /** Names of the network's weights whose gradients are asked for. */
  readonly names: readonly string[];
  /** The network's weights that depend on learning ones. */
  readonly expand: (free: Parameters) => Parameters;
  /** Gradients of the learning weights from those of the network's. */
  readonly pullBack: (free: Parameters, gradients: Gradients) => Gradients;
}
