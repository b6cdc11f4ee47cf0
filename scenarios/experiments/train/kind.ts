/** Kind of experiment: scenes of a training and of its evaluations, a few at a time, as the pool of `graft train` asks for them. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Backbone } from '../../../agent/backbones/own.ts';
import { loadEngine } from '../../../agent/engine/engine.ts';
import type { Model } from '../../../agent/network/model.ts';
import type { PolicySpec } from '../../../agent/policy/open-policy.ts';
import { loadPhysics } from '../../../sim/physics.ts';
import { backboneOf } from '../../load.ts';
import type { ObjectLibrary } from '../../objects/library.ts';
import { libraryOf } from '../../objects/read.ts';
import { physicsName } from '../../recordings/record.ts';
import { greedy } from '../../run/named-policy.ts';
import { type Scenario, scenarioSchema } from '../../schema/schema.ts';
import { note } from '../../terminal/notes.ts';
import type { SceneJob, TrialOutput } from '../../trials/job.ts';
import { versions } from '../../versions.ts';
import { comparable } from '../comparable.ts';
import { dataIn, encodeExact } from '../queue/exact.ts';
import type { SharedFiles } from '../queue/shared-files.ts';
import type { Kind, OpenUnits } from '../units/kind.ts';
import { blockName, getModel, sharedPolicies } from '../units/played.ts';

const whole = z.number().int().min(0);

/** The learner as it explores, its weights by the hash of their file. */
const explorer = z.strictObject({
  kind: z.literal('explore'),
  key: z.string(),
  weights: z.string(),
  scored: z.boolean(),
  exploration: z.strictObject({ epsilon: z.number(), temperature: z.number(), heuristicShare: z.number() }),
  sameCell: z.boolean(),
});
const policySchema = z.discriminatedUnion('kind', [...sharedPolicies, explorer]);
type SharedPolicy = z.infer<typeof policySchema>;

const scene = z.strictObject({ sceneIndex: whole, firstTrial: whole, grasps: whole, record: z.boolean() });

/** Scenes on which one policy grasps: jobs, with what they have in common said once. */
const unit = z.strictObject({
  seed: whole,
  split: z.enum(['training', 'evaluation']),
  policy: policySchema,
  keep: z.enum(['features', 'crop', 'map']).optional(),
  clutter: z.literal('rounds').optional(),
  recordRule: z.strictObject({ every: whole, failuresOnly: z.boolean() }).optional(),
  scenes: z.array(scene).min(1),
});
export type TrainUnit = z.infer<typeof unit>;

/** What the units of a training share: the scenario as it is run. */
const request = z.strictObject({ scenario: scenarioSchema });

interface TrainSetting {
  readonly scenario: Scenario;
  readonly policy: PolicySpec;
}

const measured = z.strictObject({ scenes: whole });
const FILE = 'trials.bin';

/** Scenes of a unit. A round of training has few: as many machines as it has scenes can share it. */
const SCENES_A_UNIT = { training: 1, evaluation: 8 } as const;

/** Trials of a training and its evaluations, as `graft train` runs them. */
export const trainKind: Kind<z.infer<typeof request>, TrainUnit, TrainSetting, z.infer<typeof measured>> = {
  name: 'train',
  request,
  unit,
  measured,
  open: async ({ scenario }, files) => {
    const backbone = await backboneOf(scenario, [scenario.learner.arm]);
    return trainUnits(scenario, { backbone, library: await libraryOf(scenario, note) }, files);
  },
  measure: async (each, { scenario, policy }, { pool, onStep }) => {
    const outputs: TrialOutput[][] = [];
    for (const job of jobsOf(each, scenario, policy)) {
      outputs.push(...(await pool.run([job])));
      onStep();
    }
    return found(outputs);
  },
};

/** What a unit's trials gave, as a shared folder keeps it. */
export const found = (outputs: readonly (readonly TrialOutput[])[]) => ({
  measured: { scenes: outputs.length },
  files: { [FILE]: encodeExact(outputs) },
});

/** The trials that a unit's files hold, by scene. @throws InputError if they hold none. */
export const outputsIn = (files: Readonly<Record<string, Uint8Array>> | undefined): TrialOutput[][] =>
  dataIn(files, FILE) as TrialOutput[][];

/** What a training stands on, beside its scenario. */
export interface TrainGround {
  readonly backbone: Pick<Backbone, 'hash'>;
  readonly library: ObjectLibrary | undefined;
}

/** The units of a training, where it was prepared. @param files where the weights are. */
export async function trainUnits(
  scenario: Scenario,
  { backbone, library }: TrainGround,
  files: SharedFiles,
): Promise<OpenUnits<TrainUnit, TrainSetting>> {
  const [engine] = await Promise.all([loadEngine(), loadPhysics()]);
  const about = [saidOf(scenario), backbone.hash, physicsName(), engine.name, versions().graft, library?.hash ?? null];
  let latest: { readonly hash: string; readonly model: Model } | undefined;
  const modelOf = (hash: string): Model => {
    if (latest?.hash !== hash) latest = { hash, model: getModel(hash, scenario, files) };
    return latest.model;
  };
  return {
    has: () => true,
    nameOf: ({ split, policy, scenes: [{ firstTrial }] }) =>
      `${blockName(split, firstTrial)}-${policy.kind === 'fixed' ? policy.name : policy.weights.slice(0, 8)}`,
    keyOf: (each) =>
      createHash('sha256')
        .update(comparable([about, each]))
        .digest('hex')
        .slice(0, 32),
    settingOf: ({ policy }) => ({ scenario, policy: policyOf(policy, modelOf) }),
    library,
  };
}

/** What of a scenario decides results, wherever its objects lie. */
export const saidOf = ({ description: _, objects, ...said }: Scenario) => ({
  ...said,
  ...(objects && { objects: { ...objects, path: '' } }),
});

function policyOf(shared: SharedPolicy, modelOf: (hash: string) => Model): PolicySpec {
  if (shared.kind === 'fixed') return shared;
  if (shared.kind === 'greedy') return greedy(modelOf(shared.weights));
  const { weights, ...rest } = shared;
  return { ...rest, model: modelOf(weights) };
}

/** Whether another machine can run a job: nobody's hand or eye is in it, and its policy is data. */
const travels = (job: SceneJob, scenario: Scenario): boolean =>
  job.scenario === scenario &&
  !job.given &&
  !job.changed &&
  !job.picture &&
  !job.teach &&
  typeof job.clutter !== 'object' &&
  job.policy.kind !== 'external' &&
  job.policy.kind !== 'given';

/**
 * Jobs of one policy as units, in their order.
 * @param hashOf shares weights, if anybody is to read them. @returns undefined if the jobs are to be run where they are.
 */
export function unitsOf(
  jobs: readonly SceneJob[],
  scenario: Scenario,
  hashOf: (model: Model) => string,
): TrainUnit[] | undefined {
  const [first] = jobs;
  if (!first || !jobs.every((job) => travels(job, scenario) && job.policy === first.policy)) return undefined;
  const { seed, split, keep, clutter, recordRule } = first;
  const same = {
    ...{ seed, split, policy: sharePolicy(first.policy, hashOf) },
    ...(keep && { keep }),
    ...(clutter === 'rounds' && { clutter }),
    ...(recordRule && { recordRule }),
  };
  const size = SCENES_A_UNIT[split];
  return Array.from({ length: Math.ceil(jobs.length / size) }, (_, i) => ({
    ...same,
    scenes: jobs
      .slice(i * size, (i + 1) * size)
      .map(({ sceneIndex, firstTrial, grasps, record }) => ({ sceneIndex, firstTrial, grasps, record })),
  }));
}

/** The jobs of a unit. */
export const jobsOf = ({ scenes, policy: _, ...same }: TrainUnit, scenario: Scenario, policy: PolicySpec): SceneJob[] =>
  scenes.map((each) => ({ ...same, ...each, scenario, policy, picture: false }));

function sharePolicy(policy: PolicySpec, hashOf: (model: Model) => string): SharedPolicy {
  if (policy.kind === 'fixed') return policy;
  if (policy.kind !== 'greedy' && policy.kind !== 'explore')
    throw new Error(`training: expected a policy of its own weights, got ${policy.kind}`);
  const weights = hashOf(policy.model);
  if (policy.kind === 'greedy') return { kind: 'greedy', weights };
  const { kind, key, scored, exploration, sameCell } = policy;
  return { kind, key, weights, scored, exploration, sameCell };
}
