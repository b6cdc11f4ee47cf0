/** Images of the panel: camera frame and map, with the grasp drawn on both. */
import { type Camera, project } from '../../../sim/camera/camera.ts';
import { LIGHTING_DEFAULTS, renderFrame } from '../../../sim/camera/render.ts';
import type { Pose } from '../../../sim/math/pose.ts';
import type { Mesh } from '../../../sim/objects/mesh.ts';
import { GRIPPER_BODIES, type PlannedGrasp } from '../../../sim/recording/episode.ts';
import type { DepthPicture, GridMap, Picture, Seen } from '../../../sim/recording/read/seen.ts';
import type { EpisodeInfo } from '../../foxglove/additions.ts';
import { element } from '../panel.ts';
import { type Rgb, themeColour, viridis } from './colours.ts';

/** What the camera's picture can show, and what the map can. */
const CAMERA_MODES = ['colour', 'depth', 'segments'] as const;
type CameraMode = (typeof CAMERA_MODES)[number];
const MAP_MODES = ['affordance', 'angle', 'height'] as const;
type MapMode = (typeof MAP_MODES)[number];
/** What a button's one word leaves open. */
const HINTS: Readonly<Record<string, string>> = {
  affordance: 'Predicted chance of success, best over all angles',
  angle: 'Predicted chance of success at the chosen angle',
};

/** The poses of a trial's objects as they rested when the picture was taken. */
interface Rest {
  readonly geometry: ReadonlyMap<string, Mesh>;
  /** [bodies, 7]. */
  readonly poses: Float32Array;
}

/** The two pictures of the panel: what the camera saw, and the map the grasp was chosen on. */
export class ImagePanel {
  #info: EpisodeInfo | undefined;
  #seen: Seen = {};
  #rest: Rest | undefined;
  #planned: PlannedGrasp | undefined;
  #camera: CameraMode = 'colour';
  #map: MapMode = 'affordance';

  constructor() {
    choices('camera-modes', CAMERA_MODES, (mode) => {
      this.#camera = mode;
      this.draw();
    });
    choices('map-modes', MAP_MODES, (mode) => {
      this.#map = mode;
      this.draw();
    });
  }

  /** @param rest undefined until the meshes are known: no segments then. */
  show(info: EpisodeInfo, seen: Seen, rest?: Rest): void {
    this.#info = info;
    this.#seen = seen;
    if (rest) this.#rest = rest;
    this.draw();
  }

  /** Shows another grasp on the map than the policy's; undefined: the policy's again. */
  plan(grasp: PlannedGrasp | undefined): void {
    this.#planned = grasp;
    this.draw();
  }

  draw(): void {
    const info = this.#info;
    if (!info) return;
    this.#drawCamera(info);
    this.#drawMap(info);
  }

  #drawCamera(info: EpisodeInfo): void {
    const { colour, depth } = this.#seen;
    const canvas = element<HTMLCanvasElement>('camera');
    const segments = this.#camera === 'segments' && this.#rest ? segmentColours(info, this.#rest) : undefined;
    if (segments && info.camera) {
      const { widthPx, heightPx } = info.camera.intrinsics;
      paint(canvas, widthPx, heightPx, segments);
    } else if (this.#camera === 'depth' && depth) {
      drawDepth(canvas, depth);
    } else if (colour) drawColour(canvas, colour);
    if (info.camera) drawGraspSeen(canvas, info, info.camera);
  }

  #drawMap(info: EpisodeInfo): void {
    const { heightmap, affordance, affordanceAtAngle } = this.#seen;
    const maps: Partial<Record<string, GridMap>> = { affordance, angle: affordanceAtAngle };
    const shown = maps[this.#map];
    element('map-legend').style.visibility = shown ? 'visible' : 'hidden';
    for (const button of element('map-modes').querySelectorAll('button')) {
      if (button.value !== 'height') button.disabled = !maps[button.value];
      button.setAttribute('aria-pressed', String(button.value === (shown ? this.#map : 'height')));
    }
    if (!heightmap) return;
    const { size, cell, values: height } = heightmap;
    const chances = shown?.size === size ? shown.values : null;
    const shownGrasp = { grasp: this.#planned ?? info.grasp, gripper: info.gripper };
    drawMap(element<HTMLCanvasElement>('map'), { size, cell, height, affordance: chances }, shownGrasp);
  }
}

/** Makes a group of buttons of which one is pressed. */
export function choices<T extends string>(id: string, values: readonly T[], choose: (value: T) => void): void {
  const group = element(id);
  const buttons = values.map((value) => {
    const button = document.createElement('button');
    Object.assign(button, { type: 'button', value, textContent: value, title: HINTS[value] ?? '' });
    button.addEventListener('click', () => {
      for (const b of buttons) b.setAttribute('aria-pressed', String(b === button));
      choose(value);
    });
    button.setAttribute('aria-pressed', String(value === values[0]));
    return button;
  });
  group.replaceChildren(...buttons);
}

/** A camera frame; without depth, there is none to draw. */
type FramePicture = Picture & { readonly depth: Float32Array | null };

/** Heights over the table, and the predicted chance of success there if there is one; [size, size], rows along world +Y. */
interface HeightPicture {
  readonly size: number;
  /** Metres. */
  readonly cell: number;
  readonly height: Float32Array;
  readonly affordance: Float32Array | null;
}

/** Draws the camera frame: colour, or depth as nearness. */
export function drawCamera(
  canvas: HTMLCanvasElement,
  { width, height, rgb, depth }: FramePicture,
  asDepth: boolean,
): void {
  if (asDepth && depth) drawDepth(canvas, { width, height, depth });
  else drawColour(canvas, { width, height, rgb });
}

function drawColour(canvas: HTMLCanvasElement, { width, height, rgb }: Picture): void {
  paint(canvas, width, height, (i) => [rgb[3 * i], rgb[3 * i + 1], rgb[3 * i + 2]]);
}

/** Draws how near each pixel is. */
function drawDepth(canvas: HTMLCanvasElement, { width, height, depth }: DepthPicture): void {
  const near = nearness(depth);
  paint(canvas, width, height, (i) => viridis(near(i)));
}

/** 1 at the nearest pixel, 0 at the farthest, and below for no return. */
function nearness(depth: Float32Array): (pixel: number) => number {
  let [low, high] = [Number.POSITIVE_INFINITY, 0];
  for (const d of depth) {
    if (d <= 0) continue;
    low = Math.min(low, d);
    high = Math.max(high, d);
  }
  return (i) => (depth[i] > 0 && high > low ? (high - depth[i]) / (high - low) : -1);
}

/** Distinct colours for objects; after Okabe and Ito. */
const SEGMENTS: readonly Rgb[] = [
  [230, 159, 0],
  [86, 180, 233],
  [0, 158, 115],
  [240, 228, 66],
  [0, 114, 178],
  [213, 94, 0],
  [204, 121, 167],
];

/**
 * Which object each pixel shows. It is not sent: the camera, the meshes and where they rest give it again, drawn by the same
 * renderer as the picture.
 */
function segmentColours(info: EpisodeInfo, { geometry, poses }: Rest): ((pixel: number) => Rgb) | undefined {
  if (!info.camera) return undefined;
  const instances = info.objects.flatMap(({ geometry: hash, colour, family }, i) => {
    const mesh = geometry.get(hash);
    return mesh ? [{ mesh, colour, pose: poseAt(poses, GRIPPER_BODIES + i), background: family === 'bin' }] : [];
  });
  const { segmentation } = renderFrame(info.camera, instances, { ...LIGHTING_DEFAULTS, shadows: false });
  return (i) => {
    const segment = segmentation[i];
    if (segment < 2) return segment === 0 ? [12, 14, 18] : [58, 64, 72];
    return SEGMENTS[(segment - 2) % SEGMENTS.length];
  };
}

function poseAt(poses: Float32Array, body: number): Pose {
  const [x, y, z, ...q] = poses.subarray(body * 7, body * 7 + 7);
  return { position: [x, y, z], quaternion: q as [number, number, number, number] };
}

/** Fills a canvas with a picture of its own size. */
export function paint(canvas: HTMLCanvasElement, width: number, height: number, colour: (pixel: number) => Rgb): void {
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext('2d')!;
  const image = context.createImageData(width, height);
  for (let i = 0; i < width * height; i++) {
    image.data.set(colour(i), 4 * i);
    image.data[4 * i + 3] = 255;
  }
  context.putImageData(image, 0, 0);
}

/** The closing line of the grasp as the camera would see it. */
function drawGraspSeen(canvas: HTMLCanvasElement, { grasp }: EpisodeInfo, camera: Camera): void {
  const [c, s] = [Math.cos(grasp.yaw), Math.sin(grasp.yaw)];
  const [x, y, z] = grasp.position;
  const end = (side: number): readonly number[] =>
    project(camera, [x + (side * c * grasp.opening) / 2, y + (side * s * grasp.opening) / 2, z]);
  const [a, b] = [end(-1), end(1)];
  if (!(a[2] > 0 && b[2] > 0)) return;
  const context = canvas.getContext('2d')!;
  const px = canvas.width / 128;
  for (const [width, colour] of [
    [3.2 * px, 'rgb(10 12 16 / 75%)'],
    [1.4 * px, '#ffffff'],
  ] as const) {
    context.lineWidth = width;
    context.strokeStyle = colour;
    context.lineCap = 'round';
    context.beginPath();
    context.moveTo(a[0], a[1]);
    context.lineTo(b[0], b[1]);
    context.stroke();
  }
}

const MAP_PX = 384;

/**
 * Draws the map seen from above, world +X to the right and +Y up: colour is the predicted chance of success (or the
 * height, if there is none), brightness the relief; the chosen grasp lies on top.
 */
export function drawMap(
  canvas: HTMLCanvasElement,
  map: HeightPicture,
  info: Pick<EpisodeInfo, 'grasp' | 'gripper'> | undefined,
): void {
  const { size, height, affordance } = map;
  const top = height.reduce((m, h) => Math.max(m, h), 0.01);
  const cells = document.createElement('canvas');
  paint(cells, size, size, (i) => {
    const at = (size - 1 - Math.floor(i / size)) * size + (i % size);
    const light = relief(map, at);
    const [r, g, b] = affordance ? viridis(affordance[at]) : grey(0.18 + 0.75 * (height[at] / top));
    return [r * light, g * light, b * light];
  });
  canvas.width = MAP_PX;
  canvas.height = MAP_PX;
  const context = canvas.getContext('2d')!;
  context.imageSmoothingQuality = 'high';
  context.drawImage(cells, 0, 0, MAP_PX, MAP_PX);
  if (info) drawGrasp(context, map, info);
}

const grey = (value: number): Rgb => [255 * value, 255 * value, 255 * value];

/** Brightness of a cell lit from the upper left, about 1 on flat ground. */
function relief({ size, cell, height }: HeightPicture, at: number): number {
  const [row, col] = [Math.floor(at / size), at % size];
  const east = height[row * size + Math.min(col + 1, size - 1)] - height[row * size + Math.max(col - 1, 0)];
  const north = height[Math.min(row + 1, size - 1) * size + col] - height[Math.max(row - 1, 0) * size + col];
  return Math.min(Math.max(0.88 + (0.35 * (east - north)) / (2 * cell), 0.45), 1.35);
}

/** The closing line between the two finger marks, and a dot at the centre; a dark outline keeps them legible. */
function drawGrasp(
  context: CanvasRenderingContext2D,
  { size, cell }: Pick<HeightPicture, 'size' | 'cell'>,
  { grasp, gripper }: Pick<EpisodeInfo, 'grasp' | 'gripper'>,
): void {
  const metre = MAP_PX / (size * cell);
  context.save();
  context.translate(MAP_PX / 2 + grasp.position[0] * metre, MAP_PX / 2 - grasp.position[1] * metre);
  context.rotate(-grasp.yaw);
  const [reach, half] = [(grasp.opening / 2) * metre, (gripper.fingerWidth / 2) * metre];
  const shape = new Path2D();
  shape.moveTo(-reach, 0);
  shape.lineTo(reach, 0);
  for (const x of [-reach, reach]) {
    shape.moveTo(x, -half);
    shape.lineTo(x, half);
  }
  context.lineCap = 'round';
  for (const [width, colour] of [
    [9, 'rgb(10 12 16 / 75%)'],
    [4, '#ffffff'],
  ] as const) {
    context.lineWidth = width;
    context.strokeStyle = colour;
    context.stroke(shape);
  }
  context.beginPath();
  context.arc(0, 0, 8, 0, 2 * Math.PI);
  context.fillStyle = themeColour('--accent');
  context.fill();
  context.lineWidth = 3;
  context.stroke();
  context.restore();
}
