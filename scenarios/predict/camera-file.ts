/** Camera files: intrinsics and pose as graft, RealSense, OpenCV and ROS write them. */
import { parse } from 'yaml';
import type { Intrinsics } from '../../sim/camera/camera.ts';
import { fromAxes, type Pose, type Vec3 } from '../../sim/math/pose.ts';
import { InputError } from '../parse/input-error.ts';

/** What a camera file says. */
export interface CameraFile {
  /** Pixels; a pixel's centre lies at +0.5, whatever the file's own convention. */
  readonly intrinsics: Intrinsics;
  readonly T_world_camera?: Pose;
  /** Coefficients of a lens distortion that are not 0: the picture should be undistorted first. */
  readonly distortion: boolean;
}

type Fields = Readonly<Record<string, unknown>>;

/** Largest file, characters. */
const LONGEST = 200_000;

/**
 * Reads a camera from JSON or YAML: graft's `fx, fy, cx, cy`; RealSense's `ppx, ppy`; OpenCV's `camera_matrix`; ROS's
 * CameraInfo (`K` or `k`). The last three put a pixel's centre at a whole number, and are moved by half a pixel.
 * @throws InputError saying what is missing.
 */
export const parseCamera = (text: string, where: string): CameraFile => cameraOf(parseYaml(text, where), where);

/** Plain data from JSON or YAML, OpenCV's included. @throws InputError if it is neither. */
export function parseYaml(text: string, where: string): unknown {
  if (text.length > LONGEST)
    throw new InputError(`${where}: expected at most ${LONGEST} characters, got ${text.length}`);
  try {
    // OpenCV begins its YAML with a directive, and tags its matrices
    return parse(text.replace(/^%YAML.*\r?\n(---)?/, '').replaceAll('!!opencv-matrix', ''), {
      maxAliasCount: 20,
      // what is wrong with a file is told by whoever reads it
      logLevel: 'error',
    });
  } catch (error) {
    throw new InputError(`${where}: expected JSON or YAML, got: ${(error as Error).message.split('\n')[0]}`);
  }
}

/** The camera that plain data says. @throws InputError saying what is missing. */
export function cameraOf(value: unknown, where: string): CameraFile {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new InputError(
      `${where}: expected an object with a camera's intrinsics, got ${JSON.stringify(value)?.slice(0, 60)}`,
    );
  const fields = value as Fields;
  const nested = fields.intrinsics ?? fields.depth_intrinsics;
  const own = typeof nested === 'object' && nested !== null ? { ...fields, ...(nested as Fields) } : fields;
  const pose = fields.T_world_camera;
  return {
    intrinsics: intrinsicsOf(own, where),
    ...(pose !== undefined && { T_world_camera: poseOf(pose, `${where}: T_world_camera`) }),
    distortion: distorted(own),
  };
}

function intrinsicsOf(own: Fields, where: string): Intrinsics {
  const one = (...names: readonly string[]): number => {
    const found = names.find((name) => typeof own[name] === 'number' && Number.isFinite(own[name]));
    if (found) return own[found] as number;
    throw new InputError(
      `${where}: expected ${names.join(' or ')}, a number, got ${JSON.stringify(own[names[0]]) ?? 'none'}`,
    );
  };
  const [widthPx, heightPx] = [one('widthPx', 'width', 'image_width'), one('heightPx', 'height', 'image_height')];
  const matrix = own.K ?? own.k ?? own.camera_matrix ?? own.cameraMatrix;
  if (matrix !== undefined) {
    const k = numbersOf(matrix);
    if (k.length !== 9) throw new InputError(`${where}: expected a camera matrix of 9 numbers, got ${k.length}`);
    return { widthPx, heightPx, fx: k[0], fy: k[4], cx: k[2] + 0.5, cy: k[5] + 0.5 };
  }
  const [fx, fy] = [one('fx'), one('fy')];
  // RealSense calls the principal point ppx, ppy
  if (own.ppx !== undefined) return { widthPx, heightPx, fx, fy, cx: one('ppx') + 0.5, cy: one('ppy') + 0.5 };
  return { widthPx, heightPx, fx, fy, cx: one('cx'), cy: one('cy') };
}

/** The numbers of [1, 2], [[1], [2]] or { data: [1, 2] }; no deeper, for a list may hold itself. */
function numbersOf(value: unknown, depth = 3): number[] {
  if (typeof value === 'number') return [value];
  if (depth === 0) return [];
  if (Array.isArray(value)) return value.flatMap((each) => numbersOf(each, depth - 1));
  if (typeof value === 'object' && value !== null && 'data' in value) return numbersOf(value.data, depth - 1);
  return [];
}

const distorted = (own: Fields): boolean =>
  [own.D, own.d, own.coeffs, own.distortion_coefficients, own.dist_coeffs].some((list) =>
    numbersOf(list).some((c) => Math.abs(c) > 1e-9),
  );

/** T_a_b of { position, quaternion } or a matrix [4, 4] or [3, 4], nested or flat. @throws InputError for anything else. */
function poseOf(value: unknown, where: string): Pose {
  if (typeof value === 'object' && value !== null && 'position' in value && 'quaternion' in value) {
    const [p, q] = [numbersOf(value.position), numbersOf(value.quaternion)];
    if (p.length === 3 && q.length === 4 && Math.abs(Math.hypot(...q) - 1) < 1e-3)
      return { position: [p[0], p[1], p[2]], quaternion: [q[0], q[1], q[2], q[3]] };
    throw new InputError(`${where}: expected a position [x, y, z] and a quaternion [x, y, z, w] of length 1`);
  }
  const m = numbersOf(value);
  if (m.length !== 16 && m.length !== 12)
    throw new InputError(
      `${where}: expected { position, quaternion } or a matrix of 4 x 4 numbers, got ${m.length} numbers`,
    );
  const column = (c: number): Vec3 => [m[c], m[4 + c], m[8 + c]];
  const [x, y, z] = [column(0), column(1), column(2)];
  const dots = [x, y, z].map((a, i) =>
    [x, y, z].map((b, j) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2] - (i === j ? 1 : 0)),
  );
  const determinant =
    x[0] * (y[1] * z[2] - y[2] * z[1]) - x[1] * (y[0] * z[2] - y[2] * z[0]) + x[2] * (y[0] * z[1] - y[1] * z[0]);
  if (!(Math.max(...dots.flat().map(Math.abs)) < 0.01 && determinant > 0.9))
    throw new InputError(`${where}: expected a rotation in the matrix's first three columns, got something else`);
  return { position: column(3), quaternion: fromAxes(x, y, z) };
}
