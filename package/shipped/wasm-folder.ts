import { fileURLToPath } from 'node:url';

/** Folder of TensorFlow.js's WebAssembly: the package ships it beside its code. */
export const wasmFolder = (): string => fileURLToPath(new URL('../../dist/', import.meta.url));
