import { expect, it } from 'vitest';
import type { Answer } from '../../../../../scenarios/predict/answer.ts';
import { project } from '../../../../../sim/camera/camera.ts';
import { handLines, placedCamera, placedGrasps } from '../../../../../viewer/grasps/page/views/placed.ts';

const intrinsics = { widthPx: 100, heightPx: 80, fx: 100, fy: 100, cx: 50, cy: 40 };
/** The table half a metre before a camera that looks straight at it, in the camera's frame. */
const answer = {
  frame: 'camera',
  T_frame_workspace: { position: [0, 0, 0.5], quaternion: [1, 0, 0, 0] },
  grasps: [{ position: [0.1, 0.05, 0.4], quaternion: [0, 0, 0, 1], opening: 0.06 }],
} as unknown as Answer;
const [grasp] = placedGrasps(answer);

it('a grasp of the camera frame stands over the table, and falls on its pixel in the picture', () => {
  grasp.pose.position.forEach((v, i) => {
    expect(v).toBeCloseTo([0.1, -0.05, 0.1][i], 9);
  });
  const [u, v, depth] = project(placedCamera({ intrinsics }, answer), grasp.pose.position);
  expect([u, v, depth].map((x) => Number(x.toFixed(6)))).toEqual([75, 52.5, 0.4]);
});

it('its fingers are drawn as far apart as it opens, and a cup as a ring of that width', () => {
  const [fork] = handLines(grasp, 'jaws', 0.02, false);
  expect(fork[3][0] - fork[0][0]).toBeCloseTo(0.06, 9);
  const flat = handLines(grasp, 'jaws', 0.02, true);
  expect(flat.length).toBe(3);
  expect(Math.abs(flat[0][1][1] - flat[0][0][1])).toBeCloseTo(0.02, 9);
  const [lip] = handLines(grasp, 'suction', 0.03, true);
  const xs = lip.map(([x]) => x);
  expect(Math.max(...xs) - Math.min(...xs)).toBeCloseTo(0.06, 9);
});
