import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadBackbone, modelHash } from '../../../../agent/backbones/own.ts';
import { createLearner, untrained } from '../../../../agent/learner/learner.ts';
import { RUN_VERSION } from '../../../../agent/policy/model-file.ts';
import { exportOnnx } from '../../../../scenarios/export/onnx/export.ts';
import { ONNX } from '../../../../scenarios/export/onnx/messages.ts';
import { writeFrames } from '../../../../scenarios/inspect/frames.ts';
import { backboneOf, loadScenario } from '../../../../scenarios/load.ts';
import { decodeNpy } from '../../../../scenarios/predict/npy.ts';
import { openPredictor } from '../../../../scenarios/predict/open-predictor.ts';
import { predict } from '../../../../scenarios/predict/predict.ts';
import { parseQuestion } from '../../../../scenarios/predict/request.ts';
import { createRunFolder, loadModel, saveModel } from '../../../../scenarios/run/run-folder.ts';
import { learnerPlan } from '../../../../scenarios/training/learner-plan.ts';
import { writeLayerNetwork } from '../../../support/learner/networks.ts';
import { temporaryFolder } from '../../../support/process/cli.ts';
import { missingPackages, pythonJson, without } from '../../../support/process/python.ts';

const folder = temporaryFolder();
const at = (...names: readonly string[]): string => join(folder, ...names);

/** Several shapes of a grasp, several objects, a bin: all that chooses candidates. */
const SHAPES = `scene: { objectCount: 3, bin: { halfWidth: 0.13, height: 0.05 }, dropHalfWidth: 0.08 }
action: { depths: [0.02, 0.035, 0.05], openings: [1, 0.7], angles: 4 }`;

/** Makes the folder of a finished run. */
async function finishedRun(name: string, backboneName: string, result?: object): Promise<string> {
  const { scenario: quick } = loadScenario('quick');
  const learner = { ...quick.learner, backbone: backboneName, technique: 'head' } as const;
  const scenario = { ...quick, learner };
  const backbone = await backboneOf(scenario, ['pretrained']);
  const plan = learnerPlan(scenario, 'pretrained', backbone, 3);
  createRunFolder(at(name), {
    ...{ version: RUN_VERSION, scenarioName: 'quick', scenario, seed: 3, arm: 'pretrained' },
    ...{ backbone: backboneName, backboneHash: backbone.hash, engine: 'wasm', physics: 'test' },
  });
  saveModel(at(name), untrained(createLearner(plan)), plan.shapeCount);
  if (result) writeFileSync(at(name, 'result.json'), JSON.stringify(result));
  return at(name);
}

beforeAll(() => {
  writeFileSync(at('shapes.yaml'), SHAPES);
  writeFileSync(at('cup.yaml'), 'gripper: { preset: cup-12 }\nlearner: { backbone: grasp-passive }\n');
});

/** Metadata in the bytes of an ONNX file. */
function metadataIn(path: string): Record<string, string> {
  const { metadataProps } = ONNX.decode('ModelProto', readFileSync(path)) as {
    metadataProps: { key: string; value: string }[];
  };
  return Object.fromEntries(metadataProps.map(({ key, value }) => [key, value]));
}

describe('an ONNX export', () => {
  it('says in the file what a program needs, in metres and cells', async () => {
    const { onnx, metadata, inputs, outputs } = await exportOnnx({
      ...{ policy: 'pretrained', scenario: at('shapes.yaml'), out: at('made', 'net.onnx') },
    });
    expect(metadataIn(onnx)).toEqual(metadata);
    const { version } = JSON.parse(readFileSync(new URL('../../../../package.json', import.meta.url), 'utf8'));
    expect(metadata).toMatchObject({ graft: version, policy: 'pretrained', scenario: 'shapes', license: 'MIT' });
    const { shapes, ...action } = JSON.parse(metadata.action);
    expect(action).toMatchObject({ angles: 4, tableClearance: 0.003, objectHeight: 0.007, smoothing: 0 });
    expect(action.regionHalfWidth).toBeLessThan(0.13);
    expect(shapes).toEqual([
      ...[
        [0.02, 0.08],
        [0.035, 0.08],
        [0.05, 0.08],
      ],
      ...[
        [0.02, 0.7 * 0.08],
        [0.035, 0.7 * 0.08],
        [0.05, 0.7 * 0.08],
      ],
    ]);
    expect(JSON.parse(metadata.heightmap)).toEqual({ size: 96, cell: 0.004 });
    expect(JSON.parse(metadata.window)).toMatchObject({
      multiple: 4,
      margin: { rows: 8, cols: 16 },
      mostCells: 420,
      heightUnit: 0.05,
    });
    expect(inputs).toEqual({ windows: ['batch', 'rows', 'cols', 7], points: ['batch', 'points', 2] });
    expect(outputs).toEqual({ logits: ['batch', 'points', 6], members: ['batch', 'points', 6, 4] });
  });

  it('puts a card and the programs beside the file, and nothing else', async () => {
    const { onnx, card, programs } = await exportOnnx({ policy: 'pretrained', out: at('beside', 'my.onnx') });
    expect(readdirSync(at('beside')).sort()).toEqual([onnx, card, ...programs].map((path) => basename(path)).sort());
    const text = readFileSync(card, 'utf8');
    expect(text).toContain(loadBackbone(loadScenario('tabletop').scenario.learner.backbone).card);
    for (const word of ['| output `logits` | [batch, points, 4] |', 'python onnx_grasp.py my.onnx', '## Limits', 'MIT'])
      expect(text).toContain(word);
    expect(readFileSync(programs[0], 'utf8').trimEnd().split('\n').length).toBeLessThanOrEqual(40);
  });

  it('of a run tells where it comes from, and what it reached', async () => {
    const success = { rate: 0.925, low: 0.9, high: 0.95 };
    const run = await finishedRun('run', 'passive', { trials: 64, final: { seed: 0, trials: 24, success } });
    const { card, metadata } = await exportOnnx({ policy: run, out: at('run.onnx') });
    expect(metadata.weights).toBe(modelHash(loadModel(run).model));
    expect(metadata.policy).toBe('run');
    const text = readFileSync(card, 'utf8');
    expect(text).toContain(
      "Arm 'pretrained', trunk from 'passive', learned from 64 simulated trials of scenario 'quick', seed 3.",
    );
    expect(text).toContain("Of 24 grasps on the evaluation families of 'quick', seed 0, it held 92.5 % [90.0, 95.0].");
  });

  it('says in the card what its program leaves out of the scenario', async () => {
    writeFileSync(
      at('smooth.yaml'),
      'action: { smoothing: 0.3, pessimism: 0.5, objectPeak: 0.02, wallHalfWidth: 0.1 }',
    );
    const { card } = await exportOnnx({ policy: 'pretrained', scenario: at('smooth.yaml'), out: at('smooth.onnx') });
    const text = readFileSync(card, 'utf8');
    expect(text).toContain('averages logits over neighbouring cells and angles (0.3); the program does not');
    expect(text).toContain('passes over patches lower than 0.02 m; the program does not');
    expect(text).toContain('keeps open fingers between walls at 0.1 m; the program does not');
    expect(text).toContain('`logits` is their mean less 0.5 of their standard deviations');
  });

  it('is refused, and nothing is written, where there is no network of graft’s own', async () => {
    const run = await finishedRun('plain', 'passive');
    const foreign = await finishedRun('foreign', writeLayerNetwork(folder, 'tiny'));
    const refusals: [Parameters<typeof exportOnnx>[0], string][] = [
      [
        { policy: 'antipodal' },
        "policy 'antipodal': expected one with a network, pretrained or a run folder, got one without",
      ],
      [{ policy: 'nobody' }, 'a run folder or a model.safetensors, got neither'],
      [{ policy: foreign }, "expected one on graft's own trunk, got one on the foreign network"],
      [
        { policy: 'pretrained', scenario: at('cup.yaml') },
        "expected a learner.backbone with a head for a gripper of kind 'suction'",
      ],
      [{ policy: run, scenario: at('shapes.yaml') }, "scenario 'shapes': expected 4 combinations of action.depths"],
    ];
    for (const [request, message] of refusals)
      await expect(exportOnnx({ ...request, out: at('no', 'net.onnx') })).rejects.toThrow(message);
    await expect(exportOnnx({ policy: 'pretrained', out: at('no', 'net.pb') })).rejects.toThrow(
      /--out: expected a file that ends in .onnx, got '.*net.pb'/,
    );
    await expect(exportOnnx({ policy: 'pretrained', out: at('shapes.yaml', 'net.onnx') })).rejects.toThrow(
      'expected a folder that can be written',
    );
    expect(existsSync(at('no'))).toBe(false);
  });

  const missing = missingPackages('numpy', 'onnxruntime');
  it.skipIf(missing.length > 0).each(['shapes', 'tabletop', 'suction'])(
    `brings a Python program that chooses graft's grasp on %s, cell, angle and shape${without(missing)}`,
    async (name) => {
      const scenario = name === 'shapes' ? at('shapes.yaml') : name;
      const { programs, onnx } = await exportOnnx({ policy: 'pretrained', scenario, out: at('python', 'net.onnx') });
      const predictor = await openPredictor('pretrained', scenario);
      for (const index of [0, 1, 2]) {
        await writeFrames(scenario, 5, index, at('frame'));
        const answer = await pythonJson<object>(
          [programs[0], onnx, at('frame', 'depth.npy'), at('frame', 'camera.json')],
          { cwd: folder },
        );
        const { T_world_camera, ...intrinsics } = JSON.parse(readFileSync(at('frame', 'camera.json'), 'utf8'));
        const raw = { clean: false, clear: false, workspace: { centre: [0, 0], table: 0 } };
        const question = parseQuestion({ intrinsics, T_world_camera, ...raw }, 'test');
        const depth = decodeNpy(readFileSync(at('frame', 'depth.npy')), 'depth').values as Float32Array;
        const { prediction, proposals } = predict(predictor, { ...question, depth });
        const { position, quaternion, opening, probability, cell } = prediction.grasps[0];
        const close = (values: readonly number[]) => values.map((value) => expect.closeTo(value, 6));
        expect(answer).toEqual({
          ...{ cell: [cell?.row, cell?.col], angle: proposals[0]?.action?.angle, shape: proposals[0]?.action?.shape },
          ...{ position: close(position), quaternion: close(quaternion), opening: expect.closeTo(opening, 12) },
          probability: expect.closeTo(probability ?? Number.NaN, 4),
        });
      }
      predictor.policy.dispose();
    },
  );
});
