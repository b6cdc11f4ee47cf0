/** Bin: its walls as boxes and meshes, and what lies between them. */
import { IDENTITY_POSE, IDENTITY_QUAT, type Pose, type Vec3 } from './math/pose.ts';
import { boxMesh, type Mesh, mergeMeshes } from './objects/mesh.ts';

/** A bin on the table, open above, centred on the workspace. Lengths in metres. */
export interface BinSettings {
  /** From the centre to the inner face of each wall. */
  readonly halfWidth: number;
  readonly height: number;
}

/** Thickness of the walls, metres. */
export const WALL_THICKNESS = 0.008;

/** A wall: half extents and T_world_wall. */
export interface Wall {
  readonly half: Vec3;
  readonly pose: Pose;
}

/** The four walls; they overlap in the corners. */
export function binWalls({ halfWidth, height }: BinSettings): Wall[] {
  const [across, along] = [WALL_THICKNESS / 2, halfWidth + WALL_THICKNESS];
  const middle = halfWidth + across;
  return [1, -1].flatMap((side): Wall[] => [
    { half: [across, along, height / 2], pose: at([side * middle, 0, height / 2]) },
    { half: [along, across, height / 2], pose: at([0, side * middle, height / 2]) },
  ]);
}

const at = (position: Vec3): Pose => ({ position, quaternion: IDENTITY_QUAT });

/** All walls as one mesh, world frame. */
export const binMesh = (bin: BinSettings): Mesh =>
  mergeMeshes(binWalls(bin).map(({ half, pose }) => ({ mesh: boxMesh(half), pose })));

/** The walls of a scene that has a bin, as meshes in the world. */
export const binMeshes = ({ bin }: { readonly bin?: BinSettings }): { readonly mesh: Mesh; readonly pose: Pose }[] =>
  bin ? [{ mesh: binMesh(bin), pose: IDENTITY_POSE }] : [];

/** Whether bounds lie within the walls, with some room to spare. */
export const insideBin = (bin: BinSettings, min: Vec3, max: Vec3, room = 0): boolean =>
  [0, 1].every((k) => min[k] >= -bin.halfWidth + room && max[k] <= bin.halfWidth - room);
