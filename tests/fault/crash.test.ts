import { appendFileSync, cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { decodeTensors } from '../../agent/network/safetensors.ts';
import type { TrainingJson } from '../../scenarios/run/conclude.ts';
import { run, runJson, temporaryFolder } from '../support/process/cli.ts';
import { start } from '../support/process/program.ts';

const folder = temporaryFolder();
const here = { cwd: folder };
const inRun = (name: string, file: string): string => join(folder, name, file);
const trials = (name: string): number => readFileSync(inRun(name, 'trials.jsonl'), 'utf8').split('\n').length - 1;

function savedTrials(name: string): number {
  const path = inRun(name, 'checkpoint.safetensors');
  return Number(decodeTensors(readFileSync(path), path).metadata.trials);
}

/** A checkpoint or two on the way, and some rounds after it. */
const TRIALS = 64;
const train = (name: string, workers = '1'): string[] => [
  ...['train', 'short.yaml', '--trials', String(TRIALS), '--out', name, '--workers', workers],
];

/** Rounds of 16 trials that cost little: few scenes, few angles, one depth, a small trunk, small batches. */
const SCENARIO = `
training: { scenesPerRound: 2, graspsPerScene: 8, warmupTrials: 16 }
evaluation: { trials: 2 }
action: { angles: 4, depths: [0.035] }
learner: { backbone: grasp-passive, batchSize: 16, updatesPerTrial: 0.5 }
`;

let undisturbed: TrainingJson;

/** Goes on with a run and expects what the undisturbed one got. */
async function expectSameAfterResume(name: string, workers: string): Promise<void> {
  const resumed = await runJson<TrainingJson>(['train', '--resume', '--out', name, '--workers', workers], here);
  const { trials: count, weightsHash, logHash, backboneHash } = undisturbed;
  expect(resumed).toMatchObject({ trials: count, weightsHash, logHash, backboneHash });
  const log = (run: string): string => readFileSync(inRun(run, 'trials.jsonl'), 'utf8');
  expect(log(name)).toBe(log('undisturbed'));
  const { success, reasons } = undisturbed.final;
  expect(resumed.final).toMatchObject({ success, reasons });
  for (const file of ['model.safetensors', 'checkpoint.safetensors']) {
    expect(readFileSync(inRun(name, file)).equals(readFileSync(inRun('undisturbed', file))), file).toBe(true);
  }
}

beforeAll(async () => {
  writeFileSync(join(folder, 'short.yaml'), SCENARIO);
  writeFileSync(join(folder, 'judged.yaml'), SCENARIO.replace('trials: 2', 'trials: 16'));
  undisturbed = await runJson(train('undisturbed'), here);
  expect(undisturbed.trials).toBe(TRIALS);
});

describe('a training that is killed', () => {
  beforeAll(async () => {
    const training = start(train('killed'), here);
    await training.until('a checkpoint', () => existsSync(inRun('killed', 'checkpoint.safetensors')));
    training.signal('SIGKILL');
    expect(await training.done).toMatchObject({ code: null });
    cpSync(join(folder, 'killed'), join(folder, 'early'), { recursive: true });
  });

  it('has a checkpoint, and no result', () => {
    expect(savedTrials('killed')).toBeGreaterThan(0);
    expect(savedTrials('killed')).toBeLessThan(TRIALS);
    expect(trials('killed')).toBeLessThanOrEqual(TRIALS);
    expect(existsSync(inRun('killed', 'model.safetensors'))).toBe(false);
  });

  it('goes on to the same log and weights, though half a line ends its log, with another number of workers', async () => {
    appendFileSync(inRun('killed', 'trials.jsonl'), '{"trial":64,"scene":32,"fam');
    writeFileSync(inRun('killed', 'checkpoint.safetensors.partial'), 'half a check');
    await expectSameAfterResume('killed', '2');
    expect(existsSync(inRun('killed', 'checkpoint.safetensors.partial'))).toBe(false);
  });

  it('starts again if there was no checkpoint yet', async () => {
    rmSync(inRun('early', 'checkpoint.safetensors'));
    await runJson(['train', '--resume', '--out', 'early', '--trials', '32', '--workers', '1'], here);
    const log = (name: string): string[] => readFileSync(inRun(name, 'trials.jsonl'), 'utf8').split('\n');
    expect(log('early')).toEqual([...log('undisturbed').slice(0, 32), '']);
  });
});

describe('a training', () => {
  it('is alone in its folder, and survives that nobody listens any more', async () => {
    const training = start(train('alone'), here);
    await training.until('a first round', () => existsSync(inRun('alone', 'trials.jsonl')));
    training.closeStderr();
    const other = await run(['train', '--resume', '--out', 'alone', '--workers', '1'], here);
    expect(other).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/alone: expected a folder that nobody works on/),
    });
    expect(await training.done).toMatchObject({ code: 0 });
    expect(existsSync(inRun('alone', 'run.lock'))).toBe(false);
    expect(
      readFileSync(inRun('alone', 'model.safetensors')).equals(readFileSync(inRun('undisturbed', 'model.safetensors'))),
    ).toBe(true);
  });

  it('whose folder is taken away says so in a line', async () => {
    const training = start(train('gone'), here);
    await training.until('a first round', () => existsSync(inRun('gone', 'trials.jsonl')));
    rmSync(join(folder, 'gone'), { recursive: true });
    const { code, stderr } = await training.done;
    expect(code).toBe(1);
    expect(stderr).toMatch(/gone.*: expected a file that can be written, got: ENOENT/);
    expect(stderr).not.toMatch(/^ +at /m);
  });

  it('plays no evaluation twice', async () => {
    const training = start(['train', 'judged.yaml', '--trials', '8', '--out', 'judged', '--workers', '1'], here);
    const log = inRun('judged', 'evaluating/depth-pca.jsonl');
    const lines = (): string[] => readFileSync(log, 'utf8').trim().split('\n');
    await training.until('some of an evaluation', () => existsSync(log) && lines().length > 2);
    training.signal('SIGKILL');
    await training.done;
    expect(lines().length).toBeLessThan(16);
    const resumed = await run(['train', '--resume', '--out', 'judged', '--workers', '2', '--json'], here);
    const whole = await runJson<TrainingJson>(
      ['train', 'judged.yaml', '--trials', '8', '--out', 'whole', '--workers', '1'],
      here,
    );
    const { baselines, final } = JSON.parse(resumed.stdout) as TrainingJson;
    expect(baselines).toEqual(whole.baselines);
    expect({ ...final, seconds: 0 }).toEqual({ ...whole.final, seconds: 0 });
    expect(existsSync(inRun('judged', 'evaluating'))).toBe(false);
  });
});

describe('a training that is interrupted', () => {
  it.each(['SIGHUP', 'SIGTERM'] as const)('by %s saves', async (signal) => {
    const training = start(train(signal, '1'), here);
    await training.until('a first round', () => existsSync(inRun(signal, 'trials.jsonl')));
    training.signal(signal);
    expect(await training.done).toMatchObject({ code: 130, stdout: '' });
    expect(savedTrials(signal)).toBe(trials(signal));
    expect(trials(signal)).toBeGreaterThan(0);
  });

  it('saves, says so, exits with 130, and goes on to the same log and weights', async () => {
    const training = start(train('stopped', '2'), here);
    await training.until('a first round', () => existsSync(inRun('stopped', 'trials.jsonl')));
    training.signal('SIGINT');
    const { code, stdout, stderr } = await training.done;
    expect({ code, stdout }).toEqual({ code: 130, stdout: '' });
    const [, done] = /interrupted: saving [\s\S]*training interrupted after (\d+) trials/.exec(stderr)!;
    expect(stderr).not.toMatch(/^ +at /m);
    expect([savedTrials('stopped'), trials('stopped')]).toEqual([Number(done), Number(done)]);
    expect(Number(done)).toBeLessThan(TRIALS);

    // finished runs are refused elsewhere: an unfinished one has no policy to show yet
    const evaluation = await run(['evaluate', 'stopped'], here);
    expect(evaluation).toMatchObject({ code: 2, stderr: expect.stringContaining('go on with --resume') });
    await expectSameAfterResume('stopped', '1');
  });

  it('ends at once when interrupted twice, and leaves what can be gone on with', async () => {
    const training = start(train('hurried'), here);
    await training.until('a first round', () => existsSync(inRun('hurried', 'trials.jsonl')));
    training.signal('SIGINT');
    await training.until('the answer', () => training.stderr().includes('again to stop at once'));
    training.signal('SIGINT');
    expect(await training.done).toMatchObject({ code: 130, stdout: '' });
  });
});
