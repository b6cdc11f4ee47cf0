import { CholeskyDecomposition, EigenvalueDecomposition, Matrix } from 'ml-matrix';
import { standardizationOf } from '../network/standardization.ts';

/**
 * How much a trunk's features say about a few labelled trials, before anything is trained. Every score reads the features
 * through their Gram matrix alone, so its cost depends on the number of trials and not on the number of features, and the
 * features of several taps are joined by adding matrices.
 */
export interface Representation {
  /** [trials, trials] inner products of the standardised features: symmetric, rows and columns sum to 0. */
  readonly gram: Matrix;
  /** Features that differ between the trials. */
  readonly length: number;
}

/**
 * Standardises features over the trials, as the grasp head does, and takes their inner products.
 * @param vectors [count, length] features. Not retained.
 * @throws RangeError if there are fewer than 2 trials, or the vectors are not of one length.
 */
export function representationOf(vectors: Float32Array, count: number): Representation {
  const length = vectors.length / count;
  if (!(count >= 2) || !Number.isInteger(length))
    throw new RangeError(`representationOf: expected at least 2 equal vectors, got ${vectors.length} in ${count}`);
  const { mean, scale } = standardizationOf(vectors, length);
  const x = new Matrix(count, length);
  for (let i = 0; i < count; i++) {
    for (let f = 0; f < length; f++) x.set(i, f, (vectors[i * length + f] - mean[f]) * scale[f]);
  }
  return { gram: centred(x.mmul(x.transpose())), length: scale.filter((s) => s > 0).length };
}

/** Takes row and column means away; the means that were taken from the features were single-precision. */
function centred(gram: Matrix): Matrix {
  const rows = gram.mean('row');
  const all = gram.mean();
  return new Matrix(gram.to2DArray().map((line, i) => line.map((g, k) => g - (rows[i] + rows[k]) + all)));
}

/** The representation that has the features of all of these. @throws RangeError if there are none. */
export function joined(parts: readonly Representation[]): Representation {
  if (parts.length === 0) throw new RangeError('joined: expected at least one representation, got none');
  return {
    gram: parts.slice(1).reduce((sum, { gram }) => Matrix.add(sum, gram), parts[0].gram),
    length: parts.reduce((n, { length }) => n + length, 0),
  };
}

/** @throws RangeError unless there is a label a trial and both labels occur. */
function checkLabels(caller: string, { gram }: Representation, labels: readonly boolean[]): void {
  const held = labels.filter(Boolean).length;
  if (labels.length === gram.rows && held > 0 && held < labels.length) return;
  throw new RangeError(
    `${caller}: expected ${gram.rows} labels with both outcomes, got ${labels.length} with ${held} held`,
  );
}

/** Share of the largest eigenvalue below which one is rounding. */
const ROUNDING = 1e-10;

/** Eigenvalues (none below 0) of a Gram matrix, and a vector's coordinates along its eigenvectors. */
function along(gram: Matrix, vector: readonly number[]): { values: number[]; coordinates: number[] } {
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(gram, { assumeSymmetric: true });
  const least = ROUNDING * Math.max(...realEigenvalues);
  return {
    values: realEigenvalues.map((v) => (v > least ? v : 0)),
    coordinates: eigenvectorMatrix
      .transpose()
      .mmul(Matrix.columnVector([...vector]))
      .getColumn(0),
  };
}

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

/**
 * H-score (Y. Bao et al., "An information-theoretic approach to transferability in task transfer learning", ICIP 2019):
 * `tr(cov(f)^-1 cov(E[f | y]))`, how much of the features' variation the label explains, with the covariance shrunk towards
 * a multiple of the identity (S. Ibrahim et al., "Newer is not always better", 2021, with the intensity of O. Ledoit and
 * M. Wolf, 2004): with more features than trials the plain covariance cannot be inverted.
 * @returns 0 to 1; larger is better. For one feature: its squared correlation with the label. Unchanged by rotating, shifting
 *   and scaling all features, and by swapping labels.
 * @throws RangeError unless there is a label a trial and both labels occur.
 */
export function hScore(representation: Representation, labels: readonly boolean[]): number {
  checkLabels('hScore', representation, labels);
  const { gram, length } = representation;
  const n = labels.length;
  const held = labels.filter(Boolean).length;
  // the difference of the class means is X' w
  const w = labels.map((label) => (label ? 1 / held : -1 / (n - held)));
  const { values, coordinates } = along(gram, w);
  const mean = gram.trace() / n / length;
  if (!(mean > 0)) return 0;
  const shrinkage = ledoitWolf(gram, values, mean, length);
  const projected = values.reduce((total, value, i) => {
    const variance = shrinkage * mean + ((1 - shrinkage) * value) / n;
    return total + (variance > 0 ? (value * coordinates[i] ** 2) / variance : 0);
  }, 0);
  return (1 - shrinkage) * (held / n) * (1 - held / n) * projected;
}

/** Ledoit and Wolf's intensity, 0 (the sample covariance) to 1 (a multiple of the identity). @param mean of the variances. */
function ledoitWolf(gram: Matrix, eigenvalues: readonly number[], mean: number, length: number): number {
  const n = gram.rows;
  const squares = eigenvalues.reduce((sum, v) => sum + (v / n) ** 2, 0);
  const distance = squares - length * mean ** 2;
  const fourth = gram.diagonal().reduce((sum, g) => sum + g ** 2, 0);
  const error = (fourth - n * squares) / n ** 2;
  return distance > 1e-12 * squares ? Math.min(Math.max(error / distance, 0), 1) : 0;
}

/** A classifier's predictions of trials that it was not fitted to. */
export interface ProbeScore {
  /** Mean negative log likelihood, nats; smaller is better. */
  readonly logLoss: number;
  /** Share of outcomes named right. */
  readonly accuracy: number;
}

/** Weights of the squared norm that are tried, for features of unit mean square. */
const PENALTIES = [0.01, 0.1, 1] as const;
/** Square of the constant feature that stands for the intercept: large, so that it is hardly penalised. */
const INTERCEPT = 10;

/**
 * Linear probe (G. Alain and Y. Bengio, "Understanding intermediate layers using linear classifier probes", 2016): logistic
 * regression with a quadratic penalty on the features, cross-validated; the best of {@link PENALTIES} counts.
 * @param groups one a trial: trials of one group, such as grasps on one scene, are never in both halves of a split.
 * @throws RangeError unless both labels occur, and there is a label and a group a trial, and two groups.
 */
export function linearProbe(
  representation: Representation,
  labels: readonly boolean[],
  groups: readonly number[],
  folds = 5,
): ProbeScore {
  checkLabels('linearProbe', representation, labels);
  const distinct = [...new Set(groups)];
  if (groups.length !== labels.length || distinct.length < 2)
    throw new RangeError(
      `linearProbe: expected ${labels.length} groups, at least two different, got ${groups.length} with ${distinct.length} different`,
    );
  const fold = groups.map((group) => distinct.indexOf(group) % Math.min(folds, distinct.length));
  const { gram } = representation;
  const power = gram.trace() / gram.rows || 1;
  const kernel = Matrix.add(Matrix.div(gram, power), INTERCEPT);
  const scores = PENALTIES.map((penalty) => probeScore(crossPredict(kernel, labels, fold, penalty), labels));
  return scores.reduce((best, score) => (score.logLoss < best.logLoss ? score : best));
}

/** Logits of every trial by the classifier that was fitted without its fold. */
function crossPredict(kernel: Matrix, labels: readonly boolean[], fold: readonly number[], penalty: number): number[] {
  const logits = new Array<number>(labels.length).fill(0);
  for (const k of new Set(fold)) {
    const [out, rest] = [fold.flatMap((f, i) => (f === k ? i : [])), fold.flatMap((f, i) => (f === k ? [] : i))];
    const weights = logisticWeights(
      kernel.selection(rest, rest),
      rest.map((i) => Number(labels[i])),
      penalty,
    );
    const predicted = kernel.selection(out, rest).mmul(weights).getColumn(0);
    for (const [at, i] of out.entries()) logits[i] = predicted[at];
  }
  return logits;
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/**
 * Kernel logistic regression by iteratively reweighted least squares.
 * @returns [trials, 1] weights of the trials: the logits are kernel * weights.
 */
function logisticWeights(kernel: Matrix, labels: readonly number[], penalty: number): Matrix {
  const n = labels.length;
  let weights = Matrix.zeros(n, 1);
  for (let step = 0; step < 25; step++) {
    const logits = kernel.mmul(weights).getColumn(0);
    const curvature = logits.map((f) => Math.max(sigmoid(f) * (1 - sigmoid(f)), 1e-5));
    const roots = curvature.map(Math.sqrt);
    const target = logits.map((f, i) => roots[i] * (f + (labels[i] - sigmoid(f)) / curvature[i]));
    const system = new Matrix(
      kernel.to2DArray().map((row, i) => row.map((k, j) => roots[i] * roots[j] * k + (i === j ? penalty : 0))),
    );
    const solved = new CholeskyDecomposition(system).solve(Matrix.columnVector(target)).getColumn(0);
    const next = Matrix.columnVector(solved.map((v, i) => roots[i] * v));
    const moved = Matrix.sub(next, weights).norm();
    weights = next;
    if (moved < 1e-9 * (1 + weights.norm())) break;
  }
  return weights;
}

/** log(1 + e^x), stable for either sign. */
const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

/** Negative log likelihood of one outcome, nats. */
export const outcomeLoss = (logit: number, held: boolean): number => softplus(held ? -logit : logit);

function probeScore(logits: readonly number[], labels: readonly boolean[]): ProbeScore {
  const n = labels.length;
  return {
    logLoss: logits.reduce((sum, f, i) => sum + outcomeLoss(f, labels[i]), 0) / n,
    accuracy: logits.filter((f, i) => f > 0 === labels[i]).length / n,
  };
}

/** Newton steps of {@link calibratedLoss}, and how far one may reach. */
const [CALIBRATION_STEPS, LONGEST_STEP] = [50, 2];

/**
 * Mean loss of predictions after the best rising line through their logits (J. Platt, "Probabilistic outputs for support vector
 * machines", 1999, with his targets short of 0 and 1): how well they tell outcomes apart, however sure of themselves they
 * are. A greedy policy takes the largest logit, so that a network that is right but too sure acts as well as a modest one.
 * @returns nats; that of the base rate if the logits say nothing, or the opposite. log 2 if there is no prediction.
 * @throws RangeError if there is not one outcome a logit.
 */
export function calibratedLoss(logits: readonly number[], outcomes: readonly boolean[]): number {
  const n = logits.length;
  if (outcomes.length !== n)
    throw new RangeError(`calibratedLoss: expected ${n} outcomes, one a logit, got ${outcomes.length}`);
  if (n === 0) return Math.LN2;
  const held = outcomes.filter(Boolean).length;
  const targets = outcomes.map((o) => (o ? (held + 1) / (held + 2) : 1 / (n - held + 2)));
  const mean = logits.reduce((a, b) => a + b, 0) / n;
  const spread = Math.sqrt(logits.reduce((sum, f) => sum + (f - mean) ** 2, 0) / n);
  const unit = logits.map((f) => (spread > 0 ? (f - mean) / spread : 0));
  const [slope, offset] = plattLine(unit, targets);
  const [rising, level] = slope > 0 ? [slope, offset] : [0, Math.log((held + 1) / (n - held + 1))];
  return unit.reduce((sum, f, i) => sum + outcomeLoss(rising * f + level, outcomes[i]), 0) / n;
}

/** Slope and offset of the logistic regression of targets in (0, 1) on one variable, by Newton's method with short steps. */
function plattLine(x: readonly number[], targets: readonly number[]): [slope: number, offset: number] {
  let [slope, offset] = [0, 0];
  for (let step = 0; step < CALIBRATION_STEPS; step++) {
    // a little curvature of its own keeps the system solvable where all predictions are sure, or equal
    let [gs, go, ss, so, oo] = [0, 0, 1e-6, 0, 1e-6];
    x.forEach((v, i) => {
      const p = sigmoid(slope * v + offset);
      const [error, curvature] = [p - targets[i], p * (1 - p)];
      gs += error * v;
      go += error;
      ss += curvature * v * v;
      so += curvature * v;
      oo += curvature;
    });
    const determinant = ss * oo - so * so;
    const move = [(oo * gs - so * go) / determinant, (ss * go - so * gs) / determinant];
    const shorten = Math.min(1, LONGEST_STEP / Math.hypot(...move));
    slope -= shorten * move[0];
    offset -= shorten * move[1];
    if (Math.hypot(...move) < 1e-10) break;
  }
  return [slope, offset];
}
