import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const client = join(here, 'client');
const dist = join(here, 'dist');

/**
 * The folder with the built page. It is named after its content's hash: built on first use and whenever the page's
 * sources or three.js have changed. Safe to call from several processes at once.
 */
export async function ensureClientBuilt(): Promise<string> {
  const target = join(dist, await sourcesHash());
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
  for (const name of older) if (!name.startsWith('tmp-')) await rm(join(dist, name), { recursive: true, force: true });
  return target;
}

/** Hash of everything that ends up in the page. */
async function sourcesHash(): Promise<string> {
  const require = createRequire(import.meta.url);
  const names = (await readdir(client)).sort().map((name) => join(client, name));
  const shared = ['protocol.ts', 'episode.ts', 'build.ts', '../sim/episode.ts'].map((name) => join(here, name));
  const versions = [
    join(dirname(require.resolve('three')), '..', 'package.json'),
    require.resolve('vite/package.json'),
  ];
  const hash = createHash('sha256');
  for (const file of [...names, ...shared]) hash.update(await readFile(file)).update('\0');
  for (const file of versions) hash.update(JSON.parse(await readFile(file, 'utf8')).version);
  return hash.digest('hex').slice(0, 16);
}

async function buildInto(outDir: string): Promise<void> {
  const { build } = await import('vite');
  await build({
    configFile: false,
    root: client,
    base: './',
    logLevel: 'error',
    publicDir: false,
    build: { outDir, emptyOutDir: true, chunkSizeWarningLimit: 2000, modulePreload: { polyfill: false } },
  });
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
