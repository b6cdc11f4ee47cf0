import { execFile, execFileSync } from 'node:child_process';
import { promisify } from 'node:util';

/** The Python that checks run; one with more packages may be named. */
const PYTHON = process.env.GRAFT_PYTHON ?? 'python3';

/** Which of these modules a Python lacks; all of them, if there is none. Tests that need them are skipped, and say so. */
export function missingModules(...modules: readonly string[]): string {
  const script = `import importlib.util as u; print(*[m for m in ${JSON.stringify(modules)} if u.find_spec(m) is None])`;
  try {
    return execFileSync(PYTHON, ['-c', script], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return `Python with ${modules.join(', ')}`;
  }
}

/** Runs Python to its end. @returns its standard output. @throws Error with its standard error if it fails. */
export async function python(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> {
  const { stdout } = await promisify(execFile)(PYTHON, args, {
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1', ...env },
    maxBuffer: 1 << 26,
  });
  return stdout;
}
