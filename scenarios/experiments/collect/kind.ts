/** Kind of experiment: labelled trials as arrays, in blocks of scenes. */
import { z } from 'zod';
import type { LabelledTrial } from '../../export/arrays.ts';
import { npzOf } from '../../export/npz.ts';
import type { SceneJob, TrialOutput } from '../../trials/job.ts';
import type { RecordRule } from '../../trials/record-rule.ts';
import type { Kind, OpenUnits } from '../units/kind.ts';
import { blockName, openPlayed, type Played, playedKeys, playedRequest } from '../units/played.ts';

const whole = z.number().int().min(0);

/** Scenes that follow one another, a grasp on each. */
const unit = z.strictObject({ first: whole, count: whole });
export type CollectUnit = z.infer<typeof unit>;

const about = { seed: whole, split: z.enum(['training', 'evaluation']) };
const aboutSchema = z.strictObject(about);

/** What the units of a collection share. */
export type CollectSetting = Played & Readonly<z.infer<typeof aboutSchema>>;

/** What there is in a block's file. */
export const collected = {
  trials: whole,
  /** Those with a grasp: on the others the camera showed nothing to grasp. They alone are in the file. */
  labelled: whole,
  held: whole,
  /** Of the labelled ones. */
  outcomes: z.record(z.string(), whole),
};
const collectedSchema = z.strictObject(collected);
export type Collected = z.infer<typeof collectedSchema>;

type CollectAsked = z.infer<typeof playedRequest> & z.infer<typeof aboutSchema>;

const ALL: RecordRule = { every: 1, failuresOnly: false };

/** Collections, as `graft collect` makes them. */
export const collectKind: Kind<CollectAsked, CollectUnit, CollectSetting, Collected> = {
  name: 'collect',
  request: z.strictObject({ ...playedRequest.shape, ...about }),
  unit,
  measured: collectedSchema,
  open: async ({ seed, split, ...asked }, files) => {
    const { library, ...played } = await openPlayed(asked, files);
    return collectUnits({ ...played, seed, split }, library);
  },
  measure: async ({ first, count }, { scenario, policy, seed, split }, { pool, onStep }) => {
    const trials: LabelledTrial[] = [];
    for (let scene = first; scene < first + count; scene++) {
      const job: SceneJob = {
        ...{ scenario, policy, seed, split, sceneIndex: scene, firstTrial: scene, grasps: 1 },
        ...{ record: false, recordRule: ALL, picture: false },
      };
      const [[output]] = await pool.run([job]);
      const labelled = labelledTrial(output);
      if (labelled) trials.push(labelled);
      onStep();
    }
    const outcomes: Record<string, number> = {};
    for (const { outcome } of trials) outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    return {
      measured: { trials: count, labelled: trials.length, held: outcomes.held ?? 0, outcomes },
      files: trials.length > 0 ? { [`${blockNameOf({ first })}.npz`]: npzOf(trials) } : {},
    };
  },
};

/** A trial with what was seen before it; undefined if nothing was grasped. */
function labelledTrial({ record: { families }, recorded }: TrialOutput): LabelledTrial | undefined {
  if (!recorded?.depth) return undefined;
  const { trial, split, policy, outcome, grasp, inRound, proof, image, depth, camera, heightmap, affordance } =
    recorded;
  const { size, cell, height } = heightmap;
  const seen: LabelledTrial['seen'] = {
    camera,
    colour: image,
    depth: { width: image.width, height: image.height, depth },
    heightmap: { size, cell, values: height },
    ...(affordance && { affordance: { size, cell, values: affordance } }),
  };
  const { probability } = grasp;
  return { trial, split, policy, families, outcome, probability, grasp, ...(inRound && { inRound }), proof, seen };
}

const blockNameOf = ({ first }: Pick<CollectUnit, 'first'>): string => blockName('trials', first);

/** The units of a collection, where it was prepared. */
export async function collectUnits(
  setting: CollectSetting,
  library: OpenUnits<CollectUnit, CollectSetting>['library'],
): Promise<OpenUnits<CollectUnit, CollectSetting>> {
  const { seed, split } = setting;
  const keyOf = await playedKeys(setting, library, ['collect', seed, split]);
  return { has: () => true, nameOf: blockNameOf, keyOf, settingOf: () => setting, library };
}
