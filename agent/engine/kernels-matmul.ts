/** Matrix products on the wasm backend whose own code is scalar: transposed operands, and batches of matrices. */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { OuterProducts } from './kernels-simd.ts';
import { FLOAT_BYTES, type Stock } from './kernels-stock.ts';

/** Below this many multiplications, setting up a fast product costs more than the scalar loop. */
const SMALL_PRODUCT = 2048;
/** Rows of both operands that are summed before the next tile of the product: as many as stay in the cache. */
const BLOCK_ROWS = 256;

export type MatMulAttrs = { readonly transposeA: boolean; readonly transposeB: boolean };

/** Whether the backend's own kernel runs its scalar loop for these operands although a fast product would pay. */
export function isSlowProduct(a: TensorInfo, b: TensorInfo, { transposeA, transposeB }: MatMulAttrs): boolean {
  const [rows, inner] = lastTwo(a, transposeA);
  const columns = lastTwo(b, transposeB)[1];
  const batched = batchOf(a) > 1 || batchOf(b) > 1;
  return (transposeA || transposeB || batched) && rows * inner * columns >= SMALL_PRODUCT;
}

/**
 * Product of (batches of) matrices by explicit transposition and fast untransposed products, or outer products.
 * @param a  [...batch, rows, inner], or [...batch, inner, rows] if transposeA
 * @param b  [...batch, inner, columns], or [...batch, columns, inner] if transposeB
 */
export function product(
  stock: Stock,
  a: TensorInfo,
  b: TensorInfo,
  attrs: MatMulAttrs,
  outBatch: number[],
): TensorInfo {
  const oneMatrix = batchOf(b) === 1 && (batchOf(a) === 1 || !attrs.transposeA);
  const byOuterProducts = stock.outerProducts && (attrs.transposeA || !oneMatrix);
  const flipA = attrs.transposeA !== Boolean(byOuterProducts);
  const left = flipA ? transposed(stock, a) : a;
  const right = attrs.transposeB ? transposed(stock, b) : b;
  const [rows, inner] = lastTwo(a, attrs.transposeA);
  const columns = lastTwo(right, false)[1];
  const outShape = [...outBatch, rows, columns];
  const multiply = (): TensorInfo => {
    if (stock.outerProducts && byOuterProducts) return outerProduct(stock, stock.outerProducts, left, right, outShape);
    if (batchOf(right) > 1) return batchedProduct(stock, left, right, outShape);
    const a2 = { ...left, shape: [batchOf(left) * rows, inner] };
    return stock.matMul(a2, { ...right, shape: [inner, columns] });
  };
  const out = multiply();
  if (flipA) stock.free(left);
  if (attrs.transposeB) stock.free(right);
  out.shape = outShape;
  return out;
}

/** A copy with the last two dimensions exchanged. */
export function transposed(stock: Stock, x: TensorInfo): TensorInfo {
  const [rows, columns] = lastTwo(x, false);
  const copy = stock.transpose({ ...x, shape: [batchOf(x), rows, columns] }, [0, 2, 1]);
  copy.shape = [...x.shape.slice(0, -2), columns, rows];
  return copy;
}

/** @param left [...batch, inner, rows]  @param right [...batch, inner, columns] */
function outerProduct(
  stock: Stock,
  outerProducts: OuterProducts,
  left: TensorInfo,
  right: TensorInfo,
  outShape: number[],
): TensorInfo {
  const [inner, rows] = lastTwo(left, false);
  const columns = lastTwo(right, false)[1];
  const out = stock.zeros(outShape);
  const [leftAt, rightAt, outAt] = [left, right, out].map((info) => stock.address(info));
  for (let i = 0; i < batchOf(out); i++) {
    const a = leftAt + (batchOf(left) === 1 ? 0 : i) * inner * rows * FLOAT_BYTES;
    const b = rightAt + (batchOf(right) === 1 ? 0 : i) * inner * columns * FLOAT_BYTES;
    const c = outAt + i * rows * columns * FLOAT_BYTES;
    for (let from = 0; from < inner; from += BLOCK_ROWS) {
      const aRows = { at: a + from * rows * FLOAT_BYTES, step: rows * FLOAT_BYTES, line: 0 };
      const bRows = { at: b + from * columns * FLOAT_BYTES, step: columns * FLOAT_BYTES, line: 0 };
      outerProducts(aRows, bRows, Math.min(BLOCK_ROWS, inner - from), 1, c, rows, columns);
    }
  }
  return out;
}

/** Without outer products: one fast product a matrix, on copies. */
function batchedProduct(stock: Stock, left: TensorInfo, right: TensorInfo, outShape: number[]): TensorInfo {
  const out = stock.make(outShape);
  const size = outShape[outShape.length - 2] * outShape[outShape.length - 1];
  for (let i = 0; i < batchOf(out); i++) {
    const a = matrixAt(stock, left, batchOf(left) === 1 ? 0 : i);
    const b = matrixAt(stock, right, i);
    const c = stock.matMul(a, b);
    stock.view(out).set(stock.view(c), i * size);
    stock.free(a, b, c);
  }
  return out;
}

function matrixAt(stock: Stock, x: TensorInfo, index: number): TensorInfo {
  const [rows, columns] = lastTwo(x, false);
  const matrix = stock.make([rows, columns]);
  const from = index * rows * columns;
  stock.view(matrix).set(stock.view(x).subarray(from, from + rows * columns));
  return matrix;
}

function lastTwo({ shape }: TensorInfo, exchange: boolean): [number, number] {
  const [rows, columns] = shape.slice(-2);
  return exchange ? [columns, rows] : [rows, columns];
}

function batchOf({ shape }: TensorInfo): number {
  return shape.slice(0, -2).reduce((count, size) => count * size, 1);
}
