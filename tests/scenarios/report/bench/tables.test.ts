import { describe, expect, it } from 'vitest';
import { costSection } from '../../../../scenarios/report/bench/cost.ts';
import type { BenchComparison, BenchReport, BenchTarget } from '../../../../scenarios/report/bench/data.ts';
import { armsTable, comparisonsTable, matrixSection } from '../../../../scenarios/report/bench/tables.ts';
import { benchArm, benchTarget, emptyBench, readable } from '../../../support/reports.ts';

const INFINITY = Number.POSITIVE_INFINITY;
const beyond = (point: number, low: number) => ({ point: { low: point, high: INFINITY }, low, high: INFINITY });

const pair = (a: string, trials: number, low: number): BenchComparison => ({
  ...{ a, b: 'scratch', seeds: 5, improvement: { value: 0.5, low: 0, high: 1 } },
  differences: [{ trials: 800, difference: 0.1, low: 0.05, high: 0.15 }],
  ratios: {
    trials: beyond(trials, low),
    trainSeconds: beyond(2 * trials, 2 * low),
    updateSeconds: null,
    macs: null,
  },
});

const COST = { trials: 800, trainSeconds: 80, updateSeconds: 8, updates: 1600, macsPerTrial: 1e9 };

function target(title: string): BenchTarget {
  const learner = (name: string) => ({
    ...benchArm(name, 'learner', [
      [25, 0.6],
      [800, 0.9],
    ]),
    trialsTo: [{ level: 0.8, trials: { point: { low: 200, high: 200 }, low: 0, high: 400 } }],
    cost: COST,
  });
  return {
    ...benchTarget(title),
    arms: [
      learner('grasp-head'),
      learner('passive'),
      learner('scratch'),
      benchArm('zero-shot', 'fixed', [[0, 0.85]]),
      benchArm('antipodal', 'fixed', [[0, 0.7]]),
    ],
    comparisons: [pair('grasp-head', 3.2, 1.2), pair('passive', 1.4, 0.4)],
    start: { arm: 'zero-shot', scratch: 'scratch', equals: beyond(800, 500) },
  };
}

const report: BenchReport = {
  ...emptyBench(),
  headline: { frozen: 'grasp-head', scratch: 'scratch' },
  targets: [target('piles'), target('a narrow hand')],
};

describe('the table of arms', () => {
  const text = readable(armsTable(target('piles')).html);
  it('calls the policy before any trial that, and the others what they are', () => {
    expect(text).toContain('zero-shot 1 seed 85 % [75, 95] before any trial');
    expect(text).toContain('antipodal 1 seed 70 % [60, 80] does not learn');
  });
  it('has what a robot pays for the first trials, of those of whom that is known', () => {
    const { arms, ...rest } = target('piles');
    expect(text).not.toContain('failed grasps');
    const failed = { value: 38.4, low: 30, high: 47 };
    const known = arms.map((arm) => (arm.name === 'scratch' ? { ...arm, failedFirst: { trials: 100, failed } } : arm));
    const shown = readable(armsTable({ ...rest, arms: known }).html);
    expect(shown).toContain('failed grasps in the first 100 trials');
    expect(shown).toMatch(/scratch 1 seed .* 38 \[30,\u00a047\]|scratch 1 seed .* 38 \[30, 47\]/);
  });
  it('has success at each budget, and trials to a level with the bounds that there are', () => {
    expect(text).toContain('grasp-head 1 seed 60 % [50, 70] 90 % [80, 100] 200 at most 400');
  });
});

describe('the table of pairs', () => {
  it('marks what is no difference shown, and says so once', () => {
    const text = readable(comparisonsTable(target('piles')).html);
    expect(text).toContain('grasp-head against scratch 5 seeds > 3.2x at least 1.2x');
    expect(text).toContain('passive against scratch 5 seeds > 1.4x\u2020 at least 0.40x');
    expect(text.match(/No difference is shown/g)).toHaveLength(1);
  });
});

describe('the transfer matrix', () => {
  it('has the trials after which scratch equals the policy before any', () => {
    const text = readable(matrixSection(report).html);
    expect(text).toContain('scratch to equal zero-shot trials > 800 at least 500 > 800 at least 500');
    expect(text).toContain('scratch over grasp-head trials to the same success > 3.2x at least 1.2x');
  });
});

describe('what learning costs', () => {
  it('says what scratch takes over each arm, wall clock before arithmetic', () => {
    const text = readable(costSection(report).html);
    expect(text).toMatch(/time to train to the level, scratch over this multiply-adds, scratch over this/);
    expect(text).toContain('grasp-head piles, 80 % 800 1,600 5.0 ms 8.0 s 72 s 800 G 20 s > 6.4x at least 2.4x \u2013');
    expect(text).toContain('scratch piles, 80 % 800 1,600 5.0 ms 8.0 s 72 s 800 G 20 s \u2013 \u2013');
  });
});
