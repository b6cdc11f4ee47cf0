/** Key `scene.placed`: objects where somebody says, in place of a draw. */
import { z } from 'zod';
import { FAMILIES, type Family } from '../../sim/objects/families.ts';
import { count, point } from './values.ts';

/** A quaternion may be so far from unit length; shorter and longer ones are no rotation. */
const UNIT = 0.01;

const share = z
  .number()
  .min(-1 - UNIT)
  .max(1 + UNIT);

const placement = z
  .strictObject({
    family: z
      .enum(FAMILIES as [Family, ...Family[]])
      .optional()
      .describe('object family'),
    seed: count(0, Number.MAX_SAFE_INTEGER)
      .default(0)
      .describe("of the draw of the family's shape, and of size, mass and surface from the ranges of this section"),
    object: z.string().min(1).optional().describe('in place of a family: the name of an object from files (`objects`)'),
    scale: z.number().min(0.1).max(10).default(1).describe('factor on its size as drawn, or as in its file'),
    position: point.describe('of its origin, m'),
    quaternion: z
      .tuple([share, share, share, share])
      .refine((q) => Math.abs(Math.hypot(...q) - 1) < UNIT, { error: 'expected a quaternion x, y, z, w of length 1' })
      .default([0, 0, 0, 1])
      .describe('its rotation, x y z w'),
    falls: z
      .boolean()
      .default(false)
      .describe('let go there, after what lies and what falls before it; else it must lie there at rest'),
  })
  .refine(({ family, object }) => (family === undefined) !== (object === undefined), {
    error: 'expected either family or object',
  });

/** Most objects of a scene. */
export const MOST_OBJECTS = 20;

/** Every key that a placed object may have. */
export const PLACED_KEYS = Object.keys(placement.shape);

/** Schema of `scene.placed`. */
export const placed = z.array(placement).min(1).max(MOST_OBJECTS);

/** An object that is placed, with every default filled in. */
export type PlacedInput = z.infer<typeof placement>;
