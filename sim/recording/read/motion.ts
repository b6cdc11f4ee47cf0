/** Where everything is and what touches, out of the messages of a recording or of a live run. Nothing is taken on trust. */
import type { Pose } from '../../math/pose.ts';
import { PHASES } from '../../motion.ts';
import { GRIPPER_BODIES } from '../episode.ts';
import { GRIPPER_FRAMES } from '../format.ts';
import type { Fields } from './decode.ts';

/** How hard each finger presses an object, N. */
export interface Contact {
  /** Index of the object. */
  readonly object: number;
  readonly left: number;
  readonly right: number;
}

/** A vector as a message has it. */
export interface Xyz {
  readonly x: number;
  readonly y: number;
  readonly z: number;
}
type Xyzw = Xyz & { readonly w: number };

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
export function applyTransforms(message: Fields, poses: Float32Array): void {
  for (const { childFrameId, translation, rotation } of (message as unknown as Transforms).transforms) {
    const body = bodyOf(childFrameId);
    if (body < 0 || body * 7 >= poses.length) continue;
    const pose = poseOf(translation, rotation);
    if (!pose.every(Number.isFinite)) throw new Error(`transform of ${childFrameId}: expected finite numbers`);
    poses.set(pose, body * 7);
  }
}

/** The camera's pose in a `foxglove.FrameTransforms`; undefined if it is not in it. */
export function cameraPoseOf(message: Fields): Pose | undefined {
  const camera = (message as unknown as Transforms).transforms.find((t) => t.childFrameId === 'camera');
  if (!camera) return undefined;
  const [x, y, z, ...q] = poseOf(camera.translation, camera.rotation);
  return { position: [x, y, z], quaternion: q as [number, number, number, number] };
}

/** Phase, an index into {@link PHASES}, and contacts of a `graft.GripperState`. */
export function gripperOf(message: Fields): { readonly phase: number; readonly contacts: readonly Contact[] } {
  const { phase, contacts } = message as unknown as {
    readonly phase: string;
    readonly contacts: readonly { readonly frameId: string; readonly left: number; readonly right: number }[];
  };
  const known = contacts.flatMap(({ frameId, left, right }) => {
    const object = bodyOf(frameId) - GRIPPER_BODIES;
    return object >= 0 ? [{ object, left, right }] : [];
  });
  return { phase: Math.max((PHASES as readonly string[]).indexOf(phase), 0), contacts: known };
}
