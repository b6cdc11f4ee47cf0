/** Repetition of a recorded trial: its grasp tried again, or chosen anew. */

import { z } from 'zod';
import { loadEngine } from '../../agent/engine/engine.ts';
import { type FixedPolicyName, isFixedPolicy } from '../../agent/policy/names.ts';
import type { TrialFields } from '../../sim/recording/read/trial-fields.ts';
import { PERSON } from '../../sim/recording/steering.ts';
import { runTrial } from '../../sim/trial.ts';
import { InputError } from '../load.ts';
import type { ObjectLibrary } from '../objects/library.ts';
import type { Scenario } from '../schema/schema.ts';
import type { HandLine } from '../training/by-hand.ts';
import { withChanged } from '../training/live-settings.ts';
import type { SceneJob, TrialOutput } from '../trials/job.ts';
import { NODE_HOST, observationHash } from '../trials/node-host.ts';
import { JobRunner } from '../trials/runner.ts';
import { nextSceneAndView, sceneAndView, trialSettings } from '../trials/scene.ts';

/** Where a scene comes from. */
const sceneKey = ({ split, proof: { seed, scene } }: TrialFields): string => `${seed}/${split}/${scene}`;

/** What a line of a log says of a person's hand in its trial. */
const handSchema = z.object({ by: z.literal(PERSON).optional(), changed: z.record(z.string(), z.number()).optional() });

/** What a person had to do with a trial, as its log says. @throws InputError if that is no such thing. */
export function handOf({ trial, log, proof }: TrialFields): HandLine {
  const checked = handSchema.safeParse(jsonOf(log));
  if (checked.success) return { scene: proof.scene, action: null, ...checked.data };
  const [{ path, message }] = checked.error.issues;
  throw new InputError(`trial ${trial}: expected who chose and what was changed, got ${path.join('.')}: ${message}`);
}

/** A line that is no JSON differs anyway. */
function jsonOf(log: string): object {
  try {
    return Object(JSON.parse(log)) as object;
  } catch {
    return {};
  }
}

/** What came out this time, to compare. */
export interface Repeated {
  readonly observation: string;
  readonly outcome: string;
  readonly state: string;
  readonly gap: number;
  readonly rise: number;
  /** The whole line of the log, if the grasp was chosen anew. */
  readonly log?: string;
}

/** Tries recorded grasps again. Several are tried on one scene, which is settled and looked at once. */
function graspAgain(
  scenario: Scenario,
  library: ObjectLibrary | undefined,
): (fields: TrialFields) => Repeated | undefined {
  let seen: { key: string; attempt: number; view: ReturnType<typeof sceneAndView> } | undefined;
  const own = scenario;
  return (fields) => {
    const { changed } = handOf(fields);
    const scenario = withChanged(own, changed);
    const { split, inRound } = fields;
    const { seed, scene: index, grasp } = fields.proof;
    const attempt = inRound?.attempt;
    const key = `${sceneKey(fields)}/${inRound?.round}/${JSON.stringify(changed)}`;
    if (attempt === 0 || (attempt === undefined && seen?.key !== key))
      seen = { key, attempt: 0, view: sceneAndView(scenario, seed, split, index, library) };
    if (seen?.key !== key || seen.attempt !== (attempt ?? 0)) return undefined;
    const { scene, observation } = seen.view;
    const result = runTrial(scene, grasp, trialSettings(scenario));
    if (attempt !== undefined) {
      const place = { seed, split, index, attempt: attempt + 1 };
      seen = { key, attempt: attempt + 1, view: nextSceneAndView(scenario, place, scene, result) };
    }
    const { outcome, stateHash: state, gap, rise } = result;
    return { observation: observationHash(observation), outcome, state, gap, rise };
  };
}

/** Chooses and tries the grasps of a fixed policy anew; a round as a whole. */
function chooseAnew(
  runner: JobRunner,
  scenario: Scenario,
): (fields: TrialFields, name: FixedPolicyName) => Promise<Repeated> {
  let played: { key: string; outputs: TrialOutput[] } | undefined;
  return async (fields, name) => {
    const { split, inRound } = fields;
    const { seed, scene: sceneIndex } = fields.proof;
    const { round, attempt = 0 } = inRound ?? {};
    const firstTrial = fields.trial - attempt;
    const key = `${name}/${sceneKey(fields)}/${round}/${firstTrial}`;
    if (played?.key !== key) {
      const job: SceneJob = {
        ...{ scenario, seed, split, sceneIndex, firstTrial, grasps: 1, record: false, picture: false },
        policy: { kind: 'fixed', name },
        recordRule: { every: 1, failuresOnly: false },
        ...(round !== undefined && { clutter: { round } }),
      };
      played = { key, outputs: await runner.run(job) };
    }
    const output = played.outputs[attempt];
    if (!output) return NO_TRIAL;
    const { outcome, stateHash: state, gap, rise } = output.record;
    const observation = output.recorded?.proof.observationHash ?? 'nothing to grasp';
    return { observation, outcome, state, gap, rise, log: JSON.stringify(output.record) };
  };
}

/** The round was over before. */
const NO_TRIAL: Repeated = {
  ...{ observation: 'no such grasp', outcome: 'no such grasp', state: 'no such grasp', log: 'no such grasp' },
  ...{ gap: Number.NaN, rise: Number.NaN },
};

/** A function that runs one trial again; it gives undefined if an earlier grasp of its round is missing. */
export async function repeater(
  scenario: Scenario,
  library: ObjectLibrary | undefined,
): Promise<(fields: TrialFields) => Promise<Repeated | undefined>> {
  const choose = chooseAnew(new JobRunner(await loadEngine(), NODE_HOST, library), scenario);
  const tryAgain = graspAgain(scenario, library);
  return async (fields) =>
    isFixedPolicy(fields.policy) && fields.split === 'evaluation' ? choose(fields, fields.policy) : tryAgain(fields);
}
