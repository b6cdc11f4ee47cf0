import { expect, it } from 'vitest';
import { startSaveClock } from '../../../../scenarios/run/saving/clock.ts';

it('a save clock is due after some seconds, later where saving is dear, and never later than that', () => {
  let now = 100;
  const clock = startSaveClock(() => now);
  const dueAfter = (): number => {
    const began = now;
    while (!clock.due()) now += 0.25;
    return now - began;
  };
  const saving = (cost: number) =>
    clock.save(() => {
      now += cost;
    });
  expect(dueAfter()).toBe(1);
  saving(0.001);
  expect(dueAfter()).toBe(1);
  saving(0.05);
  expect(dueAfter()).toBeCloseTo(5, 9);
  saving(3);
  expect(dueAfter()).toBe(8);
});
