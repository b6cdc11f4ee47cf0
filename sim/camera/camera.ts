/** Pinhole camera: intrinsics, pose, projection and deprojection. */
import { cross, fromAxes, normalize, type Pose, subtract, type Vec3 } from '../math/pose.ts';
import { tan } from '../math/trigonometry.ts';

/** Pinhole intrinsics, pixels. Pixel (u, v) has its centre at (u + 0.5, v + 0.5); u runs right, v runs down. */
export interface Intrinsics {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly fx: number;
  readonly fy: number;
  readonly cx: number;
  readonly cy: number;
}

/** A camera in the world. OpenCV axes: +Z forward, +X right, +Y down. */
export interface Camera {
  readonly intrinsics: Intrinsics;
  /** T_world_camera. */
  readonly pose: Pose;
}

/** Intrinsics with square pixels and a centred principal point. @param fovDeg vertical field of view, degrees. */
export function intrinsicsFromFov(widthPx: number, heightPx: number, fovDeg: number): Intrinsics {
  const f = heightPx / 2 / tan((fovDeg * Math.PI) / 360);
  return { widthPx, heightPx, fx: f, fy: f, cx: widthPx / 2, cy: heightPx / 2 };
}

/** T_world_camera of a camera at `eye` that looks at `target` with world +Y up in the picture when looking straight down. */
export function lookAt(eye: Vec3, target: Vec3): Pose {
  const forward = normalize(subtract(target, eye));
  const vertical = Math.abs(forward[2]) > 0.999;
  const up: Vec3 = vertical ? [0, 1, 0] : [0, 0, 1];
  const right = normalize(cross(forward, up));
  return { position: eye, quaternion: fromAxes(right, cross(forward, right), forward) };
}

/** Rotation matrix of a pose's quaternion, row-major [3, 3]. */
export function rotationMatrix({ quaternion: [x, y, z, w] }: Pose): Float64Array {
  return Float64Array.of(
    1 - 2 * (y * y + z * z),
    2 * (x * y - z * w),
    2 * (x * z + y * w),
    2 * (x * y + z * w),
    1 - 2 * (x * x + z * z),
    2 * (y * z - x * w),
    2 * (x * z - y * w),
    2 * (y * z + x * w),
    1 - 2 * (x * x + y * y),
  );
}

/**
 * Projects a point (pinhole model). @param p world frame, metres.
 * @returns [u, v, depth]: pixels and metres along the optical axis (negative depth: behind the camera).
 */
export function project(camera: Camera, p: Vec3): Vec3 {
  const r = rotationMatrix(camera.pose);
  const d = subtract(p, camera.pose.position);
  const x = r[0] * d[0] + r[3] * d[1] + r[6] * d[2];
  const y = r[1] * d[0] + r[4] * d[1] + r[7] * d[2];
  const z = r[2] * d[0] + r[5] * d[1] + r[8] * d[2];
  const k = camera.intrinsics;
  return [(k.fx * x) / z + k.cx, (k.fy * y) / z + k.cy, z];
}

/**
 * Lifts a depth image to points in the world frame (pinhole model).
 * @param depth  [height, width] metres along the optical axis, row-major, 0 = no return. Not retained.
 * @returns      p_world, [height * width, 3] metres; NaN where there is no return.
 * @throws RangeError if depth.length differs from heightPx * widthPx.
 */
export function deproject(camera: Camera, depth: Float32Array): Float32Array {
  const { widthPx, heightPx, fx, fy, cx, cy } = camera.intrinsics;
  if (depth.length !== widthPx * heightPx) {
    throw new RangeError(
      `deproject: expected ${widthPx * heightPx} depths (${widthPx} x ${heightPx}), got ${depth.length}`,
    );
  }
  const r = rotationMatrix(camera.pose);
  const [ox, oy, oz] = camera.pose.position;
  const points = new Float32Array(depth.length * 3);
  for (let v = 0, i = 0; v < heightPx; v++) {
    const y = (v + 0.5 - cy) / fy;
    for (let u = 0; u < widthPx; u++, i++) {
      const z = depth[i] > 0 ? depth[i] : Number.NaN;
      const x = (u + 0.5 - cx) / fx;
      points[i * 3] = ox + z * (r[0] * x + r[1] * y + r[2]);
      points[i * 3 + 1] = oy + z * (r[3] * x + r[4] * y + r[5]);
      points[i * 3 + 2] = oz + z * (r[6] * x + r[7] * y + r[8]);
    }
  }
  return points;
}
