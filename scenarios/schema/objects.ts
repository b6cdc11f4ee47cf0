/** Section `objects`: objects from files, in place of the families. */
import { z } from 'zod';
import { range } from './values.ts';

/** Schema of `objects`. */
export const objects = z.strictObject({
  path: z.string().min(1).describe('folder or file of URDF, OBJ, STL or GLB, relative to the scenario file'),
  unit: z.enum(['m', 'cm', 'mm', 'inch']).default('m').describe('of meshes without URDF'),
  up: z.enum(['z', 'y']).optional().describe("of meshes without URDF; without it 'y' for GLB and 'z' for the others"),
  density: z.number().min(10).max(25_000).default(500).describe('kg/m^3, for objects whose URDF gives no mass'),
  friction: range(0.01, 2).optional().describe("coefficient of the objects' surface; scene.friction if left out"),
  scaleToGripper: z.boolean().default(false).describe('scale each object so that its longest side is the stroke'),
  split: z.boolean().default(false).describe('keep about a third of the objects, chosen by name, for evaluation alone'),
});

/** Objects from files, in place of the families. */
export type ObjectsSettings = z.infer<typeof objects>;

/** The settings that a path alone stands for. @throws ZodError if the path is empty. */
export const objectsAt = (path: string): ObjectsSettings => objects.parse({ path });
