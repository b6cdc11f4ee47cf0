// @ts-check
// Compiles a checkout's programs, and prints the folder that they are in: node package/compile.js
import { existsSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { bundle } from './bundle.js';
import { writeCode } from './code.js';
import { CACHE, sourcesHash } from './compiled.js';

/** Copies that nobody has started for so long are deleted. */
const KEPT_MS = 30 * 24 * 3600 * 1000;

async function compile() {
  for (;;) {
    const hash = sourcesHash();
    const [copy, fresh] = [join(CACHE, hash), join(CACHE, `tmp-${process.pid}`)];
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
function removeUnused(folder) {
  const age = Date.now() - (statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? Number.POSITIVE_INFINITY);
  if (age > KEPT_MS) rmSync(folder, { recursive: true, force: true });
}

process.stdout.write(await compile());
