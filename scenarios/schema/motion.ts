/** Section `motion`: how a hand moves in a trial. */
import { z } from 'zod';
import { MOTION_DEFAULTS } from '../../sim/motion.ts';
import { length, seconds } from './values.ts';

/** Schema of `motion`. */
export const motion = z.strictObject({
  descentSpeed: length(0.01, 1).default(MOTION_DEFAULTS.descentSpeed).describe('m/s'),
  stopForce: z
    .number()
    .min(0.1)
    .max(100)
    .default(MOTION_DEFAULTS.stopForce)
    .describe('contact force that stops the descent, N'),
  lift: length(0.11, 0.5).default(MOTION_DEFAULTS.lift).describe('m; a held object rises at least 0.1 m'),
  liftTime: seconds.min(0.1).default(MOTION_DEFAULTS.liftTime),
  holdTime: seconds.default(MOTION_DEFAULTS.holdTime),
  shakeTime: seconds.default(MOTION_DEFAULTS.shakeTime),
  shakeAmplitude: length(0, 0.1).default(MOTION_DEFAULTS.shakeAmplitude),
  shakeHz: z.number().min(0).max(20).default(MOTION_DEFAULTS.shakeHz),
});
