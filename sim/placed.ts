/** Placed scenes: objects where somebody says, in place of a draw. */
import type { BinSettings } from './bin.ts';
import { norm, type Pose, subtract } from './math/pose.ts';
import type { ObjectModel } from './objects/object.ts';
import { type Body, bodyPose, createWorld, freeWorld, type PhysicsSettings } from './physics.ts';
import { addDamped, addTable, fallAsleep, insideWorkspace, settle } from './settle.ts';
import { UserError } from './user-error.ts';

/** Settings that no scene fits: the user's to mend. */
export class SceneError extends UserError {}

/** An object and where it is put. `pose` is T_world_object. */
export interface Placement {
  /** What errors call it. */
  readonly name: string;
  readonly model: ObjectModel;
  readonly pose: Pose;
  /** Whether it is let go there, after all that lies and all that falls before it; else it lies there. */
  readonly falls: boolean;
}

/** What is placed, and where. Lengths in metres; as in `SceneSettings`. */
interface Placing {
  readonly placed: readonly Placement[];
  readonly workspaceHalfWidth: number;
  readonly tableFriction: number;
  readonly bin?: BinSettings;
}

/** An object that moves, and how far it did, metres. */
interface Mover {
  readonly object: Placement;
  readonly moved: number;
}

/** What is said to lie may move so far, metres, in so many seconds. */
const STILL = 0.005;
const WATCHED = 0.25;

/**
 * Poses at rest of objects that are placed, T_world_object: at first what lies, then what falls, one after the other. What
 * nothing falls on keeps its pose, to the bit.
 * @throws SceneError naming the object that does not lie still, ends outside the workspace or never rests.
 */
export function restingPoses(placing: Placing, physics: PhysicsSettings): Pose[] {
  for (const { object, moved } of unsupported(placing, physics)) {
    const far = `${(1000 * moved).toFixed(0)} mm in ${WATCHED} s`;
    throw refusal(object, `to lie still where it is, got one that moves ${far}; to let it fall, set falls: true`);
  }
  return fallenPoses(placing, physics);
}

/** As {@link restingPoses}; what lies does so wherever it is, until something touches it. */
export function fallenPoses({ placed, workspaceHalfWidth, ...table }: Placing, physics: PhysicsSettings): Pose[] {
  const world = createWorld(physics);
  try {
    addTable(world, table);
    const bodies = new Map<Placement, Body>();
    const add = (object: Placement): void => void bodies.set(object, addDamped(world, object.model, object.pose));
    const lying = placed.filter(({ falls }) => !falls);
    lying.forEach(add);
    fallAsleep(
      world,
      [...bodies.values()],
      lying.map(({ pose }) => pose),
    );
    for (const object of placed) {
      if (!object.falls) continue;
      add(object);
      if (settle(world, [...bodies.values()], physics.stepHz)) continue;
      throw refusal(object, 'to come to rest, got one that never does');
    }
    return placed.map((object) => {
      const now = bodyPose(bodies.get(object)!);
      const pose = same(now, object.pose) ? object.pose : now;
      if (insideWorkspace(pose, workspaceHalfWidth, table.bin)) return pose;
      throw refusal(object, `to lie within ${workspaceHalfWidth} m of the centre, got ${metres(pose)}`);
    });
  } finally {
    freeWorld(world);
  }
}

/** What is said to lie and does not: it hangs in the air, stands on an edge or is inside something. */
export function unsupported({ placed, workspaceHalfWidth: _, ...table }: Placing, physics: PhysicsSettings): Mover[] {
  const world = createWorld(physics);
  try {
    addTable(world, table);
    const lying = placed.filter(({ falls }) => !falls);
    const bodies = lying.map(({ model, pose }) => addDamped(world, model, pose));
    settle(world, bodies, physics.stepHz, WATCHED);
    return lying
      .map((object, i) => ({ object, moved: norm(subtract(bodyPose(bodies[i]).position, object.pose.position)) }))
      .filter(({ moved }) => moved >= STILL);
  } finally {
    freeWorld(world);
  }
}

/** The engine keeps poses with seven digits. */
const same = (a: Pose, b: Pose): boolean =>
  [...a.position, ...a.quaternion].every((v, k) => Math.abs(v - [...b.position, ...b.quaternion][k]) < 1e-6);

const metres = ({ position }: Pose): string => `x, y, z = ${position.map((v) => Number(v.toFixed(3))).join(', ')} m`;

const refusal = ({ name, model }: Placement, expected: string): SceneError =>
  new SceneError(`${name}: expected the ${model.family} ${expected}`);
