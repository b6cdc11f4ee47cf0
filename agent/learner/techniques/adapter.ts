/**
 * Technique `adapter`: the head learns, and a low-rank change of each of the trunk's kernels, whose own weights stay.
 *
 * Low-rank adapters (Hu et al., 2022) of a trunk's kernels: kernel = start + down * up, each kernel [rows, columns, inputs,
 * outputs] taken as a matrix [rows * columns * inputs, outputs]. Run beside the frozen convolution this is a convolution to
 * `rank` channels and a 1 x 1 convolution back; run merged, as here, it costs nothing more than the trunk itself.
 */
import type { Rng } from '../../../sim/math/rng.ts';
import { type Parameter, type Parameters, sizeOf, zeros } from '../../network/parameters.ts';
import type { Gradients, Parametrization } from '../../network/parametrization.ts';
import type { Layer } from '../../network/trunk-layers.ts';
import { allLayers, type Technique } from './technique.ts';

/** Names of a layer's kernel and of its two factors. */
const names = (layer: Layer): { kernel: string; down: string; up: string } => ({
  kernel: `${layer.name}/kernel`,
  down: `${layer.name}/down`,
  up: `${layer.name}/up`,
});

/**
 * Fresh adapters: `up` is 0, so that the network starts as it was. `down` is scaled so that a step of `up` moves the kernel
 * about as far as the same step of the kernel itself would.
 */
function initAdapters(layers: readonly Layer[], start: Parameters, rank: number, rng: Rng): Parameters {
  const adapters: Record<string, Parameter> = {};
  for (const layer of layers) {
    const { kernel, down, up } = names(layer);
    const { shape } = start[kernel];
    const downShape = [...shape.slice(0, -1), rank];
    const values = Float32Array.from({ length: sizeOf(downShape) }, () => rng.normal() / Math.sqrt(rank));
    adapters[down] = { shape: downShape, values };
    adapters[up] = zeros([rank, shape.at(-1)!]);
  }
  return adapters;
}

/**
 * The network with adapters merged into its kernels.
 * @param start the frozen kernels.
 * @param head  names of the head's weights, which learn as they are.
 */
function adapterParametrization(layers: readonly Layer[], start: Parameters, head: readonly string[]): Parametrization {
  return {
    names: [...layers.map((l) => names(l).kernel), ...head],
    expand: (free) =>
      Object.fromEntries(
        layers.map((layer) => {
          const { kernel, down, up } = names(layer);
          return [kernel, merged(start[kernel], free[down].values, free[up])];
        }),
      ),
    pullBack: (free, gradients) => {
      const own = layers.flatMap((layer) => {
        const { kernel, down, up } = names(layer);
        return Object.entries(factorGradients(gradients[kernel], free[down].values, free[up], down, up));
      });
      return { ...Object.fromEntries(head.map((name) => [name, gradients[name]])), ...Object.fromEntries(own) };
    },
  };
}

export const adapter: Technique = {
  frozen: false,
  trains: allLayers,
  layerDecay: 1,
  parametrize: (layers, start, head, { adapterRank }, rng) => ({
    free: initAdapters(layers, start, adapterRank, rng),
    parametrization: adapterParametrization(layers, start, head),
  }),
};

/** @param down [rows, rank] @param up [rank, columns] */
function merged({ shape, values }: Parameter, down: Float32Array, up: Parameter): Parameter {
  const [rank, columns] = up.shape;
  const out = values.slice();
  for (let i = 0; i < out.length; i++) {
    const [row, column] = [Math.floor(i / columns) * rank, i % columns];
    let change = 0;
    for (let k = 0; k < rank; k++) change += down[row + k] * up.values[k * columns + column];
    out[i] += change;
  }
  return { shape, values: out };
}

/** d down = d kernel * up^T, d up = down^T * d kernel. */
function factorGradients(
  kernel: Float32Array,
  down: Float32Array,
  up: Parameter,
  downName: string,
  upName: string,
): Gradients {
  const [rank, columns] = up.shape;
  const [dDown, dUp] = [new Float32Array(down.length), new Float32Array(up.values.length)];
  for (let i = 0; i < kernel.length; i++) {
    const [row, column] = [Math.floor(i / columns) * rank, i % columns];
    for (let k = 0; k < rank; k++) {
      dDown[row + k] += kernel[i] * up.values[k * columns + column];
      dUp[k * columns + column] += kernel[i] * down[row + k];
    }
  }
  return { [downName]: dDown, [upName]: dUp };
}
