import { beforeAll, describe, expect, it } from 'vitest';
import { loadEngine, type Tf } from '../../../agent/engine/engine.ts';
import { bindStock, FLOAT_BYTES, type Stock } from '../../../agent/engine/kernels-stock.ts';
import { rngStream } from '../../../sim/math/rng.ts';

let tf: Tf;
let stock: Stock;

beforeAll(async () => {
  ({ tf } = await loadEngine({ prefer: 'wasm' }));
  stock = bindStock(tf)(tf.backend());
});

const rng = rngStream(0, 'test/simd');

/** A block of whole numbers, so that sums are exact in any order. */
function block(length: number) {
  const info = stock.make([length]);
  stock.view(info).set(Float32Array.from({ length }, () => rng.int(19) - 9));
  return info;
}

/** One operand: rows of `size` values, `step` values apart, in lines that are `line` values apart. */
interface Layout {
  readonly from: number;
  readonly step: number;
  readonly line: number;
}

/** Runs the routine and compares with loops. */
function check(m: number, n: number, steps: number, lines: number, a: Layout, b: Layout): void {
  const length = (of: Layout, size: number): number => of.from + (lines - 1) * of.line + (steps - 1) * of.step + size;
  const [x, y, c] = [block(Math.max(1, length(a, m))), block(Math.max(1, length(b, n))), block(m * n + 2)];
  const [xs, ys, wanted] = [x, y, c].map((info) => stock.view(info).slice());
  for (let line = 0; line < lines; line++)
    for (let step = 0; step < steps; step++)
      for (let i = 0; i < m; i++)
        for (let j = 0; j < n; j++)
          wanted[i * n + j] +=
            xs[a.from + line * a.line + step * a.step + i] * ys[b.from + line * b.line + step * b.step + j];
  const rows = (info: typeof x, { from, step, line }: Layout) => ({
    at: stock.address(info) + from * FLOAT_BYTES,
    step: step * FLOAT_BYTES,
    line: line * FLOAT_BYTES,
  });
  stock.outerProducts!(rows(x, a), rows(y, b), steps, lines, stock.address(c), m, n);
  expect([...stock.view(c)], `${m} x ${n}, ${steps} steps, ${lines} lines`).toEqual([...wanted]);
  stock.free(x, y, c);
}

describe('sums of outer products', () => {
  it('are there: without them training is slow', () => expect(stock.outerProducts).toBeTypeOf('function'));

  it('are right for every remainder of the tiles of 4 x 8, and touch nothing beyond', () => {
    for (let m = 1; m <= 9; m++)
      for (let n = 1; n <= 18; n++)
        check(m, n, 3, 2, { from: 0, step: m, line: 3 * m }, { from: 0, step: n, line: 3 * n });
  });

  it('are right for strided, overlapping and repeated rows', () => {
    for (let i = 0; i < 100; i++) {
      const [m, n, steps, lines] = [1 + rng.int(12), 1 + rng.int(12), 1 + rng.int(6), 1 + rng.int(4)];
      const layout = (): Layout => ({ from: rng.int(3), step: rng.int(9), line: rng.int(20) });
      check(m, n, steps, lines, layout(), layout());
    }
  });

  it('of no rows change nothing', () => {
    const none: Layout = { from: 0, step: 1, line: 1 };
    check(3, 5, 0, 4, none, none);
    check(3, 5, 4, 0, none, none);
  });
});
