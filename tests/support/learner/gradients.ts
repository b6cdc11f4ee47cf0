import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import { expect } from 'vitest';
import type { Tf } from '../../../agent/engine/engine.ts';
import type { ConvAttrs } from '../../../agent/engine/kernels-stock.ts';

/** Gradients on the wasm backend against those on the cpu backend, and against the forward kernel. */

export type Shape = number[];
export type Values = { readonly shape: Shape; readonly data: ArrayLike<number> };
export type Pad = ConvAttrs['pad'];

/** A tensor of normal numbers, the same for the same seed. */
export const random = (tf: Tf, shape: Shape, seed: number): Tensor =>
  tf.randomNormal(shape as [number], 0, 1, 'float32', seed);

/** A convolution as a function of picture and filter. */
export const convolution = (tf: Tf, stride: number | [number, number], pad: Pad) => (x: Tensor, filter: Tensor) =>
  tf.conv2d(x as Tensor4D, filter as Tensor4D, stride, pad as 'same');

/** The value of f and its gradients with respect to each input, for a fixed random dy, on one backend. */
export async function differentiate(
  tf: Tf,
  backend: 'wasm' | 'cpu',
  f: (...x: Tensor[]) => Tensor,
  shapes: readonly Shape[],
): Promise<Values[]> {
  await tf.setBackend(backend);
  try {
    const inputs = shapes.map((shape, i) => random(tf, shape, i + 1));
    const y = f(...inputs);
    const dy = random(tf, y.shape, 99);
    const results = [y, ...tf.grads(f)(inputs, dy)];
    const values = results.map((each) => ({ shape: each.shape, data: [...each.dataSync()] }));
    tf.dispose([...inputs, dy, ...results]);
    return values;
  } finally {
    await tf.setBackend('wasm');
  }
}

/** @param tolerance relative to the largest value. */
export function expectClose(got: Values, wanted: Values, tolerance = 1e-4): void {
  expect(got.shape).toEqual(wanted.shape);
  let [scale, error] = [1e-6, 0];
  for (let i = 0; i < wanted.data.length; i++) {
    scale = Math.max(scale, Math.abs(wanted.data[i]));
    error = Math.max(error, Math.abs(wanted.data[i] - got.data[i]));
  }
  expect(error / scale).toBeLessThan(tolerance); // NaN fails
}

/** Value and gradients of f must be those of the cpu backend. */
export async function expectSameAsCpu(tf: Tf, f: (...x: Tensor[]) => Tensor, ...shapes: Shape[]): Promise<void> {
  const wanted = await differentiate(tf, 'cpu', f, shapes);
  const got = await differentiate(tf, 'wasm', f, shapes);
  expect(got.length).toBe(wanted.length);
  got.forEach((each, i) => {
    expectClose(each, wanted[i]);
  });
}

/** The gradient of a linear f must be its adjoint, <f(x), dy> = <x, f'(dy)>: for kernels that cpu gets wrong. */
export function expectAdjoint(tf: Tf, f: (x: Tensor) => Tensor, shape: Shape): void {
  const x = random(tf, shape, 1);
  const y = f(x);
  const dy = random(tf, y.shape, 2);
  const forward = tf.sum(tf.mul(y, dy)).dataSync()[0];
  const backward = tf.sum(tf.mul(x, tf.grad(f)(x, dy))).dataSync()[0];
  expect(backward).toBeCloseTo(forward, 3);
}
