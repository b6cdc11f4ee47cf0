/** Versions of graft and of the packages that a result depends on. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packageVersion } from './package-version.ts';

/** The packages whose version can change a result, by the names that logs and reports know them by. */
const PACKAGES = {
  '@dimforge/rapier3d-simd-compat': '@dimforge/rapier3d-simd-compat',
  // all parts of TensorFlow.js have one version
  '@tensorflow/tfjs': '@tensorflow/tfjs-core',
  '@tensorflow/tfjs-backend-wasm': '@tensorflow/tfjs-backend-wasm',
  three: 'three',
  ws: 'ws',
};

const manifest = fileURLToPath(new URL('../package.json', import.meta.url));

/** graft's own version. */
export const graftVersion = (): string => (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version;

/** The commit of this checkout, 'unknown' outside one. */
export function commit(): string {
  try {
    return execFileSync('git', ['rev-parse', 'HEAD'], { cwd: dirname(manifest), stdio: ['ignore', 'pipe', 'ignore'] })
      .toString()
      .trim();
  } catch {
    return 'unknown';
  }
}

/** Versions by package, for logs and reports. */
export const versions = (): Record<string, string> => ({
  graft: graftVersion(),
  node: process.version,
  ...Object.fromEntries(Object.entries(PACKAGES).map(([name, from]) => [name, packageVersion(from)])),
});
