import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Parameters } from '../../agent/network/parameters.ts';
import { encodeTensors } from '../../agent/network/safetensors.ts';
import { initTrunk, trunkShapes } from '../../agent/network/trunk-layers.ts';
import { POLICY_NAMES } from '../../agent/policy/names.ts';
import { scenarioNames } from '../../scenarios/names.ts';
import { rngStream } from '../../sim/math/rng.ts';
import { refusalsIn, run, snapshot, temporaryFolder } from '../support/process/cli.ts';

const folder = temporaryFolder();
const here = { cwd: folder };
const refused = refusalsIn(folder);

function write(name: string, data: string | Uint8Array): string {
  writeFileSync(join(folder, name), data);
  return join(folder, name);
}

beforeAll(() => {
  write('cup.yaml', 'gripper: { preset: cup-12 }\nlearner: { backbone: grasp-passive }\n');
  write('tiny.yaml', 'training: { trials: 32 }\n');
  write('file', 'no folder\n');
});

describe('a command line', () => {
  it.each([
    [[], /^Usage: graft \[options\] \[command\]/],
    [['graps'], "unknown command 'graps'"],
    [['bench', 'nothing'], "unknown command 'nothing'"],
    [['train', 'quick', '--tirals', '5'], "unknown option '--tirals'\n(Did you mean --trials?)"],
    [['train', 'quick', '--trials', 'ten'], "argument 'ten' is invalid. expected an integer of at least 1."],
    [['train', 'quick', '--arm', 'robot'], 'Allowed choices are pretrained, random, scratch, finetuned, equivariant.'],
    [['train', 'quick', 'pile'], "too many arguments for 'train'. Expected 1 argument but got 2."],
    [
      ['evaluate', 'nobody'],
      `policy 'nobody': expected one of ${POLICY_NAMES.join(', ')}, a run folder or a model.safetensors`,
    ],
    [
      ['evaluate', 'pretrained', '--scenario', 'cup.yaml'],
      "expected a learner.backbone with a head for a gripper of kind 'suction', got 'grasp-passive'",
    ],
    [['bench', 'transfer', '--preset', 'huge'], 'Allowed choices are smoke, quick, early, adapt, full.'],
    [['bench', 'transfer', '--arms', 'pretrained,robot'], '--arms: expected some of pretrained, passive, grasp,'],
    [['bench', 'transfer', '--targets', 'moon'], '--targets: expected some of unseen, clutter, pile,'],
    [['bench', 'transfer', '--part', '3/2'], 'expected i/n with 1 <= i <= n, such as 2/3.'],
    [['bench', 'transfer', '--view', '--report-only'], '--view: expected units to measure, got --report-only'],
    [['evaluate', 'random', '--view', '--host', '0.0.0.0'], '--host 0.0.0.0: expected --token, since other machines'],
    [['pretrain', '--view', '--port', '0'], '--view: expected --queue, too, whose machines are shown, got none'],
    [['collect', 'quick', '--token', 'short'], '--token: expected 16 to 200 letters, digits,'],
    [['view', '--port', '99999'], 'expected an integer of at least 0 and at most 65535.'],
    [['pretrain', '--out', 'weights.bin'], '--out: expected a path ending in .safetensors'],
  ])('%j is refused', async (args, message) => {
    const before = snapshot(folder);
    const { code, stdout, stderr } = await run(args, here);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/^ +at /m);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(snapshot(folder)).toEqual(before);
  });

  it('is refused with an engine that does not exist', () =>
    refused(['doctor'], /^engine: expected one of auto, native, wasm, cpu, got 'gpu', in .* GRAFT_ENGINE\n$/, {
      GRAFT_ENGINE: 'gpu',
    }));
});

describe('a scenario', () => {
  it('that is nowhere is refused, with those there are', () =>
    refused(
      ['train', 'nowhere'],
      `scenario 'nowhere': expected one of ${scenarioNames().join(', ')} or the path of a YAML`,
    ));

  it('with an unknown key is refused with file, line and key', async () => {
    const file = write('typo.yaml', 'scene:\n  objectCount: 2\n  fricton: [0.3, 0.5]\n');
    await refused(['train', 'typo.yaml'], `${file}:3: scene.fricton: unknown key; expected one of objectCount, `);
    await refused(['evaluate', 'random', '--scenario', 'typo.yaml'], `${file}:3: scene.fricton: unknown key`);
    await refused(['frame', 'typo.yaml', '--out', 'frames'], `${file}:3: scene.fricton: unknown key`);
  });

  it('with a value out of range is refused with file, line, key, and both values', async () => {
    const file = write('range.yaml', 'gripper:\n  force: -3\ntraining:\n  trials: 0\n');
    await refused(['train', 'range.yaml'], `${file}:2: gripper.force: expected number to be >=0.1, got -3`);
    await refused(['train', 'range.yaml'], `${file}:4: training.trials: expected number to be >=1, got 0`);
  });

  it('that fits no scene is refused with what could help', async () => {
    write('tight.yaml', 'scene: { objectCount: 2, dropHalfWidth: 0.3, workspaceHalfWidth: 0.02 }\n');
    const message =
      /^scene \d+ \(evaluation, seed 0\): expected the objects to settle .*; try fewer or smaller objects\n$/;
    await refused(['evaluate', 'random', '--scenario', 'tight.yaml', '--trials', '4', '--workers', '1'], message);
    await refused(['frame', 'tight.yaml', '--out', 'frames'], message);
  });

  it('that is not YAML is refused with file and line', async () => {
    const file = write('broken.yaml', 'scene: {\n');
    await refused(['train', 'broken.yaml'], `${file}:2: expected YAML, got: `);
  });
});

describe('weights', () => {
  const trunk = (): Parameters => initTrunk(rngStream(1, 'test'));
  const encoded = (parameters: Parameters): Uint8Array => encodeTensors({ parameters, metadata: {} });
  const scenarioWith = (name: string, bytes: Uint8Array): string => {
    write(`${name}.safetensors`, bytes);
    write(`${name}.yaml`, `learner: { backbone: ${name}.safetensors }\n`);
    return `${name}.yaml`;
  };
  const train = (scenario: string): string[] => ['train', scenario, '--out', 'never'];

  it('that are missing are refused', async () => {
    write('missing.yaml', 'learner: { backbone: resnet }\n');
    await refused(train('missing.yaml'), /^backbone 'resnet': expected one of .* or the path of a .safetensors file/);
  });

  it('that are cut off are refused', async () => {
    const scenario = scenarioWith('cut', encoded(trunk()).subarray(0, 20_000));
    await refused(train(scenario), /cut\.safetensors: expected tensor .* within \d+ bytes of data, got offsets/);
  });

  it('that are empty are refused', () =>
    refused(train(scenarioWith('empty', new Uint8Array())), /empty\.safetensors: .* at least 8 bytes, got 0 bytes/));

  it('of another shape are refused', async () => {
    const [first] = Object.keys(trunkShapes());
    const { shape, values } = trunk()[first];
    const reshaped = { ...trunk(), [first]: { shape: [...shape].reverse(), values } };
    const message = `shape.safetensors: expected tensor '${first}' of shape [${shape}], got [${[...shape].reverse()}]`;
    await refused(train(scenarioWith('shape', encoded(reshaped))), message);
  });

  it('with NaN are refused', async () => {
    const parameters = trunk();
    const [first] = Object.keys(parameters);
    parameters[first].values[11] = Number.NaN;
    const message = `nan.safetensors: expected tensor '${first}' with finite values, got NaN at element 11`;
    await refused(train(scenarioWith('nan', encoded(parameters))), message);
  });

  it('that differ from their card are refused', async () => {
    const scenario = scenarioWith('changed', encoded(trunk()));
    write('changed.model.json', '{ "hash": "0123" }');
    await refused(train(scenario), /changed\.safetensors: expected weights with hash 0123 \(its model card\), got /);
  });

  it('that exist are not replaced by pretraining', async () => {
    write('mine.safetensors', 'years of work');
    await refused(['pretrain', '--out', 'mine.safetensors'], /mine\.safetensors: .*; pass --force to replace it\n$/);
  });
});

describe('a place that cannot be written', () => {
  // under a file, which stops the superuser too
  it.each([
    ['train', ['train', 'tiny.yaml', '--out', 'file/run']],
    ['bench', ['bench', 'transfer', '--preset', 'smoke', '--out', 'file/bench']],
    ['pretrain', ['pretrain', '--out', 'file/weights.safetensors']],
    ['frame', ['frame', 'quick', '--out', 'file/frames']],
  ])('is refused by %s before it works', (_, args) =>
    refused(args, /^\S+file\/?\w*: expected a folder that can be written, got: E[A-Z]+: /),
  );
});
