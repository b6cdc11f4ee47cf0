import { expect } from 'vitest';
import { PASSES } from '../../agent/backbones/card.ts';
import { paint } from '../../agent/backbones/foreign-trunk.ts';
import { openBackbone } from '../../agent/backbones/registry.ts';
import type { Parameter } from '../../agent/network/parameters.ts';
import type { Trunk } from '../../agent/network/trunk.ts';
import { INPUT_CHANNELS } from '../../agent/network/window.ts';
import { rngStream } from '../../sim/math/rng.ts';
import { INPUT } from './learner/networks.ts';

/** Foreign networks the long way: from the definitions, in plain loops. */

/** Side of the windows, cells. */
export const SIDE = 16;

/** Windows of noise, with every channel in its range. */
export const windows = (count: number): Float32Array => {
  const rng = rngStream(5, 'test/windows');
  const cells = count * SIDE * SIDE;
  return Float32Array.from({ length: cells * INPUT_CHANNELS }, (_, i) =>
    i % INPUT_CHANNELS === 0 ? rng.range(0, 2) : rng.range(-0.5, 0.5),
  );
};

/** [rows, cols, channels], computed the long way. */
export interface Picture {
  readonly side: number;
  readonly channels: number;
  readonly at: (row: number, col: number, channel: number) => number;
}

/** 3 x 3 convolution with 'same' padding of an even picture, from its definition. */
export function convolve(
  x: Picture,
  { shape, values }: Parameter,
  bias: Float32Array,
  stride: 1 | 2,
  depthwise = false,
): Picture {
  const [size, , inputs, outputs] = shape;
  const before = stride === 2 ? 0 : (size - 1) / 2;
  const at = (row: number, col: number, c: number): number => {
    let sum = bias[c] ?? 0;
    for (let i = 0; i < size; i++)
      for (let j = 0; j < size; j++) {
        const [r, k] = [row * stride + i - before, col * stride + j - before];
        if (r < 0 || k < 0 || r >= x.side || k >= x.side) continue;
        if (depthwise) sum += x.at(r, k, c) * values[(i * size + j) * inputs + c];
        else
          for (let n = 0; n < inputs; n++) sum += x.at(r, k, n) * values[((i * size + j) * inputs + n) * outputs + c];
      }
    return sum;
  };
  return { side: x.side / stride, channels: depthwise ? inputs : outputs, at };
}

export const mapped = (x: Picture, f: (v: number, row: number, col: number, c: number) => number): Picture => {
  const values = Float32Array.from({ length: x.side * x.side * x.channels }, (_, i) => {
    const [c, cell] = [i % x.channels, Math.floor(i / x.channels)];
    const [row, col] = [Math.floor(cell / x.side), cell % x.side];
    return f(x.at(row, col, c), row, col, c);
  });
  return { ...x, at: (row, col, c) => values[(row * x.side + col) * x.channels + c] };
};

export const relu = (x: Picture): Picture => mapped(x, (v) => Math.max(v, 0));

/** The pictures that one window becomes, by pass. */
const pictures = (input: Float32Array): Picture[] =>
  PASSES.map((pass) => {
    const values = paint(pass, input, { ...INPUT, colorOrder: 'RGB' } as Parameters<typeof paint>[2]);
    return { side: SIDE, channels: 3, at: (row, col, c) => values[(row * SIDE + col) * 3 + c] };
  });

/** Compares a tap of the first window with what the long way gives for each pass. */
export function expectTap(trunk: Trunk, tap: number, input: Float32Array, reference: (x: Picture) => Picture): void {
  const got = trunk.run(input, 1, SIDE, SIDE).values[tap];
  const expected = pictures(input).map(reference);
  const { side, channels } = expected[0];
  expect(got.length).toBe(side * side * channels * PASSES.length);
  let worst = 0;
  for (let row = 0; row < side; row++)
    for (let col = 0; col < side; col++)
      expected.forEach((picture, p) => {
        for (let c = 0; c < channels; c++) {
          const value = got[((row * side + col) * PASSES.length + p) * channels + c];
          worst = Math.max(worst, Math.abs(value - picture.at(row, col, c)));
        }
      });
  expect(worst).toBeLessThan(1e-4);
}

/** Opening a backbone must fail with this message. */
export const refused = (nameOrPath: string, message: string | RegExp, taps?: readonly string[]): Promise<void> =>
  expect(openBackbone(nameOrPath, taps)).rejects.toThrow(message);
