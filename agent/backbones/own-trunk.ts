/** Own trunk: graft's own network, frozen, on the engine. */
import type { Tf } from '../engine/engine.ts';
import type { Parameters } from '../network/parameters.ts';
import { toTensors } from '../network/tensors.ts';
import { runInBatches, type Trunk } from '../network/trunk.ts';
import { CROP, type Layer, runTrunk, tapsOf } from '../network/trunk-layers.ts';
import { INPUT_CHANNELS } from '../network/window.ts';

/** Graft's own network as a frozen trunk: it reads the heightmap's channels as they are. */
export function ownTrunk(
  tf: Tf,
  {
    name,
    hash,
    card,
    layers,
    parameters,
  }: Pick<Trunk, 'name' | 'hash' | 'card'> & { readonly layers: readonly Layer[]; readonly parameters: Parameters },
): Trunk {
  const weights = toTensors(tf, parameters);
  const taps = tapsOf(layers);
  return {
    name,
    hash,
    card,
    taps,
    crop: CROP,
    run: (input, count, rows, cols) => {
      const cell = rows * cols * INPUT_CHANNELS;
      return runInBatches(taps, count, { rows, cols }, (from, n) => {
        const outputs = tf.tidy(() => {
          const x = tf.tensor4d(input.subarray(from * cell, (from + n) * cell), [n, rows, cols, INPUT_CHANNELS]);
          return runTrunk(tf, weights, x, layers);
        });
        return outputs.map((tap) => {
          const values = tap.dataSync<'float32'>();
          tap.dispose();
          return values;
        });
      });
    },
    dispose: () => {
      for (const tensor of Object.values(weights)) tensor.dispose();
    },
  };
}
