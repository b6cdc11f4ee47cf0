import type { Tf } from './engine.ts';

/** Registers the kernels which training needs on the wasm backend. */
export function registerTrainingKernels(_tf: Tf): void {}
