/** Augmentation: what is kept of a tried grasp for learning, and how it is shifted, turned and mirrored. */
import { cellCentre, type Heightmap } from '../../sim/camera/heightmap.ts';
import type { Rng } from '../../sim/math/rng.ts';
import { featureLength, writeFeatures } from '../network/features.ts';
import type { Trunk } from '../network/trunk.ts';
import { CROP } from '../network/trunk-layers.ts';
import { INPUT_CHANNELS, toWindow, type Window, writeInput } from '../network/window.ts';
import type { Action } from '../policy/action.ts';
import { type ActionSettings, yawOf } from '../policy/action-space.ts';

/** Largest random shift of the crop against the grasp (random-shift augmentation, Kostrikov et al., 2021), cells. */
const SHIFT = 4;
/** What end-to-end training stores: the crop with room for every shift. */
const PADDED = { rows: CROP.rows + 2 * SHIFT, cols: CROP.cols + 2 * SHIFT } as const;
/** Length of a stored padded crop. */
export const PADDED_LENGTH = PADDED.rows * PADDED.cols * INPUT_CHANNELS;

/** Mirror images of a grasp, equally good or bad. */
const FLIPS = [
  { flipX: false, flipY: false },
  { flipX: true, flipY: false },
  { flipX: false, flipY: true },
  { flipX: true, flipY: true },
] as const;

/** Feature vectors kept of one trial: its mirror images, each shifted and turned a little. */
export const VARIANTS = FLIPS.length;

/** Augmentation before the trunk: small errors of position (metres) and angle (radians) that leave the label as it is. */
const JITTER = { position: 0.0015, yaw: 0.05 };

/**
 * Features of a tried grasp under augmentation, computed once and cached: augmentation happens before the frozen trunk.
 * @returns [VARIANTS, feature length], not standardised.
 */
export function cachedFeatures(
  trunk: Trunk,
  map: Heightmap,
  action: Action,
  settings: ActionSettings,
  rng: Rng,
): Float32Array {
  const [x, y] = cellCentre(map, Math.floor(action.cell / map.size), action.cell % map.size);
  const { rows, cols } = trunk.crop;
  const input = new Float32Array(VARIANTS * rows * cols * INPUT_CHANNELS);
  const placed = FLIPS.map((flip, v) => {
    // the un-augmented grasp comes first
    const amount = v === 0 ? 0 : 1;
    const yaw = yawOf(action.angle, settings) + amount * rng.range(-JITTER.yaw, JITTER.yaw);
    const point = [
      x + amount * rng.range(-JITTER.position, JITTER.position),
      y + amount * rng.range(-JITTER.position, JITTER.position),
    ] as const;
    const shift = [rng.range(-SHIFT, SHIFT) * map.cell * 0.5, rng.range(-SHIFT, SHIFT) * map.cell * 0.5] as const;
    const window: Window = { centre: [point[0] + shift[0], point[1] + shift[1]], yaw, rows, cols, ...flip };
    writeInput(map, window, input, v * rows * cols * INPUT_CHANNELS);
    return { window, point };
  });
  const outputs = trunk.run(input, VARIANTS, rows, cols);
  const length = featureLength(trunk.taps);
  const features = new Float32Array(VARIANTS * length);
  placed.forEach(({ window, point }, v) => {
    const [col, row] = toWindow(window, map.cell, ...point);
    writeFeatures(trunk.taps, outputs, v, col, row, features, v * length);
  });
  return features;
}

/** The network's input around a tried grasp, [PADDED.rows, PADDED.cols, INPUT_CHANNELS], for training end to end. */
export function paddedCrop(map: Heightmap, action: Action, settings: ActionSettings): Float32Array {
  const centre = cellCentre(map, Math.floor(action.cell / map.size), action.cell % map.size);
  const out = new Float32Array(PADDED_LENGTH);
  writeInput(map, { centre, yaw: yawOf(action.angle, settings), ...PADDED }, out, 0);
  return out;
}

/**
 * Copies a randomly shifted and mirrored crop out of a padded one.
 * @returns where the grasp is in the crop: [col, row].
 */
export function augmentCrop(
  padded: Float32Array,
  rng: Rng,
  out: Float32Array,
  offset: number,
): readonly [number, number] {
  const [dr, dc] = [rng.int(2 * SHIFT + 1), rng.int(2 * SHIFT + 1)];
  const { flipX, flipY } = rng.pick(FLIPS);
  for (let r = 0; r < CROP.rows; r++) {
    const sourceRow = flipY ? PADDED.rows - 1 - (r + dr) : r + dr;
    for (let c = 0; c < CROP.cols; c++) {
      const sourceCol = flipX ? PADDED.cols - 1 - (c + dc) : c + dc;
      const from = (sourceRow * PADDED.cols + sourceCol) * INPUT_CHANNELS;
      const to = offset + (r * CROP.cols + c) * INPUT_CHANNELS;
      for (let k = 0; k < INPUT_CHANNELS; k++) out[to + k] = padded[from + k];
      if (flipX) out[to + 1] = -out[to + 1];
      if (flipY) out[to + 2] = -out[to + 2];
    }
  }
  return [PADDED.cols / 2 - dc, PADDED.rows / 2 - dr];
}
