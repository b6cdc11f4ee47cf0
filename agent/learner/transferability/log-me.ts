/** LogME: how well a Bayesian linear model on the features explains the labels. */
import { along, checkLabels, type Representation } from './representation.ts';

/** Labels as 0 and 1, less their mean. */
function centredLabels(labels: readonly boolean[]): number[] {
  const mean = labels.filter(Boolean).length / labels.length;
  return labels.map((held) => Number(held) - mean);
}

/** Natural logarithms of the ratio of signal to noise that are searched, around one signal's worth of noise. */
const [LOG_RATIO_REACH, LOG_RATIO_STEP] = [18, 0.25];

/**
 * LogME (K. You et al., "LogME: Practical assessment of pre-trained models for transfer learning", ICML 2021): the largest
 * log evidence, a trial, of the labels under a Bayesian linear model, `y ~ N(0, I / beta + X X' / alpha)`. Two differences:
 * features and labels are centred, which stands for an intercept, so that both classes have the same evidence and one is
 * enough; and the maximum over (alpha, beta) is found by a search over their ratio (beta has a closed form given it), because
 * the paper's fixed-point iteration crawls where the evidence is flat.
 * @returns nats a trial; larger is better. Unchanged by rotating, shifting and scaling all features, and by swapping labels.
 * @throws RangeError unless there is a label a trial and both labels occur.
 */
export function logME(representation: Representation, labels: readonly boolean[]): number {
  checkLabels('logME', representation, labels);
  const { values, coordinates } = along(representation.gram, centredLabels(labels));
  const free = labels.length - 1;
  const evidence = (ratio: number): number => {
    let [residual, determinant] = [0, 0];
    values.forEach((value, i) => {
      const variance = 1 + value * ratio;
      residual += coordinates[i] ** 2 / variance;
      determinant += Math.log(variance);
    });
    return (-0.5 * (free * (Math.log((2 * Math.PI * residual) / free) + 1) + determinant)) / labels.length;
  };
  const power = values.reduce((a, b) => a + b, 0) / labels.length;
  if (power === 0) return evidence(0);
  return Math.max(
    evidence(0),
    highest((t) => evidence(Math.exp(t) / power)),
  );
}

/** Maximum of a function of a log ratio: the best of a grid, refined by golden sections. */
function highest(of: (t: number) => number): number {
  let best = -LOG_RATIO_REACH;
  for (let t = best; t <= LOG_RATIO_REACH; t += LOG_RATIO_STEP) if (of(t) > of(best)) best = t;
  const golden = (Math.sqrt(5) - 1) / 2;
  let [low, high] = [best - LOG_RATIO_STEP, best + LOG_RATIO_STEP];
  for (let i = 0; i < 40; i++) {
    const [a, b] = [high - golden * (high - low), low + golden * (high - low)];
    if (of(a) > of(b)) high = b;
    else low = a;
  }
  return of((low + high) / 2);
}
