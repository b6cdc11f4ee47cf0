/** Predictions of grasps that were tried: how a model sees what came of them. */
import { cellCentre, type Heightmap } from '../../sim/camera/heightmap.ts';
import type { Tf } from '../engine/engine.ts';
import { featureLength, writeFeatures } from '../network/features.ts';
import { headLogits, MEMBERS } from '../network/head.ts';
import type { Model } from '../network/model.ts';
import { standardize } from '../network/standardization.ts';
import { toTensors } from '../network/tensors.ts';
import type { Trunk } from '../network/trunk.ts';
import { INPUT_CHANNELS, type Window, writeInput } from '../network/window.ts';
import type { Action } from './action.ts';
import { type ActionSettings, yawOf } from './action-space.ts';

/** A grasp that was tried, and where. */
export interface Tried {
  readonly map: Heightmap;
  readonly action: Action;
}

/**
 * Features of tried grasps, each from the window around it, as they are: not shifted, turned or mirrored.
 * @returns [trials, feature length], not standardised.
 */
export function triedFeatures(trunk: Trunk, trials: readonly Tried[], settings: ActionSettings): Float32Array {
  const { rows, cols } = trunk.crop;
  const cell = rows * cols * INPUT_CHANNELS;
  const input = new Float32Array(trials.length * cell);
  trials.forEach(({ map, action }, i) => {
    const centre = cellCentre(map, Math.floor(action.cell / map.size), action.cell % map.size);
    const window: Window = { centre, yaw: yawOf(action.angle, settings), rows, cols };
    writeInput(map, window, input, i * cell);
  });
  const outputs = trunk.run(input, trials.length, rows, cols);
  const length = featureLength(trunk.taps);
  const features = new Float32Array(trials.length * length);
  for (let i = 0; i < trials.length; i++)
    writeFeatures(trunk.taps, outputs, i, cols / 2, rows / 2, features, i * length);
  return features;
}

/**
 * What a model says of grasps that were tried.
 * @param trunk the model's own.
 * @returns [trials] logits of success, the mean of the head's members.
 */
export function predictTried(
  tf: Tf,
  trunk: Trunk,
  model: Pick<Model, 'head' | 'standardization'>,
  trials: readonly Tried[],
  settings: ActionSettings,
): Float32Array {
  if (trials.length === 0) return new Float32Array(0);
  const features = triedFeatures(trunk, trials, settings);
  standardize(features, model.standardization);
  const [shapes] = model.head['head/logit/kernel'].shape;
  const logits = tf.tidy(() =>
    headLogits(tf, toTensors(tf, model.head), tf.tensor2d(features, [trials.length, features.length / trials.length])),
  );
  const values = logits.dataSync<'float32'>();
  logits.dispose();
  return Float32Array.from(trials, ({ action }, i) => {
    let sum = 0;
    for (let m = 0; m < MEMBERS; m++) sum += values[(i * shapes + action.shape) * MEMBERS + m];
    return sum / MEMBERS;
  });
}
