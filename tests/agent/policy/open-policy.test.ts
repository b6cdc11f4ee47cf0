import { beforeAll, describe, expect, it } from 'vitest';
import { type Engine, loadEngine } from '../../../agent/engine/engine.ts';
import { decodeModel } from '../../../agent/policy/model-file.ts';
import { FIXED_POLICY_NAMES } from '../../../agent/policy/names.ts';
import { type OpenPolicy, openPolicy, type PolicyHost, type PolicySpec } from '../../../agent/policy/open-policy.ts';
import type { PolicyInput } from '../../../agent/policy/proposal.ts';
import { loadScenario } from '../../../scenarios/load.ts';
import { sceneAndView, trueState } from '../../../scenarios/trials/scene.ts';
import { rngStream } from '../../../sim/math/rng.ts';
import { loadPhysics } from '../../../sim/physics.ts';
import type { Scene } from '../../../sim/scene.ts';
import { drawnPolicy } from '../../support/learner/policies.ts';

const { scenario } = loadScenario('quick');
const { model } = decodeModel(drawnPolicy(), 'drawn');
const greedy: PolicySpec = { kind: 'greedy', key: 'drawn', model };
const explorer = (more: Partial<PolicySpec & { kind: 'explore' }> = {}): PolicySpec => ({
  ...{ kind: 'explore', key: 'drawn', model, scored: true, sameCell: false },
  exploration: { epsilon: 0, heuristicShare: 0, temperature: 1 },
  ...more,
});

let engine: Engine;
let host: PolicyHost;
let input: PolicyInput;
let scene: Scene;

beforeAll(async () => {
  [engine] = await Promise.all([loadEngine(), loadPhysics()]);
  host = { tf: engine.tf, openForeign: async () => undefined };
  const view = sceneAndView(scenario, 3, 'evaluation', 0);
  const { action, gripper } = scenario;
  input = { observation: view.observation, action, hand: gripper, rng: rngStream(0, 'test/policy') };
  scene = view.scene;
});

/** A policy's answers to the same question, asked over and over. */
const answers = ({ propose }: OpenPolicy, times: number, seed = 0) => {
  const rng = rngStream(seed, 'test/policy');
  return Array.from({ length: times }, () => propose({ ...input, rng })!);
};

describe('a policy', () => {
  it.each(FIXED_POLICY_NAMES)('named %s is opened without an engine, and proposes a grasp', async (name) => {
    const policy = await openPolicy({ kind: 'fixed', name }, { ...host, tf: undefined });
    const proposal = policy.propose(input, trueState(scenario, scene))!;
    expect(proposal.grasp.opening).toBeLessThanOrEqual(scenario.gripper.stroke);
    expect([proposal.probability, proposal.action, proposal.qMap]).toEqual([null, null, null]);
  });

  it('that is the oracle asks for the true state', async () => {
    const policy = await openPolicy({ kind: 'fixed', name: 'oracle' }, host);
    expect(() => policy.propose(input)).toThrow('oracle: expected the true state of the scene, got none');
  });

  it('that has learned asks for an engine', async () => {
    await expect(openPolicy(greedy, { ...host, tf: undefined })).rejects.toThrow('expected a tensor engine');
  });

  it('owns its tensors: none are left when it is disposed of', async () => {
    const before = engine.tf.memory().numTensors;
    const policy = await openPolicy(greedy, host);
    policy.propose(input);
    expect(engine.tf.memory().numTensors).toBeGreaterThan(before);
    policy.dispose();
    expect(engine.tf.memory().numTensors).toBe(before);
  });
});

describe('a greedy policy', () => {
  it('proposes the grasp that its Q map holds most likely, again and again', async () => {
    const policy = await openPolicy(greedy, host);
    const [first, second] = answers(policy, 2);
    const { logits } = first.qMap!;
    expect(first.probability).toBeCloseTo(1 / (1 + Math.exp(-Math.max(...logits))), 6);
    expect(second).toEqual(first);
    expect(second.qMap).toBe(first.qMap);
    policy.dispose();
  });
});

describe('an exploring policy', () => {
  it('stays with one member of the head while it looks at the same, and draws another for the next look', async () => {
    const policy = await openPolicy(explorer(), host);
    const maps = [0, 1, 2, 3, 4, 5].map((seed) => {
      const [first, second] = answers(policy, 2, seed).map((p) => p.qMap);
      expect(second).toBe(first);
      // the same frame as another object: looked at anew
      input = { ...input, observation: { ...input.observation } };
      return first!.logits.join();
    });
    expect(new Set(maps).size).toBeGreaterThan(1);
    expect(new Set(maps).size).toBeLessThanOrEqual(4);
    policy.dispose();
  });

  it('explores at one cell if it is told to', async () => {
    const policy = await openPolicy(explorer({ sameCell: true }), host);
    const actions = answers(policy, 6).map((p) => p.action!);
    expect(new Set(actions.map((a) => a.cell)).size).toBe(1);
    expect(new Set(actions.map((a) => a.angle)).size).toBeGreaterThan(1);
    policy.dispose();
  });

  it('predicts nothing while it warms up', async () => {
    const policy = await openPolicy(explorer({ scored: false }), host);
    const [{ probability, qMap, action }] = answers(policy, 1);
    expect([probability, qMap]).toEqual([null, null]);
    expect(action).not.toBeNull();
    policy.dispose();
  });
});
