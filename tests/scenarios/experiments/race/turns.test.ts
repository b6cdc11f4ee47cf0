import { describe, expect, it } from 'vitest';
import { createTurns } from '../../../../scenarios/experiments/race/turns.ts';

const breath = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Arms that play rounds of `size` up to `trials` and write down whose round it was. */
async function played(arms: readonly { size: number; from?: number }[], trials: number): Promise<string> {
  let log = '';
  const turns = createTurns(arms.length);
  await Promise.all(
    arms.map(async ({ size, from = 0 }, arm) => {
      await turns.take(arm, 0);
      for (let done = from; done < trials; ) {
        log += `${arm}(`;
        await breath();
        log += `${arm})`;
        done = Math.min(done + size, trials);
        await turns.take(arm, done);
      }
      turns.leave(arm);
    }),
  );
  return log;
}

describe('turns', () => {
  it('go round, one arm at a time', async () => {
    expect(await played([{ size: 1 }, { size: 1 }, { size: 1 }], 2)).toBe('0(0)1(1)2(2)0(0)1(1)2(2)');
  });

  it('go to the arm that has done the fewest trials', async () => {
    // the second one goes on from 3 trials: it waits until the first has done more
    expect(await played([{ size: 1 }, { size: 1, from: 3 }], 5)).toBe('0(0)1(1)0(0)0(0)0(0)0(0)1(1)');
  });

  it('go on without an arm that has left', async () => {
    const turns = createTurns(2);
    await Promise.all([turns.take(0, 0), Promise.resolve(turns.leave(1))]);
    await turns.take(0, 1);
  });

  it("count each arm's own seconds", async () => {
    let now = 0;
    const turns = createTurns(2, () => now);
    const [first, second] = [turns.take(0, 0), turns.take(1, 0)];
    await first;
    now = 5;
    expect([turns.secondsOf(0), turns.secondsOf(1)]).toEqual([5, 0]);
    const again = turns.take(0, 1);
    await second;
    now = 7;
    turns.leave(1);
    await again;
    now = 10;
    expect([turns.secondsOf(0), turns.secondsOf(1)]).toEqual([8, 2]);
  });
});
