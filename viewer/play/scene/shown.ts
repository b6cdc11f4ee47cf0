/** Scene as the play page shows it: objects, poses, and what the camera sees of them. */
import type { Scenario } from '../../../scenarios/schema/schema.ts';
import type { SceneView } from '../../../scenarios/trials/scene.ts';
import { binMeshes } from '../../../sim/bin.ts';
import { palmHalf } from '../../../sim/hand/geometry.ts';
import type { Pose, Vec3 } from '../../../sim/math/pose.ts';
import type { Episode } from '../../../sim/recording/episode.ts';
import { recordedObjects } from '../../../sim/recording/trajectory.ts';

/** A scene at rest and what the camera sees of it: what a grasp is planned on. */
export interface SceneShown {
  readonly objects: Episode['objects'];
  /** [objects, 7] x y z qx qy qz qw, world frame. */
  readonly poses: Float32Array;
  readonly gripper: Episode['gripper'];
  /** Half extents of the palm, metres. */
  readonly palmHalf: Vec3;
  readonly image: Episode['image'];
  readonly depth: Float32Array;
  readonly heightmap: Episode['heightmap'];
  /** Objects left to grasp. */
  readonly count: number;
}

/** A scene of a scenario, for the page. */
export function sceneShown({ scenario, scene, observation }: SceneView & { readonly scenario: Scenario }): SceneShown {
  const { frame, heightmap } = observation;
  const flat = ({ position, quaternion }: Pose): number[] => [...position, ...quaternion];
  const { widthPx: width, heightPx: height } = frame.camera.intrinsics;
  return {
    objects: recordedObjects(scene),
    poses: Float32Array.from([...scene.objects, ...binMeshes(scene)].flatMap(({ pose }) => flat(pose))),
    gripper: scenario.gripper,
    palmHalf: palmHalf(scenario.gripper),
    image: { width, height, rgb: frame.colour },
    depth: frame.depth,
    heightmap: { size: heightmap.size, cell: heightmap.cell, height: heightmap.height },
    count: scene.objects.length,
  };
}
