/** Head shift: how far the logits of a pretrained head are off, by what became of the trials so far. */
import { exp } from '../../sim/math/exponential.ts';
import { hiddenUnits, MEMBERS, type StandardizedHead } from '../network/head.ts';
import { copyParameters, type Parameters } from '../network/parameters.ts';
import type { StoredSample } from './replay.ts';

/** Standard deviation of the shift before any trial, logits. */
const SPREAD = 1.5;
/** Newton's method: steps of at most a logit, for where hardly any grasp is in doubt it would overshoot without end. */
const [STEPS, LONGEST, SMALL] = [40, 1, 1e-9] as const;

/** What a head says of a sample's grasp, the mean of its members. @param data its features, the grasp as it was tried first. */
function logitOf(
  { parameters, standardization: { mean, scale } }: StandardizedHead,
  { data, shape }: StoredSample,
): number {
  const [kernel, bias] = [parameters['head/hidden/kernel'].values, parameters['head/hidden/bias'].values];
  const [out, outBias] = [parameters['head/logit/kernel'].values, parameters['head/logit/bias'].values];
  const units = hiddenUnits(parameters) * MEMBERS;
  // a shape has units of its own, and none of the others'
  const own = Array.from({ length: units }, (_, u) => u).filter((u) => out[shape * units + u] !== 0);
  const sums = Float64Array.from(own, (u) => bias[u]);
  for (let f = 0; f < mean.length; f++) {
    const value = (data[f] - mean[f]) * scale[f];
    if (value !== 0) for (let i = 0; i < own.length; i++) sums[i] += value * kernel[f * units + own[i]];
  }
  let logit = 0;
  for (let i = 0; i < own.length; i++) logit += Math.max(sums[i], 0) * out[shape * units + own[i]];
  for (let m = 0; m < MEMBERS; m++) logit += outBias[shape * MEMBERS + m];
  return logit / MEMBERS;
}

/** Logits of a head, computed once a sample. */
export type HeadLogits = (sample: StoredSample) => number;

/** Remembers {@link logitOf} of each sample. */
export function headLogitsOnce(head: StandardizedHead): HeadLogits {
  const known = new WeakMap<StoredSample, number>();
  return (sample) => {
    const logit = known.get(sample) ?? logitOf(head, sample);
    known.set(sample, logit);
    return logit;
  };
}

/**
 * What is to be added to all logits of a head: most likely after some trials, where shifts are likely to be small before any. What
 * it holds best stays best; what it predicts comes true. More settings that follow the trials win nothing: see
 * `tests/bench/own-trials`.
 */
export function shiftOf(replay: readonly StoredSample[], logits: HeadLogits): number {
  let shift = 0;
  for (let step = 0; step < STEPS; step++) {
    // gradient and curvature of the negative log posterior
    let [gradient, curvature] = [shift / SPREAD ** 2, 1 / SPREAD ** 2];
    for (const sample of replay) {
      const p = 1 / (1 + exp(-(logits(sample) + shift + (sample.prior ?? 0))));
      gradient += p - (sample.held ? 1 : 0);
      curvature += p * (1 - p);
    }
    const move = Math.min(Math.max(-gradient / curvature, -LONGEST), LONGEST);
    shift += move;
    if (Math.abs(move) < SMALL) break;
  }
  return shift;
}

/** The head that says that much more of everything. */
export function shiftedHead(head: Parameters, shift: number): Parameters {
  const out = copyParameters(head);
  const bias = out['head/logit/bias'].values;
  for (let i = 0; i < bias.length; i++) bias[i] += shift;
  return out;
}
