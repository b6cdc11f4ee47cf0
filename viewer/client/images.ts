import type { CameraMessage, EpisodeInfo, MapsMessage } from '../protocol.ts';
import { type Rgb, themeColour, viridis } from './colours.ts';

/** Draws the camera frame: colour, or depth as nearness. */
export function drawCamera(
  canvas: HTMLCanvasElement,
  { width, height, rgb, depth }: Pick<CameraMessage, 'width' | 'height' | 'rgb' | 'depth'>,
  asDepth: boolean,
): void {
  const near = asDepth && depth ? nearness(depth) : undefined;
  paint(canvas, width, height, (i) => (near ? viridis(near(i)) : [rgb[3 * i], rgb[3 * i + 1], rgb[3 * i + 2]]));
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

function paint(canvas: HTMLCanvasElement, width: number, height: number, colour: (pixel: number) => Rgb): void {
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

const MAP_PX = 384;

/**
 * Draws the map seen from above, world +X to the right and +Y up: colour is the predicted chance of success (or the
 * height, if there is none), brightness the relief; the chosen grasp lies on top.
 */
export function drawMap(
  canvas: HTMLCanvasElement,
  map: Omit<MapsMessage, 'kind' | 'episode'>,
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
function relief({ size, cell, height }: Pick<MapsMessage, 'size' | 'cell' | 'height'>, at: number): number {
  const [row, col] = [Math.floor(at / size), at % size];
  const east = height[row * size + Math.min(col + 1, size - 1)] - height[row * size + Math.max(col - 1, 0)];
  const north = height[Math.min(row + 1, size - 1) * size + col] - height[Math.max(row - 1, 0) * size + col];
  return Math.min(Math.max(0.88 + (0.35 * (east - north)) / (2 * cell), 0.45), 1.35);
}

/** The closing line between the two finger marks, and a dot at the centre; a dark outline keeps them legible. */
function drawGrasp(
  context: CanvasRenderingContext2D,
  { size, cell }: Pick<MapsMessage, 'size' | 'cell'>,
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
