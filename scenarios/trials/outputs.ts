/** Outputs of a trial: its line in the log, its episode for viewers and recordings, its picture for reports. */

import { toLog } from '../../agent/policy/action.ts';
import { affordanceMap } from '../../agent/policy/affordance.ts';
import type { Proposal } from '../../agent/policy/proposal.ts';
import type { Observation } from '../../sim/camera/observation.ts';
import { closingAxis } from '../../sim/grasp.ts';
import { atan2 } from '../../sim/math/trigonometry.ts';
import type { TrialResult } from '../../sim/outcome.ts';
import type { Episode, RecordedEpisode } from '../../sim/recording/episode.ts';
import { PERSON } from '../../sim/recording/steering.ts';
import { recordedObjects, type Trajectory } from '../../sim/recording/trajectory.ts';
import type { Scenario } from '../schema/schema.ts';
import type { SceneJob, TrialPicture, TrialRecord } from './job.ts';
import type { SceneView } from './scene.ts';

/** Which trial of a run it is, and where in its round. */
export type TrialPlace = Pick<Episode, 'trial' | 'inRound'>;

/** The plan of a grasp: tips' position, closing angle in [0, pi), opening, predicted probability. */
export function plannedGrasp(proposal: Proposal): Episode['grasp'] {
  const axis = closingAxis(proposal.grasp);
  const yaw = (atan2(axis[1], axis[0]) + Math.PI) % Math.PI;
  return {
    position: proposal.grasp.pose.position,
    yaw,
    opening: proposal.grasp.opening,
    probability: proposal.probability,
  };
}

/** [size, size] affordance that a grasp was chosen by; null without a Q map. */
export const affordanceOf = (
  { heightmap }: Observation,
  { qMap }: Proposal,
  { action }: Pick<Scenario, 'action'>,
): Float32Array | null => qMap && affordanceMap(heightmap, qMap, action);

const imageOf = ({ frame }: Observation): Episode['image'] => {
  const { widthPx: width, heightPx: height } = frame.camera.intrinsics;
  return { width, height, rgb: frame.colour };
};

const heightsOf = ({ heightmap: { size, cell, height } }: Observation): Episode['heightmap'] => ({
  size,
  cell,
  height,
});

/** The episode of a trial, from what the camera saw to what became of the grasp. */
export function episodeOf(
  job: Pick<SceneJob, 'scenario' | 'split' | 'policy' | 'given'>,
  { scene, observation }: SceneView,
  proposal: Proposal,
  { result, poses, phases, pressed, hz }: Trajectory,
  place: TrialPlace,
): Omit<RecordedEpisode, 'proof'> {
  const { scenario, split, policy, given } = job;
  const { action, qMap } = proposal;
  return {
    ...place,
    split,
    policy: given ? PERSON : policy.kind === 'fixed' || policy.kind === 'given' ? policy.name : 'learned',
    objects: recordedObjects(scene),
    gripper: scenario.gripper,
    hz,
    poses,
    phases,
    pressed,
    camera: observation.frame.camera,
    image: imageOf(observation),
    depth: observation.frame.depth,
    heightmap: heightsOf(observation),
    affordance: affordanceOf(observation, proposal, scenario),
    affordanceAtAngle: qMap && action && affordanceMap(observation.heightmap, qMap, scenario.action, action.angle),
    grasp: plannedGrasp(proposal),
    outcome: result.outcome,
  };
}

/** What a report shows of a trial. */
export const pictureOf = (
  { scenario }: Pick<SceneJob, 'scenario'>,
  observation: Observation,
  proposal: Proposal | undefined,
): TrialPicture => ({
  image: imageOf(observation),
  heightmap: heightsOf(observation),
  affordance: proposal ? affordanceOf(observation, proposal, scenario) : null,
  grasp: proposal ? plannedGrasp(proposal) : null,
});

/** The trial as it is logged. */
export function recordOf(
  { sceneIndex, given, changed }: Pick<SceneJob, 'sceneIndex' | 'given' | 'changed'>,
  { scene }: SceneView,
  proposal: Proposal | undefined,
  result: TrialResult | undefined,
  { trial, inRound }: TrialPlace,
): TrialRecord {
  const grasp = proposal && plannedGrasp(proposal);
  return {
    trial,
    scene: sceneIndex,
    families: scene.objects.map(({ model }) => model.family),
    position: grasp ? grasp.position : null,
    yaw: grasp?.yaw ?? 0,
    action: proposal?.action ? toLog(proposal.action) : null,
    probability: proposal?.probability ?? null,
    // the camera shows nothing to grasp: an honest miss
    outcome: result?.outcome ?? 'missed',
    gap: result?.gap ?? 0,
    rise: result?.rise ?? 0,
    stateHash: result?.stateHash ?? '0'.repeat(16),
    ...(inRound && { inRound }),
    ...(given && { by: PERSON }),
    ...(changed && { changed }),
  };
}
