/** Build of the pages: bundled once for each state of their sources, with licences. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { InlineConfig, Plugin } from 'vite';
import { noticesOf, packagesOf } from '../package/notices.js';
import { sharedHead } from './head.ts';
import { POLICY_FILE, policyNote } from './policy-note.ts';
import { NOTICES_FILE, ONE_PAGES } from './share/files.ts';

const here = fileURLToPath(new URL('.', import.meta.url));
const root = join(here, '..');
const page = join(here, 'page');
const dist = join(here, 'dist');
const require = createRequire(import.meta.url);

/** The one file of TensorFlow.js's WebAssembly backend that pages load, beside their worker. */
const WASM_FILE = 'tfjs-backend-wasm-simd.wasm';

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
  const fresh = join(dist, `tmp-${process.pid}`);
  await buildInto(fresh);
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

async function buildInto(outDir: string): Promise<void> {
  const { build } = await import('vite');
  const { buildOnePage } = await import('./share/one-page.ts');
  const modules = new Set<string>();
  const plugins = [sharedHead(), tensorEngine(), bundled(modules), notices(modules)];
  await build(
    configOf(
      outDir,
      ['index.html', 'race.html', 'play.html', 'grasps.html', 'walk/walk.html', 'work/work.html'],
      plugins,
      modules,
    ),
  );
  for (const { from, file } of Object.values(ONE_PAGES)) {
    const modules = new Set<string>();
    const config = configOf(outDir, [from], [sharedHead(), bundled(modules)], modules);
    await writeFile(join(outDir, file), await buildOnePage(config, () => noticesOf(packagesOf(modules))));
  }
}

const configOf = (outDir: string, pages: string[], plugins: Plugin[], modules: Set<string>): InlineConfig => ({
  configFile: false,
  root: page,
  base: './',
  logLevel: 'error',
  publicDir: false,
  plugins,
  worker: { format: 'es', plugins: () => [bundled(modules)] },
  build: {
    ...{ outDir, emptyOutDir: true, chunkSizeWarningLimit: 4000, modulePreload: { polyfill: false } },
    // a page may not fetch data: URLs
    assetsInlineLimit: 0,
    rollupOptions: { input: pages.map((name) => join(page, name)) },
  },
});

/** What the play page loads beside its scripts: TensorFlow.js's WebAssembly, under the name that the backend asks for. */
const tensorEngine = (): Plugin => ({
  name: 'graft-tensor-engine',
  async generateBundle() {
    const manifest = require.resolve('@tensorflow/tfjs-backend-wasm/package.json');
    const source = await readFile(join(dirname(manifest), 'wasm-out', WASM_FILE));
    this.emitFile({ type: 'asset', fileName: `assets/${WASM_FILE}`, source });
    this.emitFile({ type: 'asset', fileName: POLICY_FILE, source: policyNote() });
  },
});

/** Adds the modules whose code ends up in a bundle. */
const bundled = (modules: Set<string>): Plugin => ({
  name: 'graft-bundled',
  generateBundle(_, files) {
    for (const file of Object.values(files)) {
      if (file.type !== 'chunk') continue;
      for (const [id, { renderedLength }] of Object.entries(file.modules)) if (renderedLength > 0) modules.add(id);
    }
  },
});

/** The licences of what was bundled. */
const notices = (modules: ReadonlySet<string>): Plugin => ({
  name: 'graft-notices',
  generateBundle() {
    this.emitFile({ type: 'asset', fileName: NOTICES_FILE, source: noticesOf(packagesOf(modules)) });
  },
});

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
