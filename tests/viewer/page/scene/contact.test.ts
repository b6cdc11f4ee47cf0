import { describe, expect, it } from 'vitest';
import { CUP_PRESETS, GRIPPER_DEFAULTS, suctionCup } from '../../../../sim/hand/presets.ts';
import type { HandSettings } from '../../../../sim/hand/settings.ts';
import { axisAngle, multiply, type Pose, type Vec3 } from '../../../../sim/math/pose.ts';
import { boxMesh } from '../../../../sim/objects/mesh.ts';
import type { EpisodeInfo } from '../../../../viewer/foxglove/additions.ts';
import { touchedPoint } from '../../../../viewer/page/scene/contact.ts';

const flat = (...poses: readonly Pose[]): Float32Array =>
  Float32Array.from(poses.flatMap(({ position, quaternion }) => [...position, ...quaternion]));
const info = (gripper: HandSettings): EpisodeInfo => ({ gripper }) as EpisodeInfo;
/** Straight down: the frame of a hand that approaches along -Z and closes along +X. */
const DOWN = axisAngle([1, 0, 0], Math.PI);
const close = (got: Vec3, wanted: Vec3): void => expect(got).toEqual(wanted.map((x) => expect.closeTo(x, 5)));

/** Jaws around a box of 4 cm at a height, turned about +Z as a whole, with the tips 1 cm above the table. */
function held(turn: number): { readonly poses: Float32Array; readonly mesh: ReturnType<typeof boxMesh> } {
  const about = axisAngle([0, 0, 1], turn);
  const quaternion = multiply(about, DOWN);
  const at = (x: number): Pose => ({ position: [x * Math.cos(turn), x * Math.sin(turn), 0.01], quaternion });
  const object: Pose = { position: [0, 0, 0.02], quaternion: about };
  return { poses: flat(at(0), at(0.02), at(-0.02), object), mesh: boxMesh([0.02, 0.02, 0.02]) };
}

describe('where a finger touches', () => {
  it.each([0, 0.5, 2])('is on the face of the box that it presses, pointing inwards (turned by %d rad)', (turn) => {
    const { poses, mesh } = held(turn);
    for (const side of [1, -1] as const) {
      const { point, direction } = touchedPoint(info(GRIPPER_DEFAULTS), mesh, poses, 0, side);
      close(direction, [-side * Math.cos(turn), -side * Math.sin(turn), 0]);
      const along = point[0] * Math.cos(turn) + point[1] * Math.sin(turn);
      expect(along).toBeCloseTo(side * 0.02, 5);
      expect(-point[0] * Math.sin(turn) + point[1] * Math.cos(turn)).toBeCloseTo(0, 5);
      // between the tips and the top of the box
      expect(point[2]).toBeGreaterThan(0.01);
      expect(point[2]).toBeLessThan(0.04);
    }
  });

  it('is the middle of what touches where only a part does', () => {
    const { poses, mesh } = held(0);
    const [whole, beside] = [poses, poses.slice()];
    // the box moved along the pad by most of its width
    beside[3 * 7 + 1] = 0.024;
    const middle = touchedPoint(info(GRIPPER_DEFAULTS), mesh, whole, 0, 1).point;
    const { point } = touchedPoint(info(GRIPPER_DEFAULTS), mesh, beside, 0, 1);
    expect(point[1]).toBeGreaterThan(middle[1] + 0.002);
    expect(point[0]).toBeCloseTo(0.02, 5);
  });

  it('is the middle of the pad where nothing is near', () => {
    const { poses, mesh } = held(0);
    const { fingerLength } = GRIPPER_DEFAULTS;
    // far beside the box, and in front of it by more than a contact gives
    for (const [k, off] of [
      [1, 0.5],
      [0, -0.01],
    ]) {
      const away = poses.slice();
      away[3 * 7 + k] = off;
      close(touchedPoint(info(GRIPPER_DEFAULTS), mesh, away, 0, 1).point, [0.02, 0, 0.01 + fingerLength / 2]);
    }
  });

  it('of a cup is under its lip, whichever side is asked for', () => {
    const cup = suctionCup(Object.values(CUP_PRESETS)[0]);
    const at: Pose = { position: [0.005, 0, 0.04], quaternion: DOWN };
    const poses = flat(at, at, at, { position: [0, 0, 0.02], quaternion: [0, 0, 0, 1] });
    for (const side of [1, -1] as const) {
      const { point, direction } = touchedPoint(info(cup), boxMesh([0.02, 0.02, 0.02]), poses, 0, side);
      close(direction, [0, 0, -1]);
      close(point, [0.005, 0, 0.04]);
    }
  });
});
