/** Prediction job: from files, or bytes that were sent, to an answer. */
import { affordanceMap } from '../../agent/policy/affordance.ts';
import { InputError } from '../parse/parse.ts';
import { cameraOf } from './camera-file.ts';
import { overlayPng } from './overlay.ts';
import { decodeColour, decodeDepth, decodeMask } from './pictures.ts';
import { type Explained, type Prediction, type Predictor, predict } from './predict.ts';
import { type PredictionRequest, parseQuestion } from './request.ts';
import type { Warning } from './workspace.ts';

/** A request as it comes in: files, and what accompanies them. */
export interface PredictJob {
  /** Plain data; `camera` may be one of any dialect, in place of `intrinsics` and `T_world_camera`. */
  readonly question: unknown;
  /** `.npy` or 16-bit PNG. */
  readonly depth: Uint8Array;
  readonly colour?: Uint8Array | undefined;
  readonly mask?: Uint8Array | undefined;
  /** What each of them is called in errors. */
  readonly names?: { readonly [what in 'question' | 'depth' | 'colour' | 'mask']?: string | undefined };
}

/** A heightmap of the workspace, as an answer shows it. */
interface ShownMap {
  readonly size: number;
  /** Metres. */
  readonly cell: number;
  /** T_frame_tile. */
  readonly pose: Explained['workspace']['pose'];
  /** [size, size] metres over the table. */
  readonly height: Float32Array;
  /** [size, size] best predicted probability, 0 where nothing was scored; null if the policy predicts none. */
  readonly affordance: Float32Array | null;
}

/** An answer: grasps, and what was asked to be shown. */
export interface PredictAnswer {
  readonly prediction: Prediction;
  /** PNG. */
  readonly overlay?: Uint8Array;
  readonly maps?: readonly ShownMap[];
}

/** Does a job. @throws InputError for a request that is not what it should be. */
export function runPredictJob(predictor: Predictor, job: PredictJob): PredictAnswer {
  const { request, distortion } = requestOf(job);
  const explained = predict(predictor, request);
  const { prediction } = explained;
  const [overlay, maps] = (['overlay', 'maps'] as const).map((what) => request.show.includes(what));
  return {
    prediction: distortion ? { ...prediction, warnings: [DISTORTED, ...prediction.warnings] } : prediction,
    ...(overlay && { overlay: overlayPng(request, explained) }),
    ...(maps && { maps: shownMaps(explained) }),
  };
}

const DISTORTED: Warning = {
  code: 'distortion',
  message: 'the camera has lens distortion, which is not taken out: undistort the pictures first',
};

function requestOf({ question: asked, depth, colour, mask, names = {} }: PredictJob): {
  request: PredictionRequest;
  distortion: boolean;
} {
  const where = names.question ?? 'question';
  const { question, distortion } = withCamera(asked, where);
  const checked = parseQuestion(question, where);
  const { widthPx, heightPx } = checked.intrinsics;
  const depths = decodeDepth(depth, checked.depthScale, names.depth ?? 'depth');
  if (depths.widthPx !== widthPx || depths.heightPx !== heightPx)
    throw new InputError(
      `${names.depth ?? 'depth'}: expected ${widthPx} x ${heightPx} pixels as the camera says, got ${depths.widthPx} x ${depths.heightPx}`,
    );
  const request = {
    ...checked,
    depth: depths.values,
    colour: colour && decodeColour(colour, depths, names.colour ?? 'colour'),
    mask: mask && decodeMask(mask, depths, names.mask ?? 'mask'),
  };
  return { request, distortion };
}

/** A question whose `camera` has become intrinsics and pose. */
function withCamera(question: unknown, where: string): { question: unknown; distortion: boolean } {
  if (typeof question !== 'object' || question === null || !('camera' in question))
    return { question, distortion: false };
  const { camera, ...rest } = question;
  const { distortion, ...found } = cameraOf(camera, `${where}: camera`);
  return { question: { ...found, ...rest }, distortion };
}

const shownMaps = ({ workspace, proposals, action }: Explained): ShownMap[] =>
  workspace.tiles.map(({ heightmap, pose }, i) => {
    const qMap = proposals[i]?.qMap;
    const { size, cell, height } = heightmap;
    return { size, cell, pose, height, affordance: qMap ? affordanceMap(heightmap, qMap, action) : null };
  });
