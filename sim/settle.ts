/** Settling: objects lose their speed on the table until they rest. */
import { type BinSettings, binWalls } from './bin.ts';
import { IDENTITY_QUAT, norm, type Pose } from './math/pose.ts';
import { hypot } from './math/trigonometry.ts';
import type { ObjectModel } from './objects/object.ts';
import {
  addCollider,
  addFixed,
  addObject,
  type Body,
  bodySpin,
  bodyVelocity,
  isAsleep,
  moveTo,
  putToSleep,
  setDamping,
  stepBriefly,
  stepWorld,
  type World,
} from './physics.ts';

/** Adds the table, and the walls of the bin if there is one. */
export function addTable(
  world: World,
  { tableFriction: friction, bin }: { readonly tableFriction: number; readonly bin?: BinSettings },
): void {
  const below: Pose = { position: [0, 0, -0.05], quaternion: IDENTITY_QUAT };
  const body = addFixed(world);
  addCollider(world, body, { kind: 'box', half: [0.6, 0.6, 0.05] }, below, { density: 1000, friction });
  for (const { half, pose } of bin ? binWalls(bin) : [])
    addCollider(world, body, { kind: 'box', half }, pose, { density: 1000, friction });
}

/** Longest time to rest. */
const SETTLE_SECONDS = 3;
const REST_SPEED = 0.004;
const REST_SPIN = 0.08;
/** Damping while settling only: it stands for the rolling resistance that rigid contacts lack. */
const SETTLE_DAMPING = { linear: 0.8, angular: 6 };

/** Whether a body moves too slowly to count. */
export const atRest = (body: Body): boolean =>
  norm(bodyVelocity(body)) < REST_SPEED && hypot(...bodySpin(body)) < REST_SPIN;

/**
 * Steps until every body has been at rest for a tenth of a second.
 * @param seconds longest time to rest.
 * @returns false if that did not happen in time.
 */
export function settle(world: World, bodies: readonly Body[], stepHz: number, seconds = SETTLE_SECONDS): boolean {
  const needed = Math.round(stepHz / 10);
  let quiet = 0;
  for (let step = 0; step < seconds * stepHz; step++) {
    stepWorld(world);
    quiet = bodies.every(atRest) ? quiet + 1 : 0;
    if (quiet >= needed) return true;
  }
  return false;
}

/** A step so short that nothing moves in it, seconds. */
const INSTANT = 1e-6;

/**
 * Lets objects at rest sleep where they are, until something touches them. Rapier knows no contacts before the first step:
 * awake, they would fall freely in it by a tenth of a millimetre, and round ones then roll. A contact that is found late wakes
 * its objects, so a whole step follows, and those it woke are put back.
 * @param poses T_world_object of each.
 */
export function fallAsleep(world: World, bodies: readonly Body[], poses: readonly Pose[]): void {
  stepBriefly(world, INSTANT);
  for (const body of bodies) putToSleep(body);
  stepWorld(world);
  bodies.forEach((body, i) => {
    if (!isAsleep(body)) moveTo(body, poses[i]);
    putToSleep(body);
  });
}

/** Adds an object that loses its speed as if it rolled on something soft. @param pose T_world_object. */
export function addDamped(world: World, model: ObjectModel, pose: Pose): Body {
  const body = addObject(world, model, pose);
  setDamping(body, SETTLE_DAMPING.linear, SETTLE_DAMPING.angular);
  return body;
}

/** Whether an object's origin lies where scenes keep theirs. @param pose T_world_object. */
export function insideWorkspace(
  { position: [x, y, z] }: Pose,
  halfWidth: number,
  bin: BinSettings | undefined,
): boolean {
  const half = Math.min(halfWidth, bin?.halfWidth ?? halfWidth);
  return Math.abs(x) < half && Math.abs(y) < half && z > 0 && z < 0.5;
}
