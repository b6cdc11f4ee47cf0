/** Foreign trunk: a network for pictures, shown the heightmap as pictures. */
import { runInBatches, type Tap, type Trunk } from '../network/trunk.ts';
import { HEIGHT_UNIT, INPUT_CHANNELS } from '../network/window.ts';
import type { ForeignCard, Pass } from './card.ts';

/** A network for three-channel pictures, on the engine. */
export interface ImageNetwork {
  /** Of one pass. */
  readonly taps: readonly Tap[];
  /** @param images [count, rows, cols, 3], prepared. @returns one array a tap, [count, rows / stride, cols / stride, channels]. */
  readonly forward: (images: Float32Array, count: number, rows: number, cols: number) => readonly Float32Array[];
  readonly dispose: () => void;
}

/** The height that is shown as white, metres; the table is black. */
const WHITE_HEIGHT = 0.12;

/** A fraction as a grey level. */
const level = (x: number): number => 255 * Math.min(Math.max(x, 0), 1);

/**
 * Writes one cell of the heightmap as a colour, each channel 0 to 255: its own colour; its height in grey; or its surface
 * normal, -1 to 1 along each axis.
 */
const PAINT = {
  colour: (input, i, out) => {
    for (let c = 0; c < 3; c++) out[c] = level(input[i + 3 + c] + 0.5);
  },
  height: (input, i, out) => {
    out.fill(level((input[i] * HEIGHT_UNIT) / WHITE_HEIGHT));
  },
  normals: (input, i, out) => {
    const [x, y] = [input[i + 1], input[i + 2]];
    out[0] = level((x + 1) / 2);
    out[1] = level((y + 1) / 2);
    out[2] = level((Math.sqrt(Math.max(0, 1 - x * x - y * y)) + 1) / 2);
  },
} as const satisfies Record<Pass, (input: Float32Array, i: number, out: Float32Array) => void>;

/** Pictures of windows, prepared as the network was trained: [cells, 3]. */
export function paint(
  pass: Pass,
  input: Float32Array,
  { mean, scale, colorOrder }: ForeignCard['input'],
): Float32Array {
  const cells = input.length / INPUT_CHANNELS;
  const out = new Float32Array(cells * 3);
  const colour = new Float32Array(3);
  const order = colorOrder === 'RGB' ? [0, 1, 2] : [2, 1, 0];
  for (let i = 0; i < cells; i++) {
    PAINT[pass](input, i * INPUT_CHANNELS, colour);
    for (let c = 0; c < 3; c++) out[i * 3 + c] = (colour[order[c]] - mean[c]) / scale[c];
  }
  return out;
}

/**
 * The window around one grasp: as large as a typical dense scan, because the receptive fields of deep networks reach beyond
 * any crop, and what lies at the window's edge colours every feature.
 */
const CROP = { rows: 96, cols: 96 } as const;

/**
 * A network for pictures as a trunk: every window goes through it once a pass, and the passes' outputs lie one behind the
 * other in each tap's channels.
 */
export function foreignTrunk(
  { name, hash, card }: Pick<Trunk, 'name' | 'hash' | 'card'>,
  { passes, input: preparation }: Pick<ForeignCard, 'passes' | 'input'>,
  network: ImageNetwork,
): Trunk {
  const taps = network.taps.map((tap) => ({ ...tap, channels: tap.channels * passes.length }));
  return {
    name,
    hash,
    card,
    taps,
    crop: CROP,
    run: (input, count, rows, cols) => {
      const cell = rows * cols * INPUT_CHANNELS;
      return runInBatches(taps, count, { rows, cols }, (from, n) => {
        const windows = input.subarray(from * cell, (from + n) * cell);
        const outputs = taps.map((t) => new Float32Array(n * (rows / t.stride) * (cols / t.stride) * t.channels));
        passes.forEach((pass, p) => {
          const maps = network.forward(paint(pass, windows, preparation), n, rows, cols);
          maps.forEach((map, t) => {
            interleave(map, outputs[t], network.taps[t].channels, p, passes.length);
          });
        });
        return outputs;
      });
    },
    dispose: network.dispose,
  };
}

/** Copies [cells, channels] into the p-th of `passes` blocks of [cells, passes * channels]. */
function interleave(from: Float32Array, to: Float32Array, channels: number, p: number, passes: number): void {
  for (let i = 0, at = p * channels; i < from.length; i += channels, at += passes * channels) {
    for (let c = 0; c < channels; c++) to[at + c] = from[i + c];
  }
}

/** Sides of the blank windows that a network's taps are measured on. */
const PROBES = [64, 128] as const;

/**
 * Strides and channels of a network's outputs, measured: their receptive fields count as centred.
 * @param run   shapes [1, rows, cols, channels] of the outputs for one blank square window.
 * @throws Error naming the tap whose grid does not divide the window.
 */
export function measureTaps(
  names: readonly string[],
  where: string,
  run: (side: number) => readonly number[][],
): Tap[] {
  const [small, large] = PROBES.map(run);
  return names.map((name, t) => {
    const [, rows, cols, channels] = small[t];
    const stride = PROBES[0] / rows;
    const regular = small[t].length === 4 && rows === cols && Number.isInteger(stride);
    if (!regular || large[t][1] * stride !== PROBES[1] || large[t][2] * stride !== PROBES[1]) {
      throw new Error(
        `${where}: expected tap '${name}' with a grid that divides the window, got [${small[t].slice(1)}] for a window of ${PROBES[0]} x ${PROBES[0]} and [${large[t].slice(1)}] for ${PROBES[1]} x ${PROBES[1]}`,
      );
    }
    return { name, stride, channels, shift: 0 };
  });
}
