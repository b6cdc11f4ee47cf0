/** Build of the pages with their licences, into a new folder below a given one; prints it: node --import tsx viewer/build-pages.ts <folder> */
import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type InlineConfig, type Plugin } from 'vite';
import { noticesOf, packagesOf } from '../package/notices.js';
import { sharedHead } from './head.ts';
import { POLICY_FILE, policyNote } from './policy-note.ts';
import { NOTICES_FILE, ONE_PAGES } from './share/files.ts';
import { buildOnePage } from './share/one-page.ts';

const page = fileURLToPath(new URL('page', import.meta.url));
const require = createRequire(import.meta.url);

/** The one file of TensorFlow.js's WebAssembly backend that pages load, beside their worker. */
const WASM_FILE = 'tfjs-backend-wasm-simd.wasm';

/** Writes the pages, and what they load beside their scripts. */
async function buildInto(outDir: string): Promise<void> {
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

const fresh = join(process.argv[2], `tmp-${process.pid}`);
await buildInto(fresh);
process.stdout.write(fresh);
