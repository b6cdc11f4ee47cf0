/** Scenes: objects drawn, dropped or packed on the table, and settled; and what a trial leaves of them. */
import { type BinSettings, binWalls, insideBin } from './bin.ts';
import { axisAngle, IDENTITY_QUAT, multiply, norm, type Pose, type Quat, randomQuat, type Vec3 } from './math/pose.ts';
import { type Rng, rngStream } from './math/rng.ts';
import { hypot } from './math/trigonometry.ts';
import { type Family, type ObjectRanges, sampleObject } from './objects/families.ts';
import { meshBounds } from './objects/mesh.ts';
import type { ObjectModel } from './objects/object.ts';
import {
  addCollider,
  addFixed,
  addObject,
  type Body,
  bodyPose,
  bodySpin,
  bodyVelocity,
  createWorld,
  freeWorld,
  isAsleep,
  moveTo,
  type PhysicsSettings,
  putToSleep,
  setDamping,
  stepBriefly,
  stepWorld,
  type World,
} from './physics.ts';
import { UserError } from './user-error.ts';

/** What is dropped on the table. */
export interface SceneSettings {
  readonly families: readonly Family[];
  /** Objects to draw from instead of the families; friction is drawn from the ranges, the rest is theirs. */
  readonly library?: readonly ObjectModel[];
  readonly objectCount: number;
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
 * as they rest alone, side by side without touching (the packed scenes of VGN and GIGA).
 */
export const ARRANGEMENTS = ['drop', 'packed'] as const;
type Arrangement = (typeof ARRANGEMENTS)[number];

/** An object at rest. `pose` is T_world_object. */
export interface PlacedObject {
  readonly model: ObjectModel;
  readonly pose: Pose;
}

/** A scene at rest: plain data, so any number of grasps can start from exactly the same state. The table top is z = 0. */
export interface Scene {
  readonly objects: readonly PlacedObject[];
  readonly tableFriction: number;
  readonly bin?: BinSettings;
}

/** Scenes for training and for evaluation come from disjoint streams by construction. */
export type SceneSplit = 'training' | 'evaluation';

/** A world with the table and the scene's objects, at rest. The caller frees it ({@link freeWorld}). */
export function buildWorld(scene: Scene, physics: PhysicsSettings): { world: World; bodies: readonly Body[] } {
  const world = createWorld(physics);
  addTable(world, scene);
  const bodies = scene.objects.map(({ model, pose }) => addObject(world, model, pose));
  fallAsleep(world, bodies, scene.objects);
  return { world, bodies };
}

/** A step so short that nothing moves in it, seconds. */
const INSTANT = 1e-6;

/**
 * Lets objects at rest sleep where they are, until something touches them. Rapier knows no contacts before the first step:
 * awake, they would fall freely in it by a tenth of a millimetre, and round ones then roll. A contact that is found late wakes
 * its objects, so a whole step follows, and those it woke are put back.
 */
function fallAsleep(world: World, bodies: readonly Body[], objects: readonly PlacedObject[]): void {
  stepBriefly(world, INSTANT);
  for (const body of bodies) putToSleep(body);
  stepWorld(world);
  bodies.forEach((body, i) => {
    if (!isAsleep(body)) moveTo(body, objects[i].pose);
    putToSleep(body);
  });
}

/** The table, and the walls of the bin if there is one. */
function addTable(world: World, { tableFriction: friction, bin }: Pick<Scene, 'tableFriction' | 'bin'>): void {
  const below: Pose = { position: [0, 0, -0.05], quaternion: IDENTITY_QUAT };
  const body = addFixed(world);
  addCollider(world, body, { kind: 'box', half: [0.6, 0.6, 0.05] }, below, { density: 1000, friction });
  for (const { half, pose } of bin ? binWalls(bin) : [])
    addCollider(world, body, { kind: 'box', half }, pose, { density: 1000, friction });
}

/** Draws of a scene before it is given up: of five objects in a pile something rolls away in five draws of six. */
const MAX_DRAWS = 300;
/** Longest time to rest. */
const SETTLE_SECONDS = 3;
const REST_SPEED = 0.004;
const REST_SPIN = 0.08;
/** Damping while settling only: it stands for the rolling resistance that rigid contacts lack. */
const SETTLE_DAMPING = { linear: 0.8, angular: 6 };

const atRest = (body: Body): boolean => norm(bodyVelocity(body)) < REST_SPEED && hypot(...bodySpin(body)) < REST_SPIN;

/** Steps until every body has been at rest for a tenth of a second. @returns false if that did not happen in time. */
function settle(world: World, bodies: readonly Body[], stepHz: number): boolean {
  const needed = Math.round(stepHz / 10);
  let quiet = 0;
  for (let step = 0; step < SETTLE_SECONDS * stepHz; step++) {
    stepWorld(world);
    quiet = bodies.every(atRest) ? quiet + 1 : 0;
    if (quiet >= needed) return true;
  }
  return false;
}

/** An object that loses its speed as if it rolled on something soft. */
function addDamped(world: World, model: ObjectModel, pose: Pose): Body {
  const body = addObject(world, model, pose);
  setDamping(body, SETTLE_DAMPING.linear, SETTLE_DAMPING.angular);
  return body;
}

/** Least distance between the bounds of packed objects, metres, and tries to find room for one. */
const PACK_GAP = 0.006;
const PACK_TRIES = 200;

/** Stands the objects side by side, each as it rests alone, as close to the middle as room allows. */
function packAll(
  world: World,
  models: readonly ObjectModel[],
  settings: SceneSettings,
  physics: PhysicsSettings,
  rng: Rng,
): Body[] | undefined {
  const taken: { min: Vec3; max: Vec3 }[] = [];
  const bodies: Body[] = [];
  for (const model of models) {
    const rest = settleModels([model], { ...settings, arrangement: 'drop', dropHalfWidth: 0 }, physics, rng);
    if (!rest) return undefined;
    const [{ pose }] = rest;
    const quaternion = multiply(axisAngle([0, 0, 1], rng.range(0, 2 * Math.PI)), pose.quaternion);
    const clear = (b: { min: Vec3; max: Vec3 }): boolean =>
      taken.every((t) => [0, 1].some((k) => b.min[k] > t.max[k] + PACK_GAP || t.min[k] > b.max[k] + PACK_GAP));
    let placed = false;
    for (let i = 0; i < PACK_TRIES && !placed; i++) {
      // the room searched grows with every try, so that objects end up close together
      const reach = settings.dropHalfWidth * Math.sqrt((i + 1) / PACK_TRIES);
      const position: Vec3 = [rng.range(-reach, reach), rng.range(-reach, reach), pose.position[2] + 0.0005];
      const bounds = meshBounds(model.mesh, { position, quaternion });
      if (!clear(bounds) || (settings.bin && !insideBin(settings.bin, bounds.min, bounds.max, PACK_GAP))) continue;
      taken.push(bounds);
      bodies.push(addDamped(world, model, { position, quaternion }));
      placed = true;
    }
    if (!placed) return undefined;
  }
  return settle(world, bodies, physics.stepHz) ? bodies : undefined;
}

/**
 * The scene after a trial: the held object is taken away, the others fall to rest from where the trial left them. Objects
 * that end outside the workspace, or never rest, are gone, too: they are not counted as cleared.
 */
export function sceneAfter(
  scene: Scene,
  trial: { readonly outcome: string; readonly target: number; readonly finalPoses: readonly Pose[] },
  workspaceHalfWidth: number,
  physics: PhysicsSettings,
): Scene {
  const left = scene.objects
    .map(({ model }, i) => ({ model, pose: trial.finalPoses[i] }))
    .filter((_, i) => !(trial.outcome === 'held' && i === trial.target));
  return restAgain(scene, left, workspaceHalfWidth, physics);
}

/** The objects come to rest from where they are; what ends outside the workspace, or never rests, is gone. */
function restAgain(
  scene: Scene,
  objects: readonly PlacedObject[],
  workspaceHalfWidth: number,
  physics: PhysicsSettings,
): Scene {
  const world = createWorld(physics);
  try {
    addTable(world, scene);
    const bodies = objects.map(({ model, pose }) => addDamped(world, model, pose));
    settle(world, bodies, physics.stepHz);
    const left = bodies
      .map((body, i) => ({ model: objects[i].model, pose: bodyPose(body), resting: atRest(body) }))
      .filter(({ pose, resting }) => resting && insideWorkspace(pose, workspaceHalfWidth, scene.bin))
      .map(({ model, pose }) => ({ model, pose }));
    return { ...scene, objects: left };
  } finally {
    freeWorld(world);
  }
}

/** The scene after one more object, drawn from the settings and turned at random, has been dropped on what lies there. */
export function sceneWith(scene: Scene, settings: SceneSettings, physics: PhysicsSettings, rng: Rng): Scene {
  const model = sampleModel(settings, rng);
  const quaternion = randomQuat(rng);
  const [x, y] = [0, 1].map(() => rng.range(-settings.dropHalfWidth, settings.dropHalfWidth));
  const lowest = meshBounds(model.mesh, { position: [0, 0, 0], quaternion }).min[2];
  const position = letGo([x, y, sceneTop(scene) + DROP_GAP - lowest], model, quaternion, scene.bin);
  const objects = [...scene.objects, { model, pose: { position, quaternion } }];
  return restAgain(scene, objects, settings.workspaceHalfWidth, physics);
}

function insideWorkspace({ position: [x, y, z] }: Pose, halfWidth: number, bin: BinSettings | undefined): boolean {
  const half = Math.min(halfWidth, bin?.halfWidth ?? halfWidth);
  return Math.abs(x) < half && Math.abs(y) < half && z > 0 && z < 0.5;
}

/** Objects are let go this far above what lies there, metres. */
const DROP_GAP = 0.003;
/** Room left to the walls when an object is let go, metres. */
const BIN_ROOM = 0.002;

/** Where to let an object go: the place drawn, moved away from the walls; above them if it does not fit between. */
function letGo([x, y, z]: Vec3, model: ObjectModel, quaternion: Quat, bin: BinSettings | undefined): Vec3 {
  if (!bin) return [x, y, z];
  const { min, max } = meshBounds(model.mesh, { position: [0, 0, 0], quaternion });
  const reach = bin.halfWidth - BIN_ROOM;
  const fits = [0, 1].every((k) => max[k] - min[k] <= 2 * reach);
  const between = (v: number, k: 0 | 1): number => Math.min(Math.max(v, -reach - min[k]), reach - max[k]);
  return fits ? [between(x, 0), between(y, 1), z] : [x, y, Math.max(z, bin.height + BIN_ROOM - min[2])];
}

/** Drops the objects one after the other from just above what already lies there. */
function dropAll(
  world: World,
  models: readonly ObjectModel[],
  settings: SceneSettings,
  { stepHz }: PhysicsSettings,
  rng: Rng,
): Body[] | undefined {
  const bodies: Body[] = [];
  for (const model of models) {
    const quaternion = randomQuat(rng);
    const reach = settings.dropHalfWidth;
    const [x, y] = [rng.range(-reach, reach), rng.range(-reach, reach)];
    const lowest = meshBounds(model.mesh, { position: [0, 0, 0], quaternion }).min[2];
    const top = bodies.reduce((z, body, i) => Math.max(z, meshBounds(models[i].mesh, bodyPose(body)).max[2]), 0);
    const position = letGo([x, y, top + DROP_GAP - lowest], model, quaternion, settings.bin);
    bodies.push(addDamped(world, model, { position, quaternion }));
    if (!settle(world, bodies, stepHz)) return undefined;
  }
  return bodies;
}

/** Settings that no scene fits: the user's to mend. */
export class SceneError extends UserError {}

/**
 * The scene keyed by (seed, split, index): objects drawn, dropped in random orientations and settled. Draws in which
 * something rolls away or does not come to rest are drawn again.
 * @throws SceneError if no draw settles within the workspace.
 */
export function sampleScene(
  settings: SceneSettings,
  physics: PhysicsSettings,
  seed: number,
  split: SceneSplit,
  index: number,
): Scene {
  for (let draw = 0; draw < MAX_DRAWS; draw++) {
    const rng = rngStream(seed, `scene/${split}/${draw}`, index);
    const models = Array.from({ length: settings.objectCount }, () => sampleModel(settings, rng));
    const objects = settleModels(models, settings, physics, rng);
    const { tableFriction, bin } = settings;
    if (objects) return { objects, tableFriction, ...(bin && { bin }) };
  }
  throw new SceneError(
    `scene ${index} (${split}, seed ${seed}): expected the objects to settle within ${settings.workspaceHalfWidth} m of the ` +
      `centre, got none in ${MAX_DRAWS} draws; try fewer or smaller objects`,
  );
}

function sampleModel({ families, library, ranges }: SceneSettings, rng: Rng): ObjectModel {
  if (!library) return sampleObject(rng.pick(families), ranges, rng);
  return { ...rng.pick(library), friction: rng.range(...ranges.friction) };
}

function settleModels(
  models: readonly ObjectModel[],
  settings: SceneSettings,
  physics: PhysicsSettings,
  rng: Rng,
): PlacedObject[] | undefined {
  const world = createWorld(physics);
  try {
    addTable(world, settings);
    const arrange = settings.arrangement === 'packed' ? packAll : dropAll;
    const bodies = arrange(world, models, settings, physics, rng);
    if (!bodies) return undefined;
    const objects = bodies.map((body, i) => ({ model: models[i], pose: bodyPose(body) }));
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

/** Highest point of the scene, metres. */
export const sceneTop = (scene: Scene): number =>
  scene.objects.reduce((z, { model, pose }) => Math.max(z, meshBounds(model.mesh, pose).max[2]), 0);
