/** Lists the licence of every package that graft installs, or whose code is in its programs, library and pages: npm run licences */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { builtPages } from '../viewer/build.ts';
import { NOTICES_FILE } from '../viewer/share/files.ts';
import { bundle, PROGRAMS } from './bundle.js';
import { packagesOf } from './notices.js';

interface Installed {
  readonly version?: string;
  readonly license?: string;
  readonly dev?: boolean;
  readonly peer?: boolean;
}

const { packages } = JSON.parse(readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8')) as {
  readonly packages: Readonly<Record<string, Installed>>;
};
const nameOf = (path: string): string => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);

/** What whoever installs graft gets beside it. */
const installed = Object.entries(packages)
  .filter(([path, { dev, peer }]) => path !== '' && !dev && !peer)
  .map(([path]) => nameOf(path));

/** What is in the programs, the library and the pages. */
async function bundled(): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'graft-licences-'));
  try {
    const modules = await bundle(folder, { input: { ...PROGRAMS, library: 'library/graft.ts' } });
    const inPages = readFileSync(join(await builtPages(), NOTICES_FILE), 'utf8').matchAll(/^(\S+) \d+\.\d+\.\d+\S*$/gm);
    return [...packagesOf(modules).map(({ name }) => name), ...Array.from(inPages, ([, name]) => name)];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const names = [...new Set([...installed, ...(await bundled())])].sort();
for (const name of names) {
  const { license = 'unknown', version } = packages[`node_modules/${name}`] ?? {};
  console.log(`${license.padEnd(24)} ${name} ${version ?? ''}`);
}
