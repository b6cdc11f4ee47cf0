/** Grasp: its frame, and the directions of closing and approach. */
import { fromAxes, type Pose, rotate, type Vec3 } from './math/pose.ts';
import { cos, sin } from './math/trigonometry.ts';

/**
 * A parallel-jaw grasp. The grasp frame (tcp) has its origin midway between the finger tips, +Z along the approach and +X
 * along the closing direction.
 */
export interface Grasp {
  /** T_world_tcp at the end of the descent. */
  readonly pose: Pose;
  /** Distance between the pads while approaching, metres. */
  readonly opening: number;
}

/**
 * A grasp straight down. @param tip world position of the finger tips' midpoint. @param yaw angle of the closing axis from
 * world +X, radians; yaw and yaw + pi are the same grasp.
 */
export function topDownGrasp(tip: Vec3, yaw: number, opening: number): Grasp {
  const [c, s] = [cos(yaw), sin(yaw)];
  return { pose: { position: tip, quaternion: fromAxes([c, s, 0], [s, -c, 0], [0, 0, -1]) }, opening };
}

/** Unit vector of the closing direction, world frame. */
export const closingAxis = (grasp: Grasp): Vec3 => rotate(grasp.pose.quaternion, [1, 0, 0]);

/** Unit vector of the approach, world frame. */
export const approachAxis = (grasp: Grasp): Vec3 => rotate(grasp.pose.quaternion, [0, 0, 1]);
