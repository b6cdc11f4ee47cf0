import { execFile } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** The package, packed and installed as a user does it. */

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** What graft needs beside itself, and what that needs: linked from the checkout, so that no registry is asked. */
const LINKED = ['@foxglove/wasm-zstd', 'piscina', '@napi-rs/nice'];

/** The environment of somebody who types a command: nothing of npm's or the test runner's. */
const environment = (): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(npm_|VITEST|VITE_|NODE_ENV$)/i.test(name)));

/** Runs npm. @returns its stdout. @throws Error with its output if it fails. */
async function npm(args: readonly string[], cwd: string): Promise<string> {
  const { stdout } = await promisify(execFile)('npm', args, { cwd, env: environment(), maxBuffer: 1e8 });
  return stdout;
}

/** Packs this checkout. @returns path of the tarball in the folder. */
export async function pack(folder: string): Promise<string> {
  const [{ filename }] = JSON.parse(await npm(['pack', '--json', '--silent', '--pack-destination', folder], ROOT));
  return join(folder, filename);
}

/** Installs the tarball into an empty folder, without a registry. */
export async function install(tarball: string, folder: string): Promise<void> {
  const links = LINKED.map((name) => realpathSync(join(ROOT, 'node_modules', name)));
  await npm(['init', '--yes'], folder);
  await npm(['install', '--offline', '--no-audit', '--no-fund', tarball, ...links], folder);
}
