/** Kind of experiment: an evaluation in blocks of scenes, or of rounds of clutter removal. */
import { z } from 'zod';
import { playSomeRounds } from '../../run/clutter.ts';
import { evaluate } from '../../run/evaluate.ts';
import type { TrialRecord } from '../../trials/job.ts';
import type { Kind, OpenUnits } from '../units/kind.ts';
import { blockName, openPlayed, type Played, playedKeys, playedRequest } from '../units/played.ts';

const whole = z.number().int().min(0);

/** Scenes, or rounds, that follow one another. */
const unit = z.strictObject({
  /** Of the scenes. */
  seed: whole,
  /** The first one of the seed, and its number over all seeds. */
  first: whole,
  firstOfAll: whole,
  count: whole,
});
export type EvaluationUnit = z.infer<typeof unit>;

const protocol = z.enum(['single', 'clutter']);
type Protocol = z.infer<typeof protocol>;

/** What the units of an evaluation share. */
export interface EvaluationSetting extends Played {
  readonly protocol: Protocol;
}

/** The trials of a log, as they were written: whoever reads them wants their keys in that order. */
const record = z.custom<TrialRecord>(
  (value) => z.looseObject({ trial: z.int(), outcome: z.string() }).safeParse(value).success,
  { error: 'expected a trial' },
);

/** Trials by scene: one grasp each, or those of a round, numbered from 0. */
export const evaluatedSchema = z.strictObject({ scenes: z.array(z.array(record)) });
export type Evaluated = z.infer<typeof evaluatedSchema>;

/** Evaluations, as `graft evaluate` plays them. */
export const evaluateKind: Kind<EvaluationRequest, EvaluationUnit, EvaluationSetting, Evaluated> = {
  name: 'evaluate',
  request: z.strictObject({ ...playedRequest.shape, protocol }),
  unit,
  measured: evaluatedSchema,
  open: async ({ protocol: how, ...asked }, files) => {
    const { library, ...played } = await openPlayed(asked, files);
    return evaluationUnits({ ...played, protocol: how }, library);
  },
  measure: async ({ seed, first, firstOfAll, count }, { scenario, policy, protocol: how }, { pool, onStep }) => {
    const scenes: TrialRecord[][] = [];
    const add = (trials: readonly { readonly record: TrialRecord }[]): void => {
      scenes.push(trials.map((each) => each.record));
      onStep();
    };
    const played = { scenario, seed, policy };
    if (how === 'clutter') await playSomeRounds(pool, { ...played, first, firstOfAll, count, onRound: add });
    else {
      const onTrial = (output: { readonly record: TrialRecord }): void => add([output]);
      await evaluate(pool, { ...played, trials: count, firstScene: first, firstTrial: firstOfAll, onTrial });
    }
    return { measured: { scenes } };
  },
};

type EvaluationRequest = z.infer<typeof playedRequest> & { readonly protocol: Protocol };

/** The units of an evaluation, where it was prepared. */
export async function evaluationUnits(
  setting: EvaluationSetting,
  library: OpenUnits<EvaluationUnit, EvaluationSetting>['library'],
): Promise<OpenUnits<EvaluationUnit, EvaluationSetting>> {
  const keyOf = await playedKeys(setting, library, setting.protocol);
  return {
    has: () => true,
    nameOf: ({ firstOfAll }) => blockName(setting.protocol === 'clutter' ? 'rounds' : 'trials', firstOfAll),
    keyOf,
    settingOf: () => setting,
    library,
  };
}
