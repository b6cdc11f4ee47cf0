/** What is drawn, out of a `foxglove.SceneUpdate` of a recording. Nothing is taken on trust. */
import type { HandSettings, SuctionSettings } from '../../hand/settings.ts';
import type { Vec3 } from '../../math/pose.ts';
import type { Mesh } from '../../objects/mesh.ts';
import type { Fields } from './decode.ts';
import type { Xyz } from './motion.ts';

const BODIES_MAX = 1000;
const VERTICES_MAX = 1_000_000;

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

/** @throws Error unless it is a `foxglove.SceneUpdate` with a gripper and objects that make sense. */
export function sceneOf(message: Fields): {
  readonly objects: readonly SceneObject[];
  /** The hand as it is drawn; what does not show, as force and mass, is 0. */
  readonly gripper: HandSettings;
  /** Half extents of the palm, metres. */
  readonly palmHalf: Vec3;
} {
  const { entities } = message as unknown as { readonly entities: readonly Entity[] };
  const byId = new Map(entities.map((e) => [e.id, e]));
  const objects: SceneObject[] = [];
  for (let i = 0; i < BODIES_MAX; i++) {
    const entity = byId.get(`object_${i}`);
    if (!entity) break;
    objects.push(objectOf(entity));
  }
  return { objects, ...drawnHand(byId) };
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

const HIDDEN = { force: 0, closingSpeed: 0, fingerMass: 0, padFriction: 0 } as const;
const HIDDEN_OF_CUP = { torqueLimit: 0, sealFlatness: 0, sealAngle: 0, compliance: 0 } as const;

function drawnHand(byId: ReadonlyMap<string, Entity>): { readonly gripper: HandSettings; readonly palmHalf: Vec3 } {
  const [palm, left] = [byId.get('palm')?.cubes[0], byId.get('finger_left')];
  if (!palm?.size || !left) throw new Error('scene: expected a gripper with palm and finger_left');
  const palmHalf: Vec3 = [palm.size.x / 2, palm.size.y / 2, palm.size.z / 2];
  const fingerLength = -(palm.pose?.position?.z ?? 0) - palmHalf[2];
  const hand = { ...HIDDEN, stroke: 2 * palmHalf[0], fingerLength };
  const [finger, lip] = [left.cubes[0]?.size, left.cylinders[1]?.size];
  if (finger) return { palmHalf, gripper: { ...hand, fingerWidth: finger.y, fingerThickness: finger.x } };
  if (!lip) throw new Error('scene: expected fingers or a cup');
  const gripper: SuctionSettings = {
    ...hand,
    ...HIDDEN_OF_CUP,
    kind: 'suction',
    fingerWidth: lip.x,
    fingerThickness: lip.x / 2,
    cupRadius: lip.x / 2,
    lipTravel: lip.z,
  };
  return { palmHalf, gripper };
}
