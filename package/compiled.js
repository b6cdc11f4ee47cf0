// @ts-check
// JavaScript of graft's programs: shipped in dist/ by the package, compiled on first use in a checkout.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** Where compiled copies lie, one for each state of the sources. */
export const CACHE = join(ROOT, '.cache', 'graft', 'compiled');

/** Everything that compiled code depends on; the lock file stands for the packages. */
const ROOMS = ['package', 'cli', 'sim', 'agent', 'scenarios', 'viewer'];
const SETTINGS = ['package.json', 'package-lock.json', 'tsconfig.json'];

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
  // by a process of its own: a bundler keeps hundreds of megabytes of the one that it ran in
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [join(ROOT, 'package', 'compile.js')]);
  process.stderr.write(stderr);
  return stdout;
}

/** @param {string} folder */
function used(folder) {
  try {
    utimesSync(folder, new Date(), new Date());
  } catch {
    // a checkout that this user may only read
  }
}

/** Hash of everything that compiled code depends on. */
export function sourcesHash() {
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
