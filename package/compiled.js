// @ts-check
// JavaScript of graft's programs: shipped in dist/ by the package, compiled on first use in a checkout.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { threadId } from 'node:worker_threads';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const CACHE = join(ROOT, '.cache', 'graft', 'compiled');

/** Everything that compiled code depends on; the lock file stands for the packages. */
const ROOMS = ['package', 'cli', 'sim', 'agent', 'scenarios', 'viewer'];
const SETTINGS = ['package.json', 'package-lock.json', 'tsconfig.json'];

/** Copies that nobody has started for so long are deleted. */
const KEPT_MS = 30 * 24 * 3600 * 1000;

/**
 * The file of a program, or of the code's fingerprint, as a URL to import.
 * @param {import('./bundle.js').Program | 'code'} program
 * @returns {Promise<string>}
 */
export async function compiled(program) {
  const inCheckout = existsSync(join(ROOT, 'cli'));
  const folder = inCheckout ? await compiledCopy() : join(ROOT, 'dist');
  return pathToFileURL(join(folder, `${program}.js`)).href;
}

/** The folder with this checkout's sources as JavaScript, named after their content. Safe to call from several processes. */
async function compiledCopy() {
  process.setSourceMapsEnabled(true);
  const copy = join(CACHE, sourcesHash());
  if (existsSync(copy)) {
    used(copy);
    return copy;
  }
  return compileCopy();
}

async function compileCopy() {
  const [{ bundle }, { writeCode }] = await Promise.all([import('./bundle.js'), import('./code.js')]);
  for (;;) {
    const hash = sourcesHash();
    const [copy, fresh] = [join(CACHE, hash), join(CACHE, `tmp-${process.pid}-${threadId}`)];
    await bundle(fresh);
    await writeCode(fresh);
    // somebody may have saved a file in the meantime
    if (sourcesHash() !== hash) continue;
    moveInto(fresh, copy);
    for (const name of readdirSync(CACHE)) removeUnused(join(CACHE, name));
    return copy;
  }
}

/** @param {string} fresh @param {string} copy */
function moveInto(fresh, copy) {
  try {
    renameSync(fresh, copy);
  } catch (error) {
    // another process was quicker; its result is the same
    rmSync(fresh, { recursive: true, force: true });
    if (!existsSync(copy)) throw error;
  }
}

/** @param {string} folder */
function used(folder) {
  try {
    utimesSync(folder, new Date(), new Date());
  } catch {
    // a checkout that this user may only read
  }
}

/** @param {string} folder */
function removeUnused(folder) {
  const age = Date.now() - (statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? Number.POSITIVE_INFINITY);
  if (age > KEPT_MS) rmSync(folder, { recursive: true, force: true });
}

function sourcesHash() {
  const hash = createHash('sha256');
  /** @param {string} path */
  const add = (path) =>
    hash
      .update(path)
      .update('\0')
      .update(readFileSync(join(ROOT, path)))
      .update('\0');
  for (const room of ROOMS) {
    const files = readdirSync(join(ROOT, room), { recursive: true, encoding: 'utf8' });
    for (const file of files.sort())
      if (/(?<!\.d)\.(ts|js)$/.test(file) && !file.startsWith('dist')) add(join(room, file));
  }
  for (const file of SETTINGS) add(file);
  return hash.digest('hex').slice(0, 16);
}
