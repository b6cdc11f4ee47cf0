/** Calibration: whether grasps hold as often as a policy says. */
import { type RateInterval, wilson } from './statistics.ts';

/** A predicted probability, and what became of it. */
export interface Prediction {
  readonly probability: number;
  readonly held: boolean;
}

/** A bin of predictions: their mean, and how often they came true. All 0..1. */
export interface CalibrationBin extends RateInterval {
  readonly predicted: number;
  readonly count: number;
}

/** Predictions against outcomes. */
export interface Calibration {
  readonly count: number;
  /** Mean of the predictions, to be held against the success rate. */
  readonly predicted: number;
  /** As {@link brierScore}. */
  readonly brier: number;
  readonly bins: readonly CalibrationBin[];
}

/** The predictions among trials. Those whose simulation diverged, and grasps without a prediction, are left out. */
export const predictionsOf = (
  records: readonly { readonly probability: number | null; readonly outcome: string }[],
): Prediction[] =>
  records.flatMap(({ probability, outcome }) =>
    probability === null || outcome === 'invalid' ? [] : [{ probability, held: outcome === 'held' }],
  );

/** Sorts predictions into equally wide bins; empty ones are left out. */
export function calibrationBins(predictions: readonly Prediction[], bins = 10): CalibrationBin[] {
  return Array.from({ length: bins }, (_, bin) => {
    const inside = predictions.filter(({ probability }) => Math.min(Math.floor(probability * bins), bins - 1) === bin);
    const predicted = inside.reduce((sum, { probability }) => sum + probability, 0) / inside.length;
    return { predicted, count: inside.length, ...wilson(inside.filter(({ held }) => held).length, inside.length) };
  }).filter(({ count }) => count > 0);
}

/** Mean squared error of predicted probabilities (G. W. Brier, 1950), 0..1; 0 is perfect. NaN if there are none. */
export const brierScore = (predictions: readonly Prediction[]): number =>
  predictions.reduce((sum, { probability, held }) => sum + (probability - Number(held)) ** 2, 0) / predictions.length;

/** @returns undefined if nothing was predicted. */
export function calibrationOf(predictions: readonly Prediction[]): Calibration | undefined {
  const count = predictions.length;
  if (count === 0) return undefined;
  const predicted = predictions.reduce((sum, { probability }) => sum + probability, 0) / count;
  return { count, predicted, brier: brierScore(predictions), bins: calibrationBins(predictions) };
}
