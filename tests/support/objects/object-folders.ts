import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { openHullCache } from '../../../scenarios/objects/hull-cache.ts';
import type { ObjectLibrary } from '../../../scenarios/objects/library.ts';
import { loadObjects } from '../../../scenarios/objects/read.ts';
import { type ObjectsSettings, objectsAt } from '../../../scenarios/schema/objects.ts';
import { IDENTITY_POSE } from '../../../sim/math/pose.ts';
import type { ObjectModel } from '../../../sim/objects/object.ts';
import {
  addObject,
  createWorld,
  freeWorld,
  massPropertiesOf,
  PHYSICS_DEFAULTS,
  stepWorld,
} from '../../../sim/physics.ts';

/** Folders of object files, and the objects read from them. */

const base = mkdtempSync(join(tmpdir(), 'graft-objects-'));
let made = 0;

/** A new folder with these files. */
export function folderOf(files: Readonly<Record<string, string | Uint8Array>>): string {
  const folder = join(base, `set-${made++}`);
  mkdirSync(folder);
  for (const [name, data] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), data);
  }
  return folder;
}

/** Reads a folder for a gripper of 8 cm. */
export const readFolder = (
  path: string,
  settings: Partial<ObjectsSettings> = {},
  cacheFolder = join(base, 'cache'),
): Promise<ObjectLibrary> =>
  loadObjects({
    settings: { ...objectsAt(path), ...settings },
    gripper: { stroke: 0.08, fingerThickness: 0.012 },
    cache: openHullCache(cacheFolder),
  });

/** Mass and principal moments as the engine has them. */
export function inEngine(model: ObjectModel): { readonly mass: number; readonly inertia: readonly number[] } {
  const world = createWorld(PHYSICS_DEFAULTS);
  const body = addObject(world, model, { ...IDENTITY_POSE, position: [0, 0, 1] });
  stepWorld(world);
  const { mass, inertia } = massPropertiesOf(body);
  const found = { mass, inertia: [...inertia] };
  freeWorld(world);
  return found;
}
