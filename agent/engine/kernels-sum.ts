/** Sums on the wasm backend: over leading dimensions (its own kernel transposes first), and by segment (it has none). */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { OuterProducts } from './kernels-simd.ts';
import { FLOAT_BYTES, type Stock } from './kernels-stock.ts';

/** Rows summed in single precision before the double precision sum over blocks. */
const BLOCK_ROWS = 256;

/** Whether a sum is over the first dimensions of x and keeps the last ones. */
export function isLeadingSum(x: TensorInfo, axes: readonly number[]): boolean {
  const leading = axes.length > 0 && axes.every((axis, i) => axis === i);
  return leading && axes.length < x.shape.length && x.dtype === 'float32';
}

/** Sums x over its first `count` dimensions: blocks of rows in single precision, then the blocks in double precision. */
export function sumLeading(stock: Stock, x: TensorInfo, count: number): TensorInfo {
  const kept = x.shape.slice(count);
  const width = kept.reduce((product, size) => product * size, 1);
  const height = x.shape.slice(0, count).reduce((product, size) => product * size, 1);
  const out = stock.make(kept);
  const blocked = stock.outerProducts && height > BLOCK_ROWS;
  const rows = stock.outerProducts && blocked ? blockSums(stock, stock.outerProducts, x, height, width) : x;
  const sums = new Float64Array(width);
  const source = stock.view(rows);
  for (let at = 0; at < source.length; at += width) {
    for (let i = 0; i < width; i++) sums[i] += source[at + i];
  }
  stock.view(out).set(sums);
  if (blocked) stock.free(rows);
  return out;
}

/** Adds the rows of x that share a segment; rows with an id outside [0, segments) are left out. */
export function segmentSum(stock: Stock, x: TensorInfo, segmentIds: TensorInfo, segments: number): TensorInfo {
  const rowShape = x.shape.slice(segmentIds.shape.length);
  const width = rowShape.reduce((product, size) => product * size, 1);
  const out = stock.backend.makeOutput([segments, ...rowShape], x.dtype);
  const source = stock.backend.typedArrayFromHeap(x);
  const target = stock.backend.typedArrayFromHeap(out).fill(0);
  stock.backend.typedArrayFromHeap(segmentIds).forEach((segment, row) => {
    if (segment < 0 || segment >= segments) return;
    for (let i = 0; i < width; i++) target[segment * width + i] += source[row * width + i];
  });
  return out;
}

/** Sums of blocks of rows, [blocks, width]: outer products with a one that every step reads again. */
function blockSums(
  stock: Stock,
  outerProducts: OuterProducts,
  x: TensorInfo,
  height: number,
  width: number,
): TensorInfo {
  const sums = stock.zeros([Math.ceil(height / BLOCK_ROWS), width]);
  const one = stock.make([1]);
  stock.view(one)[0] = 1;
  const row = width * FLOAT_BYTES;
  const a = { at: stock.address(one), step: 0, line: 0 };
  for (let from = 0; from < height; from += BLOCK_ROWS) {
    const b = { at: stock.address(x) + from * row, step: row, line: 0 };
    const block = from / BLOCK_ROWS;
    outerProducts(a, b, Math.min(BLOCK_ROWS, height - from), 1, stock.address(sums) + block * row, 1, width);
  }
  stock.free(one);
  return sums;
}
