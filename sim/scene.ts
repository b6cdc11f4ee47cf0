import { type Family, type ObjectRanges, sampleObject } from './families.ts';
import { meshBounds } from './mesh.ts';
import type { ObjectModel } from './object.ts';
import {
  addCollider,
  addFixed,
  addObject,
  type Body,
  bodyPose,
  createWorld,
  type PhysicsSettings,
  type World,
} from './physics.ts';
import { IDENTITY_QUAT, type Pose, randomQuat } from './pose.ts';
import { type Rng, rngStream } from './rng.ts';

/** What is dropped on the table. */
export interface SceneSettings {
  readonly families: readonly Family[];
  /** Objects to draw from instead of the families; friction is drawn from the ranges, the rest is theirs. */
  readonly library?: readonly ObjectModel[];
  readonly objectCount: number;
  readonly ranges: ObjectRanges;
  /** Objects are dropped within this distance (each axis) of the workspace's centre, metres. */
  readonly dropHalfWidth: number;
  /** Objects must come to rest within this distance (each axis) of the centre, metres. */
  readonly workspaceHalfWidth: number;
  /** Coefficient of the table; multiplies with the object's. */
  readonly tableFriction: number;
}

/** An object at rest. `pose` is T_world_object. */
export interface PlacedObject {
  readonly model: ObjectModel;
  readonly pose: Pose;
}

/** A scene at rest: plain data, so any number of grasps can start from exactly the same state. The table top is z = 0. */
export interface Scene {
  readonly objects: readonly PlacedObject[];
  readonly tableFriction: number;
}

/** Scenes for training and for evaluation come from disjoint streams by construction. */
export type SceneSplit = 'training' | 'evaluation';

/** A world with the table and the scene's objects, at rest. The caller frees it. */
export function buildWorld(scene: Scene, physics: PhysicsSettings): { world: World; bodies: readonly Body[] } {
  const world = createWorld(physics);
  addTable(world, scene.tableFriction);
  return { world, bodies: scene.objects.map(({ model, pose }) => addObject(world, model, pose)) };
}

function addTable(world: World, friction: number): void {
  const below: Pose = { position: [0, 0, -0.05], quaternion: IDENTITY_QUAT };
  addCollider(world, addFixed(world), { kind: 'box', half: [0.6, 0.6, 0.05] }, below, { density: 1000, friction });
}

/** Draws the objects and drops them until they rest. */
const MAX_DRAWS = 40;
const SETTLE_SECONDS = 3;
const REST_SPEED = 0.004;
const REST_SPIN = 0.08;
/** Damping while settling only: it stands for the rolling resistance that rigid contacts lack. */
const SETTLE_DAMPING = { linear: 0.8, angular: 6 };

function atRest(body: Body): boolean {
  const v = body.linvel();
  const w = body.angvel();
  return Math.hypot(v.x, v.y, v.z) < REST_SPEED && Math.hypot(w.x, w.y, w.z) < REST_SPIN;
}

/** Steps until every body has been at rest for a tenth of a second. @returns false if that did not happen in time. */
function settle(world: World, bodies: readonly Body[], stepHz: number): boolean {
  const needed = Math.round(stepHz / 10);
  let quiet = 0;
  for (let step = 0; step < SETTLE_SECONDS * stepHz; step++) {
    world.step();
    quiet = bodies.every(atRest) ? quiet + 1 : 0;
    if (quiet >= needed) return true;
  }
  return false;
}

/** Drops the objects one after the other from just above what already lies there. */
function dropAll(
  world: World,
  models: readonly ObjectModel[],
  settings: SceneSettings,
  stepHz: number,
  rng: Rng,
): Body[] | undefined {
  const bodies: Body[] = [];
  for (const model of models) {
    const quaternion = randomQuat(rng);
    const reach = settings.dropHalfWidth;
    const [x, y] = [rng.range(-reach, reach), rng.range(-reach, reach)];
    const lowest = meshBounds(model.mesh, { position: [0, 0, 0], quaternion }).min[2];
    const top = bodies.reduce((z, body, i) => Math.max(z, meshBounds(models[i].mesh, bodyPose(body)).max[2]), 0);
    const body = addObject(world, model, { position: [x, y, top + 0.003 - lowest], quaternion });
    body.setLinearDamping(SETTLE_DAMPING.linear);
    body.setAngularDamping(SETTLE_DAMPING.angular);
    bodies.push(body);
    if (!settle(world, bodies, stepHz)) return undefined;
  }
  return bodies;
}

/**
 * The scene keyed by (seed, split, index): objects drawn, dropped in random orientations and settled. Draws in which
 * something rolls away or does not come to rest are drawn again.
 * @throws Error if no draw settles within the workspace.
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
    if (objects) return { objects, tableFriction: settings.tableFriction };
  }
  throw new Error(
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
    addTable(world, settings.tableFriction);
    const bodies = dropAll(world, models, settings, physics.stepHz, rng);
    if (!bodies) return undefined;
    const objects = bodies.map((body, i) => ({ model: models[i], pose: bodyPose(body) }));
    const inside = objects.every(
      ({ pose: { position: p } }) =>
        Math.abs(p[0]) < settings.workspaceHalfWidth &&
        Math.abs(p[1]) < settings.workspaceHalfWidth &&
        p[2] > 0 &&
        p[2] < 0.5,
    );
    return inside ? objects : undefined;
  } finally {
    world.free();
  }
}

/** Highest point of the scene, metres. */
export const sceneTop = (scene: Scene): number =>
  scene.objects.reduce((z, { model, pose }) => Math.max(z, meshBounds(model.mesh, pose).max[2]), 0);
