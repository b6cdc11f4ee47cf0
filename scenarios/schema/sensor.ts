/** Section `sensor`: cameras, depth noise, heightmap. */
import { z } from 'zod';
import { HEIGHTMAP_DEFAULTS } from '../../sim/camera/heightmap.ts';
import { count, length, point } from './values.ts';

const noise = z.discriminatedUnion('model', [
  z.strictObject({ model: z.literal('none') }),
  z.strictObject({
    model: z.literal('gaussian-field'),
    field: length(0, 0.05).default(0.0015).describe('standard deviation of the smooth error, m'),
    pixel: length(0, 0.05).default(0.001).describe('standard deviation of the independent error, m'),
    dropout: z.number().min(0).max(1).default(0.01).describe('probability of a pixel without return'),
  }),
  z.strictObject({
    model: z.literal('gamma-gp'),
    shape: z.number().min(10).max(1e6).default(1000).describe('shape of the multiplicative gamma factor'),
    field: length(0, 0.05).default(0.005).describe('standard deviation of the Gaussian process, m'),
  }),
  z.strictObject({
    model: z.literal('stereo'),
    axial: length(0, 0.1).default(0.003).describe('standard deviation at 1 m, m; grows with depth squared'),
    edgeDropout: z.number().min(0).max(1).default(0.5).describe('probability of no return on a depth edge'),
    holes: count(0, 200).default(6),
    holeRadiusPx: z.number().min(0.5).max(100).default(3),
  }),
  z.strictObject({
    model: z.literal('quantised'),
    step: length(0.0001, 0.05).default(0.002).describe('depth step, m'),
  }),
]);

const view = z.strictObject({ eye: point, target: point.default([0, 0, 0]) });

/** Schema of `sensor`. */
export const sensor = z.strictObject({
  widthPx: count(16, 1024).default(128),
  heightPx: count(16, 1024).default(128),
  fovDeg: z.number().min(5).max(120).default(40).describe('vertical field of view, degrees'),
  eye: point.default([0, -0.25, 0.55]).describe('position of the camera, m'),
  target: point.default([0, 0, 0]).describe('point the camera looks at, m'),
  fovJitterDeg: z
    .number()
    .min(0)
    .max(20)
    .default(0)
    .describe('largest change of the field of view; known to the policy'),
  extraViews: z.array(view).max(7).default([]).describe('further cameras; all go into one heightmap'),
  eyeJitter: length(0, 0.2)
    .default(0.02)
    .describe('largest shift of the camera along each axis, m; known to the policy'),
  noise: noise.default({ model: 'gaussian-field', field: 0.0015, pixel: 0.001, dropout: 0.01 }),
  tableCorrection: z
    .enum(['shift', 'scale'])
    .optional()
    .describe(
      "where noise or calibration move the whole picture: 'shift' (the default) brings the table back to height 0 by shifting all heights, " +
        "'scale' by one factor on all depths, which also takes back what moved sideways",
    ),
  calibrationError: length(0, 0.05)
    .default(0)
    .describe('standard deviation of the camera pose error, m; unknown to the policy'),
  randomLight: z.boolean().default(true),
  texture: z.number().min(0).max(1).default(0).describe('contrast of a random texture on table and objects'),
  heightmap: z
    .strictObject({
      size: count(32, 256).default(HEIGHTMAP_DEFAULTS.size).describe('cells a side'),
      cell: length(0.001, 0.02).default(HEIGHTMAP_DEFAULTS.cell).describe('side of a cell, m'),
    })
    .prefault({}),
});
