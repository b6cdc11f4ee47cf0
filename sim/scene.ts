/** Scenes: objects drawn, dropped or packed on the table, and settled; and what a trial leaves of them. */
import { arrange, DROP_GAP, letGo, type PlacedObject, type SceneSettings, sampleModel } from './arrangement.ts';
import type { BinSettings } from './bin.ts';
import { type Pose, randomQuat } from './math/pose.ts';
import { type Rng, rngStream } from './math/rng.ts';
import { meshBounds } from './objects/mesh.ts';
import { addObject, type Body, bodyPose, createWorld, freeWorld, type PhysicsSettings, type World } from './physics.ts';
import { restingPoses, SceneError } from './placed.ts';
import { addDamped, addTable, atRest, fallAsleep, insideWorkspace, settle } from './settle.ts';

export { ARRANGEMENTS, type PlacedObject, type SceneSettings } from './arrangement.ts';
export { SceneError } from './placed.ts';

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
  fallAsleep(
    world,
    bodies,
    scene.objects.map(({ pose }) => pose),
  );
  return { world, bodies };
}

/** Draws of a scene before it is given up: of five objects in a pile something rolls away in five draws of six. */
export const MAX_DRAWS = 300;

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

/**
 * The scene keyed by (seed, split, index): objects drawn, dropped in random orientations and settled. Draws in which
 * something rolls away or does not come to rest are drawn again. Objects that are placed are the same for every key.
 * @throws SceneError if no draw settles within the workspace, or something placed does not lie where it is.
 */
export function sampleScene(
  settings: SceneSettings,
  physics: PhysicsSettings,
  seed: number,
  split: SceneSplit,
  index: number,
): Scene {
  const { tableFriction, bin, placed } = settings;
  const table = { tableFriction, ...(bin && { bin }) };
  if (placed) {
    const poses = restingPoses({ ...settings, placed }, physics);
    return { objects: placed.map(({ model }, i) => ({ model, pose: poses[i] })), ...table };
  }
  for (let draw = 0; draw < MAX_DRAWS; draw++) {
    const rng = rngStream(seed, `scene/${split}/${draw}`, index);
    const models = Array.from({ length: settings.objectCount }, () => sampleModel(settings, rng));
    const objects = arrange(models, settings, physics, rng);
    if (objects) return { objects, ...table };
  }
  throw new SceneError(
    `scene ${index} (${split}, seed ${seed}): expected the objects to settle within ${settings.workspaceHalfWidth} m of the ` +
      `centre, got none in ${MAX_DRAWS} draws; try fewer or smaller objects`,
  );
}

/** Highest point of the scene, metres. */
export const sceneTop = (scene: Scene): number =>
  scene.objects.reduce((z, { model, pose }) => Math.max(z, meshBounds(model.mesh, pose).max[2]), 0);
