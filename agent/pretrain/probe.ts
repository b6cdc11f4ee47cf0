/** Probe: how well a pretrained network answers on scenes that it was not trained on. */
import { SOURCE_FAMILIES } from '../../sim/objects/families.ts';
import type { Tf } from '../engine/engine.ts';
import { type Answers, probeBatch } from './answers.ts';
import { batchesFor } from './batch.ts';
import { REGRESSION_TARGETS } from './passive.ts';
import type { Pretraining, PretrainSettings } from './pretraining.ts';
import type { SourceScene } from './source-data.ts';
import { SOURCES } from './sources.ts';

/** How well a pretrained trunk answers, on scenes not trained on. */
export interface ProbeResult {
  /** 1 - residual variance / variance, by target; none if the passive tasks were not trained. */
  readonly explained: Readonly<Record<string, number>> | null;
  /** Share of object points whose family is named right. */
  readonly familyAccuracy: number | null;
  /** Area under the curve of held against not held: the chance that a grasp that held got more than one that did not. */
  readonly graspAuc: number | null;
}

/** Batches of answers, at most. */
const BATCHES = 25;

/** Measures on scenes of the source's evaluation split. */
export function probePretraining(
  tf: Tf,
  state: Pretraining,
  scenes: readonly SourceScene[],
  settings: PretrainSettings,
): ProbeResult {
  const batches = batchesFor(scenes, settings, BATCHES);
  const answers = Array.from({ length: batches }, (_, b) => probeBatch(tf, state, scenes, settings, b));
  const { passive, grasp } = SOURCES[settings.source];
  return {
    explained: passive ? explainedVariance(answers) : null,
    familyAccuracy: passive ? familyAccuracy(answers) : null,
    graspAuc: grasp ? areaUnderCurve(answers.flatMap(({ logits, held }) => pairs(logits, held))) : null,
  };
}

const pairs = (scores: Float32Array, truth: Float32Array): { score: number; positive: boolean }[] =>
  Array.from(scores, (score, i) => ({ score, positive: truth[i] === 1 }));

/** Mann-Whitney; ties count half. NaN if all are alike. */
export function areaUnderCurve(answers: readonly { readonly score: number; readonly positive: boolean }[]): number {
  const positive = answers.filter((a) => a.positive);
  const negative = answers.filter((a) => !a.positive);
  const wins = positive.reduce(
    (sum, p) => sum + negative.reduce((s, n) => s + (p.score > n.score ? 1 : p.score === n.score ? 0.5 : 0), 0),
    0,
  );
  return wins / (positive.length * negative.length);
}

function explainedVariance(answers: readonly Answers[]): Record<string, number> {
  const k = REGRESSION_TARGETS.length;
  const result: Record<string, number> = {};
  REGRESSION_TARGETS.forEach((name, t) => {
    let [rows, sum, squares, errors] = [0, 0, 0, 0];
    for (const { targets, predicted, width } of answers) {
      for (let i = 0; i < targets.length / k; i++, rows++) {
        const y = targets[i * k + t];
        sum += y;
        squares += y * y;
        errors += (predicted[i * width + t] - y) ** 2;
      }
    }
    result[name] = 1 - errors / rows / (squares / rows - (sum / rows) ** 2);
  });
  return result;
}

function familyAccuracy(answers: readonly Answers[]): number {
  const [k, n] = [REGRESSION_TARGETS.length, SOURCE_FAMILIES.length];
  let [named, right] = [0, 0];
  for (const { family, predicted, width } of answers) {
    for (let i = 0; i < family.length / n; i++) {
      const label = family.subarray(i * n, (i + 1) * n).indexOf(1);
      if (label < 0) continue;
      const logits = predicted.subarray(i * width + k, (i + 1) * width);
      named++;
      if (logits.indexOf(Math.max(...logits)) === label) right++;
    }
  }
  return right / named;
}
