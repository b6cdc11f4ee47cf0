import { spawnSync } from 'node:child_process';

/** The Python that tests of other programs' readers use. */
const PYTHON = process.env.GRAFT_PYTHON ?? 'python3';

/** Which of some Python packages are not there; all of them where there is no Python. */
export function missingPackages(...names: readonly string[]): string[] {
  const code = 'import importlib.util, sys; print(*[n for n in sys.argv[1:] if not importlib.util.find_spec(n)])';
  const { status, stdout } = spawnSync(PYTHON, ['-c', code, ...names], { encoding: 'utf8' });
  return status === 0 ? stdout.split(/\s+/).filter(Boolean) : [...names];
}

/** What a title says of packages that are missing: why its test is skipped. */
export const without = (missing: readonly string[]): string =>
  missing.length > 0 ? ` [GRAFT_PYTHON without ${missing.join(', ')}]` : '';

/** Runs a Python program that must succeed and print one JSON value. @param args `-c` and the code, or a file. */
export function runPython<T>(args: readonly string[], cwd: string): T {
  const { status, stdout, stderr } = spawnSync(PYTHON, args, { cwd, encoding: 'utf8', maxBuffer: 1e8 });
  if (status === 0) return JSON.parse(stdout) as T;
  throw new Error(`python: expected exit code 0, got ${status}: ${stderr}`);
}
