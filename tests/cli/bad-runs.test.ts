import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeTensors, encodeTensors, type TensorFile } from '../../agent/network/safetensors.ts';
import { refusalsIn, runJson, snapshot, temporaryFolder } from '../support/process/cli.ts';
import { start } from '../support/process/program.ts';

const folder = temporaryFolder();
const here = { cwd: folder };
const refused = refusalsIn(folder);

/** Seconds of training and evaluation, with learned weights at the end. */
const TINY = `
training: { trials: 16, warmupTrials: 8, scenesPerRound: 4 }
evaluation: { trials: 1 }
action: { angles: 4 }
learner: { backbone: grasp-passive, batchSize: 16, updatesPerTrial: 0.5 }
`;

beforeAll(async () => {
  writeFileSync(join(folder, 'tiny.yaml'), TINY);
  writeFileSync(join(folder, 'file'), 'no folder\n');
  await runJson(['train', 'tiny.yaml', '--out', 'finished', '--workers', '1'], here);
});

/** A copy of the finished run, to damage. */
function copyOfRun(name: string): string {
  cpSync(join(folder, 'finished'), join(folder, name), { recursive: true });
  return name;
}

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
    const args = ['train', 'tiny.yaml', '--trials', '2', '--workers', '1'];
    const first = await runJson<{ out: string }>(args, here);
    const before = snapshot(first.out);
    const second = await runJson<{ out: string }>(args, here);
    expect([first.out, second.out]).toEqual(['', '-2'].map((n) => join(folder, 'runs', `tiny-pretrained-s0${n}`)));
    expect(snapshot(first.out)).toEqual(before);
    rmSync(join(folder, 'runs'), { recursive: true });
  });
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
    await refused(
      ['view', 'nowhere'],
      /^nowhere: expected the folder of a run \(with run\.json\), a race .*, got nothing there\n$/,
    );
    await refused(['view'], /^view: expected a finished run under runs\/, got none; start one with npm start\n$/);
    await refused(
      ['evaluate', 'file'],
      /^policy 'file': expected one of .*, a run folder or a model.safetensors, got neither\n$/,
    );
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

  it('of another depth count than a run is refused for its policy', async () => {
    writeFileSync(join(folder, 'depths.yaml'), 'action: { depths: [0.02, 0.03, 0.04] }\n');
    await refused(
      ['evaluate', 'finished', '--scenario', 'depths.yaml'],
      /^scenario 'depths': expected \d combinations of action.depths and action.openings \(the policy's own\), got 3\n$/,
    );
  });
});

describe('the files of a run', () => {
  /** A copy of the run without the checkpoint before the last, which would be gone on with. */
  const withOneCheckpoint = (name: string): string => {
    const copy = copyOfRun(name);
    rmSync(join(folder, copy, 'checkpoint-before.safetensors'), { force: true });
    return copy;
  };

  /** Writes a copy of the run with one of its tensor files changed. */
  const changed = (name: string, file: string, change: (file: TensorFile) => TensorFile): string => {
    const path = join(folder, withOneCheckpoint(name), file);
    writeFileSync(path, encodeTensors(change(decodeTensors(readFileSync(path), path))));
    return name;
  };
  const metadata = (name: string, entry: Record<string, string>): string =>
    changed(name, 'checkpoint.safetensors', (f) => ({ ...f, metadata: { ...f.metadata, ...entry } }));
  const resume = (name: string): string[] => ['train', '--resume', '--out', name];

  it('are refused if the checkpoint is cut off', async () => {
    const path = join(folder, withOneCheckpoint('cut-checkpoint'), 'checkpoint.safetensors');
    const whole = readFileSync(path);
    for (const length of [0, 100, whole.length - 1]) {
      writeFileSync(path, whole.subarray(0, length));
      await refused(
        resume('cut-checkpoint'),
        /cut-checkpoint\/checkpoint\.safetensors: expected .*, got .*; without \S+ it begins anew\n$/,
      );
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
    const edited = /checkpoint\.safetensors: expected a checkpoint as it was written, got one that was changed since; /;
    await refused(resume(lacking), edited);
    const short = changed('short', 'checkpoint.safetensors', ({ metadata: m, parameters }) => {
      const [name, first] = Object.entries(parameters).find(([k]) => k.startsWith('first/'))!;
      return { metadata: m, parameters: { ...parameters, [name]: { shape: [3], values: first.values.slice(0, 3) } } };
    });
    await refused(resume(short), edited);
  });

  it('are refused if the checkpoint is of another version, or counts no trials', async () => {
    const version = metadata('checkpoint-version', { version: '99' });
    await refused(resume(version), /checkpoint\.safetensors: expected a file of version 1, got 99; /);
    const uncounted = metadata('uncounted', { trials: 'many' });
    await refused(
      resume(uncounted),
      /checkpoint\.safetensors: expected a checkpoint as it was written, got one that was changed since; /,
    );
  });

  it('are refused if the log is shorter than the checkpoint, or holds what is no JSON', async () => {
    const log = join(folder, withOneCheckpoint('log'), 'trials.jsonl');
    const lines = readFileSync(log, 'utf8').split('\n');
    writeFileSync(log, lines.slice(0, 7).join('\n'));
    await refused(resume('log'), /trials\.jsonl: expected at least 16 trials \(the checkpoint's\), got 7; /);
    writeFileSync(log, lines.with(4, '{"trial":').join('\n'));
    await refused(
      resume('log'),
      /trials\.jsonl: expected a log with hash [0-9a-f]{64} \(the checkpoint's\), got [0-9a-f]{64}; /,
    );
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
      ['bench', 'transfer', '--preset', 'smoke', '--arms', 'depth-pca', '--seeds', '1', '--out', 'b', '--workers', '1'],
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
    const training = start(['train', 'tiny.yaml', '--trials', '4000', '--out', 'vanishing', '--workers', '1'], here);
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
