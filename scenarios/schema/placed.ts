/** Key `scene.placed`: objects where somebody says, in place of a draw. */
import { z } from 'zod';
import { FAMILIES, type Family } from '../../sim/objects/families.ts';
import { count, point } from './values.ts';

/** Most objects of a scene. */
export const MOST_OBJECTS = 20;

/** Streams that objects of evaluation scenes are drawn from. */
const STREAM = /^(scene\/evaluation|drop)\/\d{1,3}$/;

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
    drawn: z
      .strictObject({
        stream: z
          .string()
          .regex(STREAM, { error: 'expected scene/evaluation/<draw> or drop/<number>' })
          .describe('of random numbers: scene/evaluation/ and the number of the draw, or drop/ and that of the drop'),
        seed: count(0, Number.MAX_SAFE_INTEGER).describe('of the evaluation'),
        scene: count(0, Number.MAX_SAFE_INTEGER).describe('number of the scene'),
        object: count(0, MOST_OBJECTS - 1)
          .default(0)
          .describe('number of the object in that draw'),
      })
      .optional()
      .describe('in place of a seed: an object as an evaluation scene draws it, under the same settings'),
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
  })
  .refine(({ family, drawn, seed }) => drawn === undefined || (family !== undefined && seed === 0), {
    error: 'expected drawn to stand beside a family, in place of a seed',
  });

/** Every key that a placed object may have. */
export const PLACED_KEYS = Object.keys(placement.shape);

/** Schema of `scene.placed`. */
export const placed = z.array(placement).min(1).max(MOST_OBJECTS);

/** An object that is placed, with every default filled in. */
export type PlacedInput = z.infer<typeof placement>;

/** Where among the draws of evaluation scenes an object comes from. */
export type Drawn = NonNullable<PlacedInput['drawn']>;
