/** Resizing: an object `s` times as large, of the same material. */
import { scale } from '../math/pose.ts';
import { scalePart } from './families.ts';
import type { Mesh } from './mesh.ts';
import type { MassProperties, ObjectModel } from './object.ts';

/** A mesh `s` times as large. */
export const resizedMesh = ({ positions, indices }: Mesh, s: number): Mesh => ({
  positions: positions.map((x) => x * s),
  indices,
});

/** Mass properties at the same density. */
export const resizedMass = ({ mass, centre, inertia, frame }: MassProperties, s: number): MassProperties => ({
  mass: mass * s * s * s,
  centre: scale(centre, s),
  inertia: scale(inertia, s * s * s * s * s),
  frame,
});

/** The object `s` times as large. */
export const resized = (model: ObjectModel, s: number): ObjectModel => ({
  ...model,
  parts: model.parts.map((part) => scalePart(part, s)),
  mesh: resizedMesh(model.mesh, s),
  ...(model.collision && { collision: resizedMesh(model.collision, s) }),
  ...(model.massProperties && { massProperties: resizedMass(model.massProperties, s) }),
});
