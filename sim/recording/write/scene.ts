/** Scene as a recording has it: objects, hand and table as entities, and keys to tell them apart. */
import { createHash } from 'node:crypto';
import { type HandPart, handGeometry } from '../../hand/geometry.ts';
import { scale, type Vec3 } from '../../math/pose.ts';
import type { Mesh } from '../../objects/mesh.ts';
import type { Episode } from '../episode.ts';
import { GRIPPER_FRAMES, objectFrame, timestamp } from '../format.ts';
import type { Fields } from '../read/decode.ts';
import { encodeMessage } from './schemas.ts';

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
  ...{ timestamp: timestamp(time), frameId: frame, id: frame, frameLocked: true, ...drawn },
  metadata: Object.entries(metadata).map(([key, value]) => ({ key, value })),
});

function triangles({ positions, indices }: Mesh, linear: Vec3): Fields {
  const points = Array.from({ length: positions.length / 3 }, (_, i) => ({
    ...{ x: positions[3 * i], y: positions[3 * i + 1], z: positions[3 * i + 2] },
  }));
  return { pose: at([0, 0, 0]), points, color: colour(linear), indices: [...indices] };
}

/** Colours of a hand's parts. */
const FINISH: Readonly<Record<HandPart['name'], Vec3>> = { palm: SHELL, finger: STEEL, stem: STEEL, lip: RUBBER };

/** A hand's bodies as the boxes and cylinders that they are made of. */
function handEntities(settings: Episode['gripper'], time: number): Fields[] {
  const { parts } = handGeometry(settings);
  return GRIPPER_FRAMES.flatMap((frame, body) => {
    const own = parts.filter((part) => part.body === body);
    const cubes = own.flatMap(({ solid, pose, name }) =>
      solid.kind === 'box'
        ? [{ pose: at(pose.position), size: vector(scale(solid.half, 2)), color: colour(FINISH[name]) }]
        : [],
    );
    const cylinders = own.flatMap(({ solid, pose, name }) => {
      if (solid.kind !== 'cylinder') return [];
      const size = vector([2 * solid.radius, 2 * solid.radius, 2 * solid.halfHeight]);
      return [{ pose: at(pose.position), size, bottomScale: 1, topScale: 1, color: colour(FINISH[name]) }];
    });
    return own.length > 0 ? [entity(frame, time, { cubes, cylinders })] : [];
  });
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
      ...handEntities(gripper, time),
      ...things,
    ],
  });
}
