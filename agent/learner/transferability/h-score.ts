/** H-score: how much of the features' variation the label explains. */
import type { Matrix } from 'ml-matrix';
import { along, checkLabels, type Representation } from './representation.ts';

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
