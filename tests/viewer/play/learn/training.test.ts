import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadBackbone, WEIGHTS_FOLDER } from '../../../../agent/backbones/own.ts';
import { type Engine, loadEngine } from '../../../../agent/engine/engine.ts';
import type { Regime } from '../../../../agent/learner/regimes.ts';
import { decodeModel } from '../../../../agent/policy/model-file.ts';
import { parseScenario } from '../../../../scenarios/load.ts';
import { train } from '../../../../scenarios/run/train.ts';
import type { Scenario } from '../../../../scenarios/schema/schema.ts';
import { NODE_HOST } from '../../../../scenarios/trials/node-host.ts';
import { JobRunner } from '../../../../scenarios/trials/runner.ts';
import { loadPhysics } from '../../../../sim/physics.ts';
import type { Episode } from '../../../../sim/recording/episode.ts';
import type { TrialSummary } from '../../../../sim/recording/marks.ts';
import { type PageArm, TrainingSession } from '../../../../viewer/play/learn/training.ts';
import { localPool } from '../../../support/learner/experience.ts';

const ASKED = { seed: 5, trials: 20 };
const SHORT = `training: { scenesPerRound: 4, warmupTrials: 8 }
action: { angles: 4, depths: [0.035] }
learner: { batchSize: 16, endToEnd: { batchSize: 4, updatesPerTrial: 0.5 } }`;

let engine: Engine;

beforeAll(async () => {
  [engine] = await Promise.all([loadEngine(), loadPhysics()]);
});

const session = (): TrainingSession =>
  new TrainingSession(async (url) => readFileSync(`${WEIGHTS_FOLDER}${url.replace(/^.*\//, '')}`));

/** What `graft train` makes of the same. */
async function inNode(scenario: Scenario, arm: Regime): Promise<{ weightsHash: string; outcomes: string[] }> {
  const pool = localPool(new JobRunner(engine, NODE_HOST));
  const backbone = loadBackbone(scenario.learner.backbone);
  const { weightsHash, records } = await train({ engine, pool, scenario, arm, backbone, ...ASKED });
  return { weightsHash, outcomes: records.map((r) => r.outcome) };
}

/** Collects what a listener is told. */
function listener() {
  const trials: TrialSummary[] = [];
  const learned: number[] = [];
  const told = {
    onTrial: (trial: TrialSummary) => void trials.push(trial),
    onLearned: (n: number) => void learned.push(n),
  };
  return { told, trials, learned };
}

describe('a training in the page', () => {
  it.each<readonly [PageArm, Regime, string]>([
    ['pretrained', 'pretrained', SHORT],
    ['fresh-head', 'pretrained', SHORT.replace('learner: {', 'learner: { head: fresh,')],
    ['random', 'random', SHORT],
    ['scratch', 'scratch', SHORT],
    ['equivariant', 'equivariant', SHORT],
  ])('makes the weights of graft train: arm %s', async (pageArm, arm, text) => {
    const node = await inNode(parseScenario(text, 'node'), arm);
    const [page, { told, trials, learned }] = [session(), listener()];
    expect(await page.train({ scenario: parseScenario(SHORT, 'page'), arm: pageArm, ...ASKED }, told)).toBe(true);
    const { bytes, hash, trials: done } = page.weights();
    expect([hash, done]).toEqual([node.weightsHash, ASKED.trials]);
    expect(trials.map((t) => t.outcome)).toEqual(node.outcomes);
    expect(learned).toEqual([8, 16, 20]);
    expect(decodeModel(bytes, 'model').shapeCount).toBe(parseScenario(SHORT, 'page').action.depths.length);
  });

  it('may be held and watched, and makes the same weights', async () => {
    const scenario = parseScenario(SHORT, 'page');
    const node = await inNode(scenario, 'pretrained');
    const [page, { told, trials }] = [session(), listener()];
    let atPause = 0;
    const onTrial = (trial: TrialSummary): void => {
      told.onTrial(trial);
      if (trial.trial !== 4) return;
      page.pause();
      setTimeout(() => {
        atPause = trials.length;
        page.goOn();
      }, 1500);
    };
    const shown: Episode[] = [];
    const onEpisode = (episode: Episode): void => void shown.push(episode);
    page.watch();
    expect(await page.train({ scenario, arm: 'pretrained', ...ASKED }, { ...told, onTrial, onEpisode })).toBe(true);
    expect(shown.map(({ trial, outcome }) => [trial, outcome])).toEqual([[1, node.outcomes[1]]]);
    // the grasps of the scene that ran are tried to the end
    expect(atPause).toBe(6);
    expect(page.weights().hash).toBe(node.weightsHash);
  });

  it('keeps the weights of its latest round when it is stopped', async () => {
    const scenario = parseScenario(SHORT, 'page');
    const [page, { told }] = [session(), listener()];
    const onTrial = ({ trial }: TrialSummary): void => void (trial === 10 && page.stop());
    expect(await page.train({ scenario, arm: 'pretrained', ...ASKED }, { ...told, onTrial })).toBe(false);
    expect(page.weights().trials).toBe(8);
  });

  it('says what a page cannot: other trunks, more trials than fit', async () => {
    const page = session();
    expect(() => page.weights()).toThrow('training: expected one to have begun, got none');
    const ask = (text: string, trials: number, arm: PageArm = 'pretrained') =>
      page.train({ scenario: parseScenario(text, 'page'), arm, seed: 0, trials }, listener().told);
    await expect(ask('learner: { backbone: passive }', 1)).rejects.toThrow(
      "learner.backbone: expected grasp-wide, which came with this page, got 'passive'; train it with graft train",
    );
    await expect(ask('', 1e9)).rejects.toThrow(/^trials: expected at most \d+ of this learner, which keeps \d+ kB/);
    await expect(ask('gripper: { kind: suction }\nlearner: { head: initialised }', 1, 'random')).rejects.toThrow(
      "arm 'random': expected learner.head 'auto' or 'fresh'",
    );
  });
});
