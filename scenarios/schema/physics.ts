/** Section `physics`: the solver's settings. */
import { z } from 'zod';
import { PHYSICS_DEFAULTS } from '../../sim/physics.ts';
import { count, length } from './values.ts';

/** Schema of `physics`. */
export const physics = z.strictObject({
  stepHz: count(60, 4000).default(PHYSICS_DEFAULTS.stepHz),
  solverIterations: count(1, 64).default(PHYSICS_DEFAULTS.solverIterations),
  internalPgsIterations: count(1, 32).default(PHYSICS_DEFAULTS.internalPgsIterations),
  contactFrequencyHz: z.number().min(10).max(4000).default(PHYSICS_DEFAULTS.contactFrequencyHz),
  lengthUnit: length(0.001, 1).default(PHYSICS_DEFAULTS.lengthUnit).describe('size of a typical object, m'),
  gravity: z.number().min(0).max(30).default(PHYSICS_DEFAULTS.gravity).describe('m/s^2'),
});
