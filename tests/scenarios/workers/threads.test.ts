import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { ObjectLibrary } from '../../../scenarios/objects/library.ts';
import { redirectNotes } from '../../../scenarios/terminal/notes.ts';
import { startThreads } from '../../../scenarios/workers/threads.ts';
import { temporaryFolder } from '../../support/process/cli.ts';

const folder = temporaryFolder();

/** What a thread of this test says of itself: which one it is, its tasks since it was released, its environment. */
interface Told {
  readonly thread: number;
  readonly tasks: number;
  readonly env: string | undefined;
}

/** A thread's module. @param release what it answers once its pool is closed: JavaScript. */
function entry(name: string, release: string): URL {
  const path = join(folder, `${name}.mjs`);
  writeFileSync(
    path,
    `import { threadId } from 'node:worker_threads';
let tasks = 0;
export default async (message) => {
  if (message === 'closed') { tasks = 0; ${release} }
  if (message.task === 'never') await new Promise((resolve) => setTimeout(resolve, 1e6));
  return { result: { thread: threadId, tasks: ++tasks, env: process.env.GRAFT_TEST } };
};`,
  );
  return pathToFileURL(path);
}

/** Starts threads, and gives each a task. */
async function asked(module: URL, count = 1, library?: ObjectLibrary) {
  const threads = startThreads<string, Told>(module, count, library);
  const told = await Promise.all(Array.from({ length: count }, () => threads.run('tell')));
  return { threads, told };
}

/** Threads that did a task and are closed: which ones they were. */
async function closed(module: URL, count = 1, library?: ObjectLibrary): Promise<number[]> {
  const { threads, told } = await asked(module, count, library);
  await threads.close();
  expect(told.map((t) => t.tasks)).toEqual(told.map(() => 1));
  return told.map((t) => t.thread).sort();
}

describe('threads', () => {
  it('that are closed are released, and work for the next pool of as many', async () => {
    const reused = entry('reused', 'return true;');
    const [one, two] = [await closed(reused), await closed(reused, 2)];
    expect(two).toHaveLength(new Set([...one, ...two]).size - 1);
    expect(await closed(reused)).toEqual(one);
    expect(await closed(reused, 2)).toEqual(two);
  });

  it('work for one pool at a time', async () => {
    const shared = entry('shared', 'return true;');
    const [a, b] = [await asked(shared), await asked(shared)];
    expect(a.told[0].thread).not.toBe(b.told[0].thread);
    // closing twice gives them away once
    await Promise.all([a.threads.close(), a.threads.close(), b.threads.close()]);
    const [c, d] = [await asked(shared), await asked(shared)];
    expect(c.told[0].thread).not.toBe(d.told[0].thread);
    await Promise.all([c.threads.close(), d.threads.close()]);
  });

  it('end with their pool if they do not let go, fail to, or have objects or an environment of their own', async () => {
    const library = { name: 'test' } as unknown as ObjectLibrary;
    const [kept, failing, fresh] = [
      entry('kept', 'return false;'),
      entry('failing', 'throw new Error("stuck");'),
      entry('fresh', 'return true;'),
    ];
    expect(await closed(kept)).not.toEqual(await closed(kept));
    expect(await closed(failing)).not.toEqual(await closed(failing));
    expect(await closed(fresh, 1, library)).not.toEqual(await closed(fresh, 1, library));
    const before = await closed(fresh);
    process.env.GRAFT_TEST = 'other';
    const { threads, told } = await asked(fresh);
    delete process.env.GRAFT_TEST;
    await threads.close();
    expect(told[0].env).toBe('other');
    expect(told[0].thread).not.toBe(before[0]);
  });

  it('that die are replaced, and their task is done by another, a few times', async () => {
    const path = join(folder, 'mortal.mjs');
    writeFileSync(
      path,
      `import { existsSync, writeFileSync } from 'node:fs';
export default async ({ task }) => {
  if (task === undefined) return true;
  if (task === 'throw') return { thrown: new RangeError('its own fault') };
  if (task === 'always' || !existsSync(task)) { if (task !== 'always') writeFileSync(task, ''); process.exit(3); }
  return { result: 'done' };
};`,
    );
    const told: string[] = [];
    const restore = redirectNotes(new PassThrough().on('data', (text) => told.push(String(text))));
    const threads = startThreads<string, string>(pathToFileURL(path), 2, undefined);
    try {
      const tasks = ['a', 'b', 'c'].map((name) => threads.run(join(folder, name)));
      expect(await Promise.all(tasks)).toEqual(['done', 'done', 'done']);
      expect(told.join('')).toMatch(/a worker thread died \(.*\); another one does its task/);
      await expect(threads.run('throw')).rejects.toThrow(new RangeError('its own fault'));
      await expect(threads.run('always')).rejects.toThrow(/expected a thread that finishes its task, got 3 that died/);
      expect(await threads.run(join(folder, 'a'))).toBe('done');
    } finally {
      restore();
      await threads.close();
    }
  });

  it('that are closed in the middle of a task end', async () => {
    const module = entry('busy', 'return true;');
    const { threads, told } = await asked(module);
    const never = threads.run('never');
    await Promise.all([expect(never).rejects.toThrow(), threads.close()]);
    expect(await closed(module)).not.toEqual([told[0].thread]);
  });
});
