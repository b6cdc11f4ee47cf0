/** Predictions for files: a depth picture, a camera and what goes with them, read from disk. */
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { InputError } from '../parse.ts';
import { parseCamera } from './camera-file.ts';
import { openPredictor } from './open-predictor.ts';
import { overlayPng } from './overlay.ts';
import { decodeColour, decodeDepth, decodeMask } from './pictures.ts';
import { type Prediction, predict } from './predict.ts';
import { type PredictionRequest, parseQuestion } from './request.ts';

/** What `graft predict` is told. */
export interface PredictFiles {
  readonly policy: string;
  readonly scenario?: string | undefined;
  readonly depth: string;
  /** Metres a unit of depth in whole numbers. */
  readonly depthScale?: number | undefined;
  readonly colour?: string | undefined;
  readonly mask?: string | undefined;
  readonly camera: string;
  readonly workspace: { readonly centre?: unknown; readonly size?: unknown; readonly table?: unknown };
  readonly hand?: string | undefined;
  readonly count: number;
  readonly clean: boolean;
  readonly clear: boolean;
  /** Where the overlay goes. */
  readonly out?: string | undefined;
}

/** The answer, and the overlay's path if one was written. */
export type PredictJson = Prediction & { readonly overlay?: string };

/**
 * Predicts grasps for files.
 * @throws InputError if a file cannot be read or is not what it should be; nothing has been written then.
 */
export async function predictFiles(files: PredictFiles): Promise<PredictJson> {
  const request = readRequest(files);
  const predictor = await openPredictor(files.policy, files.scenario);
  try {
    const explained = predict(predictor, request.request);
    const { prediction } = explained;
    const warnings = request.distortion ? [DISTORTED, ...prediction.warnings] : prediction.warnings;
    if (files.out === undefined) return { ...prediction, warnings };
    const overlay = resolve(files.out);
    try {
      writeFileSync(overlay, overlayPng(request.request, explained));
    } catch (error) {
      throw new InputError(`${files.out}: expected a file that can be written, got: ${(error as Error).message}`);
    }
    return { ...prediction, warnings, overlay };
  } finally {
    predictor.policy.dispose();
  }
}

const DISTORTED = {
  code: 'distortion',
  message: 'the camera has lens distortion, which is not taken out: undistort the pictures first',
} as const;

function readRequest(files: PredictFiles): { request: PredictionRequest; distortion: boolean } {
  const camera = parseCamera(new TextDecoder().decode(read(files.camera)), files.camera);
  const { intrinsics, T_world_camera, distortion } = camera;
  const { workspace, hand, count, clean, clear, depthScale } = files;
  const question = parseQuestion(
    {
      ...{ intrinsics, workspace, count, clean, clear },
      ...(T_world_camera && { T_world_camera }),
      ...(hand !== undefined && { hand: { preset: hand } }),
      ...(depthScale !== undefined && { depthScale }),
    },
    files.camera,
  );
  const depth = decodeDepth(read(files.depth), question.depthScale, files.depth);
  if (depth.widthPx !== intrinsics.widthPx || depth.heightPx !== intrinsics.heightPx)
    throw new InputError(
      `${files.depth}: expected ${intrinsics.widthPx} x ${intrinsics.heightPx} pixels as ${files.camera} says, got ${depth.widthPx} x ${depth.heightPx}`,
    );
  const request = {
    ...question,
    depth: depth.values,
    colour: files.colour === undefined ? undefined : decodeColour(read(files.colour), depth, files.colour),
    mask: files.mask === undefined ? undefined : decodeMask(read(files.mask), depth, files.mask),
  };
  return { request, distortion };
}

function read(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new InputError(`${path}: expected a file that can be read, got: ${(error as Error).message}`);
  }
}
