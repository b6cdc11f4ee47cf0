import { describe, expect, it } from 'vitest';
import { ACTION_DEFAULTS } from '../../../agent/policy/action-space.ts';
import {
  bestAction,
  lowerBound,
  probabilityOf,
  qMapAt,
  rankedActions,
  sampleAction,
  smoothedQMap,
  turnedQMap,
} from '../../../agent/policy/q-map.ts';
import { rngStream } from '../../../sim/math/rng.ts';

/** [angles = 2, cells = 3, shapes = 2] */
const Q_MAP = { cells: [10, 20, 30], logits: Float32Array.from([0, 1, 2, 3, 4, 5, 6, 7, 8, 11, 10, 9]) };
const EMPTY = { cells: [], logits: new Float32Array(0) };

describe('a Q map', () => {
  it('is of one member of the head, or of their mean less their disagreement', () => {
    const logits = new Float32Array([1, 3, 1, 3, 2, 2, 2, 2]);
    expect([...lowerBound(logits, 0)]).toEqual([2, 2]);
    expect([...lowerBound(logits, 0.5)]).toEqual([1.5, 2]);
  });

  it('of a hand that may be turned expects of every angle what all expect together', () => {
    expect([...turnedQMap(Q_MAP, 2).logits]).toEqual([3, 4, 5, 7, 7, 7, 3, 4, 5, 7, 7, 7]);
    expect(turnedQMap(EMPTY, 12).logits).toHaveLength(0);
  });

  it('ranks the actions that come first among all, of equals the first', () => {
    const rng = rngStream(0, 'test/ranked');
    const cells = Array.from({ length: 40 }, (_, i) => 3 * i);
    // few values, so that many are equal
    const logits = Float32Array.from({ length: 12 * 40 * 2 }, () => rng.int(50) / 8 - 3);
    const all = rankedActions({ cells, logits }, 2, logits.length);
    const sorted = Array.from(logits.keys()).sort((a, b) => logits[b] - logits[a] || a - b);
    expect(all.map(({ logit }) => logit)).toEqual(sorted.map((i) => logits[i]));
    expect(all[0].action).toEqual({
      ...{ cell: cells[(sorted[0] >> 1) % 40], angle: Math.floor(sorted[0] / 80), shape: sorted[0] % 2 },
    });
    for (const most of [0, 1, 17, 600]) expect(rankedActions({ cells, logits }, 2, most)).toEqual(all.slice(0, most));
  });

  it('has its best action where its logit is highest', () => {
    expect(bestAction(Q_MAP, 2)).toEqual({ action: { cell: 20, angle: 1, shape: 1 }, logit: 11 });
    expect(bestAction(EMPTY, 2)).toBeUndefined();
  });

  it('is sampled in proportion to the exponential of its logits', () => {
    const rng = rngStream(0, 'test/sample');
    const two = { cells: [5], logits: Float32Array.from([0, Math.log(3)]) };
    const drawn = Array.from({ length: 2000 }, () => sampleAction(two, 1, 1, rng)!);
    const second = drawn.filter(({ action }) => action.angle === 1).length;
    expect(Math.abs(second / 2000 - 0.75)).toBeLessThan(0.03);
    // cold: the best one only
    const cold = Array.from({ length: 50 }, () => sampleAction(Q_MAP, 2, 0.01, rng)!.logit);
    expect(new Set(cold)).toEqual(new Set([11]));
    expect(sampleAction(EMPTY, 2, 1, rng)).toBeUndefined();
  });

  it('of one cell has the logits that the cell had among all', () => {
    expect(qMapAt(Q_MAP, 20, 2)).toEqual({
      cells: [20],
      logits: new Float32Array([2, 3, 8, 11]),
    });
  });

  it('takes in the next cells and angles, as far as these were scored', () => {
    const action = { ...ACTION_DEFAULTS, angles: 3, depths: [0.035], smoothing: 0.5 };
    // a row of two cells on a map of 10; [angles = 3, cells = 2, shapes = 1]
    const logits = new Float32Array([6, 0, 0, 0, 0, 0]);
    const { logits: out } = smoothedQMap({ size: 10 }, { cells: [44, 45], logits }, action);
    // itself: half of 6; its neighbour: a third of half of 6; the two other angles of its cell: likewise
    expect([...out]).toEqual([3, 1, 1, 0, 1, 0]);
  });

  it('says probabilities by the logistic function', () => {
    expect([0, Math.log(3), -Math.log(3)].map((l) => probabilityOf(l).toFixed(6))).toEqual([
      '0.500000',
      '0.750000',
      '0.250000',
    ]);
  });
});
