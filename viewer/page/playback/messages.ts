import type { Camera } from '../../../sim/camera/camera.ts';
import type { Pose, Vec3 } from '../../../sim/math/pose.ts';
import type { Mesh } from '../../../sim/objects/mesh.ts';
import { GRIPPER_BODIES } from '../../../sim/recording/episode.ts';
import { DEPTH_UNIT, GRIPPER_FRAMES } from '../../../sim/recording/format.ts';

/** What the page draws, taken out of the messages of a live run or of a recording. Nothing is taken on trust. */

/** sRGB [height, width, 3]. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly rgb: Uint8Array;
}

/** Metres [height, width], 0 = no return. */
export interface DepthPicture {
  readonly width: number;
  readonly height: number;
  readonly depth: Float32Array;
}

/** Values [size, size] over the table, rows along world +Y; `cell` metres. */
export interface GridMap {
  readonly size: number;
  readonly cell: number;
  readonly values: Float32Array;
}

/** How hard each finger presses an object, N. */
export interface Contact {
  /** Index of the object. */
  readonly object: number;
  readonly left: number;
  readonly right: number;
}

const PIXELS_MAX = 4096;
const BODIES_MAX = 1000;
const VERTICES_MAX = 1_000_000;

interface Xyz {
  readonly x: number;
  readonly y: number;
  readonly z: number;
}
type Xyzw = Xyz & { readonly w: number };

interface RawImage {
  readonly width: number;
  readonly height: number;
  readonly encoding: string;
  readonly data: Uint8Array;
}

function expectImage(what: string, image: RawImage, encoding: string, bytes: number): void {
  const { width, height, data } = image;
  if (image.encoding !== encoding) throw new Error(`${what}: expected encoding ${encoding}, got ${image.encoding}`);
  if (width < 1 || height < 1 || width > PIXELS_MAX || height > PIXELS_MAX)
    throw new Error(`${what}: expected 1 to ${PIXELS_MAX} pixels a side, got ${width} x ${height}`);
  if (data.length !== width * height * bytes)
    throw new Error(`${what}: expected ${width * height * bytes} bytes, got ${data.length}`);
}

/** @throws Error unless it is a `foxglove.RawImage` in rgb8. */
export function pictureOf(message: unknown): Picture {
  const image = message as RawImage;
  expectImage('colour image', image, 'rgb8', 3);
  return { width: image.width, height: image.height, rgb: image.data };
}

/** @throws Error unless it is a `foxglove.RawImage` in 16UC1. */
export function depthOf(message: unknown): DepthPicture {
  const image = message as RawImage;
  expectImage('depth image', image, '16UC1', 2);
  const { width, height, data } = image;
  const depth = new Float32Array(width * height);
  for (let i = 0; i < depth.length; i++) depth[i] = (data[2 * i] + 256 * data[2 * i + 1]) * DEPTH_UNIT;
  return { width, height, depth };
}

/** @throws Error unless it is a square `foxglove.Grid` of 32-bit floats. */
export function gridOf(message: unknown): GridMap {
  const {
    columnCount: size,
    cellSize,
    data,
  } = message as {
    readonly columnCount: number;
    readonly cellSize?: { readonly x: number };
    readonly data: Uint8Array;
  };
  if (size < 1 || size > PIXELS_MAX || data.length !== 4 * size * size)
    throw new Error(`grid: expected a square of floats, got ${data.length} bytes in ${size} columns`);
  const cell = cellSize?.x ?? 0;
  if (!(cell > 0)) throw new Error(`grid: expected cells larger than 0, got ${cell}`);
  // a copy: floats need an aligned start
  return { size, cell, values: new Float32Array(data.slice().buffer) };
}

/** Index of a frame among the bodies of a pose array; -1 for another frame. */
function bodyOf(frame: string): number {
  const part = (GRIPPER_FRAMES as readonly string[]).indexOf(frame);
  if (part >= 0) return part;
  const [, object] = /^object_(\d{1,4})$/.exec(frame) ?? [];
  return object === undefined ? -1 : GRIPPER_BODIES + Number(object);
}

const poseOf = (t: Xyz | undefined, q: Xyzw | undefined): number[] => [
  ...[t?.x ?? 0, t?.y ?? 0, t?.z ?? 0],
  ...[q?.x ?? 0, q?.y ?? 0, q?.z ?? 0, q?.w ?? 1],
];

interface Transforms {
  readonly transforms: readonly {
    readonly childFrameId: string;
    readonly translation?: Xyz;
    readonly rotation?: Xyzw;
  }[];
}

/**
 * Writes the transforms of a `foxglove.FrameTransforms` into poses [bodies, 7].
 * @throws Error if a number is not finite.
 */
export function applyTransforms(message: unknown, poses: Float32Array): void {
  for (const { childFrameId, translation, rotation } of (message as Transforms).transforms) {
    const body = bodyOf(childFrameId);
    if (body < 0 || body * 7 >= poses.length) continue;
    const pose = poseOf(translation, rotation);
    if (!pose.every(Number.isFinite)) throw new Error(`transform of ${childFrameId}: expected finite numbers`);
    poses.set(pose, body * 7);
  }
}

/** The camera's pose in a `foxglove.FrameTransforms`; undefined if it is not in it. */
export function cameraPoseOf(message: unknown): Pose | undefined {
  const camera = (message as Transforms).transforms.find((t) => t.childFrameId === 'camera');
  if (!camera) return undefined;
  const [x, y, z, ...q] = poseOf(camera.translation, camera.rotation);
  return { position: [x, y, z], quaternion: q as [number, number, number, number] };
}

/** The camera of a `foxglove.CameraCalibration`. @throws Error unless it has the nine numbers of K. */
export function cameraOf(message: unknown, pose: Pose): Camera {
  const { K, width, height } = message as { readonly K: readonly number[]; width: number; height: number };
  if (K.length !== 9 || !K.every(Number.isFinite))
    throw new Error(`calibration: expected K of 9 numbers, got ${K.length}`);
  return { pose, intrinsics: { widthPx: width, heightPx: height, fx: K[0], fy: K[4], cx: K[2], cy: K[5] } };
}

/** Phase and contacts of a `graft.GripperState`. */
export function gripperOf(message: unknown): { readonly phase: string; readonly contacts: readonly Contact[] } {
  const { phase, contacts } = message as {
    readonly phase: string;
    readonly contacts: readonly { readonly frameId: string; readonly left: number; readonly right: number }[];
  };
  const known = contacts.flatMap(({ frameId, left, right }) => {
    const object = bodyOf(frameId) - GRIPPER_BODIES;
    return object >= 0 ? [{ object, left, right }] : [];
  });
  return { phase, contacts: known };
}

/** One thing of a scene. */
interface Entity {
  readonly id: string;
  readonly metadata: readonly { readonly key: string; readonly value: string }[];
  readonly cubes: readonly { readonly pose?: { readonly position?: Xyz }; readonly size?: Xyz }[];
  readonly cylinders: readonly { readonly size?: Xyz }[];
  readonly triangles: readonly {
    readonly points: readonly Xyz[];
    readonly indices: readonly number[];
    readonly color?: { readonly r: number; readonly g: number; readonly b: number };
  }[];
}

/** An object of a scene; the colour is linear RGB in 0..1. */
export interface SceneObject {
  readonly mesh: Mesh;
  readonly geometry: string;
  readonly family: string;
  readonly colour: Vec3;
}

/** Dimensions of a gripper as it is drawn, metres; of a cup also its radius and how far its lip gives. */
export interface DrawnGripper {
  readonly fingerLength: number;
  readonly fingerWidth: number;
  readonly fingerThickness: number;
  readonly palmHalf: Vec3;
  readonly cup?: { readonly radius: number; readonly lipTravel: number };
}

/** @throws Error unless it is a `foxglove.SceneUpdate` with a gripper and objects that make sense. */
export function sceneOf(message: unknown): {
  readonly objects: readonly SceneObject[];
  readonly gripper: DrawnGripper;
} {
  const { entities } = message as { readonly entities: readonly Entity[] };
  const byId = new Map(entities.map((e) => [e.id, e]));
  const objects: SceneObject[] = [];
  for (let i = 0; i < BODIES_MAX; i++) {
    const entity = byId.get(`object_${i}`);
    if (!entity) break;
    objects.push(objectOf(entity));
  }
  return { objects, gripper: drawnGripper(byId) };
}

const linear = (c: number): number => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);

function objectOf({ id, triangles, metadata }: Entity): SceneObject {
  const [list] = triangles;
  if (!list) throw new Error(`scene: expected ${id} to have a mesh`);
  const { points, indices, color } = list;
  if (points.length > VERTICES_MAX || indices.length % 3 !== 0 || indices.some((i) => i >= points.length))
    throw new Error(`scene: expected ${id} to have triangles of its ${points.length} points`);
  const positions = new Float32Array(points.length * 3);
  points.forEach(({ x, y, z }, i) => {
    positions.set([x, y, z], 3 * i);
  });
  const value = (key: string): string => metadata.find((m) => m.key === key)?.value ?? '';
  const { r, g, b } = color ?? { r: 0.5, g: 0.5, b: 0.5 };
  return {
    mesh: { positions, indices: Uint32Array.from(indices) },
    ...{ geometry: value('geometry'), family: value('family'), colour: [linear(r), linear(g), linear(b)] },
  };
}

function drawnGripper(byId: ReadonlyMap<string, Entity>): DrawnGripper {
  const [palm, left] = [byId.get('palm')?.cubes[0], byId.get('finger_left')];
  if (!palm?.size || !left) throw new Error('scene: expected a gripper with palm and finger_left');
  const palmHalf: Vec3 = [palm.size.x / 2, palm.size.y / 2, palm.size.z / 2];
  const fingerLength = -(palm.pose?.position?.z ?? 0) - palmHalf[2];
  const [finger, lip] = [left.cubes[0]?.size, left.cylinders[1]?.size];
  if (finger) return { fingerLength, fingerWidth: finger.y, fingerThickness: finger.x, palmHalf };
  if (!lip) throw new Error('scene: expected fingers or a cup');
  const cup = { radius: lip.x / 2, lipTravel: lip.z };
  return { fingerLength, fingerWidth: lip.x, fingerThickness: lip.x / 2, palmHalf, cup };
}
