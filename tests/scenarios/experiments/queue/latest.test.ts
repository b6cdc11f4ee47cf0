import { beforeEach, describe, expect, it } from 'vitest';
import { keepLatest, type Latest } from '../../../../scenarios/experiments/queue/latest.ts';

let opened: string[];
let closed: string[];
let latest: Latest<string>;

const use = (key: string, using: () => Promise<unknown> = async () => undefined) =>
  latest.use(
    key,
    async () => {
      opened.push(key);
      return key;
    },
    using,
  );

beforeEach(() => {
  [opened, closed] = [[], []];
  latest = keepLatest(2, async (thing) => void closed.push(thing));
});

describe('the latest things', () => {
  it('stay open, as many as may, and the one used longest ago is closed', async () => {
    for (const key of ['a', 'b', 'a', 'c', 'a']) await use(key);
    expect(opened).toEqual(['a', 'b', 'c']);
    expect(closed).toEqual(['b']);
    await latest.close();
    expect(closed.sort()).toEqual(['a', 'b', 'c']);
  });

  it('are not closed while somebody uses them', async () => {
    let finish: () => void = () => undefined;
    const long = use('a', () => new Promise<void>((resolve) => (finish = resolve)));
    for (const key of ['b', 'c', 'd']) await use(key);
    expect(closed).toEqual(['b']);
    finish();
    await long;
    expect(closed).toEqual(['b', 'a']);
  });

  it('are opened again after they could not be', async () => {
    const fails = latest.use(
      'a',
      () => Promise.reject(new Error('no')),
      async () => undefined,
    );
    await expect(fails).rejects.toThrow('no');
    await use('a');
    expect(opened).toEqual(['a']);
    await expect(use('a', () => Promise.reject(new Error('work')))).rejects.toThrow('work');
    await use('a');
    expect(opened).toEqual(['a']);
  });
});
