/** Geometry of the hands: parts, bodies and contact faces, by kind. */
import type { Pose, Vec3 } from '../math/pose.ts';
import { IDENTITY_QUAT } from '../math/pose.ts';
import type { Solid } from '../objects/object.ts';
import { type HandSettings, kindOf, type SuctionSettings } from './settings.ts';

/**
 * Geometry of a hand: the one description of its shape from which colliders, MJCF, recordings and the page are made. A hand
 * has three bodies, palm, finger on +X and finger on -X; each body's frame is the tcp frame when the hand is closed.
 */
export interface HandGeometry {
  readonly parts: readonly HandPart[];
  /** How far each finger slides, metres; 0 for a hand without fingers. */
  readonly travel: number;
  /** Faces that touch what is grasped; the first belongs to body 1. */
  readonly faces: readonly ContactFace[];
  /** Whether a turn about the approach changes nothing. */
  readonly round?: boolean;
}

/** A convex part of a hand. Metres. */
export interface HandPart {
  readonly name: 'palm' | 'finger' | 'stem' | 'lip';
  /** 0: palm, 1: finger on +X (a cup's stem and lip), 2: finger on -X. */
  readonly body: 0 | 1 | 2;
  readonly solid: Solid;
  /** T_body_part. */
  readonly pose: Pose;
  /** A cup's lip gives way, so it is drawn only. */
  readonly collides: boolean;
}

/** A flat face, in its body's frame: the points middle + s * across + t * along, with s and t in -1/2..1/2. Metres. */
export interface ContactFace {
  readonly body: 1 | 2;
  readonly middle: Vec3;
  readonly across: Vec3;
  readonly along: Vec3;
  /** The way it presses, a unit vector. */
  readonly inward: Vec3;
}

/** Radius of a cup's stem, as a share of the lip's. */
export const STEM_SHARE = 0.6;

/** Half extents of the palm, which sits behind the fingers, metres. */
export const palmHalf = ({
  stroke,
  fingerThickness,
  palmWidth,
  palmDepth,
  palmHeight,
}: Pick<HandSettings, 'stroke' | 'fingerThickness' | 'palmWidth' | 'palmDepth' | 'palmHeight'>): Vec3 => [
  palmWidth === undefined ? stroke / 2 + fingerThickness + 0.006 : palmWidth / 2,
  palmDepth === undefined ? 0.02 : palmDepth / 2,
  palmHeight === undefined ? 0.016 : palmHeight / 2,
];

const at = (x: number, y: number, z: number): Pose => ({ position: [x, y, z], quaternion: IDENTITY_QUAT });

function palm(g: HandSettings): HandPart {
  const half = palmHalf(g);
  const pose = at(0, 0, -g.fingerLength - half[2]);
  return { name: 'palm', body: 0, solid: { kind: 'box', half }, pose, collides: true };
}

/** Two parallel jaws: a palm and a box for each finger, whose inner face is the pad. */
export function jawGeometry(g: HandSettings): HandGeometry {
  const half: Vec3 = [g.fingerThickness / 2, g.fingerWidth / 2, g.fingerLength / 2];
  const finger = (body: 1 | 2, side: 1 | -1): HandPart => ({
    name: 'finger',
    body,
    solid: { kind: 'box', half },
    pose: at(side * half[0], 0, -half[2]),
    collides: true,
  });
  const face = (body: 1 | 2, side: 1 | -1): ContactFace => ({
    body,
    middle: [0, 0, -half[2]],
    across: [0, g.fingerWidth, 0],
    along: [0, 0, -g.fingerLength],
    inward: [-side, 0, 0],
  });
  return {
    parts: [palm(g), finger(1, 1), finger(2, -1)],
    travel: g.stroke / 2,
    faces: [face(1, 1), face(2, -1)],
  };
}

/** A suction cup: palm and stem, and a lip that touches with its whole disc. */
export function cupGeometry(g: SuctionSettings): HandGeometry {
  const stem = Math.max(g.fingerLength - g.lipTravel, 0.001) / 2;
  const rod: Solid = { kind: 'cylinder', radius: STEM_SHARE * g.cupRadius, halfHeight: stem };
  const lip: Solid = { kind: 'cylinder', radius: g.cupRadius, halfHeight: g.lipTravel / 2 };
  return {
    round: true,
    parts: [
      palm(g),
      { name: 'stem', body: 1, solid: rod, pose: at(0, 0, -g.lipTravel - stem), collides: true },
      { name: 'lip', body: 1, solid: lip, pose: at(0, 0, -g.lipTravel / 2), collides: false },
    ],
    travel: 0,
    faces: [
      { body: 1, middle: [0, 0, 0], across: [0, g.fingerWidth, 0], along: [g.fingerWidth, 0, 0], inward: [0, 0, 1] },
    ],
  };
}

const GEOMETRIES = new Map<string, (settings: never) => HandGeometry>([
  ['jaws', jawGeometry],
  ['suction', cupGeometry],
]);

/** Makes the geometry of a further kind of hand known to {@link handGeometry}. */
export const registerGeometry = <S extends HandSettings>(kind: string, geometry: (settings: S) => HandGeometry): void =>
  void GEOMETRIES.set(kind, geometry);

/** The shape of a hand. @throws RangeError if its kind is not known. */
export function handGeometry(settings: HandSettings): HandGeometry {
  const geometry = GEOMETRIES.get(kindOf(settings)) as ((settings: HandSettings) => HandGeometry) | undefined;
  if (geometry) return geometry(settings);
  throw new RangeError(`hand: expected one of ${[...GEOMETRIES.keys()].join(', ')}, got '${kindOf(settings)}'`);
}
