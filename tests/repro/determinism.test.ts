import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadBackbone } from '../../agent/backbones/own.ts';
import { type Engine, loadEngine } from '../../agent/engine/engine.ts';
import type { Regime } from '../../agent/learner/regimes.ts';
import { RUN_VERSION } from '../../agent/policy/model-file.ts';
import { loadScenario } from '../../scenarios/load.ts';
import { parseOverride } from '../../scenarios/parse/overrides.ts';
import { evaluate } from '../../scenarios/run/evaluate.ts';
import { createRunFolder } from '../../scenarios/run/run-folder.ts';
import { type TrainOutcome, train } from '../../scenarios/run/train.ts';
import { createPool, type TrialPool } from '../../scenarios/workers/pool.ts';
import { temporaryFolder } from '../support/process/cli.ts';

const folder = temporaryFolder();
const SMALL = [
  ...['training.trials=24', 'training.scenesPerRound=4', 'training.warmupTrials=8', 'action.angles=4'],
  ...['action.depths=[0.035]', 'learner.backbone=grasp-passive'],
  ...['learner.batchSize=16', 'learner.updatesPerTrial=0.5'],
  ...['learner.endToEnd.batchSize=4', 'learner.endToEnd.updatesPerTrial=0.25'],
];
const { scenario } = loadScenario('quick', SMALL.map(parseOverride));
const backbone = loadBackbone(scenario.learner.backbone);

let engine: Engine;
let pools: Readonly<Record<1 | 2, TrialPool>>;

beforeAll(async () => {
  engine = await loadEngine();
  pools = { 1: createPool(1), 2: createPool(2) };
});

afterAll(async () => {
  await Promise.all(Object.values(pools).map((pool) => pool.close()));
});

interface Run extends TrainOutcome {
  readonly log: Buffer;
}

let runs = 0;

async function training(workers: 1 | 2, seed: number, arm: Regime, trials = scenario.training.trials): Promise<Run> {
  const run = join(folder, String(runs++));
  createRunFolder(run, {
    ...{ version: RUN_VERSION, scenarioName: 'quick', scenario, seed, arm },
    ...{ backbone: backbone.name, backboneHash: backbone.hash, engine: engine.name, physics: '' },
  });
  const outcome = await train({ engine, pool: pools[workers], scenario, arm, seed, trials, backbone, folder: run });
  return { ...outcome, log: readFileSync(join(run, 'trials.jsonl')) };
}

const hashes = ({ weightsHash, logHash, backboneHash, log }: Run) => ({ weightsHash, logHash, backboneHash, log });

describe('training', () => {
  it('gives the same log and weights for the same seed with 1 and 2 workers, and others for another seed', async () => {
    const one = await training(1, 7, 'pretrained');
    expect(one.records).toHaveLength(scenario.training.trials);
    expect(one.backboneHash).toBe(backbone.hash);
    expect(hashes(await training(2, 7, 'pretrained'))).toEqual(hashes(one));
    const other = await training(2, 8, 'pretrained');
    expect(other.logHash).not.toBe(one.logHash);
    expect(other.weightsHash).not.toBe(one.weightsHash);
    expect(other.backboneHash).toBe(one.backboneHash);

    const results = await Promise.all(
      ([1, 2] as const).map((workers) => {
        const policy = { kind: 'greedy', key: one.weightsHash, model: one.model } as const;
        return evaluate(pools[workers], { scenario, seed: 0, trials: 8, policy });
      }),
    );
    expect(results[1]).toEqual(results[0]);
  });

  it('end to end gives the same log and weights with 1 and 2 workers', async () => {
    const one = await training(1, 0, 'scratch', 16);
    expect(one.updates).toBeGreaterThan(0);
    expect(hashes(await training(2, 0, 'scratch', 16))).toEqual(hashes(one));
  });
});

describe('evaluation', () => {
  it('gives every policy the same scenes, whatever the number of workers, also from a later scene on', async () => {
    const options = { scenario, seed: 5, policy: { kind: 'fixed', name: 'antipodal' } } as const;
    const one = await evaluate(pools[1], { ...options, trials: 8 });
    expect(await evaluate(pools[2], { ...options, trials: 8 })).toEqual(one);
    const later = await evaluate(pools[2], { ...options, trials: 3, firstScene: 5 });
    const known = one.records.slice(5).map((record, trial) => ({ ...record, trial }));
    expect(later.records).toEqual(known);
    const random = await evaluate(pools[2], { ...options, trials: 8, policy: { kind: 'fixed', name: 'random' } });
    const scenes = ({ records }: typeof one) => records.map(({ scene, families }) => ({ scene, families }));
    expect(scenes(random)).toEqual(scenes(one));
    expect(random.records).not.toEqual(one.records);
  });
});
