/** Calibration: how well predictions tell outcomes apart, however sure of themselves they are. */
import { outcomeLoss, sigmoid } from './outcome-loss.ts';

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
