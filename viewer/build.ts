/** The built pages: bundled once for each state of their sources. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const here = fileURLToPath(new URL('.', import.meta.url));
const root = join(here, '..');
const dist = join(here, 'dist');
const require = createRequire(import.meta.url);
const run = promisify(execFile);

/** Rooms whose sources may end up in a page, and the libraries that do. */
const ROOMS = ['sim', 'agent', 'scenarios', 'viewer', 'package'];
const PACKAGES = [
  ...['three', '@mcap/core', '@bufbuild/protobuf', '@foxglove/crc', 'fzstd', 'vite'],
  ...['comlink', '@noble/hashes', 'yaml', 'zod', 'quickhull3d', 'simple-statistics'],
  ...['fflate', '@gltf-transform/core', 'fast-xml-parser'],
  ...['@dimforge/rapier3d-simd-compat', '@tensorflow/tfjs-core', '@tensorflow/tfjs-backend-wasm'],
];
/** Builds of other sources are kept this long: another process may serve them. */
const KEPT_MS = 24 * 3600 * 1000;

/**
 * The folder with the built pages: the viewer, play and grasps, and the viewer in one file. It is named after its content's hash: built on first use and
 * whenever sources or libraries have changed. Safe to call from several processes at once.
 */
export async function builtPages(): Promise<string> {
  const target = join(dist, sourcesHash());
  if (await exists(join(target, 'index.html'))) return target;
  await mkdir(dist, { recursive: true });
  const older = await readdir(dist);
  // by a process of its own: what a bundler takes would stay with the training that is looked at
  const building = run(process.execPath, ['--import', 'tsx', join(here, 'build-pages.ts'), dist], { cwd: root });
  const fresh = (await building).stdout;
  try {
    await rename(fresh, target);
  } catch (error) {
    // Another process may have been quicker; its result is the same.
    await rm(fresh, { recursive: true, force: true });
    if (!(await exists(join(target, 'index.html')))) throw error;
  }
  for (const folder of older.map((name) => join(dist, name))) {
    const age = Date.now() - ((await stat(folder).catch(() => undefined))?.mtimeMs ?? 0);
    if (age > KEPT_MS) await rm(folder, { recursive: true, force: true });
  }
  return target;
}

/** Files of a room that can end up in a page, at any depth. */
const sourcesIn = (room: string): string[] =>
  readdirSync(join(root, room), { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.(ts|js|html|css|yaml|png|json)$/.test(path) && !path.startsWith(`dist${sep}`))
    .map((path) => join(root, room, path));

/** Hash of everything that ends up in the pages. */
function sourcesHash(): string {
  const hash = createHash('sha256');
  for (const file of ROOMS.flatMap(sourcesIn).sort())
    hash.update(relative(root, file)).update(readFileSync(file)).update('\0');
  for (const name of PACKAGES) hash.update(packageVersion(name));
  return hash.digest('hex').slice(0, 16);
}

/** A package's version, read from its manifest, which not every package exports. */
function packageVersion(name: string): string {
  for (const folder of require.resolve.paths(name) ?? []) {
    const manifest = join(folder, name, 'package.json');
    if (existsSync(manifest)) return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version;
  }
  throw new Error(`viewer: expected the package ${name} to be installed, got none`);
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
