/**
 * The kernels which training needs on tfjs's wasm backend: those it lacks (the filter gradients of convolutions, both
 * gradients of depthwise convolutions, the gradient of gather) and those it runs as scalar loops (the input gradient of
 * convolutions, transposed and batched matrix products, sums over leading dimensions such as a bias's gradient, and the
 * gradient of bilinear resizing) or as copies (clones), and those
 * that compute something else (the gradients of pooling).
 */

import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import type { KernelFunc, NamedAttrMap, TensorInfo } from '@tensorflow/tfjs-core';
import type { Tf } from './engine.ts';
import { axesOf, convAxes, filterGradient, inputGradient } from './kernels-conv.ts';
import { depthwiseFilterGradient, depthwiseInputGradient } from './kernels-depthwise.ts';
import { isSlowProduct, type MatMulAttrs, product, transposed } from './kernels-matmul.ts';
import { averagePoolGradient, maxPoolGradient } from './kernels-pool.ts';
import { type ResizeAttrs, resizeGradient } from './kernels-resize.ts';
import { bindStock, type ConvAttrs, kernel, type Stock } from './kernels-stock.ts';
import { isLeadingSum, segmentSum, sumLeading } from './kernels-sum.ts';

type Inputs = Readonly<Record<string, TensorInfo>>;
type PoolAttrs = ConvAttrs & { readonly filterSize: number | [number, number] };
type StockOf = (backend: object) => Stock;
type Restore = () => void;

let kernels: Readonly<Record<string, KernelFunc>> | undefined;
let restore: Restore | undefined;

/**
 * Registers graft's training kernels for the 'wasm' backend, which must be initialised. Calling it again has no effect.
 * @throws Error if the backend lacks one of the forward kernels that they are composed of.
 */
export function registerTrainingKernels(tf: Tf): void {
  kernels ??= trainingKernels(tf);
  restore ??= replaceKernels(tf, kernels);
}

/** Puts tfjs's own kernels back (for measurements against them), until `registerTrainingKernels` is called again. */
export function unregisterTrainingKernels(): void {
  restore?.();
  restore = undefined;
}

/**
 * Replaces kernels of the 'wasm' backend.
 * @returns a function which puts back what was registered before.
 */
export function replaceKernels(tf: Tf, replacements: Readonly<Record<string, KernelFunc>>): Restore {
  const undo = Object.entries(replacements).map(([kernelName, kernelFunc]) => {
    const before = tf.getKernel(kernelName, 'wasm');
    if (before) tf.unregisterKernel(kernelName, 'wasm');
    tf.registerKernel({ kernelName, backendName: 'wasm', kernelFunc });
    return () => {
      tf.unregisterKernel(kernelName, 'wasm');
      if (before) tf.registerKernel(before);
    };
  });
  return () => {
    for (const step of undo) step();
  };
}

function trainingKernels(tf: Tf): Record<string, KernelFunc> {
  const stockOf = bindStock(tf);
  return {
    ...convolutionKernels(tf, stockOf),
    ...productKernels(tf, stockOf),
    ...sumKernels(tf, stockOf),
    ...resizeKernels(tf, stockOf),
    ...poolKernels(tf, stockOf),
    Identity: alias,
  };
}

function convolutionKernels(tf: Tf, stockOf: StockOf): Record<string, KernelFunc> {
  const define = definer(stockOf);
  return {
    Conv2DBackpropFilter: define('Conv2DBackpropFilter', (stock, { x, dy }, attrs) => {
      const [rows, columns] = convAxes(tf, x.shape, attrs.filterShape as number[], convAttrs(attrs));
      return filterGradient(stock, x, dy, rows, columns);
    }),
    Conv2DBackpropInput: define('Conv2DBackpropInput', (stock, { dy, filter }, attrs) => {
      const [rows, columns] = convAxes(tf, attrs.inputShape as number[], filter.shape, convAttrs(attrs));
      return inputGradient(stock, dy, filter, rows, columns);
    }),
    DepthwiseConv2dNativeBackpropFilter: define('DepthwiseConv2dNativeBackpropFilter', (stock, { x, dy }, attrs) => {
      const [rows, columns] = convAxes(tf, x.shape, attrs.filterShape as number[], convAttrs(attrs), true);
      return depthwiseFilterGradient(stock, x, dy, rows, columns);
    }),
    DepthwiseConv2dNativeBackpropInput: define('DepthwiseConv2dNativeBackpropInput', (stock, { dy, filter }, attrs) => {
      const [rows, columns] = convAxes(tf, attrs.inputShape as number[], filter.shape, convAttrs(attrs), true);
      return depthwiseInputGradient(stock, dy, filter, rows, columns);
    }),
  };
}

function productKernels(tf: Tf, stockOf: StockOf): Record<string, KernelFunc> {
  const batchMatMul = kernel(tf, 'BatchMatMul');
  const fusedMatMul = kernel(tf, '_FusedMatMul');
  return {
    BatchMatMul: (params) => {
      const { a, b } = params.inputs as Inputs;
      const attrs = params.attrs as unknown as MatMulAttrs;
      if (a.dtype !== 'float32' || b.dtype !== 'float32' || !isSlowProduct(a, b, attrs)) return batchMatMul(params);
      const batch = tf.broadcast_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
      return product(stockOf(params.backend), a, b, attrs, batch);
    },
    _FusedMatMul: (params) => {
      const { a, b } = params.inputs as Inputs;
      const { transposeA, transposeB } = params.attrs as unknown as MatMulAttrs;
      const stock = stockOf(params.backend);
      const left = transposeA ? transposed(stock, a) : a;
      const right = transposeB ? transposed(stock, b) : b;
      const out = fusedMatMul({
        ...params,
        inputs: { ...params.inputs, a: left, b: right },
        attrs: { ...params.attrs, transposeA: false, transposeB: false },
      });
      if (transposeA) stock.free(left);
      if (transposeB) stock.free(right);
      return out;
    },
  };
}

function sumKernels(tf: Tf, stockOf: StockOf): Record<string, KernelFunc> {
  const define = definer(stockOf);
  const sum = kernel(tf, 'Sum');
  return {
    Sum: (params) => {
      const { x } = params.inputs as Inputs;
      const { axis, keepDims } = params.attrs as unknown as { axis?: number | number[]; keepDims?: boolean };
      const axes = tf.util.parseAxisParam(axis as number | number[], x.shape);
      if (!isLeadingSum(x, axes)) return sum(params);
      const out = sumLeading(stockOf(params.backend), x, axes.length);
      if (keepDims) out.shape = [...axes.map(() => 1), ...out.shape];
      return out;
    },
    UnsortedSegmentSum: define('UnsortedSegmentSum', (stock, { x, segmentIds }, attrs) =>
      segmentSum(stock, x, segmentIds, attrs.numSegments as number),
    ),
  };
}

function resizeKernels(tf: Tf, stockOf: StockOf): Record<string, KernelFunc> {
  const resizeBilinearGrad = kernel(tf, 'ResizeBilinearGrad');
  return {
    ResizeBilinearGrad: (params) => {
      const { dy, images } = params.inputs as Inputs;
      const stock = stockOf(params.backend);
      if (!stock.outerProducts || dy.dtype !== 'float32' || images.dtype !== 'float32')
        return resizeBilinearGrad(params);
      return resizeGradient(stock, stock.outerProducts, dy, images, params.attrs as unknown as ResizeAttrs);
    },
  };
}

function poolKernels(tf: Tf, stockOf: StockOf): Record<string, KernelFunc> {
  const define = definer(stockOf);
  const axes = (x: TensorInfo, attrs: NamedAttrMap) => {
    const { filterSize, strides, pad, dimRoundingMode } = attrs as unknown as PoolAttrs;
    const shape = x.shape as [number, number, number, number];
    return axesOf(tf.backend_util.computePool2DInfo(shape, filterSize, strides, 1, pad, dimRoundingMode));
  };
  return {
    MaxPoolGrad: define('MaxPoolGrad', (stock, { dy, input }, attrs) =>
      maxPoolGradient(stock, dy, input, ...axes(input, attrs)),
    ),
    AvgPoolGrad: define('AvgPoolGrad', (stock, { dy, input }, attrs) =>
      averagePoolGradient(stock, dy, input, ...axes(input, attrs)),
    ),
  };
}

/** A clone of a tensor shares its block, as a reshaped tensor does; the backend's own kernel copies it. */
const alias: KernelFunc = ({ inputs, backend }) => {
  const { x } = inputs as Inputs;
  (backend as BackendWasm).incRef(x.dataId);
  return { dataId: x.dataId, shape: x.shape, dtype: x.dtype };
};

/** Wraps a composition as a kernel function that rejects what the compositions do not cover. */
function definer(stockOf: StockOf) {
  return (name: string, compose: (stock: Stock, inputs: Inputs, attrs: NamedAttrMap) => TensorInfo): KernelFunc =>
    ({ inputs, backend, attrs = {} }) => {
      const dilations = [attrs.dilations ?? 1].flat();
      if (dilations.some((dilation) => dilation !== 1)) {
        throw new Error(`${name}: expected dilations of 1, got [${dilations.join(', ')}], on the wasm backend`);
      }
      if (attrs.dataFormat !== undefined && attrs.dataFormat !== 'NHWC') {
        throw new Error(`${name}: expected data format NHWC, got ${String(attrs.dataFormat)}, on the wasm backend`);
      }
      return compose(stockOf(backend), inputs as Inputs, attrs);
    };
}

function convAttrs(attrs: NamedAttrMap): ConvAttrs {
  return attrs as unknown as ConvAttrs;
}
