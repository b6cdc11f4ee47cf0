/** Trunk cache: outputs of a large trunk, kept by content. */
import type { TapArrays, Trunk } from '../network/trunk.ts';

/** Bytes of outputs that are kept. */
const LIMIT = 64 * 2 ** 20;

/** 64 bits of FNV-1a over the words of the data, in two halves with different starts; not cryptographic. */
function contentHash(values: Float32Array): string {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  let [a, b] = [0x811c9dc5, 0x9747b28c];
  for (let i = 0; i < words.length; i++) {
    a = Math.imul(a ^ words[i], 0x01000193);
    b = Math.imul(b ^ words[i], 0x85ebca6b);
    b ^= b >>> 15;
  }
  return `${(a >>> 0).toString(16)}-${(b >>> 0).toString(16)}`;
}

/**
 * A trunk that remembers its latest outputs, keyed by (windows of the frame, hash of the trunk, taps): meeting a frame again
 * costs no forward pass. Worth its memory for large networks only.
 * @param limit bytes; the outputs used longest ago go first.
 */
export function cachedTrunk(trunk: Trunk, limit = LIMIT): Trunk {
  const kept = new Map<string, TapArrays>();
  const trunkKey = `${trunk.hash}/${trunk.taps.map((t) => t.name).join()}`;
  let bytes = 0;
  const sizeOf = ({ values }: TapArrays): number => values.reduce((n, v) => n + v.byteLength, 0);
  const forget = (key: string): void => {
    bytes -= sizeOf(kept.get(key)!);
    kept.delete(key);
  };
  return {
    ...trunk,
    run: (input, count, rows, cols) => {
      const key = `${contentHash(input)}/${count}x${rows}x${cols}/${trunkKey}`;
      const outputs = kept.get(key) ?? trunk.run(input, count, rows, cols);
      if (kept.has(key)) forget(key);
      // last in, last out: a Map keeps the order of insertion
      kept.set(key, outputs);
      bytes += sizeOf(outputs);
      while (bytes > limit && kept.size > 1) forget(kept.keys().next().value!);
      return outputs;
    },
    dispose: () => {
      kept.clear();
      trunk.dispose();
    },
  };
}
