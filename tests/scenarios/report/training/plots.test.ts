import { describe, expect, it } from 'vitest';
import { calibrationBins } from '../../../../scenarios/report/calibration.ts';
import { calibrationSpec, outcomeBarsSpec, successCurveSpec } from '../../../../scenarios/report/training/plots.ts';
import { valuesOf } from '../../../support/reports.ts';

describe('calibrationSpec', () => {
  it('draws the bins in per cent, over the diagonal', () => {
    const spec = calibrationSpec(calibrationBins([{ probability: 0.95, held: true }]), { width: 100, height: 80 });
    const [diagonal, intervals] = 'layer' in spec ? spec.layer : [];
    expect(valuesOf(diagonal)).toEqual([
      { predicted: 0, rate: 0 },
      { predicted: 100, rate: 100 },
    ]);
    expect(valuesOf(intervals)).toMatchObject([{ predicted: 95, rate: 100, high: 100, count: 1 }]);
  });
});

describe('outcomeBarsSpec', () => {
  it('shares the outcomes that count out to 100 %, and draws unknown ones last', () => {
    const values = valuesOf(
      outcomeBarsSpec([{ policy: 'a', counts: { held: 3, invented: 1, invalid: 5 } }], { width: 100 }),
    );
    expect(values).toMatchObject([
      { policy: 'a', outcome: 'held', share: 75 },
      { policy: 'a', outcome: 'invented', share: 25 },
    ]);
  });
});

describe('successCurveSpec', () => {
  it('draws the rate of the last trials, not before there are ten, and leaves out invalid ones', () => {
    const outcomes = Array.from({ length: 30 }, (_, trial) => ({
      trial,
      outcome: trial === 4 ? 'invalid' : trial % 2 === 0 ? 'held' : 'missed',
      probability: null,
    }));
    const values = valuesOf(successCurveSpec(outcomes, { width: 100, height: 80, window: 12 }));
    // the tenth valid trial is number 10: five of the even ones before it held, and it itself
    expect(values[0]).toEqual({ trial: 10, rate: 50 });
    expect(values).toHaveLength(20);
  });
});
