/** Section `learner`: what learns, from which start, how fast. */
import { z } from 'zod';
import { HEAD_INITS, REGIME_NAMES, type Regime } from '../../agent/learner/regimes.ts';
import { DRAWS } from '../../agent/learner/replay.ts';
import { LEARNER_DEFAULTS } from '../../agent/learner/settings.ts';
import { TECHNIQUE_NAMES } from '../../agent/learner/techniques/registry.ts';
import { PRIORS } from '../../agent/network/architecture.ts';
import { count } from './values.ts';

const rates = {
  learningRate: z.number().min(1e-6).max(1).default(LEARNER_DEFAULTS.learningRate),
  weightDecay: z.number().min(0).max(1).default(LEARNER_DEFAULTS.weightDecay),
  batchSize: count(1, 1024).default(LEARNER_DEFAULTS.batchSize),
  updatesPerTrial: z.number().min(0).max(100).default(LEARNER_DEFAULTS.updatesPerTrial),
};

/** Schema of `learner`. */
export const learner = z.strictObject({
  arm: z
    .enum(REGIME_NAMES as [Regime, ...Regime[]])
    .default('pretrained')
    .describe('what the learner starts from and may change'),
  technique: z
    .enum(TECHNIQUE_NAMES)
    .optional()
    .describe("what of the network learns; the arm's own choice if left out"),
  width: z
    .number()
    .min(0.25)
    .max(8)
    .default(LEARNER_DEFAULTS.width)
    .describe("factor on every layer's outputs; for arms 'random', 'scratch' and 'equivariant'"),
  backbone: z
    .string()
    .min(1)
    .default('grasp-wide')
    .describe(
      'pretrained trunk: a name that `graft backbones` lists, or the path of a model card or .safetensors file',
    ),
  taps: z
    .array(z.string().min(1))
    .min(1)
    .max(16)
    .optional()
    .describe("layers of the trunk that the head reads; the model card's if left out"),
  replay: z
    .enum(DRAWS)
    .default(LEARNER_DEFAULTS.replay)
    .describe('how batches are drawn: uniformly, as many held as failed, or half of them recent failures'),
  head: z
    .enum(HEAD_INITS)
    .default(LEARNER_DEFAULTS.head)
    .describe(
      'what the head begins with: nothing, what was pretrained along with the trunk, or the latter where there is such',
    ),
  prior: z
    .enum(PRIORS)
    .optional()
    .describe(
      'what the logits of a random network are added to: the antipodal score of its edges; for jaws, and nothing if left out',
    ),
  headAnchor: z
    .number()
    .min(0)
    .max(1000)
    .default(LEARNER_DEFAULTS.headAnchor)
    .describe(
      'techniques head and l2-sp, where the head starts from pretraining: how strongly it is held to where it began',
    ),
  calibrate: z
    .boolean()
    .optional()
    .describe(
      'technique head, where the head starts from pretraining: whether its logits are shifted to what the trials so far held; they are if left out',
    ),
  ...rates,
  endToEnd: z
    .strictObject({
      learningRate: z.number().min(1e-6).max(1).default(LEARNER_DEFAULTS.endToEnd.learningRate),
      weightDecay: z.number().min(0).max(1).default(LEARNER_DEFAULTS.endToEnd.weightDecay),
      batchSize: count(1, 256).default(LEARNER_DEFAULTS.endToEnd.batchSize),
      updatesPerTrial: z.number().min(0).max(100).default(LEARNER_DEFAULTS.endToEnd.updatesPerTrial),
      layerDecay: z
        .number()
        .min(0.01)
        .max(1)
        .optional()
        .describe(
          "learning rate of a layer over the next one's; 0.7 for 'full' and 'gradual' on a pretrained trunk, else 1",
        ),
      l2sp: z
        .number()
        .min(0)
        .max(10_000)
        .default(LEARNER_DEFAULTS.endToEnd.l2sp)
        .describe("'l2-sp': decay of the trunk towards its start"),
      unfreezeEvery: z
        .number()
        .min(1)
        .max(100_000)
        .default(LEARNER_DEFAULTS.endToEnd.unfreezeEvery)
        .describe("'gradual': trials from one block to the next"),
      adapterRank: count(1, 64)
        .default(LEARNER_DEFAULTS.endToEnd.adapterRank)
        .describe("'adapter': rank of each kernel's change"),
    })
    .prefault({})
    .describe('for techniques that train the trunk'),
});
