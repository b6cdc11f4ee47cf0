import { describe, expect, it } from 'vitest';
import type { BenchArm, BenchReport, BenchTarget } from '../../../../scenarios/report/bench/data.ts';
import { overallSentences } from '../../../../scenarios/report/bench/overall.ts';
import { benchArm, benchTarget, emptyBench } from '../../../support/reports.ts';

const INFINITY = Number.POSITIVE_INFINITY;
const beyond = (point: number, low: number) => ({ point: { low: point, high: INFINITY }, low, high: INFINITY });

const withOracle = (title: string, oracle: number): BenchTarget => {
  const arm: BenchArm = { ...benchArm('oracle', 'fixed', [[0, oracle]]), role: 'ceiling' };
  return { ...benchTarget(title), arms: [arm] };
};

const report = (targets: BenchTarget[]): BenchReport => ({
  ...emptyBench(),
  headline: { frozen: 'grasp-head', scratch: 'scratch' },
  targets,
  overall: {
    targets: targets.length,
    median: beyond(4.72, 2.8),
    atLevels: [
      { level: 0.7, median: beyond(2.64, 1.5), literal: beyond(2.6, 1.4) },
      { level: 0.8, median: beyond(4.72, 2.8), literal: beyond(4.7, 2.7) },
      { level: 0.9, median: beyond(14.6, 3.9), literal: beyond(5.1, 0.3) },
    ],
    best: { target: 'piles', ratio: beyond(24.3, 8.4) },
    improvement: { value: 0.76, low: 0.643, high: 0.777 },
  },
});

describe('what is said over all targets', () => {
  const sentences = overallSentences(report([withOracle('piles', 0.98), withOracle('a suction cup', 0.6)]));

  it('leads with the level that was named beforehand', () => {
    expect(sentences[0]).toBe(
      'Over 2 targets, scratch needs more than 4.7x (at least 2.8x) the trials of grasp-head in the median, at 80\u00a0% of grasps held or 90\u00a0% of the oracle\u2019s success where that is lower.',
    );
  });

  it('keeps 90 % of grasps apart from 90 % of what the oracle holds, and says what is not shown', () => {
    expect(sentences[1]).toBe(
      'That factor depends on the level: at 70\u00a0% of grasps held it is more than 2.6x (at least 1.4x) and at 90\u00a0% of grasps held it is more than 5.1x (at least 0.30x), which is not shown.',
    );
    expect(sentences[2]).toBe(
      'At 90\u00a0% of the oracle\u2019s success (54 to 88\u00a0% of grasps, by target) it is more than 15x (at least 3.9x).',
    );
  });

  it('says that the best target was chosen by its result', () => {
    expect(sentences.slice(3)).toEqual([
      'It is more than 24x (at least 8.4x) on the target whose interval begins highest, chosen by this very result, piles.',
      'A run of grasp-head ends above one of scratch with probability 0.76 [0.64,\u00a00.78].',
    ]);
  });

  it('says nothing of the oracle where a target has none, and nothing at all of one target', () => {
    const some = overallSentences(report([withOracle('piles', 0.98), benchTarget('a narrow hand')]));
    expect(some.join(' ')).not.toContain('At 90\u00a0% of the oracle');
    expect(overallSentences(report([withOracle('piles', 0.98)]))).toEqual([]);
  });
});
