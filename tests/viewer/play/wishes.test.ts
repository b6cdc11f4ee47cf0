import { expect, it } from 'vitest';
import { Wishes } from '../../../viewer/play/wishes.ts';

/** Things that are done when they are told to be, and a list of what was done. */
function acts() {
  const done: string[] = [];
  const ends = new Map<string, () => void>();
  const act = (name: string) => async () => {
    await new Promise<void>((end) => ends.set(name, end));
    done.push(name);
  };
  /** Until a thing is begun, and then done. */
  const end = async (name: string): Promise<void> => {
    await expect.poll(() => ends.has(name)).toBe(true);
    ends.get(name)!();
  };
  return { done, ends, act, end };
}

it('wishes are done in the order in which they were asked for, one at a time', async () => {
  const { done, ends, act, end } = acts();
  const wishes = new Wishes();
  expect(wishes.busy).toBe(false);
  const all = [wishes.do('draw', act('draw')), wishes.do('', act('file')), wishes.do('try', act('try'))];
  await end('draw');
  await expect.poll(() => ends.has('file')).toBe(true);
  expect(ends.has('try')).toBe(false);
  expect(done).toEqual(['draw']);
  expect(wishes.busy).toBe(true);
  await end('file');
  await end('try');
  await Promise.all(all);
  expect(done).toEqual(['draw', 'file', 'try']);
  expect(wishes.busy).toBe(false);
});

it('of alike wishes that wait one after the other, the newest alone is done', async () => {
  const { done, act, end } = acts();
  const wishes = new Wishes();
  const first = wishes.do('draw', act('draw 1'));
  await end('draw 1');
  const all = [
    first,
    wishes.do('draw', act('draw 2')),
    wishes.do('draw', act('draw 3')),
    wishes.do('propose', act('propose')),
    wishes.do('draw', act('draw 4')),
    wishes.do('', act('file 1')),
    wishes.do('', act('file 2')),
  ];
  for (const name of ['draw 3', 'propose', 'draw 4', 'file 1', 'file 2']) await end(name);
  await Promise.all(all);
  expect(done).toEqual(['draw 1', 'draw 3', 'propose', 'draw 4', 'file 1', 'file 2']);
  expect(wishes.busy).toBe(false);
});
