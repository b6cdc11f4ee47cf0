/** Lock: one process at a time works in a folder. */
import { existsSync, linkSync, readdirSync, readFileSync, rmSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { InputError } from '../../parse/parse.ts';

const FILE = 'run.lock';

/** Who holds a lock. */
interface Holder {
  readonly pid: number;
  readonly host: string;
  /** When the process began, as the system counts; empty where it does not say. A number may be given to another process. */
  readonly began: string;
}

/** When a process began, by Linux's /proc: field 22, behind a name in parentheses. Empty elsewhere. */
function beganOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}

function isAlive({ pid, host, began }: Holder): boolean {
  // nothing is known of another machine's processes
  if (host !== hostname()) return true;
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  return began === '' || began === beganOf(pid);
}

function holderOf(path: string): Holder | undefined {
  try {
    const value = JSON.parse(readFileSync(path, 'utf8'));
    return typeof value?.pid === 'number' ? (value as Holder) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Takes a folder for this process, until it is released or the process ends, however it ends: a lock whose holder is no more
 * is taken over.
 * @returns what releases it.
 * @throws InputError naming the folder and the process that works in it; if the folder cannot be written.
 */
export const lockFolder = (folder: string): (() => void) => lock(join(folder, FILE), folder, 'folder');

/** As {@link lockFolder}, of a file that is to be written, by a lock beside it. */
export const lockFile = (file: string): (() => void) => lock(`${file}.lock`, file, 'file');

function lock(path: string, what: string, kind: string): () => void {
  const mine = `${path}.${process.pid}`;
  const me: Holder = { pid: process.pid, host: hostname(), began: beganOf(process.pid) };
  try {
    writeFileSync(mine, JSON.stringify(me));
  } catch (error) {
    throw new InputError(`${what}: expected a ${kind} that can be written, got: ${(error as Error).message}`);
  }
  try {
    take({ what, kind, path }, mine);
    removeLeft(path, mine);
  } finally {
    rmSync(mine, { force: true });
  }
  const release = (): void => {
    process.off('exit', release);
    const holder = holderOf(path);
    if (holder?.pid === me.pid && holder.host === me.host) rmSync(path, { force: true });
  };
  process.on('exit', release);
  return release;
}

/** Milliseconds after which nobody is still writing who takes the lock. */
const WRITTEN_MS = 1000;

/** Takes away what processes left that were killed while they took the lock. @param mine of this process, just written. */
function removeLeft(path: string, mine: string): void {
  const left = readdirSync(dirname(path)).filter(
    (name) => name.startsWith(`${basename(path)}.`) && /\.\d+$/.test(name),
  );
  for (const each of left.map((name) => join(dirname(path), name))) {
    const holder = holderOf(each);
    if (holder ? !isAlive(holder) : isEmptySince(each, mine)) rmSync(each, { force: true });
  }
}

/** Whether nothing was written to a file, and nobody is about to: by the clock of the file system, on which another is new. */
function isEmptySince(file: string, fresh: string): boolean {
  const [its, now] = [file, fresh].map((each) => statSync(each, { throwIfNoEntry: false }));
  return its?.isFile() === true && its.size === 0 && (now?.mtimeMs ?? 0) - its.mtimeMs > WRITTEN_MS;
}

/** A link is made whole or not at all, and only where nothing is. */
function take({ what, kind, path }: Record<'what' | 'kind' | 'path', string>, mine: string): void {
  for (let again = false; ; again = true) {
    try {
      linkSync(mine, path);
      return;
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code !== 'EEXIST')
        throw new InputError(
          `${what}: expected a ${kind} on a file system with hard links, for its lock, got: ${message}`,
        );
    }
    const holder = holderOf(path);
    if (again || (holder && isAlive(holder)))
      throw new InputError(
        `${what}: expected a ${kind} that nobody works on, got one that process ${holder?.pid ?? '?'} on ${holder?.host ?? '?'} works on; if it does not, remove ${path}`,
      );
    if (existsSync(path)) unlinkSync(path);
  }
}
