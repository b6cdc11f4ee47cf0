/** Placed scenes: objects where somebody says, in place of a draw. */
import type { BinSettings } from './bin.ts';
import { norm, type Pose, subtract } from './math/pose.ts';
import type { ObjectModel } from './objects/object.ts';
import { type Body, bodyPose, createWorld, freeWorld, type PhysicsSettings } from './physics.ts';
import { addDamped, addTable, insideWorkspace, settle } from './settle.ts';
import { UserError } from './user-error.ts';

/** Settings that no scene fits: the user's to mend. */
export class SceneError extends UserError {}

/** An object and where it is put. `pose` is T_world_object. */
export interface Placement {
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

/** What is said to lie may move so far until it rests, metres. */
const AT_REST = 0.005;

/**
 * Poses at rest of objects that are placed, T_world_object. If none falls, they are the given ones, to the bit.
 * @throws SceneError naming the object that does not lie still, ends outside the workspace or never rests.
 */
export function restingPoses({ placed, workspaceHalfWidth, ...table }: Placing, physics: PhysicsSettings): Pose[] {
  const world = createWorld(physics);
  try {
    addTable(world, table);
    const bodies = new Map<Placement, Body>();
    const add = (object: Placement): void => void bodies.set(object, addDamped(world, object.model, object.pose));
    const settled = (): boolean => settle(world, [...bodies.values()], physics.stepHz);
    for (const object of placed) if (!object.falls) add(object);
    const rest = settled();
    for (const [object, body] of bodies) checkStill(placed, object, bodyPose(body));
    if (!rest) throw new SceneError('scene.placed: expected objects that come to rest, got some that never do');
    for (const object of placed) {
      if (!object.falls) continue;
      add(object);
      if (!settled()) throw refusal(placed, object, 'to come to rest, got one that never does');
    }
    const moved = placed.some(({ falls }) => falls);
    const poses = placed.map((object) => (moved ? bodyPose(bodies.get(object)!) : object.pose));
    placed.forEach((object, i) => {
      if (insideWorkspace(poses[i], workspaceHalfWidth, table.bin)) return;
      throw refusal(placed, object, `to lie within ${workspaceHalfWidth} m of the centre, got ${metres(poses[i])}`);
    });
    return poses;
  } finally {
    freeWorld(world);
  }
}

/** @throws SceneError if something that is said to lie hangs in the air, stands on an edge or is inside something. */
function checkStill(placed: readonly Placement[], object: Placement, rest: Pose): void {
  const moved = norm(subtract(rest.position, object.pose.position));
  if (moved < AT_REST) return;
  const far = `${(1000 * moved).toFixed(0)} mm`;
  throw refusal(placed, object, `to lie still where it is, got one that moves ${far}; to let it fall, set falls: true`);
}

const metres = ({ position }: Pose): string => `x, y, z = ${position.map((v) => Number(v.toFixed(3))).join(', ')} m`;

const refusal = (placed: readonly Placement[], object: Placement, expected: string): SceneError =>
  new SceneError(`scene.placed.${placed.indexOf(object)}: expected the ${object.model.family} ${expected}`);
