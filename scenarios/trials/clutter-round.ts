/** Clutter round: look, grasp, take the held object away, look again (the protocol of VGN and GIGA). */

import type { Grasp } from '../../sim/grasp.ts';
import { rngStream } from '../../sim/math/rng.ts';
import type { ObjectLibrary } from '../objects/library.ts';
import type { SceneJob, TrialOutput } from './job.ts';
import type { RecordRule } from './record-rule.ts';
import { nextSceneAndView, sceneAndView } from './scene.ts';
import { attempt, propose, type TrialTools } from './trial.ts';

/** Of a round that is recorded. */
const EVERY_GRASP: RecordRule = { every: 1, failuresOnly: false };

/** Failures in a row that end a round. */
export const FAILURES_IN_A_ROW = 2;

/**
 * Plays one round. It ends when the table is clear, after {@link FAILURES_IN_A_ROW} failures in a row, or when nothing is left
 * to grasp.
 * @param round its number within the run.
 * @param most  grasps.
 * @returns     one output a grasp, in order.
 */
export function playRound(
  job: SceneJob,
  { round, most = Number.POSITIVE_INFINITY }: { readonly round: number; readonly most?: number },
  tools: TrialTools,
  library: ObjectLibrary | undefined,
): TrialOutput[] {
  const { scenario, seed, split, sceneIndex, policy, recordRule: rule } = job;
  const recorded = rule && round % rule.every === 0;
  let view = sceneAndView(scenario, seed, split, sceneIndex, library);
  const outputs: TrialOutput[] = [];
  let failed: Grasp[] = [];
  for (let k = 0; k < most && failed.length < FAILURES_IN_A_ROW; k++) {
    const rng = rngStream(seed, `choose/${split}/${k}`, sceneIndex);
    const proposal = propose(scenario, view, tools.policy, rng, { teaches: job.teach, failed });
    // in training what shows nothing to grasp counts as a miss, as it does outside rounds; so does no answer
    const counts = policy.kind === 'explore' || job.teach || tools.policy.refusal?.() !== undefined;
    if (!proposal && !counts) break;
    const once = { ...job, recordRule: recorded ? EVERY_GRASP : undefined, record: job.record && k === 0 };
    const place = { trial: job.firstTrial + k, inRound: { round, attempt: k } };
    const { output, result } = attempt(once, view, proposal, place, tools, rng);
    outputs.push(output);
    if (!result) break;
    failed = result.outcome === 'held' ? [] : [...failed, ...(proposal ? [proposal.grasp] : [])];
    view = nextSceneAndView(scenario, { seed, split, index: sceneIndex, attempt: k + 1 }, view.scene, result);
    if (view.scene.objects.length === 0) break;
  }
  const unrecorded = rule?.failuresOnly === true && outputs.every((o) => o.record.outcome === 'held');
  return unrecorded ? outputs.map(({ recorded: _, ...output }) => output) : outputs;
}

/** Plays rounds one after another, each a scene of its own, until all grasps of the job are done. */
export function playRounds(job: SceneJob, tools: TrialTools, library: ObjectLibrary | undefined): TrialOutput[] {
  const outputs: TrialOutput[] = [];
  while (outputs.length < job.grasps) {
    const trial = job.firstTrial + outputs.length;
    const record = job.record && outputs.length === 0;
    const round = { ...job, sceneIndex: trial, firstTrial: trial, record };
    outputs.push(...playRound(round, { round: trial, most: job.grasps - outputs.length }, tools, library));
  }
  return outputs;
}
