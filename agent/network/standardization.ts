/** Standardisation of features: zero mean, unit variance, set once from data and never trained. */

/** Shift and scale that make each feature zero-mean, unit-variance over the data they were computed on. Not trained. */
export interface Standardization {
  /** [feature length] */
  readonly mean: Float32Array;
  /** [feature length] 1 / standard deviation. */
  readonly scale: Float32Array;
}

/** The one that leaves features of this length as they are. */
export const identityStandardization = (length: number): Standardization => ({
  mean: new Float32Array(length),
  scale: new Float32Array(length).fill(1),
});

/** The one that standardises these features. @param vectors [count, length] */
export function standardizationOf(vectors: Float32Array, length: number): Standardization {
  const count = vectors.length / length;
  const mean = new Float32Array(length);
  const scale = new Float32Array(length);
  for (let f = 0; f < length; f++) {
    let [sum, squares] = [0, 0];
    for (let i = f; i < vectors.length; i += length) {
      sum += vectors[i];
      squares += vectors[i] ** 2;
    }
    mean[f] = sum / count;
    const variance = squares / count - mean[f] ** 2;
    // a feature that never moved in the sample carries nothing: leave it out rather than blow it up
    scale[f] = variance > 1e-6 ? 1 / Math.sqrt(variance) : 0;
  }
  return { mean, scale };
}

/**
 * Largest factor on a feature whose trunk learns. Features that hardly move get factors of 100 and more; then one step of the
 * trunk would move them by many standard deviations.
 */
const MAX_SCALE = 20;

/** The standardisation for a trunk that learns: a feature that never moved yet may move then, and none is blown up. */
export const cappedStandardization = ({ mean, scale }: Standardization): Standardization => ({
  mean,
  scale: scale.map((s) => (s === 0 ? 1 : Math.min(s, MAX_SCALE))),
});

/** In place: (x - mean) * scale. @param features [count, feature length] */
export function standardize(features: Float32Array, { mean, scale }: Standardization): void {
  const { length } = mean;
  for (let i = 0; i < features.length; i += length) {
    for (let f = 0; f < length; f++) features[i + f] = (features[i + f] - mean[f]) * scale[f];
  }
}
