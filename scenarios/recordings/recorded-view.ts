import { InputError } from '../load.ts';
import type { TrialMessages } from './recorded-trial.ts';

/** What the policy saw, as a recording has it. */
export interface RecordedView {
  readonly width: number;
  readonly height: number;
  /** [height, width, 3] sRGB. */
  readonly rgb: Uint8Array;
  /** [height, width] metres, to a millimetre; 0 = no return. */
  readonly depth: Float32Array;
  /** [3, 3] intrinsics, pixels. */
  readonly intrinsics: readonly number[];
  /** T_world_camera: x y z qx qy qz qw. */
  readonly cameraPose: readonly number[];
  /** Cells along a side, and the side of a cell, metres. */
  readonly size: number;
  readonly cell: number;
  /** [size, size] metres above the table; rows along world +Y. */
  readonly heightmap: Float32Array;
  /** [size, size] predicted chance of success, 0..1; undefined if the policy predicts none. */
  readonly affordance?: Float32Array;
}

type Fields = Readonly<Record<string, unknown>>;

/** Millimetres, as `16UC1` images have them. */
const DEPTH_UNIT = 1e-3;

/** Reads what the policy saw. @throws InputError naming the message that is missing or does not fit. */
export function recordedView(path: string, trial: TrialMessages): RecordedView {
  const damaged = (topic: string, expected: string, got: unknown): InputError =>
    new InputError(`${path}: expected ${topic} with ${expected}, got ${got}`);
  const one = (topic: Parameters<TrialMessages['messages']>[0]): Fields => {
    const [fields] = trial.messages(topic);
    if (!fields) throw damaged(topic, 'one message a trial', 'none');
    return fields;
  };
  const bytesOf = (topic: string, { data }: Fields, length: number): Uint8Array => {
    const bytes = data as Uint8Array;
    if (bytes.length !== length) throw damaged(topic, `${length} bytes`, bytes.length);
    // a copy, so that wider numbers are aligned
    return bytes.slice();
  };
  const image = (topic: '/camera/colour' | '/camera/depth', encoding: string): Fields => {
    const fields = one(topic);
    if (fields.encoding !== encoding) throw damaged(topic, `encoding ${encoding}`, fields.encoding);
    return fields;
  };
  const grid = (topic: '/heightmap' | '/affordance', fields: Fields): Float32Array => {
    const columns = fields.column_count as number;
    return new Float32Array(bytesOf(topic, fields, 4 * columns * columns).buffer);
  };
  const colour = image('/camera/colour', 'rgb8');
  const [width, height] = [colour.width as number, colour.height as number];
  const depth = new Uint16Array(bytesOf('/camera/depth', image('/camera/depth', '16UC1'), 2 * width * height).buffer);
  const map = one('/heightmap');
  const [affordance] = trial.messages('/affordance');
  const intrinsics = one('/camera/calibration').K as number[];
  if (intrinsics.length !== 9) throw damaged('/camera/calibration', 'K of 9 numbers', intrinsics.length);
  return {
    ...{ width, height, rgb: bytesOf('/camera/colour', colour, 3 * width * height), intrinsics },
    depth: Float32Array.from(depth, (z) => z * DEPTH_UNIT),
    cameraPose: cameraPose(one('/tf_static')) ?? raise(damaged('/tf_static', 'the frame camera', 'none')),
    size: map.column_count as number,
    cell: (map.cell_size as { x?: number } | null)?.x ?? 0,
    heightmap: grid('/heightmap', map),
    ...(affordance && { affordance: grid('/affordance', affordance) }),
  };
}

function raise(error: Error): never {
  throw error;
}

interface Transform {
  readonly child_frame_id: string;
  readonly translation: Readonly<Record<'x' | 'y' | 'z', number>> | null;
  readonly rotation: Readonly<Record<'x' | 'y' | 'z' | 'w', number>> | null;
}

function cameraPose({ transforms }: Fields): number[] | undefined {
  const camera = (transforms as Transform[]).find((t) => t.child_frame_id === 'camera');
  if (!camera?.translation || !camera.rotation) return undefined;
  const { translation: t, rotation: q } = camera;
  return [t.x, t.y, t.z, q.x, q.y, q.z, q.w];
}
