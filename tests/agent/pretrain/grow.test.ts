import { beforeAll, describe, expect, it } from 'vitest';
import { loadBackbone } from '../../../agent/backbones/own.ts';
import { type Engine, loadEngine } from '../../../agent/engine/engine.ts';
import { probeBatch } from '../../../agent/pretrain/answers.ts';
import { growFrom } from '../../../agent/pretrain/grow.ts';
import { pretrainStep } from '../../../agent/pretrain/pretrain.ts';
import { createPretraining, type PretrainSettings } from '../../../agent/pretrain/pretraining.ts';
import type { SourceScene } from '../../../agent/pretrain/source-data.ts';
import { TRUNK_SIZES, type TrunkSize } from '../../../agent/pretrain/trunk-sizes.ts';
import { runSourceJob } from '../../../scenarios/experiments/pretrain/source-job.ts';
import { loadPhysics } from '../../../sim/physics.ts';

let engine: Engine;
let scenes: SourceScene[];

beforeAll(async () => {
  [engine] = await Promise.all([loadEngine(), loadPhysics()]);
  scenes = runSourceJob(engine, { seed: 5, hand: 'jaws', split: 'training', first: 0, count: 4, grasps: 4 });
}, 600_000);

const settings = (size: TrunkSize): PretrainSettings => ({
  ...{ source: 'grasp', hand: 'jaws', frozen: false, layers: TRUNK_SIZES[size], seed: 1, batchSize: 8, questions: 1 },
  ...{ learningRate: 1e-2, weightDecay: 1e-3, steps: 100 },
});

/** A pretraining of a size that begins where the shipped weights ended. */
function grown(size: TrunkSize) {
  const state = createPretraining(settings(size));
  growFrom(state, loadBackbone('grasp-passive'));
  return state;
}

describe('a pretraining that grows', () => {
  it('answers as the smaller network does, and learns with what is new', async () => {
    const logits = (size: TrunkSize): Float32Array =>
      probeBatch(engine.tf, grown(size), scenes, settings(size), 0).logits;
    const [small, wide] = [logits('small'), logits('wide')];
    expect(Math.max(...small) - Math.min(...small)).toBeGreaterThan(0.5);
    wide.forEach((logit, i) => {
      expect(logit).toBeCloseTo(small[i], 3);
    });
    const state = grown('wide');
    for (let i = 0; i < 3; i++) await pretrainStep(engine.tf, state, scenes, settings('wide'));
    const fresh = state.parameters['head/hidden/kernel'];
    // the last tap's new channels
    const [length, units] = fresh.shape;
    expect(fresh.values.subarray((length - 1) * units).some((w) => w !== 0)).toBe(true);
  });

  it('says so if the head has other units', () => {
    const backbone = loadBackbone('grasp-passive');
    const parameters = {
      ...backbone.heads.jaws!.parameters,
      'head/hidden/bias': { shape: [8], values: new Float32Array(8) },
    };
    const other = { ...backbone, heads: { jaws: { ...backbone.heads.jaws!, parameters } } };
    expect(() => growFrom(createPretraining(settings('wide')), other)).toThrow(
      'head: expected 256 hidden units, got 8',
    );
  });

  it('says so if the network is narrower or of other strides', () => {
    const large = loadBackbone('grasp-passive');
    const narrow = TRUNK_SIZES.small.map((layer) => ({ ...layer, outputs: 8 }));
    const state = createPretraining({ ...settings('small'), layers: narrow });
    expect(() => growFrom(state, large)).toThrow(
      "backbone 'grasp-passive': expected layers that fit into 8* 8/ 8* 8/ 8 8*, got 16* 24/ 24* 48/ 48 48*",
    );
  });
});
