import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadBackbone } from '../../../agent/backbones/own.ts';
import { createLearner, untrained } from '../../../agent/learner/learner.ts';
import { RUN_VERSION } from '../../../agent/policy/model-file.ts';
import { loadScenario } from '../../../scenarios/load.ts';
import {
  appendTrials,
  checkLog,
  createRunFolder,
  isRun,
  LogHash,
  loadModel,
  logHash,
  modelPath,
  type RunConfig,
  readRunConfig,
  readTrials,
  saveModel,
} from '../../../scenarios/run/run-folder.ts';
import { learnerPlan } from '../../../scenarios/training/learner-plan.ts';
import type { TrialRecord } from '../../../scenarios/trials/job.ts';
import { temporaryFolder } from '../../support/process/cli.ts';

const { name: scenarioName, scenario } = loadScenario('quick');
const backbone = loadBackbone('passive');
const plan = learnerPlan(scenario, 'pretrained', backbone, 3);
const config: RunConfig = {
  version: RUN_VERSION,
  ...{ scenarioName, scenario, seed: 3, arm: 'pretrained', backbone: 'passive', backboneHash: backbone.hash },
  ...{ engine: 'wasm', physics: 'test' },
};

const base = temporaryFolder();
let count = 0;
/** A new run. */
function newRun(): string {
  const folder = join(base, `run-${count++}`);
  createRunFolder(folder, config);
  return folder;
}

const record = (trial: number): TrialRecord => ({
  ...{ trial, scene: trial, families: ['box'], position: [0, 0, trial / 8], yaw: 0.5, probability: null },
  ...{ action: { cell: 4, angle: 1, depth: 0 }, outcome: 'held', gap: 0.02, rise: 0.15, stateHash: 'a' },
});
const log = [0, 1, 2, 3].map(record);

describe('a run folder', () => {
  it('tells what the run is, and is never made twice', () => {
    const folder = newRun();
    expect(isRun(folder)).toBe(true);
    expect(isRun(base)).toBe(false);
    expect(readRunConfig(folder)).toEqual(config);
    expect(() => createRunFolder(folder, config)).toThrow('expected a folder that does not exist yet');
  });

  it('is refused without a configuration, or with one that is damaged or of another version', () => {
    expect(() => readRunConfig(base)).toThrow(`${base}: expected a run folder with run.json, got none`);
    const folder = newRun();
    const damage = (text: string) => writeFileSync(join(folder, 'run.json'), text);
    damage('{');
    expect(() => readRunConfig(folder)).toThrow('run.json: expected JSON, got:');
    damage(JSON.stringify({ ...config, version: 99 }));
    expect(() => readRunConfig(folder)).toThrow(`expected a run of version ${RUN_VERSION}, got 99`);
    damage(JSON.stringify({ ...config, seed: -1 }));
    expect(() => readRunConfig(folder)).toThrow('expected a sound run configuration, got a damaged one: seed:');
  });

  it('keeps a log, which goes on behind a checkpoint', () => {
    const folder = newRun();
    expect(readTrials(folder)).toEqual([]);
    appendTrials(folder, log.slice(0, 3));
    appendTrials(folder, log.slice(3));
    expect(readTrials(folder)).toEqual(log);
    const bytes = readFileSync(join(folder, 'trials.jsonl'));
    expect(logHash(log)).toBe(createHash('sha256').update(bytes).digest('hex'));
    expect(readTrials(folder, 2)).toEqual(log.slice(0, 2));
    expect(readTrials(folder)).toEqual(log.slice(0, 2));
    expect(() => readTrials(folder, 3)).toThrow("expected at least 3 trials (the checkpoint's), got 2");
    writeFileSync(join(folder, 'trials.jsonl'), `${JSON.stringify(log[0])}\n{"tri\n`);
    expect(() => readTrials(folder)).toThrow('trials.jsonl:2: expected JSON, got:');
  });

  it('keeps the trained policy, whole or not at all', () => {
    const folder = newRun();
    const state = createLearner(plan);
    expect(() => loadModel(folder)).toThrow('expected a finished run with model.safetensors, got none');
    saveModel(folder, untrained(state), plan.shapeCount);
    expect(loadModel(folder).model.head).toEqual(state.head);
    expect(existsSync(`${modelPath(folder)}.partial`)).toBe(false);
    writeFileSync(modelPath(folder), readFileSync(modelPath(folder)).subarray(0, 1000));
    expect(() => loadModel(folder)).toThrow(`${modelPath(folder)}: expected`);
  });

  it('is made where nothing is, or what a crash left half written', () => {
    const folder = join(base, 'blank');
    mkdirSync(folder);
    writeFileSync(join(folder, 'run.json.partial'), '{"vers');
    createRunFolder(folder, config);
    expect(readRunConfig(folder)).toEqual(config);
  });

  it('has a log of trials in their order, nothing else', () => {
    const folder = newRun();
    for (const line of ['null', '42', JSON.stringify(record(1)), JSON.stringify({ ...record(0), outcome: 'flew' })]) {
      writeFileSync(join(folder, 'trials.jsonl'), `${line}\n`);
      expect(() => readTrials(folder), line).toThrow(/trials.jsonl:1: expected trial 0, got /);
    }
  });

  it('knows the log of a checkpoint from any other', () => {
    const folder = newRun();
    appendTrials(folder, log);
    const hash = new LogHash(log.slice(0, 2));
    checkLog(folder, 2, hash.digest());
    hash.add(log.slice(2));
    expect(hash.digest()).toBe(logHash(log));
    expect(() => checkLog(folder, 5, hash.digest())).toThrow('expected at least 5 trials');
    writeFileSync(
      join(folder, 'trials.jsonl'),
      readFileSync(join(folder, 'trials.jsonl'), 'utf8').replace('0.15', '0.16'),
    );
    expect(() => checkLog(folder, 2, logHash(log.slice(0, 2)))).toThrow(/trials.jsonl: expected a log with hash/);
  });

  it('that cannot be written is told by its name', () => {
    mkdirSync(join(base, 'file'), { recursive: true });
    writeFileSync(join(base, 'file', 'x'), '');
    const folder = join(base, 'file', 'x', 'run');
    expect(() => createRunFolder(folder, config)).toThrow(`${folder}: expected a folder that can be written, got:`);
  });
});
