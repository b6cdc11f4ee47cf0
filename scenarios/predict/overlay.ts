/** Overlay: the grasps over the camera's picture, and beside it the heightmap with what the policy expects of its cells. */
import type { ActionSettings } from '../../agent/policy/action-space.ts';
import { affordanceMap } from '../../agent/policy/affordance.ts';
import type { Proposal } from '../../agent/policy/proposal.ts';
import { project } from '../../sim/camera/camera.ts';
import { compose, IDENTITY_POSE, invert, transform, type Vec3 } from '../../sim/math/pose.ts';
import { mapImage } from '../report/html/images.ts';
import { type Canvas, type Colour, canvasOf, line, type Point, sideBySide } from './canvas.ts';
import type { Explained, PredictedGrasp } from './predict.ts';
import type { PredictionRequest } from './request.ts';
import type { Tile } from './workspace.ts';

const BEST: Colour = [13, 148, 136];
const OTHER: Colour = [251, 146, 60];
const GROUND: Colour = [24, 28, 34];
/** Height of the fingers that are drawn, metres. */
const FINGER = 0.045;
/** Side of the heightmap's picture, at least, pixels. */
const MAP_SIDE = 384;

/** The overlay as a PNG. */
export function overlayPng(
  request: PredictionRequest,
  { prediction, workspace, proposals, action }: Explained,
): Uint8Array {
  const { grasps } = prediction;
  const shown = cameraCanvas(request);
  const camera = { intrinsics: request.intrinsics, pose: request.T_world_camera ?? IDENTITY_POSE };
  const scale = shown.widthPx / request.intrinsics.widthPx;
  const onPicture = (p: Vec3): Point => {
    const [u, v, depth] = project(camera, p);
    return depth > 0 ? [u * scale, v * scale] : [Number.NaN, Number.NaN];
  };
  for (const grasp of [...grasps].reverse())
    drawGrasp(shown, grasp, onPicture, grasp === grasps[0] ? BEST : OTHER, Math.max(2, shown.widthPx / 220));
  const tile = grasps[0]?.cell?.tile ?? 0;
  const map = workspace.tiles[tile];
  const heights = mapCanvas(map, proposals[tile], action);
  const onMap = mapPoint(map, heights);
  for (const grasp of [...grasps].reverse())
    drawGrasp(heights, grasp, onMap, grasp === grasps[0] ? BEST : OTHER, 3, true);
  return sideBySide([shown, heights], 12, GROUND);
}

/** A small picture is enlarged until it is so wide or so high, pixels. */
const [WIDE, HIGH] = [480, 960];

/** The colour picture, or the depth in grey. */
function cameraCanvas({ intrinsics: { widthPx, heightPx }, colour, depth }: PredictionRequest): Canvas {
  const factor = Math.max(1, Math.min(Math.ceil(WIDE / widthPx), Math.floor(HIGH / heightPx)));
  const returns = depth.filter((z) => z > 0).sort();
  const [near, far] = [
    returns[Math.floor(returns.length * 0.02)] ?? 0,
    returns[Math.floor(returns.length * 0.98)] ?? 1,
  ];
  return canvasOf(widthPx * factor, heightPx * factor, (u, v) => {
    const i = Math.floor(v / factor) * widthPx + Math.floor(u / factor);
    if (colour) return [colour[3 * i], colour[3 * i + 1], colour[3 * i + 2]];
    if (!(depth[i] > 0)) return GROUND;
    const grey = 235 - 185 * Math.min(1, Math.max(0, (depth[i] - near) / Math.max(far - near, 1e-3)));
    return [grey, grey, grey];
  });
}

/** Heights in grey, and over them what the policy expects. World +Y is up. */
function mapCanvas({ heightmap }: Tile, proposal: Proposal | undefined, action: ActionSettings): Canvas {
  const affordance = proposal?.qMap ? affordanceMap(heightmap, proposal.qMap, action) : null;
  const { width, height, rgb } = mapImage(heightmap, affordance);
  const factor = Math.ceil(MAP_SIDE / width);
  return canvasOf(width * factor, height * factor, (u, v) => {
    const i = 3 * (Math.floor(v / factor) * width + Math.floor(u / factor));
    return [rgb[i], rgb[i + 1], rgb[i + 2]];
  });
}

/** Where a point of the answer's frame lies in a tile's picture. */
function mapPoint({ heightmap: { size, cell }, pose }: Tile, { widthPx }: Canvas): (p: Vec3) => Point {
  const toTile = invert(pose);
  const factor = widthPx / size;
  return (p) => {
    const [x, y] = transform(toTile, p);
    return [(x / cell + size / 2) * factor, (size / 2 - y / cell) * factor];
  };
}

/** Two fingers and the line between them. @param flat from above: fingers are squares. */
function drawGrasp(
  canvas: Canvas,
  { position, quaternion, opening }: PredictedGrasp,
  at: (p: Vec3) => Point,
  colour: Colour,
  width: number,
  flat = false,
): void {
  const pose = { position, quaternion };
  const local = (x: number, y: number, z: number): Point =>
    at(compose(pose, { position: [x, y, z], quaternion: [0, 0, 0, 1] }).position);
  const half = opening / 2;
  for (const side of [-half, half]) {
    if (flat) line(canvas, local(side, -0.01, 0), local(side, 0.01, 0), colour, 2 * width);
    else line(canvas, local(side, 0, 0), local(side, 0, -FINGER), colour, width);
  }
  const back = flat ? 0 : -FINGER;
  line(canvas, local(-half, 0, back), local(half, 0, back), colour, width);
}
