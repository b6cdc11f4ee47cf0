import { createHash } from 'node:crypto';
import { palmHalf } from '../hand/jaws.ts';
import { isSuction, STEM_SHARE } from '../hand/kind.ts';
import type { Vec3 } from '../math/pose.ts';
import type { Mesh } from '../objects/mesh.ts';
import type { Episode } from './episode.ts';
import { GRIPPER_FRAMES, objectFrame, timestamp } from './format.ts';
import { encodeMessage, type Fields } from './write/schemas.ts';

/** Hash of a mesh: the same shape has the same one in every recording. */
export function meshHash({ positions, indices }: Mesh): string {
  const hash = createHash('sha256');
  for (const { buffer, byteOffset, byteLength } of [positions, indices])
    hash.update(new Uint8Array(buffer, byteOffset, byteLength));
  return hash.digest('hex').slice(0, 16);
}

/** What is drawn, as a key: equal keys mean that nothing has to be sent again. */
export const sceneKey = ({ objects, gripper }: Pick<Episode, 'objects' | 'gripper'>): string =>
  JSON.stringify([objects.map(({ mesh, colour }) => [meshHash(mesh), colour]), gripper]);

const UPRIGHT: Fields = { x: 0, y: 0, z: 0, w: 1 };
const at = ([x, y, z]: Vec3): Fields => ({ position: { x, y, z }, orientation: UPRIGHT });
const vector = ([x, y, z]: Vec3): Fields => ({ x, y, z });

/** Linear RGB in 0..1 to the sRGB that viewers expect. */
const srgb = (c: number): number => (c <= 0.0031308 ? 12.92 * c : 1.055 * c ** (1 / 2.4) - 0.055);
const colour = ([r, g, b]: Vec3): Fields => ({ r: srgb(r), g: srgb(g), b: srgb(b), a: 1 });

const [SHELL, STEEL, RUBBER, TABLE]: readonly Vec3[] = [
  [0.85, 0.87, 0.9],
  [0.25, 0.3, 0.36],
  [0.02, 0.02, 0.03],
  [0.2, 0.2, 0.2],
];

/** A thing that moves with one frame. */
const entity = (
  frame: string,
  time: number,
  drawn: Fields,
  metadata: Readonly<Record<string, string>> = {},
): Fields => ({
  ...{ timestamp: timestamp(time), frame_id: frame, id: frame, frame_locked: true, ...drawn },
  metadata: Object.entries(metadata).map(([key, value]) => ({ key, value })),
});

function triangles({ positions, indices }: Mesh, linear: Vec3): Fields {
  const points = Array.from({ length: positions.length / 3 }, (_, i) => ({
    ...{ x: positions[3 * i], y: positions[3 * i + 1], z: positions[3 * i + 2] },
  }));
  return { pose: at([0, 0, 0]), points, color: colour(linear), indices: [...indices] };
}

/** Palm and fingers as the boxes that collide; a cup as its stem and lip. */
function gripperEntities(g: Episode['gripper'], time: number): Fields[] {
  const [palm, left, right] = GRIPPER_FRAMES;
  const half = palmHalf(g);
  const palmBox = {
    pose: at([0, 0, -g.fingerLength - half[2]]),
    size: vector([2 * half[0], 2 * half[1], 2 * half[2]]),
  };
  const shell = entity(palm, time, { cubes: [{ ...palmBox, color: colour(SHELL) }] });
  if (isSuction(g)) {
    const [stem, body] = [2 * STEM_SHARE * g.cupRadius, g.fingerLength - g.lipTravel];
    const whole = { bottom_scale: 1, top_scale: 1 };
    const tube = { pose: at([0, 0, -g.lipTravel - body / 2]), size: vector([stem, stem, body]), ...whole };
    const lip = { pose: at([0, 0, -g.lipTravel / 2]), size: vector([2 * g.cupRadius, 2 * g.cupRadius, g.lipTravel]) };
    const cylinders = [
      { ...tube, color: colour(STEEL) },
      { ...lip, ...whole, color: colour(RUBBER) },
    ];
    return [shell, entity(left, time, { cylinders })];
  }
  const finger = (frame: string, side: number): Fields => {
    const pose = at([(side * g.fingerThickness) / 2, 0, -g.fingerLength / 2]);
    const size = vector([g.fingerThickness, g.fingerWidth, g.fingerLength]);
    return entity(frame, time, { cubes: [{ pose, size, color: colour(STEEL) }] });
  };
  return [shell, finger(left, 1), finger(right, -1)];
}

/** Everything that is drawn, as a `foxglove.SceneUpdate` that replaces what was there. Meshes are in the frames of their objects. */
export function encodeScene({ objects, gripper }: Pick<Episode, 'objects' | 'gripper'>, time: number): Uint8Array {
  const table = { pose: at([0, 0, -0.005]), size: vector([0.8, 0.8, 0.01]), color: colour(TABLE) };
  const things = objects.map(({ mesh, colour: linear, family }, i) => {
    const drawn = { triangles: [triangles(mesh, linear)] };
    return entity(objectFrame(i), time, drawn, { family, geometry: meshHash(mesh) });
  });
  return encodeMessage('foxglove.SceneUpdate', {
    deletions: [{ timestamp: timestamp(time), type: 1 }],
    entities: [
      { ...entity('world', time, { cubes: [table] }), id: 'table' },
      ...gripperEntities(gripper, time),
      ...things,
    ],
  });
}
