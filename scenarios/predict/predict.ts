/** Prediction: ranked grasps for a depth picture from any camera. */
import type { ActionSettings } from '../../agent/policy/action-space.ts';
import { CLEAR } from '../../agent/policy/choice/caution.ts';
import type { OpenPolicy } from '../../agent/policy/open-policy.ts';
import type { Proposal } from '../../agent/policy/proposal.ts';
import { type HandSettings, kindOf } from '../../sim/hand/settings.ts';
import { IDENTITY_POSE, type Pose } from '../../sim/math/pose.ts';
import { rngStream } from '../../sim/math/rng.ts';
import { InputError } from '../parse/parse.ts';
import type { Scenario } from '../schema/schema.ts';
import { candidatesOf, choose } from './ranking.ts';
import { checkPictures, PREDICTION_VERSION, type PredictionRequest } from './request.ts';
import { layOut, type Tile, type Warning, type Workspace } from './workspace.ts';

/** A policy, and the scenario whose heightmap, actions and hand it knows. */
export interface Predictor {
  readonly policy: OpenPolicy;
  /**
   * The policy for another hand, where it knows hands; the predictor disposes of it.
   * @throws InputError if it knows none of that kind.
   */
  readonly forHand?: (hand: HandSettings) => OpenPolicy;
  readonly scenario: Scenario;
}

/** A proposed grasp. */
export interface PredictedGrasp {
  /** Midpoint of the finger tips, metres, in the answer's frame. */
  readonly position: readonly [number, number, number];
  /** [x, y, z, w] of T_frame_tcp: +Z is the approach, +X the closing direction. */
  readonly quaternion: readonly [number, number, number, number];
  /** Distance between the pads while approaching, metres. */
  readonly opening: number;
  /** Predicted probability that the grasp holds; null if the policy predicts none. */
  readonly probability: number | null;
  /** Which heightmap, and the cell of it; null if the policy does not choose cells. */
  readonly cell: { readonly tile: number; readonly row: number; readonly col: number } | null;
  /** How far the open hand would reach into what the depth shows, metres. */
  readonly overlap: number;
}

/** What is answered. */
export interface Prediction {
  readonly version: typeof PREDICTION_VERSION;
  /** The frame of the grasps: `world` if T_world_camera was given, else `camera`. */
  readonly frame: Workspace['frame'];
  /** The frame on the table that was worked in: +Z up from the table, origin in the middle of the workspace. */
  readonly T_frame_workspace: Pose;
  /** Best first. */
  readonly grasps: readonly PredictedGrasp[];
  readonly warnings: readonly Warning[];
  readonly timing: { readonly heightmapMs: number; readonly policyMs: number; readonly totalMs: number };
}

/** A prediction, and what it was made from: for pictures. */
export interface Explained {
  readonly prediction: Prediction;
  readonly workspace: Workspace;
  readonly proposals: readonly (Proposal | undefined)[];
  readonly action: ActionSettings;
}

/**
 * Predicts grasps.
 * @throws InputError if the pictures do not fit what accompanies them, or the hand is of another kind than the policy's.
 */
export function predict({ policy: own, forHand, scenario }: Predictor, request: PredictionRequest): Explained {
  checkPictures(request);
  const started = performance.now();
  const workspace = layOut(request, scenario.sensor.heightmap);
  const laidOut = performance.now();
  const hand = handOf(request, scenario, forHand !== undefined);
  const policy = request.hand && forHand ? forHand(hand) : own;
  const proposals = workspace.tiles.map((tile, i) => proposalOf(policy, scenario, request, tile, hand, i));
  const camera = request.T_world_camera ?? IDENTITY_POSE;
  const candidates = workspace.tiles.flatMap((tile, i) => {
    const proposal = proposals[i];
    return proposal ? candidatesOf(proposal, { tile, index: i, scenario, hand, request, camera }) : [];
  });
  const chosen = choose(candidates, request);
  const warnings = [...workspace.warnings, ...complaints(chosen, proposals, request)];
  const ended = performance.now();
  const prediction: Prediction = {
    version: PREDICTION_VERSION,
    frame: workspace.frame,
    T_frame_workspace: workspace.pose,
    grasps: chosen,
    warnings,
    timing: { heightmapMs: laidOut - started, policyMs: ended - laidOut, totalMs: ended - started },
  };
  return { prediction, workspace, proposals, action: scenario.action };
}

/**
 * The hand that is asked about, or the policy's own.
 * @param any whether the policy says itself which hands it knows.
 * @throws InputError if it is of another kind: the policy knows none of its grasps.
 */
function handOf({ hand }: PredictionRequest, { gripper }: Scenario, any: boolean): HandSettings {
  if (!hand || any || kindOf(hand) === kindOf(gripper)) return hand ?? gripper;
  throw new InputError(`hand: expected one of kind '${kindOf(gripper)}', as the policy's, got '${kindOf(hand)}'`);
}

function proposalOf(
  policy: OpenPolicy,
  { action, sensor }: Scenario,
  request: PredictionRequest,
  { heightmap }: Tile,
  hand: HandSettings,
  index: number,
): Proposal | undefined {
  const { depth, colour, intrinsics } = request;
  const camera = { intrinsics, pose: { position: sensor.eye, quaternion: [0, 0, 0, 1] } as const };
  const frame = { camera, depth, colour: colour ?? new Uint8Array(0), segmentation: new Uint8Array(0) };
  const rng = rngStream(0, 'predict', index);
  return policy.propose({ observation: { frame, heightmap }, action, hand, rng });
}

function complaints(
  chosen: readonly PredictedGrasp[],
  proposals: readonly (Proposal | undefined)[],
  { clear, minProbability }: PredictionRequest,
): Warning[] {
  const best = Math.max(...proposals.map((proposal) => proposal?.probability ?? Number.NEGATIVE_INFINITY));
  if (chosen.length === 0 && best < minProbability && best >= 0) {
    const [asked, got] = [minProbability, best].map((p) => `${(100 * p).toFixed(0)} %`);
    return [{ code: 'declined', message: `no grasp is ${asked} likely to hold, as was asked; the best one is ${got}` }];
  }
  if (chosen.length === 0)
    return [{ code: 'nothing-to-grasp', message: 'nothing in the workspace stands out from the table' }];
  const [first] = chosen;
  if (!clear || first.overlap <= CLEAR) return [];
  const reach = (1000 * first.overlap).toFixed(0);
  return [
    { code: 'blocked', message: `no grasp misses all that the depth shows; the best one reaches ${reach} mm into it` },
  ];
}
