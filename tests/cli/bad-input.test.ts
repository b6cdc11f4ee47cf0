import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Parameters } from '../../agent/network/parameters.ts';
import { decodeTensors, encodeTensors, type TensorFile } from '../../agent/network/safetensors.ts';
import { initTrunk, trunkShapes } from '../../agent/network/trunk-layers.ts';
import { scenarioNames } from '../../scenarios/names.ts';
import { rngStream } from '../../sim/math/rng.ts';
import { expectRefusal, run, runJson, snapshot, temporaryFolder } from '../support/process/cli.ts';
import { start } from '../support/process/program.ts';

const folder = temporaryFolder();
const here = { cwd: folder };

function write(name: string, data: string | Uint8Array): string {
  writeFileSync(join(folder, name), data);
  return join(folder, name);
}

/** Seconds of training and evaluation, with learned weights at the end. */
const TINY = 'training: { trials: 32, warmupTrials: 16 }\nevaluation: { trials: 2 }\n';

beforeAll(async () => {
  write('tiny.yaml', TINY);
  write('file', 'no folder\n');
  await runJson(['train', 'tiny.yaml', '--out', 'finished'], here);
});

/** A copy of the finished run, to damage. */
function copyOfRun(name: string): string {
  cpSync(join(folder, 'finished'), join(folder, name), { recursive: true });
  return name;
}

/** Runs a command that must be refused and change no file at all. */
async function refused(args: readonly string[], message: RegExp | string, env?: Record<string, string>): Promise<void> {
  const before = snapshot(folder);
  expectRefusal(await run(args, { ...here, ...(env && { env }) }), message);
  expect(snapshot(folder)).toEqual(before);
}

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
      "policy 'nobody': expected one of random, depth-pca, antipodal, oracle, pretrained or a run folder",
    ],
    [
      ['evaluate', 'pretrained', '--scenario', 'suction'],
      'expected jaws and a learner.backbone with a head of its own, got suction',
    ],
    [['bench', 'transfer', '--preset', 'huge'], 'Allowed choices are smoke, quick, full.'],
    [['bench', 'transfer', '--arms', 'pretrained,robot'], '--arms: expected some of pretrained, passive, grasp,'],
    [['bench', 'transfer', '--targets', 'moon'], '--targets: expected some of unseen, clutter, pile,'],
    [['bench', 'transfer', '--part', '3/2'], 'expected i/n with 1 <= i <= n, such as 2/3.'],
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
    await refused(['evaluate', 'random', '--scenario', 'tight.yaml', '--trials', '4'], message);
    await refused(['frame', 'tight.yaml', '--out', 'frames'], message);
  });

  it('that is not YAML is refused with file and line', async () => {
    const file = write('broken.yaml', 'scene: {\n');
    await refused(['train', 'broken.yaml'], `${file}:2: expected YAML, got: `);
  });

  it('of another depth count than a run is refused for its policy', async () => {
    write('depths.yaml', 'action: { depths: [0.02, 0.03, 0.04] }\n');
    await refused(
      ['evaluate', 'finished', '--scenario', 'depths.yaml'],
      /^scenario 'depths': expected \d combinations of action.depths and action.openings \(the policy's own\), got 3\n$/,
    );
  });
});

describe('weights', () => {
  const trunk = (): Parameters => initTrunk(rngStream(1, 'test'));
  const encoded = (parameters: Parameters): Uint8Array => encodeTensors({ parameters, metadata: {} });
  const scenarioWith = (name: string, bytes: Uint8Array): string => {
    write(`${name}.safetensors`, bytes);
    write(`${name}.yaml`, `${TINY}learner: { backbone: ${name}.safetensors }\n`);
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

describe('a port in use', () => {
  let server: Server;
  let port: string;

  beforeAll(async () => {
    server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    port = String((server.address() as AddressInfo).port);
  });
  afterAll(() => void server.close());

  it('is refused before anything is trained or written', () =>
    refused(
      ['train', 'tiny.yaml', '--out', 'never', '--view', '--port', port],
      `viewer: port ${port} is in use; pass --port N or stop the other program`,
    ));

  it('is refused for a finished run', () =>
    refused(['view', 'finished', '--port', port], `viewer: port ${port} is in use; pass --port N`));
});

describe('a folder that exists', () => {
  it('is not trained into', () =>
    refused(['train', 'tiny.yaml', '--out', 'finished'], /finished: expected a folder that does not exist yet/));

  it('is left alone by a run without --out, which takes the next name', async () => {
    const args = ['train', 'tiny.yaml', '--trials', '2'];
    const first = await runJson<{ out: string }>(args, here);
    const before = snapshot(first.out);
    const second = await runJson<{ out: string }>(args, here);
    expect([first.out, second.out]).toEqual(['', '-2'].map((n) => join(folder, 'runs', `tiny-pretrained-s0${n}`)));
    expect(snapshot(first.out)).toEqual(before);
    rmSync(join(folder, 'runs'), { recursive: true });
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

describe('a run', () => {
  const config = (name: string, change: (config: Record<string, unknown>) => void): string => {
    const path = join(folder, copyOfRun(name), 'run.json');
    const value = JSON.parse(readFileSync(path, 'utf8'));
    change(value);
    writeFileSync(path, JSON.stringify(value));
    return name;
  };
  /** Every verb that reads a run. */
  const everywhere = async (name: string, message: RegExp): Promise<void> => {
    for (const verb of [
      ['evaluate', name],
      ['view', name, '--port', '0'],
      ['train', '--resume', '--out', name],
    ])
      await refused(verb, message);
  };

  it('that is none is refused', async () => {
    await refused(['train', 'tiny.yaml', '--resume'], /^--resume: expected --out with the folder of the run/);
    await refused(
      ['train', '--resume', '--out', 'nowhere'],
      /nowhere: expected a run folder with run\.json, got none\n$/,
    );
    await refused(['view', 'nowhere'], /nowhere: expected a run folder with run\.json, got none\n$/);
    await refused(['view'], /^view: expected a finished run under runs\/, got none; start one with npm start\n$/);
    await refused(['evaluate', 'file'], /^policy 'file': expected one of .* or a run folder, got neither\n$/);
  });

  it('of another version is refused', async () => {
    const name = config('version', (c) => {
      c.version = 2;
    });
    await everywhere(name, /version\/run\.json: expected a run of version 1, got 2\n$/);
  });

  it('whose configuration is damaged is refused', async () => {
    const name = config('damaged', (c) => {
      c.seed = 'zero';
    });
    await refused(
      ['evaluate', name],
      /damaged\/run\.json: expected a sound run configuration, got a damaged one: seed: /,
    );
    writeFileSync(join(folder, name, 'run.json'), 'null');
    await refused(['train', '--resume', '--out', name], /damaged\/run\.json: expected a run of version 1, got none\n$/);
    writeFileSync(join(folder, name, 'run.json'), '{ "version": 1,');
    await refused(['view', name], /damaged\/run\.json: expected JSON, got: /);
  });

  it('is not gone on with as another run than it is', async () => {
    const resume = ['train', '--resume', '--out'];
    await refused([...resume, 'finished', '--seed', '1'], /finished: expected --seed 0 \(the run's own\), got 1\n$/);
    await refused(
      [...resume, 'finished', '--arm', 'scratch'],
      /finished: expected --arm pretrained .*, got scratch\n$/,
    );
    const engine = config('engine', (c) => {
      c.engine = 'abacus';
    });
    await refused([...resume, engine], /engine: expected the engine it was started with \(abacus\), got \w+; results/);
    const physics = config('physics', (c) => {
      c.physics = 'rapier 0.1.0';
    });
    await refused([...resume, physics], /physics: expected the physics it was started with \(rapier 0\.1\.0\), got /);
    const backbone = config('backbone', (c) => {
      c.backboneHash = '0123';
    });
    await refused([...resume, backbone], /backbone: expected backbone '[\w-]+' with hash 0123, got [0-9a-f]{64}\n$/);
  });
});

describe('the files of a run', () => {
  /** Writes a copy of the run with one of its tensor files changed. */
  const changed = (name: string, file: string, change: (file: TensorFile) => TensorFile): string => {
    const path = join(folder, copyOfRun(name), file);
    writeFileSync(path, encodeTensors(change(decodeTensors(readFileSync(path), path))));
    return name;
  };
  const metadata = (name: string, entry: Record<string, string>): string =>
    changed(name, 'checkpoint.safetensors', (f) => ({ ...f, metadata: { ...f.metadata, ...entry } }));
  const resume = (name: string): string[] => ['train', '--resume', '--out', name];

  it('are refused if the checkpoint is cut off', async () => {
    const path = join(folder, copyOfRun('cut-checkpoint'), 'checkpoint.safetensors');
    const whole = readFileSync(path);
    for (const length of [0, 100, whole.length - 1]) {
      writeFileSync(path, whole.subarray(0, length));
      await refused(resume('cut-checkpoint'), /cut-checkpoint\/checkpoint\.safetensors: expected .*, got .*\n$/);
    }
  });

  it('are refused if the checkpoint holds NaN', async () => {
    const name = changed('nan-checkpoint', 'checkpoint.safetensors', (f) => {
      f.parameters['replay/data'].values[5] = Number.NaN;
      return f;
    });
    await refused(resume(name), /checkpoint\.safetensors: expected tensor 'replay\/data' with finite values, got NaN/);
  });

  it('are refused if the checkpoint lacks a tensor, or has one of another shape', async () => {
    const lacking = changed('lacking', 'checkpoint.safetensors', ({ metadata: m, parameters }) => {
      const { 'replay/held': _, ...rest } = parameters;
      return { metadata: m, parameters: rest };
    });
    await refused(
      resume(lacking),
      /checkpoint\.safetensors: expected tensor 'replay\/held' of shape \[\d+\], got none\n$/,
    );
    const short = changed('short', 'checkpoint.safetensors', ({ metadata: m, parameters }) => {
      const [name, first] = Object.entries(parameters).find(([k]) => k.startsWith('first/'))!;
      return { metadata: m, parameters: { ...parameters, [name]: { shape: [3], values: first.values.slice(0, 3) } } };
    });
    await refused(
      resume(short),
      /checkpoint\.safetensors: expected tensor 'first\/\S+' of shape \[\d+\], got \[3\]\n$/,
    );
  });

  it('are refused if the checkpoint is of another version, or counts no trials', async () => {
    const version = metadata('checkpoint-version', { version: '99' });
    await refused(resume(version), /checkpoint\.safetensors: expected a file of version 1, got 99\n$/);
    const uncounted = metadata('uncounted', { trials: 'many' });
    await refused(resume(uncounted), /checkpoint\.safetensors: expected a count as 'trials' in .*, got many\n$/);
  });

  it('are refused if the log is shorter than the checkpoint, or holds what is no JSON', async () => {
    const log = join(folder, copyOfRun('log'), 'trials.jsonl');
    const lines = readFileSync(log, 'utf8').split('\n');
    writeFileSync(log, lines.slice(0, 7).join('\n'));
    await refused(resume('log'), /trials\.jsonl: expected at least 32 trials \(the checkpoint's\), got 7\n$/);
    writeFileSync(log, lines.with(4, '{"trial":').join('\n'));
    await refused(resume('log'), /trials\.jsonl:5: expected JSON, got: /);
  });

  it('are refused if the model is cut off, missing or of another version', async () => {
    const path = join(folder, copyOfRun('cut-model'), 'model.safetensors');
    writeFileSync(path, readFileSync(path).subarray(0, 2000));
    await refused(['evaluate', 'cut-model'], /cut-model\/model\.safetensors: expected .*, got .*\n$/);
    await refused(['view', 'cut-model', '--port', '0'], /cut-model\/model\.safetensors: expected .*, got .*\n$/);
    rmSync(path);
    await refused(
      ['evaluate', 'cut-model'],
      /expected a finished run with model\.safetensors, got none; go on with --res/,
    );
    const other = changed('model-version', 'model.safetensors', (f) => ({ ...f, metadata: { version: '99' } }));
    await refused(['evaluate', other], /model\.safetensors: expected a file of version 1, got 99\n$/);
  });

  it('of a benchmark are refused if they are damaged', async () => {
    await runJson(
      ['bench', 'transfer', '--preset', 'smoke', '--arms', 'depth-pca', '--seeds', '1', '--out', 'b'],
      here,
    );
    writeFileSync(join(folder, 'b', 'raw', 'unseen', 'depth-pca-s0.json'), '{ "key": ');
    await refused(
      ['bench', 'transfer', '--preset', 'smoke', '--arms', 'depth-pca', '--out', 'b'],
      /depth-pca-s0\.json: expected a result in JSON, got: .*; remove the file to measure it again\n$/,
    );
    const path = join(folder, 'b', 'raw', 'unseen', 'depth-pca-s0.json');
    writeFileSync(path, '{ "key": "of another benchmark" }');
    await refused(
      ['bench', 'transfer', '--preset', 'smoke', '--arms', 'depth-pca', '--out', 'b', '--report-only'],
      /depth-pca-s0\.json: expected a result of this very benchmark, got one of other settings or weights; .*\n$/,
    );
    rmSync(path);
    await refused(
      ['bench', 'transfer', '--preset', 'smoke', '--arms', 'depth-pca', '--out', 'b', '--report-only'],
      /b\/raw: expected results to report on, got none; measure some first, without --report-only\n$/,
    );
  });

  it('with an arm whose weights are not here are refused if it was asked for', async () => {
    await refused(
      ['bench', 'transfer', '--preset', 'smoke', '--arms', 'mobilenet', '--out', 'b'],
      /--arms: expected arms that can be measured here, got 'mobilenet': backbone 'mobilenet_v2_1\.0_224': expected one of /,
      { GRAFT_BACKBONES: '' },
    );
  });
});

describe('exit codes', () => {
  it('are 1 for work that fails on the way', async () => {
    const training = start(['train', 'quick', '--out', 'vanishing'], here);
    await training.until('a first trial', () => existsSync(join(folder, 'vanishing', 'trials.jsonl')));
    rmSync(join(folder, 'vanishing'), { recursive: true, maxRetries: 5 });
    expect(await training.done).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(/ENOENT.*vanish/) });
  });

  it('are 130 for an evaluation that is interrupted', async () => {
    const evaluation = start(['evaluate', 'random', '--trials', '100000', '--workers', '1'], here);
    await evaluation.until('progress', () => evaluation.stderr().includes('evaluate random: '));
    evaluation.signal('SIGINT');
    const { code, stdout, stderr } = await evaluation.done;
    expect(stderr).toMatch(/evaluation interrupted\n$/);
    expect({ code, stdout }).toEqual({ code: 130, stdout: '' });
  });
});
