/** Arrangements: how the objects of a scene come to lie. */
import { type BinSettings, insideBin } from './bin.ts';
import { add, axisAngle, IDENTITY_POSE, multiply, type Pose, type Quat, randomQuat, type Vec3 } from './math/pose.ts';
import type { Rng } from './math/rng.ts';
import { type Family, type ObjectRanges, sampleObject } from './objects/families.ts';
import { meshBounds } from './objects/mesh.ts';
import type { ObjectModel } from './objects/object.ts';
import { resized } from './objects/resize.ts';
import { type Body, bodyPose, createWorld, freeWorld, type PhysicsSettings, type World } from './physics.ts';
import type { Placement } from './placed.ts';
import { addDamped, addTable, insideWorkspace, settle } from './settle.ts';

/** What is dropped on the table. */
export interface SceneSettings {
  readonly families: readonly Family[];
  /** Objects to draw from instead of the families; friction is drawn from the ranges, the rest is theirs. */
  readonly library?: readonly ObjectModel[];
  /** Range of a factor on the size of the library's objects. */
  readonly libraryScale?: readonly [number, number];
  readonly objectCount: number;
  /** Exactly these objects, where they are put, in place of any draw. */
  readonly placed?: readonly Placement[];
  readonly arrangement: Arrangement;
  readonly ranges: ObjectRanges;
  /** Objects are dropped within this distance (each axis) of the workspace's centre, metres. */
  readonly dropHalfWidth: number;
  /** Objects must come to rest within this distance (each axis) of the centre, metres. */
  readonly workspaceHalfWidth: number;
  /** Coefficient of the table and the bin; multiplies with the object's. */
  readonly tableFriction: number;
  /** Walls around the workspace; objects come to rest inside. */
  readonly bin?: BinSettings;
}

/**
 * How objects come to lie: `drop`, one after the other on top of what is there, in random orientations; `packed`, standing
 * as they rest alone, side by side without touching; `upright`, likewise, but standing on the bottom of their own frame, if they
 * do (the packed scenes of VGN and GIGA).
 */
export const ARRANGEMENTS = ['drop', 'packed', 'upright'] as const;
type Arrangement = (typeof ARRANGEMENTS)[number];

/** An object at rest. `pose` is T_world_object. */
export interface PlacedObject {
  readonly model: ObjectModel;
  readonly pose: Pose;
}

/** What is needed to arrange objects. */
interface Arranging {
  readonly world: World;
  readonly settings: SceneSettings;
  readonly physics: PhysicsSettings;
  readonly rng: Rng;
}

interface Standing {
  readonly model: ObjectModel;
  readonly body: Body;
}

/** An object drawn from the settings. */
export function sampleModel(
  { families, library, libraryScale, ranges }: Pick<SceneSettings, 'families' | 'library' | 'libraryScale' | 'ranges'>,
  rng: Rng,
): ObjectModel {
  if (!library) return sampleObject(rng.pick(families), ranges, rng);
  const model = { ...rng.pick(library), friction: rng.range(...ranges.friction) };
  return libraryScale ? resized(model, rng.range(...libraryScale)) : model;
}

/**
 * Arranges objects in a world of their own.
 * @param models in order; one from a library that finds no room may be replaced by another of it.
 * @returns undefined if they do not come to rest inside.
 */
export function arrange(
  models: readonly ObjectModel[],
  settings: SceneSettings,
  physics: PhysicsSettings,
  rng: Rng,
): PlacedObject[] | undefined {
  const world = createWorld(physics);
  try {
    addTable(world, settings);
    const arranging = { world, settings, physics, rng };
    const standing = settings.arrangement === 'drop' ? dropAll(models, arranging) : packAll(models, arranging);
    if (!standing) return undefined;
    const objects = standing.map(({ model, body }) => ({ model, pose: bodyPose(body) }));
    const { bin } = settings;
    const inside = objects.every(({ model, pose }) => {
      if (!insideWorkspace(pose, settings.workspaceHalfWidth, bin)) return false;
      const { min, max } = meshBounds(model.mesh, pose);
      return !bin || insideBin(bin, min, max);
    });
    return inside ? objects : undefined;
  } finally {
    freeWorld(world);
  }
}

/** Objects are let go this far above what lies there, metres. */
export const DROP_GAP = 0.003;
/** Room left to the walls when an object is let go, metres. */
const BIN_ROOM = 0.002;

/** Where to let an object go: the place drawn, moved away from the walls; above them if it does not fit between. */
export function letGo([x, y, z]: Vec3, model: ObjectModel, quaternion: Quat, bin: BinSettings | undefined): Vec3 {
  if (!bin) return [x, y, z];
  const { min, max } = meshBounds(model.mesh, { position: [0, 0, 0], quaternion });
  const reach = bin.halfWidth - BIN_ROOM;
  const fits = [0, 1].every((k) => max[k] - min[k] <= 2 * reach);
  const between = (v: number, k: 0 | 1): number => Math.min(Math.max(v, -reach - min[k]), reach - max[k]);
  return fits ? [between(x, 0), between(y, 1), z] : [x, y, Math.max(z, bin.height + BIN_ROOM - min[2])];
}

/** Drops the objects one after the other from just above what already lies there. */
function dropAll(models: readonly ObjectModel[], { world, settings, physics, rng }: Arranging): Standing[] | undefined {
  const bodies: Body[] = [];
  for (const model of models) {
    const quaternion = randomQuat(rng);
    const reach = settings.dropHalfWidth;
    const [x, y] = [rng.range(-reach, reach), rng.range(-reach, reach)];
    const lowest = meshBounds(model.mesh, { position: [0, 0, 0], quaternion }).min[2];
    const top = bodies.reduce((z, body, i) => Math.max(z, meshBounds(models[i].mesh, bodyPose(body)).max[2]), 0);
    const position = letGo([x, y, top + DROP_GAP - lowest], model, quaternion, settings.bin);
    bodies.push(addDamped(world, model, { position, quaternion }));
    if (!settle(world, bodies, physics.stepHz)) return undefined;
  }
  return bodies.map((body, i) => ({ model: models[i], body }));
}

type Bounds = ReturnType<typeof meshBounds>;

/** Least distance between the bounds of packed objects, metres, and tries to find room for one. */
const PACK_GAP = 0.006;
const PACK_TRIES = 200;
/** Objects of a library that may be replaced in a scene: large ones leave no room, where families are made to fit. */
const SPARES = 12;

/** Stands the objects side by side, as close to the middle as room allows. */
function packAll(models: readonly ObjectModel[], arranging: Arranging): Standing[] | undefined {
  const { world, settings, physics, rng } = arranging;
  const taken: Bounds[] = [];
  const standing: Standing[] = [];
  const waiting = [...models];
  for (let spares = settings.library ? SPARES : 0; standing.length < models.length; ) {
    const model = waiting.shift() ?? sampleModel(settings, rng);
    const alone = restAlone(model, arranging);
    const room = alone && findRoom(model, alone, taken, settings, rng);
    if (room) {
      taken.push(room.bounds);
      standing.push({ model, body: addDamped(world, model, room.pose) });
    } else if (spares-- === 0) return undefined;
  }
  const bodies = standing.map(({ body }) => body);
  return settle(world, bodies, physics.stepHz) ? standing : undefined;
}

/** How the object stands alone, turned at random about the vertical; undefined if it does not come to rest. */
function restAlone(model: ObjectModel, { settings, physics, rng }: Arranging): Pose | undefined {
  const alone = { ...settings, arrangement: 'drop', dropHalfWidth: 0 } as const;
  const rest = settings.arrangement === 'upright' ? upright(model) : arrange([model], alone, physics, rng)?.[0].pose;
  if (!rest) return undefined;
  const turn = axisAngle([0, 0, 1], rng.range(0, 2 * Math.PI));
  return { position: rest.position, quaternion: multiply(turn, rest.quaternion) };
}

/** On the table as its own frame stands. */
function upright({ mesh }: ObjectModel): Pose {
  const { min } = meshBounds(mesh, IDENTITY_POSE);
  return { position: [0, 0, -min[2]], quaternion: IDENTITY_POSE.quaternion };
}

/** A place for an object that stands as `alone` says, its bounds clear of those taken. */
function findRoom(
  model: ObjectModel,
  { position: [, , height], quaternion }: Pose,
  taken: readonly Bounds[],
  { dropHalfWidth, bin }: SceneSettings,
  rng: Rng,
): { pose: Pose; bounds: Bounds } | undefined {
  const own = meshBounds(model.mesh, { position: [0, 0, 0], quaternion });
  const clear = (b: Bounds): boolean =>
    taken.every((t) => [0, 1].some((k) => b.min[k] > t.max[k] + PACK_GAP || t.min[k] > b.max[k] + PACK_GAP));
  for (let i = 0; i < PACK_TRIES; i++) {
    // the room searched grows with every try, so that objects end up close together
    const reach = dropHalfWidth * Math.sqrt((i + 1) / PACK_TRIES);
    const position: Vec3 = [rng.range(-reach, reach), rng.range(-reach, reach), height + 0.0005];
    const bounds = { min: add(own.min, position), max: add(own.max, position) };
    if (!clear(bounds) || (bin && !insideBin(bin, bounds.min, bounds.max, PACK_GAP))) continue;
    return { pose: { position, quaternion }, bounds };
  }
  return undefined;
}
