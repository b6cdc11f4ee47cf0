/** Parts that several families are built from. */
import { axisAngle, type Quat, type Vec3 } from '../math/pose.ts';
import { cos, sin, tan } from '../math/trigonometry.ts';
import { type Part, part } from './object.ts';

/** Turns a solid's +Z axis to +X. */
export const ALONG_X: Quat = axisAngle([0, 1, 0], Math.PI / 2);
/** Turns a solid's +Z axis to -Y. */
export const ALONG_Y: Quat = axisAngle([1, 0, 0], Math.PI / 2);

/** A box of the given edges, metres. */
export const box = (x: number, y: number, z: number, at: Vec3 = [0, 0, 0], turn?: Quat): Part =>
  part({ kind: 'box', half: [x / 2, y / 2, z / 2] }, at, turn);

/** A closed wall of `count` boxes around +Z: the body of rings and mugs. Lengths in metres. */
export function wall(radius: number, thickness: number, height: number, count: number, z = 0): Part[] {
  const middle = radius - thickness / 2;
  const width = 2 * radius * tan(Math.PI / count);
  return Array.from({ length: count }, (_, i) => {
    const a = (2 * Math.PI * i) / count;
    return box(thickness, width, height, [middle * cos(a), middle * sin(a), z], axisAngle([0, 0, 1], a));
  });
}
