import { describe, expect, it } from 'vitest';
import { budgetsOf, inTurns } from '../../../../scenarios/experiments/race/training.ts';
import { loadScenario } from '../../../../scenarios/load.ts';
import { Interrupted } from '../../../../scenarios/terminal/interrupted.ts';

const { scenario } = loadScenario('tabletop');
const signal = new AbortController().signal;

describe('the budgets of a race', () => {
  it.each([
    [200, [32, 48, 96, 200]],
    [600, [80, 144, 304, 600]],
    [40, [16, 40]],
    [16, [16]],
    [1, [1]],
  ])('of %d trials are ends of rounds, and all', (trials, budgets) => {
    // so that to keep weights there cuts no round short
    expect(budgetsOf(scenario, trials)).toEqual(budgets);
  });
});

describe('arms in turns', () => {
  it('give their results in order', async () => {
    const { results } = await inTurns(3, signal, async (arm, turns) => {
      await turns.take(arm, 3 - arm);
      return arm;
    });
    expect(results).toEqual([0, 1, 2]);
  });

  it('are all told when one of them breaks, and the break is what is thrown', async () => {
    let told = false;
    const race = inTurns(2, signal, async (arm, turns, either) => {
      await turns.take(arm, 1);
      if (arm === 1) throw new Error('broken');
      await turns.take(arm, 2);
      told = either.aborted;
      throw new Interrupted('interrupted');
    });
    await expect(race).rejects.toThrow('broken');
    expect(told).toBe(true);
  });

  it('end by an interruption as one', async () => {
    const stop = new AbortController();
    stop.abort();
    const race = inTurns(2, stop.signal, async (_arm, _turns, either) => {
      if (either.aborted) throw new Interrupted('interrupted after 0 trials');
    });
    await expect(race).rejects.toThrow(Interrupted);
  });
});
