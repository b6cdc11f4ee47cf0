/** Objects: their convex parts, mesh, mass and surface. */
import { IDENTITY_QUAT, type Pose, type Quat, type Vec3 } from '../math/pose.ts';
import { boxMesh, capsuleMesh, cylinderMesh, hullMesh, type Mesh, mergeMeshes } from './mesh.ts';

/** A convex solid. Lengths in metres; cylinders and capsules lie along +Z; `halfHeight` of a capsule is its straight part's. */
export type Solid =
  | { readonly kind: 'box'; readonly half: Vec3 }
  | { readonly kind: 'sphere'; readonly radius: number }
  | { readonly kind: 'cylinder'; readonly radius: number; readonly halfHeight: number }
  | { readonly kind: 'capsule'; readonly radius: number; readonly halfHeight: number }
  | { readonly kind: 'hull'; readonly points: readonly Vec3[] };

/** One convex piece of an object. `pose` is T_object_part. */
export interface Part {
  readonly solid: Solid;
  readonly pose: Pose;
}

/** Mass properties that come from a file or a mesh instead of from the parts' volumes. Object frame. */
export interface MassProperties {
  /** kg */
  readonly mass: number;
  readonly centre: Vec3;
  /** Principal moments about the centre, kg m^2. */
  readonly inertia: Vec3;
  /** Rotation of the principal axes to the object frame. */
  readonly frame: Quat;
}

/**
 * A rigid object: what collides (parts) and what is drawn (mesh). The same surface in procedural families; in objects read
 * from files the parts are convex pieces that stand for the mesh.
 */
export interface ObjectModel {
  readonly family: string;
  readonly parts: readonly Part[];
  readonly mesh: Mesh;
  /** The surface of the parts, where it is not the mesh. */
  readonly collision?: Mesh;
  /** kg/m^3, uniform over the parts; without effect if `massProperties` is given. */
  readonly density: number;
  readonly massProperties?: MassProperties;
  /** Coulomb coefficient of the object's surface. */
  readonly friction: number;
  /** Linear RGB in 0..1. */
  readonly colour: Vec3;
}

/** A part at a position, optionally rotated. */
export const part = (solid: Solid, position: Vec3 = [0, 0, 0], quaternion: Quat = IDENTITY_QUAT): Part => ({
  solid,
  pose: { position, quaternion },
});

/** The surface of one solid, object frame of the solid. */
export function solidMesh(solid: Solid): Mesh {
  switch (solid.kind) {
    case 'box':
      return boxMesh(solid.half);
    case 'sphere':
      return capsuleMesh(solid.radius, 0, 28, 9);
    case 'cylinder':
      return cylinderMesh(solid.radius, solid.halfHeight);
    case 'capsule':
      return capsuleMesh(solid.radius, solid.halfHeight);
    case 'hull':
      return hullMesh(solid.points);
    default:
      return solid satisfies never;
  }
}

/** The surface of all parts, object frame. */
export const partsMesh = (parts: readonly Part[]): Mesh =>
  mergeMeshes(parts.map(({ solid, pose }) => ({ mesh: solidMesh(solid), pose })));

/** The surface that collides, object frame. */
export const collisionMesh = ({ mesh, collision }: ObjectModel): Mesh => collision ?? mesh;
