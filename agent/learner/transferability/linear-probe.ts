/** Linear probe: how well a linear classifier on the features names outcomes that it was not fitted to. */
import { CholeskyDecomposition, Matrix } from 'ml-matrix';
import { outcomeLoss, sigmoid } from './outcome-loss.ts';
import { checkLabels, type Representation } from './representation.ts';

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

function probeScore(logits: readonly number[], labels: readonly boolean[]): ProbeScore {
  const n = labels.length;
  return {
    logLoss: logits.reduce((sum, f, i) => sum + outcomeLoss(f, labels[i]), 0) / n,
    accuracy: logits.filter((f, i) => f > 0 === labels[i]).length / n,
  };
}
