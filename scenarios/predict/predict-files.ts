/** Predictions for files: a depth picture, a camera and what goes with them, read from disk. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { writeAtomically } from '../files.ts';
import { readHand } from '../inspect/hand.ts';
import { InputError } from '../parse/parse.ts';
import { parseYaml } from './camera-file.ts';
import { openPredictor } from './open-predictor.ts';
import type { Prediction } from './predict.ts';
import { type PredictJob, runPredictJob } from './predict-job.ts';

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
  readonly minProbability: number;
  /** Files of answers whose first grasp has failed, or of grasps that have. */
  readonly failed?: readonly string[] | undefined;
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
  const job = await readJob(files);
  const predictor = await openPredictor(files.policy, files.scenario);
  try {
    const { prediction, overlay } = runPredictJob(predictor, job);
    if (files.out === undefined || !overlay) return prediction;
    const path = resolve(files.out);
    try {
      writeAtomically(path, overlay);
    } catch (error) {
      throw new InputError(`${files.out}: expected a file that can be written, got: ${(error as Error).message}`);
    }
    return { ...prediction, overlay: path };
  } finally {
    predictor.policy.dispose();
  }
}

async function readJob({
  depth,
  colour,
  mask,
  camera: cameraPath,
  hand,
  out,
  ...files
}: PredictFiles): Promise<PredictJob> {
  const { workspace, count, minProbability, failed = [], clean, clear, depthScale } = files;
  const camera = parseYaml(new TextDecoder().decode(read(cameraPath)), cameraPath);
  return {
    question: {
      ...{ camera, workspace, count, minProbability, clean, clear, show: out === undefined ? [] : ['overlay'] },
      ...(hand !== undefined && { hand: await handOf(hand) }),
      ...(depthScale !== undefined && { depthScale }),
      ...(failed.length > 0 && { failed: failed.flatMap(failedIn) }),
    },
    depth: read(depth),
    ...(colour !== undefined && { colour: read(colour) }),
    ...(mask !== undefined && { mask: read(mask) }),
    names: { question: cameraPath, depth, colour, mask },
  };
}

/** The grasps that a file says have failed: the first of an answer, or all of a list. The question's schema looks at them. */
function failedIn(path: string): unknown[] {
  const value = parseYaml(new TextDecoder().decode(read(path)), path);
  const answered = value !== null && typeof value === 'object' && 'grasps' in value ? value.grasps : undefined;
  const grasps: readonly unknown[] = Array.isArray(answered) ? answered.slice(0, 1) : Array.isArray(value) ? value : [];
  if (grasps.length === 0)
    throw new InputError(
      `${path}: expected an answer of predict --json with a grasp, or a list of grasps, got neither`,
    );
  return grasps.map((grasp, i) => {
    if (grasp !== null && typeof grasp === 'object' && 'position' in grasp && 'quaternion' in grasp)
      return { position: grasp.position, quaternion: grasp.quaternion };
    throw new InputError(`${path}: grasp ${i}: expected position and quaternion, got ${JSON.stringify(grasp)}`);
  });
}

/** A preset by name, or a hand from a file: a URDF, or the keys of a scenario's `gripper` as YAML or JSON. */
async function handOf(hand: string): Promise<unknown> {
  if (!/\.(urdf|ya?ml|json)$/i.test(hand)) return { preset: hand };
  if (/\.urdf$/i.test(hand)) return (await readHand(hand)).gripper;
  const value = parseYaml(new TextDecoder().decode(read(hand)), hand);
  return value && typeof value === 'object' && 'gripper' in value ? value.gripper : value;
}

function read(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new InputError(`${path}: expected a file that can be read, got: ${(error as Error).message}`);
  }
}
