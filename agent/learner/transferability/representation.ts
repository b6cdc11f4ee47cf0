/** Representation: what a trunk's features say of a few labelled trials, as inner products. */
import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import { standardizationOf } from '../../network/standardization.ts';

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

/** Checks labels. @throws RangeError unless there is a label a trial and both labels occur. */
export function checkLabels(caller: string, { gram }: Representation, labels: readonly boolean[]): void {
  const held = labels.filter(Boolean).length;
  if (labels.length === gram.rows && held > 0 && held < labels.length) return;
  throw new RangeError(
    `${caller}: expected ${gram.rows} labels with both outcomes, got ${labels.length} with ${held} held`,
  );
}

/** Share of the largest eigenvalue below which one is rounding. */
const ROUNDING = 1e-10;

/** Eigenvalues (none below 0) of a Gram matrix, and a vector's coordinates along its eigenvectors. */
export function along(gram: Matrix, vector: readonly number[]): { values: number[]; coordinates: number[] } {
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
