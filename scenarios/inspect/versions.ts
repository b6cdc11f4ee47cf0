import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);

/** The packages whose version can change a result. */
const PACKAGES = ['@dimforge/rapier3d-simd-compat', '@tensorflow/tfjs', '@tensorflow/tfjs-backend-wasm', 'three', 'ws'];

/** A package's version, read from its manifest (which not every package exports); 'absent' if it is not installed. */
function packageVersion(name: string): string {
  for (const folder of require.resolve.paths(name) ?? []) {
    try {
      return (JSON.parse(readFileSync(join(folder, name, 'package.json'), 'utf8')) as { version: string }).version;
    } catch {
      // look further up
    }
  }
  return 'absent';
}

const manifest = fileURLToPath(new URL('../../package.json', import.meta.url));

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
  ...Object.fromEntries(PACKAGES.map((name) => [name, packageVersion(name)])),
});
