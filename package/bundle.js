// @ts-check
// Bundles graft's programs: TypeScript in, JavaScript out.
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** What is started on its own, by the name of its file: the command line, and each kind of worker thread. */
export const PROGRAMS = /** @type {const} */ ({
  graft: 'cli/process.ts',
  'trial-worker': 'scenarios/run/worker.ts',
  'source-worker': 'scenarios/experiments/pretrain/source-worker.ts',
  'unit-worker': 'scenarios/experiments/transfer/unit-worker.ts',
  'recorder-thread': 'sim/recording/write/thread.ts',
});
/** @typedef {keyof typeof PROGRAMS} Program */

/** Plain JavaScript that starts a program where there are only sources. */
const STARTERS = /** @type {Record<string, Program>} */ ({
  'scenarios/run/worker-entry.js': 'trial-worker',
  'scenarios/experiments/pretrain/source-entry.js': 'source-worker',
  'scenarios/experiments/transfer/unit-entry.js': 'unit-worker',
  'sim/recording/write/thread-entry.js': 'recorder-thread',
});

/**
 * Writes all programs, with the modules that they share, into one flat folder. Packages are left to be imported.
 * @param {string} outDir
 */
export async function bundle(outDir) {
  const build = await rolldown({
    cwd: ROOT,
    input: PROGRAMS,
    platform: 'node',
    external: (id, importer) => !/^([./]|quickhull3d$)/.test(id) && !importer?.includes('node_modules'),
    plugins: [sourceUrls(outDir)],
    logLevel: 'warn',
  });
  await build.write({ dir: outDir, format: 'esm', sourcemap: true, chunkFileNames: '[name]-[hash].js' });
  await build.close();
}

/**
 * Lets a module find the files beside its source (weights, scenarios) though its code is elsewhere, and worker threads start
 * from compiled code.
 * @param {string} outDir
 * @returns {import('rolldown').Plugin}
 */
const sourceUrls = (outDir) => ({
  name: 'graft-source-urls',
  transform(code, id) {
    if (!code.includes('import.meta.url')) return null;
    /** @param {string} path */
    const url = (path) => JSON.stringify(path.split(sep).join('/'));
    const own = url(relative(outDir, id));
    const replaced = code.replace(/new URL\('(\.[^']*)', import\.meta\.url\)|import\.meta\.url/g, (whole, path) => {
      if (path === undefined) return `new URL(${own}, import.meta.url).href`;
      const file = relative(ROOT, resolve(dirname(id), path));
      const program = STARTERS[file.split(sep).join('/')];
      const target = program ? `./${program}.js` : relative(outDir, join(ROOT, file)) + (path.endsWith('/') ? '/' : '');
      return whole.replace(`'${path}'`, url(target));
    });
    // lines stay where they were
    return { code: replaced, map: null };
  },
});
