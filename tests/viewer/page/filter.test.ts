import { describe, expect, it } from 'vitest';
import { isStop, passes, stopName, type TrialFilter } from '../../../viewer/page/playback/filter.ts';

const TRIALS = [
  { families: ['box', 'mug'], outcome: 'held' },
  { families: ['mug'], outcome: 'missed' },
  { families: ['box'], outcome: 'slipped' },
  { families: ['box', 'box'], outcome: 'missed' },
] as const;

const through = (filter: TrialFilter): number[] => TRIALS.flatMap((t, i) => (passes(filter, t) ? [i] : []));
const stops = (filter: TrialFilter): number[] => TRIALS.flatMap((t, i) => (isStop(filter, t) ? [i] : []));

describe('the filter of trials', () => {
  it('lets through what has the object and ended as asked', () => {
    expect(through({})).toEqual([0, 1, 2, 3]);
    expect(through({ family: 'mug' })).toEqual([0, 1]);
    expect(through({ outcome: 'missed' })).toEqual([1, 3]);
    expect(through({ outcome: 'failed' })).toEqual([1, 2, 3]);
    expect(through({ family: 'box', outcome: 'failed' })).toEqual([2, 3]);
    expect(through({ family: 'torus' })).toEqual([]);
  });

  it('stops at failures of the object, or at the outcome that was asked for', () => {
    expect(stops({})).toEqual([1, 2, 3]);
    expect(stops({ family: 'mug' })).toEqual([1]);
    expect(stops({ outcome: 'held' })).toEqual([0]);
    expect(stops({ family: 'box', outcome: 'missed' })).toEqual([3]);
    expect([stopName({}), stopName({ family: 'mug' }), stopName({ outcome: 'slipped' })]).toEqual([
      'failure',
      'failure',
      'slipped',
    ]);
  });
});
