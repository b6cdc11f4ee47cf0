import { describe, expect, it } from 'vitest';
import { FairQueue } from '../../../viewer/grasps/server/fair-queue.ts';

/** A queue, the order in which tasks began, and what lets the running ones end. */
function scene(slots: number, waitingMax = 100) {
  const queue = new FairQueue(slots, waitingMax);
  const begun: string[] = [];
  const ends: (() => void)[] = [];
  const add = (client: string, name: string, signal = new AbortController().signal): Promise<string> =>
    queue.run(
      client,
      () =>
        new Promise((resolve) => {
          begun.push(name);
          ends.push(() => resolve(name));
        }),
      signal,
    );
  /** Ends the oldest running task. */
  const step = async (): Promise<void> => {
    ends.shift()?.();
    await new Promise(setImmediate);
  };
  return { queue, begun, add, step };
}

describe('the fair queue', () => {
  it('takes clients in turn, however many tasks one of them has', async () => {
    const { begun, add, step } = scene(1);
    const all = [...['a1', 'a2', 'a3', 'a4'].map((n) => add('a', n)), add('b', 'b1'), add('c', 'c1'), add('b', 'b2')];
    for (let i = 0; i < 8; i++) await step();
    expect(begun).toEqual(['a1', 'a2', 'b1', 'c1', 'a3', 'b2', 'a4']);
    expect(await Promise.all(all)).toEqual(['a1', 'a2', 'a3', 'a4', 'b1', 'c1', 'b2']);
  });

  it('runs as many at once as it has slots', async () => {
    const { queue, begun, add, step } = scene(2);
    for (const n of ['1', '2', '3']) void add('a', n);
    await new Promise(setImmediate);
    expect([begun, queue.length]).toEqual([['1', '2'], 3]);
    await step();
    expect([begun, queue.length]).toEqual([['1', '2', '3'], 2]);
  });

  it('refuses what is too much, for one client and for all', async () => {
    const { add } = scene(1, 2);
    for (const n of ['1', '2', '3']) void add('a', n);
    await expect(add('a', '4')).rejects.toMatchObject({ status: 429, message: /expected at most 2 that wait/ });
    for (let i = 0; i < 62; i++) void add(`b${i}`, 'b');
    await expect(add('c', 'c')).rejects.toMatchObject({ status: 503, message: /expected at most 64 that wait/ });
  });

  it('forgets the task of a client that has gone, and goes on after one that fails', async () => {
    const { queue, begun, add, step } = scene(1);
    const gone = new AbortController();
    void add('a', '1');
    const lost = add('b', '2', gone.signal);
    const failed = expect(
      queue.run('c', () => Promise.reject(new Error('broken')), new AbortController().signal),
    ).rejects.toThrow('broken');
    const last = add('d', '4');
    await new Promise(setImmediate);
    gone.abort(new Error('gone'));
    await expect(lost).rejects.toThrow('gone');
    await step();
    await failed;
    await step();
    expect(await last).toBe('4');
    expect([begun, queue.length]).toEqual([['1', '4'], 0]);
  });
});
