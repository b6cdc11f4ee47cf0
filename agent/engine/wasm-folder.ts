/** Folder of TensorFlow.js's WebAssembly in Node, with its trailing separator. */
export function wasmFolder(): string {
  const { createRequire } = process.getBuiltinModule('node:module');
  const manifest = createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm/package.json');
  return manifest.replace(/package\.json$/, 'wasm-out/');
}
