/** Trial: asks a policy for a grasp, tries it, and keeps of it what the job asks for. */
import { cachedFeatures, paddedCrop } from '../../agent/learner/augmentation.ts';
import type { OpenPolicy } from '../../agent/policy/open-policy.ts';
import type { PolicyInput, Proposal } from '../../agent/policy/proposal.ts';
import type { Observation } from '../../sim/camera/observation.ts';
import type { Rng } from '../../sim/math/rng.ts';
import type { TrialResult } from '../../sim/outcome.ts';
import type { Episode, RecordedEpisode } from '../../sim/recording/episode.ts';
import { RECORDING_HZ } from '../../sim/recording/format.ts';
import { recordTrial } from '../../sim/recording/trajectory.ts';
import { runTrial } from '../../sim/trial.ts';
import type { Scenario } from '../schema/schema.ts';
import type { SceneJob, TrialOutput } from './job.ts';
import { episodeOf, pictureOf, recordOf, type TrialPlace } from './outputs.ts';
import { type SceneView, trialSettings, trueState } from './scene.ts';

/** What trials of a job need besides the job. */
export interface TrialTools {
  readonly policy: OpenPolicy;
  /** Of all that a policy sees, bit for bit; for recordings. */
  readonly observationHash: (observation: Observation) => string;
}

/** Pose frames of an episode for the viewer, for a simulated second. */
const VIEW_HZ = 60;

/**
 * A policy's next grasp in a scenario.
 * @returns undefined if there is nothing to grasp.
 */
export function propose(
  scenario: Scenario,
  { scene, observation }: SceneView,
  policy: OpenPolicy,
  rng: Rng,
  { teaches = false, failed = [] }: Pick<PolicyInput, 'teaches' | 'failed'> = {},
): Proposal | undefined {
  const { action, gripper } = scenario;
  return policy.propose({ observation, action, hand: gripper, rng, teaches, failed }, trueState(scenario, scene));
}

/** Tries a proposed grasp, and keeps its trajectory if the job asks for it. */
export function tryGrasp(
  job: Pick<SceneJob, 'scenario' | 'seed' | 'split' | 'sceneIndex' | 'policy' | 'record' | 'recordRule' | 'given'>,
  view: SceneView,
  proposal: Proposal | undefined,
  place: TrialPlace,
  observationHash: TrialTools['observationHash'],
): { result: TrialResult | undefined; episode?: Episode; recorded?: RecordedEpisode } {
  if (!proposal) return { result: undefined };
  const { record, recordRule: rule, seed, sceneIndex } = job;
  const settings = trialSettings(job.scenario);
  const mayRecord = rule !== undefined && (place.inRound !== undefined || place.trial % rule.every === 0);
  if (!record && !mayRecord) return { result: runTrial(view.scene, proposal.grasp, settings) };
  const trial = recordTrial(view.scene, proposal.grasp, settings, record ? VIEW_HZ : RECORDING_HZ);
  const { result } = trial;
  const isRecorded = mayRecord && !(rule.failuresOnly && result.outcome === 'held');
  if (!record && !isRecorded) return { result };
  const episode = episodeOf(job, view, proposal, trial, place);
  if (!isRecorded) return { result, episode };
  const hash = observationHash(view.observation);
  const proof = { seed, scene: sceneIndex, grasp: proposal.grasp, result, observationHash: hash };
  return { result, recorded: { ...episode, proof }, ...(record && { episode }) };
}

/** Tries a proposal, and makes of it the output that the job asks for. @param rng of the augmentation. */
export function attempt(
  job: SceneJob,
  view: SceneView,
  proposal: Proposal | undefined,
  place: TrialPlace,
  { policy, observationHash }: TrialTools,
  rng: Rng,
): { readonly output: TrialOutput; readonly result: TrialResult | undefined } {
  const { result, ...kept } = tryGrasp(job, view, proposal, place, observationHash);
  const data = proposal && experience(job, view, proposal, policy, rng);
  const record = recordOf(job, view, proposal, result, place);
  if (job.teach && proposal) policy.tell?.({ outcome: record.outcome, held: record.outcome === 'held' });
  const refused = policy.refusal?.();
  const output: TrialOutput = {
    record: refused === undefined ? record : { ...record, refused },
    ...(proposal && !proposal.action && { grasp: proposal.grasp }),
    ...(data && { data, ...(proposal.prior !== undefined && { prior: proposal.prior }) }),
    ...kept,
    ...(job.picture && { picture: pictureOf(job, view.observation, proposal) }),
  };
  return { output, result };
}

/** What a learner keeps of a grasp; undefined if the job keeps nothing of each, or the policy has no terms for its grasps. */
function experience(
  { keep, scenario: { action: settings } }: SceneJob,
  { observation: { heightmap } }: SceneView,
  { action }: Proposal,
  { trunk }: OpenPolicy,
  rng: Rng,
): Float32Array | undefined {
  if (!action || keep === undefined || keep === 'map') return undefined;
  if (keep === 'crop') return paddedCrop(heightmap, action, settings);
  return trunk && cachedFeatures(trunk, heightmap, action, settings, rng);
}
