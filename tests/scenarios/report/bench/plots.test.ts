import { describe, expect, it } from 'vitest';
import { armStyles, benchCurvesSpec, profileSpec, ratiosSpec } from '../../../../scenarios/report/bench/plots.ts';
import { benchArm, valuesOf } from '../../../support/reports.ts';

const INFINITY = Number.POSITIVE_INFINITY;
const SIZE = { width: 400, height: 200 };

describe('armStyles', () => {
  it('tells as many arms apart as there are, those that do not learn by dashes', () => {
    const arms = [...'abcdefghijk'].map((name) => ({
      name,
      kind: name < 'j' ? ('learner' as const) : ('fixed' as const),
    }));
    const styles = armStyles(arms);
    expect(new Set(styles.map(({ colour, dash }) => `${colour} ${dash}`)).size).toBe(11);
    expect(styles.slice(9).every(({ dash }) => dash.length > 0 && dash[1] > 0)).toBe(true);
  });
});

describe('benchCurvesSpec', () => {
  const arms = [
    benchArm('a', 'learner', [
      [25, 0.5],
      [50, 0.8],
    ]),
    benchArm('b', 'fixed', [[0, 0.7]]),
  ];
  const spec = benchCurvesSpec(arms, armStyles(arms), ['a'], SIZE);

  it('draws curves in per cent, and what does not learn from the first budget to the last', () => {
    expect(valuesOf(spec).map(({ arm: name, trials, rate }) => [name, trials, rate])).toEqual([
      ['a', 25, 50],
      ['a', 50, 80],
      ['b', 25, 70],
      ['b', 50, 70],
    ]);
  });

  it('begins its axis at a ten below the lowest band', () => {
    expect(JSON.stringify(spec)).toContain('"domain":[30,100]');
  });
});

describe('profileSpec', () => {
  it('draws levels and shares in per cent', () => {
    const profiles = [{ arm: 'a', points: [{ level: 0.5, share: 0.25, low: 0, high: 0.5 }] }];
    const spec = profileSpec(profiles, armStyles([{ name: 'a', kind: 'learner' }]), [], SIZE);
    expect(valuesOf(spec)).toEqual([{ arm: 'a', level: 50, share: 25, low: 0, high: 50 }]);
  });
});

describe('ratiosSpec', () => {
  it('draws a bound as a triangle, what is not known not at all, and intervals to the ends of the axis', () => {
    const ratio = (point: readonly [number, number]) => ({
      point: { low: point[0], high: point[1] },
      low: 0,
      high: INFINITY,
    });
    const spec = ratiosSpec(
      [
        { target: 'exact', short: 'e', ratio: ratio([4, 4]) },
        { target: 'more', short: 'm', ratio: ratio([3, INFINITY]) },
        { target: 'less', short: 'l', ratio: ratio([0, 0.5]) },
        { target: 'unknown', short: 'u', ratio: ratio([0, INFINITY]) },
      ],
      'ratio',
      SIZE,
    );
    expect(valuesOf(spec).map(({ target, shape, at, low, high }) => [target, shape, at, low, high])).toEqual([
      ['exact', 'circle', 4, 1 / 16, 64],
      ['more', 'triangle-right', 3, 1 / 16, 64],
      ['less', 'triangle-left', 0.5, 1 / 16, 64],
      ['unknown', 'none', 1 / 16, 1 / 16, 64],
    ]);
  });
});
