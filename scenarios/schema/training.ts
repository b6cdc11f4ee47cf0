/** Sections `training` and `evaluation`: object families, trials, seeds, exploration. */
import { z } from 'zod';
import { FAMILIES, type Family, HELD_OUT_FAMILIES, TRAINING_FAMILIES } from '../../sim/objects/families.ts';
import { count } from './values.ts';

const families = z.array(z.enum(FAMILIES as [Family, ...Family[]])).min(1);

/** Schema of `training`. */
export const training = z.strictObject({
  families: families.default([...TRAINING_FAMILIES]).describe('object families to train on'),
  trials: count(1, 1_000_000).default(600),
  seed: count(0, Number.MAX_SAFE_INTEGER).default(0),
  scenesPerRound: count(1, 256).default(8).describe('scenes tried between two updates'),
  graspsPerScene: count(1, 32)
    .default(2)
    .describe('grasps tried on each scene, each from its settled state; with training.rounds, one after the other'),
  warmupTrials: count(0, 100_000).default(32).describe('random grasps at the start'),
  epsilon: z.number().min(0).max(1).default(0.1).describe('share of random grasps afterwards'),
  temperature: z.number().min(0.001).max(100).default(0.5).describe('of the soft-max over logits'),
  heuristicShare: z.number().min(0).max(1).default(0).describe('share of the random grasps that are antipodal instead'),
  rounds: z
    .boolean()
    .optional()
    .describe('play rounds of clutter removal: each grasp takes the scene that the one before left'),
  sameCell: z.boolean().default(false).describe('grasps of a scene share their cell and differ in angle'),
});

/** Schema of `evaluation`. */
export const evaluation = z.strictObject({
  families: families.default([...HELD_OUT_FAMILIES]).describe('object families to evaluate on'),
  trials: count(1, 1_000_000).default(500),
  seed: count(0, Number.MAX_SAFE_INTEGER).default(0),
});
