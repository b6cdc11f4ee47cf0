import { describe, expect, it } from 'vitest';
import {
  AUTO,
  type AutoBenchRun,
  autoBenchRun,
  summariseAutoBench,
} from '../../../../scenarios/experiments/auto/bench-result.ts';

const SCENES = 40;

/** A run that holds the first so many of its scenes, none of `diverged`. */
const run = (choice: string, seed: number, held: number, diverged: readonly number[] = []): AutoBenchRun => ({
  ...{ key: 'k', choice, seed, trainSeconds: 2 + seed },
  held: Array.from({ length: SCENES }, (_, i) => (diverged.includes(i) ? null : i < held)),
  ...(choice === AUTO && { chosen: `chosen ${seed}` }),
});

const ASKED = { scenario: 'tabletop', budget: 600, seeds: 2, evaluation: SCENES, out: 'here' };

describe('the automated choice beside fixed ones', () => {
  const runs = [0, 1].flatMap((seed) => [run(AUTO, seed, 30), run('good', seed, 36), run('bad', seed, 12)]);
  const result = summariseAutoBench(ASKED, 'good', ['bad', 'good'], runs);

  it('has the rate of each, best first, and its lead over each, over the best and over their average', () => {
    expect(result).toMatchObject(ASKED);
    expect(result.auto).toMatchObject({ rate: { value: 0.75 }, chosen: ['chosen 0', 'chosen 1'], trainSeconds: 2.5 });
    expect(result.fixed.map(({ choice, rate, lead }) => [choice, rate.value, lead.value])).toEqual([
      ['good', 0.9, expect.closeTo(-0.15, 12)],
      ['bad', 0.3, expect.closeTo(0.45, 12)],
    ]);
    expect(result.leadOverBest).toEqual(result.fixed[0].lead);
    expect(result.leadOverAverage.value).toBeCloseTo(0.15, 12);
    expect(result).toMatchObject({ default: 'good', leadOverDefault: result.fixed[0].lead });
    expect(summariseAutoBench(ASKED, 'another', ['bad', 'good'], runs)).not.toHaveProperty('default');
    for (const { value, low, high } of [result.auto.rate, result.leadOverBest, result.leadOverAverage]) {
      expect(low).toBeLessThan(value);
      expect(high).toBeGreaterThan(value);
    }
  });

  it('leaves scenes on which a run diverged out of what it compares, and only there', () => {
    // the scenes that only the good one holds are gone
    const lost = Array.from({ length: 6 }, (_, i) => 30 + i);
    const some = runs.map((r) => (r.choice === 'bad' ? run('bad', r.seed, 12, lost) : r));
    const { fixed, auto } = summariseAutoBench(ASKED, 'good', ['bad', 'good'], some);
    expect(auto.rate.value).toBe(0.75);
    expect(fixed.map(({ choice, lead }) => [choice, lead.value])).toEqual([
      ['good', 0],
      ['bad', expect.closeTo(18 / 34, 12)],
    ]);
    expect(fixed[1].rate.value).toBeCloseTo(12 / 34, 12);
  });

  it('says how well each score had ordered the choices, where the searches kept their scores', () => {
    expect(result).not.toHaveProperty('agreement');
    const scored = runs.map((r) =>
      r.choice !== AUTO
        ? r
        : {
            ...r,
            scores: {
              // the first search is right about both, the second one has its first score upside down
              good: { hScore: r.seed === 0 ? 0.9 : 0.1, probeLoss: 0.2, normEntropy: 0.5 },
              bad: { hScore: 0.4, probeLoss: 0.6, normEntropy: 0.5 },
              'not measured': { hScore: 1, probeLoss: 1, normEntropy: 0.1 },
            },
          },
    );
    expect(summariseAutoBench(ASKED, 'good', ['bad', 'good'], scored).agreement).toEqual({
      ...{ searches: 2, choices: 2 },
      tauB: { hScore: 0, probeLoss: 1, normEntropy: null },
    });
    for (const each of scored) expect(autoBenchRun.parse(each)).toEqual(each);
  });

  it('is compared with what LogME alone takes, seed by seed', () => {
    expect(result).not.toHaveProperty('leadOverLogMe');
    const scored = runs.map((r) =>
      r.choice === AUTO ? { ...r, scores: { good: { logMe: -1 }, bad: { logMe: r.seed === 0 ? -2 : 0 } } } : r,
    );
    // 30 held of 40, against 36 of the good one and 12 of the bad one
    const { leadOverLogMe } = summariseAutoBench(ASKED, 'good', ['bad', 'good'], scored);
    expect(leadOverLogMe!.value).toBeCloseTo((-6 / 40 + 18 / 40) / 2, 12);
  });

  it('is made of runs of one form', () => {
    for (const each of runs) expect(autoBenchRun.parse(each)).toEqual(each);
    expect(autoBenchRun.safeParse({ ...runs[0], held: ['yes'] }).success).toBe(false);
  });
});
