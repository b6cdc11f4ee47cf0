import { describe, expect, it } from 'vitest';
import { brierScore, calibrationBins, calibrationOf, predictionsOf } from '../../../scenarios/report/calibration.ts';

const PREDICTIONS = [
  { probability: 0, held: false },
  { probability: 0.95, held: true },
  { probability: 1, held: false },
];

describe('calibration', () => {
  it('puts each prediction into one bin, certainty into the last', () => {
    expect(calibrationBins(PREDICTIONS, 10).map(({ predicted, count, rate }) => [predicted, count, rate])).toEqual([
      [0, 1, 0],
      [0.975, 2, 0.5],
    ]);
  });

  it('is of trials that were predicted and whose simulation did not diverge', () => {
    const records = [
      { probability: 0.4, outcome: 'held' },
      { probability: 0.6, outcome: 'slipped' },
      { probability: 0.6, outcome: 'invalid' },
      { probability: null, outcome: 'held' },
    ];
    expect(predictionsOf(records)).toEqual([
      { probability: 0.4, held: true },
      { probability: 0.6, held: false },
    ]);
    expect(calibrationOf(predictionsOf(records.slice(2)))).toBeUndefined();
  });

  it('sums up as the mean prediction and the mean squared error', () => {
    expect(brierScore(PREDICTIONS)).toBeCloseTo((0 + 0.05 ** 2 + 1) / 3, 12);
    const { count, predicted, brier, bins } = calibrationOf(PREDICTIONS)!;
    expect([count, brier]).toEqual([3, brierScore(PREDICTIONS)]);
    expect(predicted).toBeCloseTo(0.65, 12);
    expect(bins).toEqual(calibrationBins(PREDICTIONS));
  });
});
