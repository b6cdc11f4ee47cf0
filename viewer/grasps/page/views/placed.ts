/** Placed grasps: an answer's grasps and the camera in the workspace frame, as lines to draw. */
import type { Answer } from '../../../../scenarios/predict/answer.ts';
import type { Camera, Intrinsics } from '../../../../sim/camera/camera.ts';
import { compose, IDENTITY_POSE, invert, type Pose, transform, type Vec3 } from '../../../../sim/math/pose.ts';

/** A grasp of an answer, and where it is in the workspace frame. */
export interface PlacedGrasp {
  readonly told: Answer['grasps'][number];
  /** T_workspace_tcp. */
  readonly pose: Pose;
}

/** A camera whose picture was answered. */
export interface AnsweredCamera {
  readonly intrinsics: Intrinsics;
  readonly T_world_camera?: Pose | undefined;
}

/** The grasps of an answer, best first. */
export function placedGrasps({ grasps, T_frame_workspace }: Answer): PlacedGrasp[] {
  const toWorkspace = invert(T_frame_workspace);
  return grasps.map((told) => ({ told, pose: compose(toWorkspace, told) }));
}

/** The camera with T_workspace_camera; without a pose in the world, answers are in its own frame. */
export function placedCamera({ intrinsics, T_world_camera }: AnsweredCamera, { T_frame_workspace }: Answer): Camera {
  return { intrinsics, pose: compose(invert(T_frame_workspace), T_world_camera ?? IDENTITY_POSE) };
}

/** Points in the workspace frame, joined one after the other. Metres. */
export type Line = readonly Vec3[];

/** Length of the fingers that are drawn, and of the wrist behind them, metres. */
const [FINGER, WRIST] = [0.045, 0.03];
const CORNERS = 20;

/** How a hand of a kind stands in a grasp: its outline in the tcp frame. @param flat seen from above. */
export function handLines(
  { told: { opening }, pose }: PlacedGrasp,
  kind: string,
  width: number,
  flat: boolean,
): Line[] {
  const h = opening / 2;
  const lines = kind === 'suction' ? cupLines(h, flat) : flat ? jawsFromAbove(h, width) : jaws(h);
  return lines.map((line) => line.map((p) => transform(pose, p)));
}

const jaws = (h: number): Line[] => [
  [
    [-h, 0, 0],
    [-h, 0, -FINGER],
    [h, 0, -FINGER],
    [h, 0, 0],
  ],
  [
    [0, 0, -FINGER],
    [0, 0, -FINGER - WRIST],
  ],
];

function jawsFromAbove(h: number, width: number): Line[] {
  const finger = (x: number): Line => [
    [x, -width / 2, 0],
    [x, width / 2, 0],
  ];
  return [
    finger(-h),
    finger(h),
    [
      [-h, 0, 0],
      [h, 0, 0],
    ],
  ];
}

function cupLines(radius: number, flat: boolean): Line[] {
  const lip = Array.from({ length: CORNERS + 1 }, (_, i): Vec3 => {
    const angle = (2 * Math.PI * i) / CORNERS;
    return [radius * Math.cos(angle), radius * Math.sin(angle), 0];
  });
  const stem: Line = [
    [0, 0, 0],
    [0, 0, -FINGER],
  ];
  return flat ? [lip] : [lip, stem];
}
