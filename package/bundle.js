// @ts-check
// Bundles graft's programs: TypeScript in, JavaScript out.
import { readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** What is started on its own, by the name of its file: the command line, and each kind of worker thread. */
export const PROGRAMS = /** @type {const} */ ({
  graft: 'cli/process.ts',
  'trial-worker': 'scenarios/workers/worker.ts',
  'source-worker': 'scenarios/experiments/pretrain/source-worker.ts',
  'unit-worker': 'scenarios/experiments/units/unit-worker.ts',
  'predict-worker': 'scenarios/predict/thread/predict-worker.ts',
  'env-worker': 'scenarios/env/worker.ts',
  'external-thread': 'scenarios/external/thread.ts',
  'recorder-thread': 'sim/recording/write/thread.ts',
});
/** @typedef {keyof typeof PROGRAMS} Program */

/** Plain JavaScript that starts a program where there are only sources. */
const STARTERS = /** @type {Record<string, Program | 'code'>} */ ({
  'scenarios/code-entry.js': 'code',
  'scenarios/workers/worker-entry.js': 'trial-worker',
  'scenarios/experiments/pretrain/source-entry.js': 'source-worker',
  'scenarios/experiments/units/unit-entry.js': 'unit-worker',
  'scenarios/predict/thread/predict-entry.js': 'predict-worker',
  'scenarios/env/worker-entry.js': 'env-worker',
  'scenarios/external/thread-entry.js': 'external-thread',
  'sim/recording/write/thread-entry.js': 'recorder-thread',
});

/** @typedef {{ input?: Record<string, string>, options?: import('rolldown').InputOptions, sourcemap?: boolean }} BundleOptions */

const { dependencies, peerDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
/** Not bundled: what is installed with graft, and what is there or not. */
const EXTERNAL = [
  ...Object.keys({ ...dependencies, ...peerDependencies }),
  ...['@mujoco/mujoco', 'vite', 'rolldown', 'bufferutil', 'utf-8-validate', 'canvas'],
];

/** For programs that Node runs. @type {import('rolldown').InputOptions} */
const FOR_NODE = {
  platform: 'node',
  external: EXTERNAL,
  resolve: { mainFields: ['module', 'main'], alias: { 'node-fetch': join(ROOT, 'package/shipped/node-fetch.ts') } },
  // what CommonJS packages take for granted
  transform: { define: { __dirname: 'import.meta.dirname', __filename: 'import.meta.filename' } },
};

/**
 * Writes programs, with the modules and packages that they share, into one flat folder: one file is read faster than the many of
 * a package.
 * @param {string} outDir
 * @param {BundleOptions} [options] other programs, and settings in place of these.
 * @returns {Promise<string[]>} paths of the modules whose code was written.
 */
export async function bundle(outDir, { input = PROGRAMS, options = {}, sourcemap = true } = {}) {
  const build = await rolldown({
    cwd: ROOT,
    input,
    logLevel: 'warn',
    ...(options.platform === 'browser' ? {} : FOR_NODE),
    ...options,
    // a browser has no files beside a source
    plugins: [options.plugins, ownMaps, options.platform !== 'browser' && sourceUrls(outDir)],
  });
  const { output } = await build.write({
    dir: outDir,
    format: 'esm',
    sourcemap,
    chunkFileNames: '[name]-[hash].js',
  });
  await build.close();
  return output.flatMap((file) => (file.type === 'chunk' ? Object.keys(file.modules) : []));
}

/** Only graft's own lines are mapped back: the maps of packages take longer to read than their code. @type {import('rolldown').Plugin} */
const ownMaps = {
  name: 'graft-own-maps',
  transform: (code, id) => (id.includes('node_modules') ? { code, map: { mappings: '' } } : null),
};

/**
 * Lets a module find the files beside its source (weights, scenarios) though its code is elsewhere, and worker threads start
 * from compiled code.
 * @param {string} outDir
 * @returns {import('rolldown').Plugin}
 */
const sourceUrls = (outDir) => ({
  name: 'graft-source-urls',
  transform(code, id) {
    if (!code.includes('import.meta.url') || id.includes('node_modules')) return null;
    /** @param {string} path */
    const url = (path) => JSON.stringify(path.split(sep).join('/'));
    const own = url(relative(outDir, id));
    const replaced = code.replace(/new URL\('(\.[^']*)', import\.meta\.url\)|import\.meta\.url/g, (whole, path) => {
      if (path === undefined) return `new URL(${own}, import.meta.url).href`;
      const file = relative(ROOT, resolve(dirname(id), path));
      const program = STARTERS[file.split(sep).join('/')];
      const target = program
        ? `./${program}.js`
        : (relative(outDir, join(ROOT, file)) || '.') + (path.endsWith('/') ? '/' : '');
      return whole.replace(`'${path}'`, url(target));
    });
    // lines stay where they were
    return { code: replaced, map: null };
  },
});
