import { describe, expect, it } from 'vitest';
import type { BenchReport, BenchTarget } from '../../../../scenarios/report/bench/data.ts';
import { ownTrialsSentence, startEndSentence, startSentence } from '../../../../scenarios/report/bench/start.ts';
import type { SpanEstimate } from '../../../../scenarios/report/spans.ts';
import { benchTarget, emptyBench } from '../../../support/reports.ts';

const INFINITY = Number.POSITIVE_INFINITY;

/** [difference, half of the interval]. */
type Ends = readonly [number, number];

function target(title: string, equals: SpanEstimate, against: Ends, own: Ends, last = 800): BenchTarget {
  const pair = (a: string, b: string, [difference, half]: Ends) => ({
    ...{ a, b, seeds: 5, improvement: { value: 0.5, low: 0, high: 1 }, ratios: null },
    differences: [
      { trials: 25, difference: 0.5, low: 0.4, high: 0.6 },
      { trials: last, difference, low: difference - half, high: difference + half },
    ],
  });
  return {
    ...benchTarget(title),
    budgets: [25, last],
    comparisons: [pair('zero-shot', 'scratch', against), pair('grasp-head', 'zero-shot', own)],
    start: { arm: 'zero-shot', scratch: 'scratch', equals },
  };
}

const exactly = (trials: number, low: number): SpanEstimate => ({
  point: { low: trials, high: trials },
  low,
  high: INFINITY,
});
const beyond = (trials: number): SpanEstimate => ({ point: { low: trials, high: INFINITY }, low: 0, high: INFINITY });

const reportOf = (...targets: BenchTarget[]): BenchReport => ({
  ...emptyBench(),
  headline: { frozen: 'grasp-head', scratch: 'scratch' },
  targets,
});

describe('the first sentence of the verdict', () => {
  it('says after how many trials scratch equals the policy before any, and where it never does', () => {
    const report = reportOf(
      target('unseen families', exactly(683.4, 158.7), [0, 0.1], [0, 0.1]),
      target('piles', beyond(800), [0, 0.1], [0, 0.1]),
      target('packed clutter', beyond(1600), [0, 0.1], [0, 0.1], 1600),
      target('a side view', exactly(800, 303), [0, 0.1], [0, 0.1]),
    );
    expect(startSentence(report)).toBe(
      'Before any trial the pretrained policy (zero-shot) equals scratch after about 680 trials on unseen families (at least 160) ' +
        'and about 800 on a side view (at least 300). On piles and packed clutter, scratch does not get there in 800 or 1,600 trials.',
    );
  });

  it('knows no more than a bound where scratch is there at the first budget', () => {
    const atOnce = { point: { low: 0, high: 25 }, low: 0, high: 50 };
    expect(startSentence(reportOf(target('piles', atOnce, [0, 0.1], [0, 0.1])))).toBe(
      'Before any trial the pretrained policy (zero-shot) equals scratch after at most 25 trials on piles (at most 50).',
    );
  });

  it('claims only that scratch was behind where it never gets there', () => {
    expect(startSentence(reportOf(target('piles', beyond(800), [0, 0.1], [0, 0.1])))).toBe(
      'Before any trial the pretrained policy (zero-shot) holds more than scratch after 800 trials, on piles.',
    );
  });

  it('is left out where nothing was measured before any trial', () => {
    const report = reportOf({ ...target('piles', beyond(800), [0, 0.1], [0, 0.1]), start: null });
    expect([startSentence(report), startEndSentence(report), ownTrialsSentence(report)]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});

describe('the policy before any trial against all trials', () => {
  const report = reportOf(
    target('piles', beyond(800), [0.09, 0.05], [0.02, 0.01]),
    target('a side view', exactly(800, 300), [-0.01, 0.07], [0, 0.05]),
    target('a narrow hand', exactly(100, 50), [-0.1, 0.05], [-0.05, 0.02]),
  );

  it('names where it is shown to be ahead of scratch, and where behind', () => {
    expect(startEndSentence(report)).toBe(
      'Against scratch with all its trials, zero-shot is ahead on 1 of 3 targets: piles (9 points [4,\u00a014]); ' +
        'behind on a narrow hand (10 points [5,\u00a015]); elsewhere no difference is shown.',
    );
  });

  it('names where own trials are shown to add to it, and where to take from it', () => {
    expect(ownTrialsSentence(report)).toBe(
      'Own trials (grasp-head over zero-shot) are shown to add to it on 1 of 3 targets: piles (2 points [1,\u00a03]), ' +
        'and to take from it on a narrow hand (5 points [3,\u00a07]).',
    );
  });

  it('says so where nothing is shown', () => {
    const plain = reportOf(target('piles', beyond(800), [0.01, 0.05], [0.01, 0.05]));
    expect(startEndSentence(plain)).toBe(
      'Against scratch with all its trials, zero-shot is ahead on none of 1 target; behind on none; elsewhere no difference is shown.',
    );
    expect(ownTrialsSentence(plain)).toContain('are shown to add to it on none of 1 target.');
  });
});
