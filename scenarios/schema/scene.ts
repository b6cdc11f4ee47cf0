/** Section `scene`: which objects lie where. */
import { z } from 'zod';
import { ARRANGEMENTS } from '../../sim/scene.ts';
import { MOST_OBJECTS, placed } from './placed.ts';
import { count, length, range } from './values.ts';

/** Schema of `scene`. */
export const scene = z.strictObject({
  objectCount: count(1, MOST_OBJECTS).default(1).describe('objects on the table'),
  arrangement: z
    .enum(ARRANGEMENTS)
    .default('drop')
    .describe('dropped on one another, packed side by side as each rests, or side by side upright'),
  scale: range(0.2, 4).default([0.85, 1.25]).describe("factor on every object's size"),
  fileScale: range(0.2, 4).optional().describe('factor on the size of objects from files; as they are if left out'),
  density: range(20, 20_000).default([200, 1000]).describe('kg/m^3'),
  friction: range(0.01, 2).default([0.25, 0.8]).describe("coefficient of the object's surface"),
  tableFriction: length(0.01, 2).default(0.6),
  dropHalfWidth: length(0, 0.3).default(0.07).describe('objects are dropped within this distance of the centre, m'),
  bin: z
    .strictObject({
      halfWidth: length(0.03, 0.4).describe('from the centre to the inner face of each wall, m'),
      height: length(0.005, 0.3).describe('of the walls, m'),
    })
    .optional()
    .describe('four walls around the workspace'),
  workspaceHalfWidth: length(0.02, 0.5).default(0.13).describe('objects must come to rest within this distance, m'),
  placed: placed.optional().describe('exactly these objects, in place of any draw; every scene has them'),
});
