import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterAll, expect, vi } from 'vitest';
import * as cli from '../../../cli/main.ts';

// whole commands, on whatever machine: slow is no failure here
vi.setConfig({ testTimeout: 900_000, hookTimeout: 900_000 });

/** What a command left behind. `code` is null if a signal ended it. */
export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** Where it runs; a folder of temporary files, so that nothing is left in the tree. */
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** A stream that keeps what is written. */
class Kept extends Writable {
  text = '';
  override _write(chunk: Buffer, _: BufferEncoding, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

/**
 * Runs `graft <args>` in this process.
 * @param interruption what the user does; nothing by default.
 */
export async function run(
  args: readonly string[],
  { cwd = tmpdir(), env = {} }: RunOptions = {},
  interruption = new AbortController().signal,
): Promise<Finished> {
  const [stdout, stderr] = [new Kept(), new Kept()];
  const [folder, before] = [process.cwd(), { ...process.env }];
  process.chdir(cwd);
  Object.assign(process.env, env);
  try {
    const code = await cli.run(args, { stdout, stderr, interruption: () => interruption });
    return { code, stdout: stdout.text, stderr: stderr.text };
  } finally {
    process.chdir(folder);
    for (const name of Object.keys(env)) {
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
    }
  }
}

/** Runs a command with --json that must succeed. @returns the one object on its stdout. */
export async function runJson<T>(args: readonly string[], options?: RunOptions): Promise<T> {
  const { code, stdout, stderr } = await run([...args, '--json'], options);
  expect({ code, stderr }).toMatchObject({ code: 0 });
  return JSON.parse(stdout) as T;
}

/** A refusal: exit code 2, nothing on stdout, a short message on stderr and no stack trace. */
export function expectRefusal({ code, stdout, stderr }: Finished, message: RegExp | string): void {
  expect(stderr).toMatch(message);
  expect(stderr).not.toMatch(/^ +at /m);
  expect(stderr.trim().split('\n').length).toBeLessThanOrEqual(8);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
}

/** A folder that lasts as long as the test file runs. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'graft-test-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** What files held when they were read last, by path. */
const hashes = new Map<string, { readonly stamp: string; readonly hash: string }>();
/** The times of files tell changes apart if they are so far apart, milliseconds. */
const CLOCK_MS = 100;

/** Hash of a file, which is read again once it has been written to, whatever its own time says (`ctime`). */
function fileHash(path: string): string {
  const { ino, size, ctimeNs, ctimeMs } = statSync(path, { bigint: true });
  const stamp = `${ino} ${size} ${ctimeNs}`;
  const known = hashes.get(path);
  if (known?.stamp === stamp) return known.hash;
  const isSettled = Date.now() - Number(ctimeMs) > CLOCK_MS;
  const hash = createHash('sha256').update(readFileSync(path)).digest('hex');
  if (isSettled) hashes.set(path, { stamp, hash });
  return hash;
}

/** Every file under a folder, by path, with its hash: equal snapshots mean that nothing was touched. */
export function snapshot(folder: string): Record<string, string> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return Object.fromEntries(
    entries
      .map((e): [string, string] => {
        const path = join(e.parentPath, e.name);
        return [path, e.isFile() ? fileHash(path) : 'folder'];
      })
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

/** @returns what runs a command in a folder that must be refused, and change no file there at all. */
export const refusalsIn =
  (folder: string) =>
  async (
    args: readonly string[],
    message: RegExp | string,
    env: Readonly<Record<string, string>> = {},
  ): Promise<void> => {
    const before = snapshot(folder);
    expectRefusal(await run(args, { cwd: folder, env }), message);
    expect(snapshot(folder)).toEqual(before);
  };
