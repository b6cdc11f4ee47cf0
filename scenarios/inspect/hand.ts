/** Hand files: a gripper's URDF as the numbers of a scenario's `gripper`. */
import { existsSync, realpathSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { decodeText, MeshFileError } from '../../sim/files/mesh-file.ts';
import { type HandDimensions, handDimensions, parseUrdfHand } from '../../sim/files/urdf-hand.ts';
import type { UrdfShape } from '../../sim/files/urdf-xml.ts';
import type { Vec3 } from '../../sim/math/pose.ts';
import { cos, sin } from '../../sim/math/trigonometry.ts';
import { InputError } from '../load.ts';
import { readInside } from '../objects/folder.ts';
import { meshReader } from '../objects/mesh-formats.ts';

/** What `graft hand` found. Lengths in metres, to a tenth of a millimetre. */
export interface HandJson {
  readonly name: string;
  /** As a scenario's `gripper`; what no joint says is left to graft's defaults. */
  readonly gripper: HandDimensions & { readonly force?: number; readonly closingSpeed?: number };
}

/**
 * Reads a gripper with two sliding fingers.
 * @param path of a URDF; its meshes lie below its folder.
 * @throws InputError if it is no such hand.
 */
export async function readHand(path: string): Promise<HandJson> {
  const file = resolve(path);
  if (!existsSync(file)) throw new InputError(`hand ${path}: expected a URDF, got no such file`);
  const [root, name] = [realpathSync(dirname(file)), basename(file)];
  try {
    const hand = parseUrdfHand(decodeText(readInside(root, name, name).bytes, name), name);
    const points = await pointsOf(hand, root, name);
    const dimensions = handDimensions(hand, (shape) => points.get(shape)!, name);
    const { force, closingSpeed } = hand;
    const rounded = Object.entries(dimensions).map(([key, value]) => [key, Math.round(value * 1e4) / 1e4]);
    return {
      name: hand.name,
      gripper: {
        ...(Object.fromEntries(rounded) as unknown as HandDimensions),
        ...(force !== undefined && { force }),
        ...(closingSpeed !== undefined && { closingSpeed }),
      },
    };
  } catch (error) {
    if (error instanceof MeshFileError) throw new InputError(`hand ${error.message}`);
    throw error;
  }
}

async function pointsOf(
  { palm, fingers }: ReturnType<typeof parseUrdfHand>,
  root: string,
  from: string,
): Promise<ReadonlyMap<UrdfShape, readonly Vec3[]>> {
  const shapes = [palm, ...fingers.map((finger) => finger.geometries)].flat().map(({ shape }) => shape);
  return new Map(await Promise.all(shapes.map(async (shape) => [shape, await spanning(shape, root, from)] as const)));
}

/** Points that span a shape. */
async function spanning(shape: UrdfShape, root: string, from: string): Promise<readonly Vec3[]> {
  switch (shape.kind) {
    case 'box':
      return [-1, 1].flatMap((x) =>
        [-1, 1].flatMap((y) => [-1, 1].map((z): Vec3 => [x * shape.half[0], y * shape.half[1], z * shape.half[2]])),
      );
    case 'sphere':
      return [-1, 1].flatMap((s): Vec3[] => [
        [s * shape.radius, 0, 0],
        [0, s * shape.radius, 0],
        [0, 0, s * shape.radius],
      ]);
    case 'cylinder':
      return Array.from({ length: 24 }, (_, i) => (2 * Math.PI * i) / 24).flatMap((a) =>
        [-1, 1].map((z): Vec3 => [shape.radius * cos(a), shape.radius * sin(a), z * shape.halfHeight]),
      );
    case 'mesh': {
      const read = meshReader(shape.file, from);
      const { bytes, file } = readInside(root, shape.file, from);
      const { positions } = (await read(bytes, file)).mesh;
      const [x, y, z] = shape.scale;
      return Array.from(
        { length: positions.length / 3 },
        (_, i): Vec3 => [x * positions[3 * i], y * positions[3 * i + 1], z * positions[3 * i + 2]],
      );
    }
    default:
      return shape satisfies never;
  }
}
