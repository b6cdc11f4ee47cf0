/** Measurement of a unit: training, evaluation at every budget, rounds of clutter removal, pictures. */
import type { Engine } from '../../../agent/engine/engine.ts';
import type { PolicySpec } from '../../../agent/policy/open-policy.ts';
import { addRefusals, countRefusals, type Refusals } from '../../external/refusals.ts';
import { evaluateClutter } from '../../run/clutter.ts';
import { evaluate } from '../../run/evaluate.ts';
import { illustrate } from '../../run/illustrate.ts';
import { greedy, modelBeforeTrials } from '../../run/named-policy.ts';
import { train } from '../../run/train.ts';
import type { Scenario } from '../../schema/schema.ts';
import type { TrialOutput, TrialRecord } from '../../trials/job.ts';
import type { TrialPool } from '../../workers/pool.ts';
import { externalStages } from './external.ts';
import { storedPicture } from './pictures.ts';
import { learnsHere, type Setting, type Unit } from './plan.ts';
import { outcomesOf, type RawPicture, type RawResult } from './raw.ts';
import { triesOf } from './tries.ts';

/** A unit's result, without what the caller knows already, and what its pictures show. */
export interface Measured {
  readonly points: RawResult['points'];
  readonly training?: string;
  readonly unshifted?: string;
  readonly rounds?: string[];
  readonly pictures?: RawPicture[];
  readonly families?: string[][];
  /** Of an external arm: of training and the evaluation of each budget. */
  readonly refused?: Record<string, number>;
  readonly scenes: readonly { readonly scene: number; readonly colour: string; readonly heights: string }[];
}

/** Weights to evaluate, and what they took. */
interface Snapshot extends Omit<RawResult['points'][number], 'held' | 'tries'> {
  readonly policy: PolicySpec;
  /** Answers of an external arm that were no grasps, in training. */
  readonly refused?: Refusals | undefined;
}

/** The scenario that the unit is evaluated on. */
const evaluated = ({ scenario, shifted }: Setting): Scenario => shifted ?? scenario;

/**
 * Measures one unit: trains once to the largest budget, then evaluates the weights of every budget. Every arm of a seed meets the
 * same evaluation scenes with the same camera noise, every seed others.
 * @param onStep after each trial, of training or evaluation, and each round of clutter removal.
 * @throws Interrupted if the pool does.
 */
export async function measureUnit(
  engine: Engine,
  pool: TrialPool,
  unit: Unit,
  setting: Setting,
  onStep: () => void,
): Promise<Measured> {
  const { size, scenario, target } = setting;
  const { entry } = setting;
  const training: TrialRecord[] = [];
  const onTrained = (record: TrialRecord): void => {
    training.push(record);
    onStep();
  };
  const stages =
    entry.kind === 'external'
      ? externalStages(pool, unit, setting, entry, onTrained)
      : await snapshotsOf(engine, pool, unit, setting, onTrained);
  const count = learnsHere(entry) ? size.budgets.length : 1;
  const grasp = async (policy: PolicySpec, trials: number, on: Scenario) => {
    const outputs: Pick<TrialOutput, 'record' | 'grasp'>[] = [];
    const { records } = await evaluate(pool, {
      scenario: on,
      seed: scenario.evaluation.seed,
      trials,
      firstScene: unit.seed * size.finalTrials,
      policy,
      onTrial: ({ record, grasp: tried }) => {
        outputs.push({ record, ...(tried && { grasp: tried }) });
        onStep();
      },
    });
    return { records, tries: triesOf(outputs) };
  };
  const points: RawResult['points'] = [];
  const refusals: (Refusals | undefined)[] = [];
  let records: readonly TrialRecord[] = [];
  let last: Snapshot | undefined;
  for await (const { refused, ...stage } of stages) {
    const { policy, ...spent } = stage;
    const trials = points.length === count - 1 ? size.finalTrials : size.trials;
    const played = await grasp(policy, trials, evaluated(setting));
    ({ records } = played);
    points.push({ ...spent, held: outcomesOf(records), tries: played.tries });
    refusals.push(countRefusals(records));
    last = { ...stage, refused };
  }
  const { policy, refused: inTraining } = last!;
  const unshifted = setting.shifted && outcomesOf((await grasp(policy, size.finalTrials, scenario)).records);
  const rounds = target.rounds ? await clearedRounds(pool, unit, setting, policy, onStep) : undefined;
  const refused = addRefusals([inTraining, ...refusals]);
  return {
    points,
    ...(training.length > 0 && { training: outcomesOf(training) }),
    ...(unshifted !== undefined && { unshifted }),
    ...(rounds && { rounds }),
    families: records.map(({ families }) => [...families]),
    ...(unit.seed === 0 ? await picturesOf(pool, unit, setting, policy, records) : { scenes: [] }),
    ...(refused && { refused }),
  };
}

async function snapshotsOf(
  engine: Engine,
  pool: TrialPool,
  { seed }: Unit,
  { entry, size, scenario, backbone }: Setting,
  onTrained: (record: TrialRecord) => void,
): Promise<Snapshot[]> {
  const alone = (policy: PolicySpec): Snapshot[] => [
    { policy, trials: 0, trainSeconds: 0, updateSeconds: 0, updates: 0 },
  ];
  if (entry.kind === 'fixed') return alone({ kind: 'fixed', name: entry.policy });
  if (entry.kind === 'untrained') return alone(greedy(modelBeforeTrials(scenario, backbone!)!));
  const budgets = [...size.budgets];
  const snapshots: Snapshot[] = [];
  const started = performance.now();
  await train({
    engine,
    pool,
    scenario,
    arm: scenario.learner.arm,
    seed,
    trials: budgets[budgets.length - 1],
    backbone: backbone!,
    snapshotsAt: budgets,
    onTrial: ({ record }) => onTrained(record),
    onSnapshot: ({ trials, model, updateSeconds, updates }) => {
      const trainSeconds = (performance.now() - started) / 1000;
      snapshots.push({ policy: greedy(model), trials, trainSeconds, updateSeconds, updates });
    },
  });
  return snapshots;
}

/** Rounds of the unit's own, one string of outcomes each. */
async function clearedRounds(
  pool: TrialPool,
  { seed }: Unit,
  setting: Setting,
  policy: PolicySpec,
  onStep: () => void,
): Promise<string[]> {
  const { rounds } = setting.size;
  // a seed's rounds are scenes of their own: the protocol's seeds stand behind those of the single grasps
  const result = await evaluateClutter(pool, {
    scenario: evaluated(setting),
    seeds: [ROUND_SEEDS + seed],
    rounds,
    policy,
    onRound: onStep,
  });
  return Array.from({ length: rounds }, (_, scene) => outcomesOf(result.records.filter((r) => r.scene === scene)));
}

/** Seed of the first training seed's rounds of clutter removal. */
const ROUND_SEEDS = 1000;

async function picturesOf(
  pool: TrialPool,
  { arm }: Unit,
  setting: Setting,
  policy: PolicySpec,
  records: readonly TrialRecord[],
): Promise<Pick<Measured, 'pictures' | 'scenes'>> {
  const shown = records.slice(0, setting.size.pictures);
  const scenario = evaluated(setting);
  const scenes = shown.map(({ scene }) => scene);
  const examples = await illustrate(pool, scenario, scenario.evaluation.seed, policy, scenes, [
    { policy: arm, records },
  ]);
  const stored = examples.map((example, i) => storedPicture(example, scenes[i], shown[i].families));
  return {
    pictures: stored.map(({ picture }) => picture),
    scenes: stored.map(({ seen }, i) => ({ scene: scenes[i], ...seen })),
  };
}
