import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadEngine, type Tf } from '../../../agent/engine/engine.ts';
import { bindStock, kernel, type Stock } from '../../../agent/engine/kernels-stock.ts';
import { random } from '../../support/learner/gradients.ts';

let tf: Tf;
let stock: Stock;

beforeAll(async () => {
  ({ tf } = await loadEngine({ prefer: 'wasm' }));
  stock = bindStock(tf)(tf.backend());
});

const blocks = (): number => (tf.backend() as BackendWasm).numDataIds();

describe('kernels called from inside a kernel', () => {
  it('give what the operations of TensorFlow.js give', () => {
    const [x, filter] = [random(tf, [2, 5, 6, 3], 1) as Tensor4D, random(tf, [3, 3, 3, 4], 2) as Tensor4D];
    const pad = [
      [0, 0],
      [1, 0],
      [0, 2],
      [0, 0],
    ] as [[0, 0], [number, number], [number, number], [0, 0]];
    const dense = stock.conv2d(x, filter, pad);
    expect([...stock.view(dense)]).toEqual([...tf.conv2d(x, filter, 1, pad).dataSync()]);
    const product = stock.matMul(random(tf, [4, 3], 3), random(tf, [3, 5], 4));
    expect([...stock.view(product)]).toEqual([...tf.matMul(random(tf, [4, 3], 3), random(tf, [3, 5], 4)).dataSync()]);
    const turned = stock.transpose(x, [3, 1, 2, 0]);
    expect([...stock.view(turned)]).toEqual([...tf.transpose(x, [3, 1, 2, 0]).dataSync()]);
    const cut = stock.slice(x, [0, 1, 2, 0], [2, 3, 4, 3]);
    expect([...stock.view(cut)]).toEqual([...tf.slice(x, [0, 1, 2, 0], [2, 3, 4, 3]).dataSync()]);
    stock.free(dense, product, turned, cut);
  });

  it('leave nothing on the heap once their blocks are freed', () => {
    const before = blocks();
    const made = [stock.make([3, 4]), stock.zeros([5])];
    expect(blocks()).toBe(before + 2);
    expect([...stock.view(made[1])]).toEqual([0, 0, 0, 0, 0]);
    stock.view(made[0]).fill(7);
    expect(stock.view(made[0])).toHaveLength(12);
    expect(stock.address(made[0]) % 4).toBe(0);
    stock.free(...made);
    expect(blocks()).toBe(before);
  });

  it('that the backend lacks are an error that names them', () =>
    expect(() => kernel(tf, 'NoSuchKernel')).toThrow('wasm backend to have the kernel NoSuchKernel, got none'));
});
