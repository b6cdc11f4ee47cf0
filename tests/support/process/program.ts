import { type ChildProcess, spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import type { Finished, RunOptions } from './cli.ts';

/** The program in this checkout. */
export const GRAFT = fileURLToPath(new URL('../../../graft.js', import.meta.url));

interface ProcessOptions extends RunOptions {
  /** Another Node than this one. */
  readonly program?: string;
  /** Killed, and the test failed, if it takes longer. */
  readonly timeoutMs?: number;
}

/** A command that runs, in a process group of its own. */
export interface Running {
  readonly pid: number;
  readonly done: Promise<Finished>;
  stderr(): string;
  /** Waits until `condition` returns something true. @throws Error with the command's output if it ends or 5 minutes pass before. */
  until<T>(what: string, condition: () => T | null | undefined | false): Promise<T>;
  /** Nobody reads what it says to people any more. */
  closeStderr(): void;
  /** To the whole group, like Ctrl-C in a terminal. */
  signal(name: NodeJS.Signals): void;
}

const alive = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of alive) signalGroup(child, 'SIGKILL');
});

function signalGroup(child: ChildProcess, name: NodeJS.Signals): void {
  if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) process.kill(-child.pid, name);
}

/** The environment of somebody who types a command: nothing of the test runner's. */
const userEnvironment = (): NodeJS.ProcessEnv =>
  Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(VITEST|VITE_|TEST$|NODE_ENV$|NODE_OPTIONS$)/.test(name)),
  );

/** Starts `node graft.js <args>`. */
export const start = (args: readonly string[], options?: ProcessOptions): Running =>
  startNode([GRAFT, ...args], options);

/** Starts `node <args>`. */
export function startNode(args: readonly string[], options: ProcessOptions = {}): Running {
  const { cwd = tmpdir(), env = {}, timeoutMs = 600_000, program = process.execPath } = options;
  const child = spawn(program, args, {
    cwd,
    env: { ...userEnvironment(), ...env },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  alive.add(child);
  let [stdout, stderr, ended] = ['', '', false];
  child.stdout.setEncoding('utf8').on('data', (text) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text;
  });
  const told = (): string => `node ${args.join(' ')}\nstdout: ${stdout}\nstderr: ${stderr}`;
  const done = new Promise<Finished>((resolve, reject) => {
    const timer = setTimeout(() => {
      signalGroup(child, 'SIGKILL');
      reject(new Error(`expected to end within ${timeoutMs} ms: ${told()}`));
    }, timeoutMs);
    child.once('error', reject);
    child.once('close', (code) => {
      ended = true;
      alive.delete(child);
      clearTimeout(timer);
      resolve({ code, stdout, stderr });
    });
  });
  done.catch(() => undefined);
  return {
    pid: child.pid ?? 0,
    done,
    stderr: () => stderr,
    closeStderr: () => void child.stderr.destroy(),
    signal: (name) => signalGroup(child, name),
    async until(what, condition) {
      for (const end = performance.now() + 300_000; performance.now() < end; ) {
        const found = condition();
        if (found) return found;
        if (ended) throw new Error(`expected ${what} before the end: ${told()}`);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      throw new Error(`expected ${what} within 5 minutes: ${told()}`);
    },
  };
}

/** Runs `node graft.js <args>` to its end. */
export const runProgram = (args: readonly string[], options?: ProcessOptions): Promise<Finished> =>
  start(args, options).done;

/** Runs `node <args>` to its end. */
export const node = (args: readonly string[], options?: ProcessOptions): Promise<Finished> =>
  startNode(args, options).done;

/** Runs `node graft.js <args> --json`, which must succeed. @returns the one object on its stdout. */
export async function runProgramJson<T>(args: readonly string[], options?: ProcessOptions): Promise<T> {
  const { code, stdout, stderr } = await runProgram([...args, '--json'], options);
  expect({ code, stderr }).toMatchObject({ code: 0 });
  return JSON.parse(stdout) as T;
}
