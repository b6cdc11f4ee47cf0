import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parametersHash } from '../../../agent/backbones/own.ts';
import { ownTrunkOf } from '../../../agent/backbones/registry.ts';
import { type Engine, loadEngine } from '../../../agent/engine/engine.ts';
import type { Regime } from '../../../agent/learner/regimes.ts';
import { TECHNIQUE_NAMES } from '../../../agent/learner/techniques/registry.ts';
import type { Model } from '../../../agent/network/model.ts';
import { RUN_VERSION } from '../../../agent/policy/model-file.ts';
import { createScorer } from '../../../agent/policy/scorer.ts';
import { backboneOf, loadScenario, parseScenario } from '../../../scenarios/load.ts';
import { createRunFolder, loadModel, readRunConfig } from '../../../scenarios/run/run-folder.ts';
import { EVENT_FILE } from '../../../scenarios/run/scalars.ts';
import { type TrainOutcome, train } from '../../../scenarios/run/train.ts';
import type { Scenario } from '../../../scenarios/schema/schema.ts';
import { Interrupted } from '../../../scenarios/terminal/interrupted.ts';
import { NODE_HOST } from '../../../scenarios/trials/node-host.ts';
import { JobRunner } from '../../../scenarios/trials/runner.ts';
import { sceneAndView } from '../../../scenarios/trials/scene.ts';
import type { TrialPool } from '../../../scenarios/workers/pool.ts';
import { loadPhysics } from '../../../sim/physics.ts';
import { localPool, rememberingPool } from '../../support/learner/experience.ts';
import { writeLayerNetwork } from '../../support/learner/networks.ts';
import { temporaryFolder } from '../../support/process/cli.ts';

const folder = temporaryFolder();
let engine: Engine;
/** Shared: a run that is interrupted or gone on with asks for the jobs of the whole one again, bit for bit, or fails. */
let pool: TrialPool;

beforeAll(async () => {
  [engine] = await Promise.all([loadEngine(), loadPhysics()]);
  pool = rememberingPool(localPool(new JobRunner(engine, NODE_HOST)));
});
afterAll(() => pool.close());

/** Short runs, on a small trunk, that meet everything: standardisation, exploration by scores, several stages of unfreezing. */
const scenarioWith = (learner: string, trials = 32): Scenario =>
  parseScenario(
    `training: { trials: ${trials}, scenesPerRound: 2, graspsPerScene: 4, warmupTrials: 16 }
action: { angles: 4, depths: [0.035] }
learner:
  { backbone: grasp-passive, ${learner}, batchSize: 16, updatesPerTrial: 0.5, endToEnd: { batchSize: 4, updatesPerTrial: 0.5, unfreezeEvery: 8 } }`,
    'test',
  );

/** Trains in a run folder. @param stopAfter trials, after which the run is interrupted and then gone on with. */
async function trained(name: string, scenario: Scenario, stopAfter?: number): Promise<TrainOutcome> {
  const { arm } = scenario.learner;
  const backbone = await backboneOf(scenario, [arm]);
  const [run, seed, trials] = [join(folder, name), 3, scenario.training.trials];
  createRunFolder(run, {
    ...{ version: RUN_VERSION, scenarioName: 'test', scenario, seed, arm },
    ...{ backbone: backbone.name, backboneHash: backbone.hash, engine: engine.name, physics: '' },
  });
  const options = { engine, pool, scenario, arm, seed, trials, backbone, folder: run };
  if (stopAfter === undefined) return train(options);
  const stop = new AbortController();
  const onRound = (done: number): void => void (done >= stopAfter && stop.abort());
  await expect(train({ ...options, signal: stop.signal, onRound })).rejects.toThrow(Interrupted);
  return train({ ...options, scenario: readRunConfig(run).scenario, resume: true });
}

it('a training whose loss is no number ends, and saves nothing that came of it', async () => {
  const sound = scenarioWith('arm: scratch');
  // no scenario file may say so
  const scenario = {
    ...sound,
    learner: { ...sound.learner, endToEnd: { ...sound.learner.endToEnd, learningRate: 1e38 } },
  };
  await expect(trained('diverged', scenario)).rejects.toThrow(
    /^training: expected a finite loss, got (NaN|Infinity) after \d+ trials$/,
  );
  expect(existsSync(join(folder, 'diverged', 'model.safetensors'))).toBe(false);
});

/** Logits of a model on one scene. */
function scores(model: Model, scenario: Scenario): Float32Array {
  const trunk = ownTrunkOf(engine.tf, model);
  const scorer = createScorer(engine.tf, trunk, model);
  const { heightmap } = sceneAndView(scenario, 0, 'evaluation', 1).observation;
  const { logits } = scorer.score(heightmap, scenario.action);
  scorer.dispose();
  trunk.dispose();
  return logits;
}

describe('a training', () => {
  it.each([
    ...TECHNIQUE_NAMES.map((technique) => `technique: ${technique}`),
    'arm: equivariant',
    'arm: equivariant, width: 0.5',
    'arm: scratch, width: 0.5',
    'arm: scratch, prior: antipodal',
  ])(
    'with %s goes on after an interruption to the same log, scalars and weights, and its saved policy scores the same',
    async (learner) => {
      const scenario = scenarioWith(learner);
      const name = learner.replace(/\W+/g, '-');
      const whole = await trained(`${name}-whole`, scenario);
      const resumed = await trained(`${name}-resumed`, scenario, 24);
      const { weightsHash, logHash, backboneHash, updates } = whole;
      const still = learner === 'technique: none';
      expect(updates > 10).toBe(!still);
      expect(resumed).toMatchObject({ weightsHash, logHash, backboneHash });
      const scalars = (run: string): Buffer => readFileSync(join(folder, `${name}-${run}`, EVENT_FILE));
      expect(scalars('resumed').equals(scalars('whole'))).toBe(true);
      expect(scalars('whole').includes('train/loss')).toBe(!still);
      const { model } = loadModel(join(folder, `${name}-resumed`));
      expect(parametersHash({ ...model.trunk, ...model.head })).toBe(
        parametersHash({ ...whole.model.trunk, ...whole.model.head }),
      );
      const logits = scores(whole.model, scenario);
      expect(scores(model, scenario)).toEqual(logits);
      expect(logits.some((l) => l !== logits[0])).toBe(true);
    },
  );
});

describe('learner.prior', () => {
  const primed = (arm: string) => scenarioWith(`arm: ${arm}, prior: antipodal`, 16);

  it('chooses from the first trial on, by what is stored with the policy', async () => {
    const { records, model } = await trained('primed', primed('scratch'));
    // all but the random share
    expect(records.filter(({ probability }) => probability !== null).length).toBeGreaterThan(8);
    expect(model.architecture).toMatchObject({ prior: 'antipodal' });
    expect(loadModel(join(folder, 'primed')).model.architecture).toEqual(model.architecture);
    const plain = await trained('unprimed', scenarioWith('arm: scratch', 16));
    expect(plain.records.every(({ probability }) => probability === null)).toBe(true);
  });

  it('is refused for a pretrained network, and for a cup', async () => {
    await expect(backboneOf(primed('pretrained'), ['pretrained'])).rejects.toThrow(
      "learner.prior: expected an arm whose network is random, which knows nothing else before its first trial, got 'pretrained'",
    );
    const cup = { ...primed('scratch'), gripper: loadScenario('suction').scenario.gripper };
    await expect(backboneOf(cup, ['scratch'])).rejects.toThrow(
      "learner.prior: expected a gripper of kind 'jaws', whose edges it judges, got 'suction'",
    );
  });
});

describe('learner.technique', () => {
  it.each([
    ['pretrained', 'full', 'finetuned'],
    ['finetuned', 'head', 'pretrained'],
    ['scratch', 'head', 'random'],
    ['random', 'full', 'scratch'],
  ] as const)('makes arm %s with technique %s the same as arm %s', async (arm: Regime, technique, other: Regime) => {
    const explicit = await trained(`${arm}-as-${other}`, scenarioWith(`arm: ${arm}, technique: ${technique}`, 20));
    const shorthand = await trained(`${other}-itself`, scenarioWith(`arm: ${other}`, 20));
    expect(explicit.updates).toBeGreaterThan(0);
    expect(explicit.weightsHash).toBe(shorthand.weightsHash);
  });

  it('is refused for a foreign network unless it is head', async () => {
    const path = writeLayerNetwork(folder, 'tiny');
    const { scenario } = loadScenario('quick');
    const foreign = (technique: (typeof TECHNIQUE_NAMES)[number]): Scenario => ({
      ...scenario,
      learner: { ...scenario.learner, backbone: path, technique },
    });
    expect((await backboneOf(foreign('head'), ['pretrained'])).name).toBe('tiny');
    await expect(backboneOf(foreign('none'), ['pretrained'])).rejects.toThrow(
      "learner.technique 'none': expected a backbone that was pretrained on grasps with a gripper of kind 'jaws', read at its own taps, got 'tiny', which has no head",
    );
    for (const technique of TECHNIQUE_NAMES.filter((t) => t !== 'head' && t !== 'none'))
      await expect(backboneOf(foreign(technique), ['pretrained'])).rejects.toThrow(
        `learner.technique '${technique}': expected one of graft's own trunks as learner.backbone, got the foreign network 'tiny', which can only be used frozen, by arm 'pretrained' with technique 'head'`,
      );
  });

  it('is one of a list', () => {
    const names = TECHNIQUE_NAMES.map((name) => `"${name}"`).join('|');
    expect(() => parseScenario('learner:\n  technique: half', 'a.yaml')).toThrow(
      new RegExp(`a.yaml:2: learner.technique: .*${names.replaceAll('|', '\\|')}, got "half"`),
    );
  });
});
