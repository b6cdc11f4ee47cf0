import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
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

/** Folders and files whose sources may end up in the page, besides the libraries. */
const SOURCES = ['client', 'foxglove', 'recording', 'protocol.ts', 'episode.ts', 'build.ts', '../sim', '../agent'];
const LIBRARIES = ['three', '@mcap/core', '@bufbuild/protobuf', 'fzstd', 'vite'];

/** Hash of everything that ends up in the page. */
async function sourcesHash(): Promise<string> {
  const hash = createHash('sha256');
  for (const name of SOURCES) {
    const path = join(here, name);
    const inside = (await stat(path)).isDirectory() ? (await readdir(path)).sort() : [''];
    for (const file of inside.map((f) => join(path, f))) {
      if (/\.(ts|js|css|html)$/.test(file)) hash.update(await readFile(file)).update('\0');
    }
  }
  for (const name of LIBRARIES) hash.update(await libraryVersion(name));
  return hash.digest('hex').slice(0, 16);
}

/** The version of an installed library, whatever it exports. */
async function libraryVersion(name: string): Promise<string> {
  for (let folder = here; ; folder = dirname(folder)) {
    const file = join(folder, 'node_modules', name, 'package.json');
    if (await exists(file)) return JSON.parse(await readFile(file, 'utf8')).version;
    if (dirname(folder) === folder) throw new Error(`page: expected the library ${name} in node_modules, got none`);
  }
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
