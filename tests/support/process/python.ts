import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import type { RunOptions } from './cli.ts';

/** The Python that tests of other programs' readers and clients use. */
export const PYTHON = process.env.GRAFT_PYTHON ?? 'python3';

/** Which of some Python packages are not there; all of them where there is no Python. */
export function missingPackages(...names: readonly string[]): string[] {
  const code = 'import importlib.util, sys; print(*[n for n in sys.argv[1:] if not importlib.util.find_spec(n)])';
  const { status, stdout } = spawnSync(PYTHON, ['-c', code, ...names], { encoding: 'utf8' });
  return status === 0 ? stdout.split(/\s+/).filter(Boolean) : [...names];
}

/** What a title says of packages that are missing: why its test is skipped. */
export const without = (missing: readonly string[]): string =>
  missing.length > 0 ? ` [GRAFT_PYTHON without ${missing.join(', ')}]` : '';

/**
 * Runs a Python program that must succeed. @param args `-c` and the code, or a file, and what it is told.
 * @returns its standard output. @throws Error with its standard error.
 */
export async function runPython(args: readonly string[], { cwd, env = {} }: RunOptions = {}): Promise<string> {
  const { stdout } = await promisify(execFile)(PYTHON, args, {
    ...(cwd !== undefined && { cwd }),
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1', ...env },
    maxBuffer: 1e8,
  });
  return stdout;
}

/** Runs a Python program that prints one JSON value. */
export const pythonJson = async <T>(args: readonly string[], options?: RunOptions): Promise<T> =>
  JSON.parse(await runPython(args, options)) as T;
