import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseCamera } from '../../../scenarios/predict/camera-file.ts';
import { openPredictor } from '../../../scenarios/predict/open-predictor.ts';
import { decodeMask } from '../../../scenarios/predict/pictures.ts';
import type { Predictor } from '../../../scenarios/predict/predict.ts';
import { runPredictJob } from '../../../scenarios/predict/predict-job.ts';
import { project } from '../../../sim/camera/camera.ts';

/** Real pictures, each NAME.depth.npy, NAME.camera.json, and NAME.mask.png of what is to be grasped. */
const FOLDER = process.env.GRAFT_FRAMES;
const names = FOLDER
  ? readdirSync(FOLDER).flatMap((file) => (file.endsWith('.depth.npy') ? [file.slice(0, -'.depth.npy'.length)] : []))
  : ['(none)'];

describe.skipIf(!FOLDER)('real pictures in GRAFT_FRAMES', () => {
  let predictor: Predictor;
  const read = (name: string): Uint8Array => readFileSync(join(FOLDER!, name));

  beforeAll(async () => {
    predictor = await openPredictor('pretrained');
  });
  afterAll(() => predictor.policy.dispose());

  it.each(names)('%s: the grasp is on an object, and the hand misses what the depth shows', (name) => {
    const camera = JSON.parse(new TextDecoder().decode(read(`${name}.camera.json`)));
    const { prediction } = runPredictJob(predictor, { question: { camera }, depth: read(`${name}.depth.npy`) });
    const [grasp] = prediction.grasps;
    expect(grasp.overlap).toBeLessThanOrEqual(0.006);
    const { intrinsics, T_world_camera } = parseCamera(JSON.stringify(camera), name);
    const { widthPx, heightPx } = intrinsics;
    const mask = decodeMask(read(`${name}.mask.png`), { widthPx, heightPx, values: null }, name);
    const [u, v] = project({ intrinsics, pose: T_world_camera! }, grasp.position);
    // within a finger's width of it: the point lies between the finger tips, below what is seen
    const near = Array.from({ length: 81 }, (_, i) => [u - 8 + 2 * (i % 9), v - 8 + 2 * Math.floor(i / 9)]);
    const on = near.filter(([x, y]) => mask[Math.floor(y) * widthPx + Math.floor(x)] > 0);
    expect(on.length).toBeGreaterThan(20);
  });
});
