/** Entropy of feature norms: how evenly a trunk responds to the trials, whatever became of them. */
import type { Representation } from './representation.ts';

/**
 * Entropy of the trials' feature norms after a softmax over the trials, as a share of its largest value. Needs no label: it says
 * whether a few trials stand out in the features or all are alike, not whether the features know the outcome; so it takes no part in
 * any ranking before it is shown to agree with what is learned. Norms are in units of their root mean square, as a longer vector is no
 * stronger response.
 * @returns 0 (one trial stands out alone) to 1 (all respond alike). Unchanged by rotating and scaling all features.
 */
export function normEntropy({ gram }: Representation): number {
  const count = gram.rows;
  const unit = Math.sqrt(gram.trace() / count) || 1;
  const weights = gram.diagonal().map((square) => Math.exp(Math.sqrt(Math.max(square, 0)) / unit));
  const total = weights.reduce((sum, w) => sum + w, 0);
  return weights.reduce((sum, w) => sum - (w / total) * Math.log(w / total), 0) / Math.log(count);
}
