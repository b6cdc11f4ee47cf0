import { CholeskyDecomposition, determinant, inverse, Matrix } from 'ml-matrix';
import { describe, expect, it } from 'vitest';
import { calibratedLoss } from '../../../agent/learner/transferability/calibration.ts';
import { hScore } from '../../../agent/learner/transferability/h-score.ts';
import { linearProbe } from '../../../agent/learner/transferability/linear-probe.ts';
import { logME } from '../../../agent/learner/transferability/log-me.ts';
import { normEntropy } from '../../../agent/learner/transferability/norm-entropy.ts';
import { outcomeLoss } from '../../../agent/learner/transferability/outcome-loss.ts';
import {
  joined,
  type Representation,
  representationOf,
} from '../../../agent/learner/transferability/representation.ts';
import { type Rng, rngStream } from '../../../sim/math/rng.ts';

/** Centred features as they are, without standardisation: what the papers write down. */
function plain(x: Matrix): Representation {
  const centred = Matrix.sub(x, Matrix.ones(x.rows, 1).mmul(Matrix.rowVector(x.mean('column'))));
  return { gram: centred.mmul(centred.transpose()), length: x.columns };
}

const gaussian = (rows: number, columns: number, rng: Rng): Matrix =>
  new Matrix(Array.from({ length: rows }, () => Array.from({ length: columns }, () => rng.normal())));

/** Features, the first of which the label depends on as strongly as `signal` says. */
function task(count: number, length: number, signal: number, seed = 0): { x: Matrix; labels: boolean[] } {
  const rng = rngStream(seed, 'test/transferability');
  const x = gaussian(count, length, rng);
  return { x, labels: Array.from({ length: count }, (_, i) => signal * x.get(i, 0) + rng.normal() > 0.3) };
}

/** An orthogonal matrix: Gram and Schmidt's, of a random one. */
function rotation(size: number): Matrix {
  const columns: number[][] = [];
  for (const drawn of gaussian(size, size, rngStream(1, 'test/rotation')).to2DArray()) {
    let v = drawn;
    for (const q of columns) {
      const along = q.reduce((s, a, i) => s + a * v[i], 0);
      v = v.map((a, i) => a - along * q[i]);
    }
    const norm = Math.hypot(...v);
    columns.push(v.map((a) => a / norm));
  }
  return new Matrix(columns);
}

const yesAndNo = (labels: readonly boolean[]): number[] => {
  const mean = labels.filter(Boolean).length / labels.length;
  return labels.map((l) => Number(l) - mean);
};

describe('LogME', () => {
  /** log N(y; 0, I / beta + X X' / alpha) on the directions at right angles to the constant one. */
  function logEvidenceOf({ gram }: Representation, labels: readonly boolean[]) {
    const n = labels.length;
    // an orthonormal basis of the vectors that sum to 0 (Helmert)
    const basis = new Matrix(
      Array.from({ length: n - 1 }, (_, k) =>
        Array.from({ length: n }, (_, i) => (i <= k ? 1 : i === k + 1 ? -(k + 1) : 0) / Math.sqrt((k + 1) * (k + 2))),
      ),
    );
    const projected = basis.mmul(gram).mmul(basis.transpose());
    const symmetric = Matrix.div(Matrix.add(projected, projected.transpose()), 2);
    const y = basis.mmul(Matrix.columnVector(yesAndNo(labels)));
    return (alpha: number, beta: number): number => {
      const covariance = Matrix.add(Matrix.mul(symmetric, 1 / alpha), Matrix.mul(Matrix.eye(n - 1), 1 / beta));
      const cholesky = new CholeskyDecomposition(covariance);
      const fit = y.transpose().mmul(cholesky.solve(y)).get(0, 0);
      const logDeterminant = 2 * cholesky.lowerTriangularMatrix.diagonal().reduce((s, d) => s + Math.log(d), 0);
      return -0.5 * ((n - 1) * Math.log(2 * Math.PI) + logDeterminant + fit);
    };
  }

  it.each([
    ['a strong signal', 24, 3, 2],
    ['a weak one', 24, 5, 0.5],
    ['more features than trials', 12, 30, 1.5],
  ])('is the largest evidence over both precisions: %s', (_, count, length, signal) => {
    const { x, labels } = task(count, length, signal);
    const representation = plain(x);
    const logEvidence = logEvidenceOf(representation, labels);
    let best = Number.NEGATIVE_INFINITY;
    for (let a = -6; a <= 9; a += 0.2) {
      for (let b = -2; b <= 5; b += 0.2) best = Math.max(best, logEvidence(Math.exp(a), Math.exp(b)));
    }
    const score = logME(representation, labels) * count;
    // a grid can only miss some of the maximum
    expect(score).toBeGreaterThanOrEqual(best - 1e-9);
    expect(score - best).toBeLessThan(0.05);
  });

  it('is where the fixed point of the paper is', () => {
    const { x, labels } = task(40, 4, 1);
    const representation = plain(x);
    const centred = Matrix.sub(x, Matrix.ones(40, 1).mmul(Matrix.rowVector(x.mean('column'))));
    const y = Matrix.columnVector(yesAndNo(labels));
    let [alpha, beta] = [1, 1];
    for (let i = 0; i < 2000; i++) {
      const a = Matrix.add(Matrix.mul(Matrix.eye(4), alpha), Matrix.mul(centred.transpose().mmul(centred), beta));
      const m = Matrix.mul(inverse(a).mmul(centred.transpose()).mmul(y), beta);
      const effective = 4 - alpha * inverse(a).trace();
      alpha = effective / m.norm() ** 2;
      beta = (39 - effective) / Matrix.sub(y, centred.mmul(m)).norm() ** 2;
    }
    expect(logME(representation, labels) * 40).toBeCloseTo(logEvidenceOf(representation, labels)(alpha, beta), 6);
  });

  it('of features that say nothing is that of a mean and a variance alone', () => {
    const labels = [true, false, true, false, false, true];
    const nothing: Representation = { gram: Matrix.zeros(6, 6), length: 0 };
    // six labels around 1/2: variance 6 / 4 / 5 on five directions
    expect(logME(nothing, labels)).toBeCloseTo((-0.5 * 5 * (Math.log((2 * Math.PI * 1.5) / 5) + 1)) / 6, 12);
  });
});

describe('the H-score', () => {
  it('of one feature is its squared correlation with the label', () => {
    const { x, labels } = task(50, 1, 1);
    const y = yesAndNo(labels);
    const f = x.getColumn(0);
    const mean = f.reduce((a, b) => a + b, 0) / 50;
    const product = f.reduce((s, v, i) => s + (v - mean) * y[i], 0);
    const norms = f.reduce((s, v) => s + (v - mean) ** 2, 0) * y.reduce((s, v) => s + v ** 2, 0);
    expect(hScore(plain(x), labels)).toBeCloseTo(product ** 2 / norms, 10);
  });

  it.each([
    ['fewer features than trials', 40, 6],
    ['more', 15, 40],
  ])('is what its definition gives in full: %s', (_, n, length) => {
    const { x, labels } = task(n, length, 1, 3);
    const mean = x.mean('column');
    const rows = x.to2DArray().map((row) => row.map((v, f) => v - mean[f]));
    const centred = new Matrix(rows);
    const covariance = Matrix.div(centred.transpose().mmul(centred), n);
    // Ledoit and Wolf's intensity, term by term
    const target = Matrix.mul(Matrix.eye(length), covariance.trace() / length);
    const distance = Matrix.sub(covariance, target).norm() ** 2;
    const error = rows.reduce((sum, row) => {
      const outer = Matrix.columnVector(row).mmul(Matrix.rowVector(row));
      return sum + Matrix.sub(outer, covariance).norm() ** 2 / n ** 2;
    }, 0);
    const shrinkage = Math.min(error / distance, 1);
    expect(shrinkage).toBeGreaterThan(0.05);
    const shrunk = Matrix.add(Matrix.mul(covariance, 1 - shrinkage), Matrix.mul(target, shrinkage));
    const means = labels.map((label) => {
      const same = rows.filter((_, i) => labels[i] === label);
      return mean.map((_, f) => same.reduce((s, row) => s + row[f], 0) / same.length);
    });
    const between = Matrix.div(new Matrix(means).transpose().mmul(new Matrix(means)), n);
    const expected = (1 - shrinkage) * inverse(shrunk).mmul(between).trace();
    expect(hScore(plain(x), labels)).toBeCloseTo(expected, 8);
  });

  it('is 1 for a feature that is the label, and 0 for none', () => {
    const labels = [true, false, false, true, false];
    expect(hScore(plain(Matrix.columnVector(labels.map(Number))), labels)).toBeCloseTo(1, 10);
    expect(hScore({ gram: Matrix.zeros(5, 5), length: 0 }, labels)).toBe(0);
  });
});

describe('the linear probe', () => {
  const groups = (count: number): number[] => Array.from({ length: count }, (_, i) => Math.floor(i / 2));

  it('names nearly all of a separable task right, and predicts the base rate where there is nothing to see', () => {
    const { x, labels } = task(80, 3, 30);
    const clear = linearProbe(plain(x), labels, groups(80));
    expect(clear.accuracy).toBeGreaterThan(0.9);
    expect(clear.logLoss).toBeLessThan(0.3);
    const blind = linearProbe({ gram: Matrix.zeros(80, 80), length: 0 }, labels, groups(80));
    const rate = labels.filter(Boolean).length / 80;
    const entropy = -rate * Math.log(rate) - (1 - rate) * Math.log(1 - rate);
    expect(blind.logLoss).toBeGreaterThan(entropy - 1e-3);
    expect(blind.logLoss).toBeLessThan(entropy + 0.02);
  });

  it('solves the penalised logistic regression: the gradient of its loss is 0', () => {
    // two folds of one group each: the prediction of a fold is a function of the other alone, checked by descent
    const { x, labels } = task(20, 2, 1, 5);
    const halves = labels.map((_, i) => (i < 10 ? 0 : 1));
    const representation = plain(x);
    const kernel = Matrix.add(Matrix.div(representation.gram, representation.gram.trace() / 20), 10);
    const losses = [0.01, 0.1, 1].map((penalty) => {
      let total = 0;
      for (const out of [0, 1]) {
        const rest = halves.flatMap((h, i) => (h === out ? [] : i));
        const held = halves.flatMap((h, i) => (h === out ? i : []));
        const k = kernel.selection(rest, rest);
        const y = rest.map((i) => Number(labels[i]));
        let a = Matrix.zeros(10, 1);
        for (let step = 0; step < 60_000; step++) {
          const f = k.mmul(a).getColumn(0);
          // the gradient with respect to the weights, times the kernel's inverse
          const gradient = f.map((v, i) => 1 / (1 + Math.exp(-v)) - y[i] + penalty * a.get(i, 0));
          a = Matrix.sub(a, Matrix.mul(Matrix.columnVector(gradient), 0.02));
        }
        const predicted = kernel.selection(held, rest).mmul(a).getColumn(0);
        total += predicted.reduce((s, f, i) => s + outcomeLoss(f, labels[held[i]]), 0);
      }
      return total / 20;
    });
    expect(linearProbe(representation, labels, halves, 2).logLoss).toBeCloseTo(Math.min(...losses), 5);
  });

  it('never has grasps of one scene on both sides of a split', () => {
    // every scene has features and a label of its own, twice: whoever sees one grasp of a pair knows the other
    const rng = rngStream(7, 'test/leak');
    const scenes = Array.from({ length: 30 }, () => ({ f: gaussian(1, 40, rng).getRow(0), held: rng.next() < 0.5 }));
    const twice = scenes.flatMap((s) => [s, s]);
    const representation = plain(new Matrix(twice.map((s) => s.f)));
    const labels = twice.map((s) => s.held);
    const honest = linearProbe(representation, labels, groups(60));
    const leaking = linearProbe(
      representation,
      labels,
      labels.map((_, i) => i),
    );
    expect(leaking.accuracy).toBeGreaterThan(0.9);
    expect(honest.accuracy).toBeLessThan(0.75);
  });
});

describe.each([
  ['LogME', logME],
  ['the H-score', hScore],
  ['the linear probe', (r: Representation, l: readonly boolean[]) => -linearProbe(r, l, [...l.keys()]).logLoss],
])('%s', (_, score) => {
  const { x, labels } = task(30, 8, 1.5);
  const value = score(plain(x), labels);

  it('is unchanged by rotating, scaling and shifting the features, and by swapping the labels', () => {
    const turned = x.mmul(rotation(8));
    expect(score(plain(turned), labels)).toBeCloseTo(value, 6);
    expect(score(plain(Matrix.mul(x, 37)), labels)).toBeCloseTo(value, 6);
    expect(score(plain(Matrix.add(x, 5)), labels)).toBeCloseTo(value, 6);
    const swapped = labels.map((l) => !l);
    expect(score(plain(x), swapped)).toBeCloseTo(value, 6);
  });

  it('prefers features that carry the label, and more so the more they do', () => {
    const scores = [0.2, 1.5, 12].map((signal) => {
      const { x: seen, labels: outcomes } = task(120, 6, signal, 2);
      return score(plain(seen), outcomes);
    });
    expect(scores[0]).toBeLessThan(scores[1]);
    expect(scores[1]).toBeLessThan(scores[2]);
  });

  it('refuses outcomes that are all the same, or not one a trial', () => {
    expect(() =>
      score(
        plain(x),
        labels.map(() => true),
      ),
    ).toThrow(/expected 30 labels with both outcomes, got 30 with 30/);
    expect(() => score(plain(x), labels.slice(1))).toThrow(/expected 30 labels with both outcomes, got 29/);
  });
});

describe('a representation', () => {
  it('standardises every feature, counts those that move, and joins by adding', () => {
    const { x } = task(12, 4, 1);
    const scaled = x.to2DArray().map((row) => row.map((v, f) => v * 10 ** f + f));
    const vectors = (columns: readonly number[]): Float32Array =>
      Float32Array.from(scaled.flatMap((row) => [...columns.map((c) => row[c]), 3]));
    const whole = representationOf(vectors([0, 1, 2, 3]), 12);
    expect(whole.length).toBe(4);
    // each feature brings a total variance of one a trial
    expect(whole.gram.trace()).toBeCloseTo(48, 3);
    expect(Math.max(...whole.gram.sum('row').map(Math.abs))).toBeLessThan(1e-9);
    const parts = joined([representationOf(vectors([0, 2]), 12), representationOf(vectors([1, 3]), 12)]);
    expect(parts.length).toBe(4);
    expect(Matrix.sub(parts.gram, whole.gram).norm()).toBeLessThan(1e-4);
    expect(determinant(whole.gram)).toBeCloseTo(0, 3);
  });

  it('refuses vectors that are not of one length, or just one', () => {
    expect(() => representationOf(new Float32Array(7), 2)).toThrow(/at least 2 equal vectors, got 7 in 2/);
    expect(() => representationOf(new Float32Array(7), 1)).toThrow(/at least 2 equal vectors, got 7 in 1/);
    expect(() => joined([])).toThrow(/at least one representation/);
  });
});

describe('the calibrated loss', () => {
  const rng = rngStream(3, 'test/calibration');
  const signal = Array.from({ length: 400 }, () => 2 * rng.normal());
  const outcomes = signal.map((f) => rng.next() < 1 / (1 + Math.exp(-f)));
  const raw = (logits: readonly number[]): number =>
    logits.reduce((sum, f, i) => sum + outcomeLoss(f, outcomes[i]), 0) / logits.length;

  it('of true probabilities is their own loss, however sure or shifted they are made', () => {
    const honest = calibratedLoss(signal, outcomes);
    expect(Math.abs(honest - raw(signal))).toBeLessThan(0.01);
    const sure = signal.map((f) => 25 * f + 7);
    expect(raw(sure)).toBeGreaterThan(1);
    expect(calibratedLoss(sure, outcomes)).toBeCloseTo(honest, 8);
  });

  it('is where no other rising line does better, but for his cautious targets', () => {
    let best = Number.POSITIVE_INFINITY;
    for (let slope = 0; slope < 3; slope += 0.02) {
      for (let offset = -1; offset < 1; offset += 0.02)
        best = Math.min(best, raw(signal.map((f) => slope * f + offset)));
    }
    expect(Math.abs(calibratedLoss(signal, outcomes) - best)).toBeLessThan(1e-3);
  });

  it('of predictions that say nothing, or the opposite, is that of the base rate', () => {
    const rate = (outcomes.filter(Boolean).length + 1) / 402;
    const base = raw(signal.map(() => Math.log(rate / (1 - rate))));
    expect(
      calibratedLoss(
        signal.map(() => 3),
        outcomes,
      ),
    ).toBeCloseTo(base, 6);
    expect(
      calibratedLoss(
        signal.map((f) => -f),
        outcomes,
      ),
    ).toBeCloseTo(base, 12);
  });

  it('is finite for a few predictions that are all right, and for none', () => {
    const loss = calibratedLoss([-900, 800, 1000], [false, true, true]);
    expect(loss).toBeGreaterThan(0.05);
    expect(loss).toBeLessThan(Math.LN2);
    expect(calibratedLoss([], [])).toBe(Math.LN2);
    expect(() => calibratedLoss([1], [])).toThrow(/expected 1 outcomes, one a logit, got 0/);
  });
});

describe('the entropy of feature norms', () => {
  /** Inner products of features at right angles to one another, with these norms. */
  const withNorms = (...norms: number[]): Representation => ({
    gram: Matrix.diag(norms.map((norm) => norm ** 2)),
    length: norms.length,
  });

  it('is 1 where all trials respond alike, also not at all', () => {
    expect(normEntropy(withNorms(3, 3, 3, 3))).toBeCloseTo(1, 12);
    expect(normEntropy(withNorms(0, 0, 0))).toBeCloseTo(1, 12);
  });

  it('is that of the softmax in units of the root mean square', () => {
    // norms 1 and 7: root mean square 5, so the odds are e^1.2
    const p = 1 / (1 + Math.exp(-1.2));
    const expected = -(p * Math.log(p) + (1 - p) * Math.log(1 - p)) / Math.LN2;
    expect(normEntropy(withNorms(1, 7))).toBeCloseTo(expected, 12);
    expect(normEntropy(withNorms(10, 70))).toBeCloseTo(expected, 12);
  });

  it('falls as one trial stands out', () => {
    const all = [1, 2, 4, 100].map((norm) => normEntropy(withNorms(1, 1, 1, 1, 1, norm)));
    expect(all).toEqual([...all].sort((a, b) => b - a));
    expect(all.at(-1)).toBeLessThan(0.95);
  });

  it('is unchanged by rotating the features', () => {
    const { x } = task(20, 6, 1);
    expect(normEntropy(plain(x.mmul(rotation(6))))).toBeCloseTo(normEntropy(plain(x)), 10);
  });
});
