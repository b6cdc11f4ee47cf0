/** Calling the wasm backend's own kernels from inside a kernel: no tape, no tensors, only blocks of its heap. */

import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import type { KernelFunc, NamedAttrMap, TensorInfo } from '@tensorflow/tfjs-core';
import type { Tf } from './engine.ts';
import { type OuterProducts, outerProductsFor } from './kernels-simd.ts';

/** Bytes of a float32 element. */
export const FLOAT_BYTES = 4;

/** Padding of a [batch, height, width, channels] tensor, as [before, after] of each dimension. */
export type Padding4 = [[number, number], [number, number], [number, number], [number, number]];

/** The attributes every convolution gradient carries. */
export type ConvAttrs = {
  readonly strides: number | [number, number];
  readonly pad: 'same' | 'valid' | number | Padding4;
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
};

/**
 * The forward kernels that gradients are composed of. Each returns a block on the wasm heap which the caller either
 * hands out as the result of its own kernel or gives back with `free`.
 */
export type Stock = {
  readonly backend: BackendWasm;
  /** @param x [batch, height, width, in]  @param filter [height, width, in, out] */
  conv2d(x: TensorInfo, filter: TensorInfo, pad: Padding4, dilations?: [number, number]): TensorInfo;
  /** @param x [batch, height, width, in]  @param filter [height, width, in, 1] */
  depthwise(x: TensorInfo, filter: TensorInfo, pad: Padding4): TensorInfo;
  /** @param a [rows, inner]  @param b [inner, columns] */
  matMul(a: TensorInfo, b: TensorInfo): TensorInfo;
  transpose(x: TensorInfo, perm: number[]): TensorInfo;
  slice(x: TensorInfo, begin: number[], size: number[]): TensorInfo;
  /** An uninitialised float32 block. */
  make(shape: number[]): TensorInfo;
  /** A float32 block of zeros. */
  zeros(shape: number[]): TensorInfo;
  /** The block's values. Any allocation can grow the heap and detach this view: fetch it after the last one. */
  view(info: TensorInfo): Float32Array;
  /** The block's byte address, for `outerProducts`. */
  address(info: TensorInfo): number;
  free(...infos: TensorInfo[]): void;
  /** graft's own SIMD routine on this heap; undefined where the platform does not allow it. */
  readonly outerProducts: OuterProducts | undefined;
};

/** Binds the wasm backend's kernels as they are registered now (before graft's own replace some of them). */
export function bindStock(tf: Tf): (backend: object) => Stock {
  const call = {
    conv2d: kernel(tf, 'Conv2D'),
    depthwise: kernel(tf, 'DepthwiseConv2dNative'),
    matMul: kernel(tf, 'BatchMatMul'),
    transpose: kernel(tf, 'Transpose'),
    slice: kernel(tf, 'Slice'),
  };
  return (backend) => bind(call, backend as BackendWasm);
}

/** The function of a registered wasm kernel. */
export function kernel(tf: Tf, name: string): KernelFunc {
  const config = tf.getKernel(name, 'wasm');
  if (!config) throw new Error(`kernels: expected tfjs's wasm backend to have the kernel ${name}, got none`);
  return config.kernelFunc;
}

type Calls = Readonly<Record<'conv2d' | 'depthwise' | 'matMul' | 'transpose' | 'slice', KernelFunc>>;

function bind(call: Calls, backend: BackendWasm): Stock {
  const run = (func: KernelFunc, inputs: Record<string, TensorInfo>, attrs: object): TensorInfo =>
    func({ inputs, backend, attrs: attrs as NamedAttrMap }) as TensorInfo;
  const conv = { strides: [1, 1], dataFormat: 'NHWC' };
  return {
    backend,
    conv2d: (x, filter, pad, dilations = [1, 1]) => run(call.conv2d, { x, filter }, { ...conv, pad, dilations }),
    depthwise: (x, filter, pad) => run(call.depthwise, { x, filter }, { ...conv, pad, dilations: [1, 1] }),
    matMul: (a, b) => run(call.matMul, { a, b }, { transposeA: false, transposeB: false }),
    transpose: (x, perm) => run(call.transpose, { x }, { perm }),
    slice: (x, begin, size) => run(call.slice, { x }, { begin, size }),
    make: (shape) => backend.makeOutput(shape, 'float32'),
    zeros: (shape) => {
      const out = backend.makeOutput(shape, 'float32');
      backend.typedArrayFromHeap(out).fill(0);
      return out;
    },
    view: (info) => backend.typedArrayFromHeap(info) as Float32Array,
    address: (info) => backend.getMemoryOffset(info.dataId),
    outerProducts: outerProductsFor(backend),
    free: (...infos) => {
      for (const info of infos) backend.disposeData(info.dataId);
    },
  };
}
