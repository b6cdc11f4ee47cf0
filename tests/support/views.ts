import { type Camera, intrinsicsFromFov, lookAt } from '../../sim/camera/camera.ts';
import type { Instance } from '../../sim/camera/render.ts';
import { axisAngle, type Vec3 } from '../../sim/math/pose.ts';
import { boxMesh } from '../../sim/objects/mesh.ts';

/** A camera of square pictures that looks at the middle of the table. */
export const cameraAt = (eye: Vec3 = [0.05, -0.25, 0.55], sizePx = 128): Camera => ({
  intrinsics: intrinsicsFromFov(sizePx, sizePx, 40),
  pose: lookAt(eye, [0, 0, 0]),
});

/** A red box, turned about +Z. */
export const boxAt = (half: Vec3, position: Vec3, angle = 0): Instance => ({
  mesh: boxMesh(half),
  pose: { position, quaternion: axisAngle([0, 0, 1], angle) },
  colour: [0.9, 0.1, 0.1],
});
