// @ts-check
// Fingerprint of the code that decides results: what the thread of a unit loads, whatever it is called and however it is laid out.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const ENTRY = 'scenarios/experiments/units/unit-worker.ts';
const LENGTH = 12;

/** Packages by name, and what an experiment's machines say to one another: neither is a unit's own code. @type {import('rolldown').Plugin} */
const ownAlone = {
  name: 'graft-own-alone',
  resolveId(source, importer, { kind }) {
    if (!importer) return null;
    const later = kind === 'dynamic-import' && importer.startsWith(join(ROOT, 'scenarios'));
    return !source.startsWith('.') || later ? { id: source, external: true } : null;
  },
};

/**
 * The fingerprint: 12 hexadecimal digits of a hash over the minified modules and the versions of the packages that they import.
 * Comments, types and names of one's own do not count.
 * @returns {Promise<string>}
 */
async function codeHash() {
  const build = await rolldown({
    ...{ cwd: ROOT, input: { unit: ENTRY }, platform: 'node', logLevel: 'warn', plugins: [ownAlone] },
  });
  const { output } = await build.generate({ format: 'esm', minify: true, codeSplitting: false });
  await build.close();
  const hash = createHash('sha256');
  for (const file of output) {
    if (file.type !== 'chunk') continue;
    hash.update(file.code);
    for (const name of [...file.imports, ...file.dynamicImports].sort()) hash.update(`\0${name} ${versionOf(name)}`);
  }
  return hash.digest('hex').slice(0, LENGTH);
}

/** @param {string} name of a package, or of a file in one. */
function versionOf(name) {
  const folder = name.split('/').slice(0, name.startsWith('@') ? 2 : 1);
  try {
    return JSON.parse(readFileSync(join(ROOT, 'node_modules', ...folder, 'package.json'), 'utf8')).version;
  } catch {
    // of Node, of graft, or not installed
    return 'none';
  }
}

/** Writes a module that says the fingerprint, beside the compiled programs. @param {string} folder */
export async function writeCode(folder) {
  writeFileSync(join(folder, 'code.js'), `export default '${await codeHash()}';\n`);
}
