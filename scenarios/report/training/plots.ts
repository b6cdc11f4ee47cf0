/** Plots of a training run: success while training, outcomes, calibration. */

import type { TopLevelSpec } from 'vega-lite';
import type { CalibrationBin } from '../calibration.ts';
import {
  CONFIG,
  INK,
  PALETTE,
  PERCENT_SCALE,
  type PlotSize,
  paletteColour,
  percentRow,
  SUCCESS_AXIS,
} from '../html/plot.ts';
import { rollingRate } from '../statistics.ts';

/** What a trial's outcome is drawn in. */
const OUTCOME_COLOURS = {
  held: '#009E73',
  missed: '#56B4E9',
  slipped: '#E69F00',
  collided: '#D55E00',
  'too-wide': '#CC79A7',
  'no-seal': '#0072B2',
  unstable: '#8C8C8C',
} as const;

/** Shares of the outcomes of each policy, stacked to 100 %. `invalid` ones are left out. */
export function outcomeBarsSpec(
  policies: readonly { readonly policy: string; readonly counts: Readonly<Record<string, number>> }[],
  { width }: { readonly width: number },
): TopLevelSpec {
  const reasons = Object.keys(OUTCOME_COLOURS);
  for (const reason of policies.flatMap(({ counts }) => Object.keys(counts))) {
    if (!reasons.includes(reason) && reason !== 'invalid') reasons.push(reason);
  }
  const values = policies.flatMap(({ policy, counts }) => {
    const total = reasons.reduce((sum, reason) => sum + (counts[reason] ?? 0), 0);
    return reasons.flatMap((outcome, order) => {
      const count = counts[outcome] ?? 0;
      return count > 0 ? [{ policy, outcome, order, share: (100 * count) / total }] : [];
    });
  });
  const shown = reasons.filter((reason) => values.some(({ outcome }) => outcome === reason));
  const colours = shown.map((reason, i) => (OUTCOME_COLOURS as Record<string, string>)[reason] ?? paletteColour(0, i));
  return {
    width,
    height: { step: 30 },
    config: CONFIG,
    data: { values },
    mark: { type: 'bar', height: { band: 0.72 } },
    encoding: {
      y: {
        field: 'policy',
        type: 'nominal',
        sort: policies.map(({ policy }) => policy),
        axis: { title: null, ticks: false, labelLimit: 150 },
      },
      x: {
        field: 'share',
        type: 'quantitative',
        stack: 'zero',
        scale: PERCENT_SCALE,
        axis: { title: 'evaluation grasps, %', tickCount: 6 },
      },
      color: {
        field: 'outcome',
        type: 'nominal',
        scale: { domain: shown, range: colours },
        legend: { title: null, orient: 'bottom', columns: width < 350 ? 3 : 6, symbolType: 'square' },
      },
      order: { field: 'order', type: 'quantitative' },
    },
  };
}

/** Predicted probability against observed success by bin, with Wilson intervals; on the diagonal, predictions are true. */
export function calibrationSpec(bins: readonly CalibrationBin[], { width, height }: PlotSize): TopLevelSpec {
  const values = bins.map((bin) => ({ ...percentRow('', 0, bin), predicted: 100 * bin.predicted, count: bin.count }));
  const x = {
    field: 'predicted',
    type: 'quantitative',
    scale: PERCENT_SCALE,
    axis: { title: 'predicted, %', values: SUCCESS_AXIS.values },
  } as const;
  return {
    width,
    height,
    config: CONFIG,
    layer: [
      {
        data: {
          values: [
            { predicted: 0, rate: 0 },
            { predicted: 100, rate: 100 },
          ],
        },
        mark: { type: 'line', strokeDash: [5, 4], color: INK, opacity: 0.5 },
        encoding: { x, y: { field: 'rate', type: 'quantitative', scale: PERCENT_SCALE, axis: SUCCESS_AXIS } },
      },
      {
        data: { values },
        mark: { type: 'rule', strokeWidth: 2, color: PALETTE[0], opacity: 0.8 },
        encoding: { x, y: { field: 'low', type: 'quantitative' }, y2: { field: 'high' } },
      },
      {
        data: { values },
        mark: { type: 'point', filled: true, opacity: 1, color: PALETTE[0] },
        encoding: {
          x,
          y: { field: 'rate', type: 'quantitative' },
          size: {
            field: 'count',
            type: 'quantitative',
            scale: { zero: true, range: [0, 260] },
            legend: { title: 'grasps', orient: 'bottom', tickCount: 3, symbolFillColor: PALETTE[0] },
          },
        },
      },
    ],
  };
}

/** Fewer trials than this make no rate worth drawing. */
const LEAST_WINDOW = 10;

/**
 * Success over the last `window` trials while training; over fewer, but at least 10, at the start.
 * @param outcomes `invalid` ones are left out.
 */
export function successCurveSpec(
  outcomes: readonly { readonly trial: number; readonly outcome: string; readonly probability: number | null }[],
  { width, height, window }: PlotSize & { readonly window: number },
): TopLevelSpec {
  const valid = outcomes.filter(({ outcome }) => outcome !== 'invalid');
  const rates = rollingRate(
    valid.map(({ outcome }) => outcome === 'held'),
    window,
  );
  return {
    width,
    height,
    config: CONFIG,
    data: {
      values: valid.map(({ trial }, i) => ({ trial, rate: 100 * rates[i] })).slice(Math.min(window, LEAST_WINDOW) - 1),
    },
    mark: { type: 'line', strokeWidth: 2.5, color: PALETTE[0] },
    encoding: {
      x: {
        field: 'trial',
        type: 'quantitative',
        scale: { nice: false, zero: false },
        axis: { title: 'training trial', grid: false, tickCount: 6, format: 'd' },
      },
      y: { field: 'rate', type: 'quantitative', scale: PERCENT_SCALE, axis: SUCCESS_AXIS },
    },
  };
}
