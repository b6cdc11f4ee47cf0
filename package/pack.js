// @ts-check
// Makes everything that the package ships besides files of the tree, in dist/: programs, library, types, pages, licences.
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { dts } from 'rolldown-plugin-dts';
import { bundle, PROGRAMS } from './bundle.js';
import { writeCode } from './code.js';
import { noticesOf, packagesOf } from './notices.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const DIST = join(ROOT, 'dist');
const WASM = join(
  dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm/package.json')),
  'wasm-out',
);

/** Modules that look for something in node_modules, and those that find it in the package. */
const SHIPPED = {
  'agent/engine/wasm-folder.ts': 'package/shipped/wasm-folder.ts',
  'scenarios/package-version.ts': 'package/shipped/package-version.ts',
  'viewer/build.ts': 'package/shipped/pages.ts',
};

/** @type {import('rolldown').Plugin} */
const shipped = {
  name: 'graft-shipped',
  async resolveId(source, importer) {
    if (!importer || !source.startsWith('.')) return null;
    for (const [from, to] of Object.entries(SHIPPED))
      if (resolve(dirname(importer), source) === join(ROOT, from)) return join(ROOT, to);
    return null;
  },
};

const { dependencies, devDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));

/** Command line, worker threads, and the library for Node: they share their modules. */
const forNode = () =>
  bundle(DIST, {
    input: { ...PROGRAMS, library: 'library/graft.ts' },
    options: { plugins: [shipped] },
    sourcemap: false,
  });

/** The library for browsers. */
const forBrowsers = () =>
  bundle(join(DIST, 'browser'), {
    input: { library: 'library/browser.ts' },
    options: { platform: 'browser', external: [] },
    sourcemap: false,
  });

/** One file of types for each of the two. */
async function types() {
  const build = await rolldown({
    cwd: ROOT,
    input: { library: 'library/graft.ts', 'browser/library': 'library/browser.ts' },
    plugins: [dts({ emitDtsOnly: true })],
    checks: { pluginTimings: false },
  });
  await build.write({ dir: DIST, format: 'esm' });
  await build.close();
}

/** @param {Readonly<Record<string, string>>} wanted */
function versionsOf(wanted) {
  const installed = Object.keys(wanted).map((name) => join(ROOT, 'node_modules', name, 'package.json'));
  const manifests = installed.map((path) => JSON.parse(readFileSync(path, 'utf8')));
  return Object.fromEntries(manifests.map(({ name, version }) => [name, version]));
}

rmSync(DIST, { recursive: true, force: true });
mkdirSync(join(DIST, 'browser'), { recursive: true });
const modules = [...(await forNode()), ...(await forBrowsers())];
await types();
await writeCode(DIST);
writeFileSync(join(DIST, 'versions.json'), JSON.stringify(versionsOf({ ...dependencies, ...devDependencies })));
for (const name of ['tfjs-backend-wasm.wasm', 'tfjs-backend-wasm-simd.wasm'])
  copyFileSync(join(WASM, name), join(DIST, name));
copyFileSync(join(WASM, 'tfjs-backend-wasm-simd.wasm'), join(DIST, 'browser', 'tfjs-backend-wasm-simd.wasm'));
execFileSync(process.execPath, ['--import', 'tsx', join(ROOT, 'package/pages.ts'), join(DIST, 'pages')], {
  cwd: ROOT,
  stdio: 'ignore',
});
const page = readFileSync(join(DIST, 'pages', 'third-party-notices.txt'), 'utf8');
const line = '='.repeat(80);
writeFileSync(
  join(ROOT, 'THIRD-PARTY-NOTICES'),
  `Packages in graft's programs and library\n\n${line}\n\n${noticesOf(packagesOf(modules))}\n${line}\n\nPackages in graft's pages\n\n${line}\n\n${page}`,
);
