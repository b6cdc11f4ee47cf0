/** Training of an external arm: grasps on the scenes that every arm of a seed trains on, and what became of them. */
import type { ExternalSpec } from '../../../agent/policy/open-policy.ts';
import { countRefusals, type Refusals } from '../../external/refusals.ts';
import { externalSpec } from '../../external/spec.ts';
import type { SceneJob, TrialRecord } from '../../trials/job.ts';
import type { TrialPool } from '../../workers/pool.ts';
import type { BenchArmEntry } from './arms.ts';
import type { Setting, Unit } from './plan.ts';

/** An external arm that has had its trials of a budget; it learns no further until the next one is asked for. */
interface ExternalStage {
  readonly policy: ExternalSpec;
  readonly trials: number;
  readonly trainSeconds: number;
  readonly updateSeconds: number;
  readonly updates: number;
  /** Of all training so far. */
  readonly refused: Refusals | undefined;
}

/**
 * Trains an external arm from budget to budget.
 * @param pool runs its jobs one after another: the arm is one conversation.
 * @throws ExternalError if the arm broke; Interrupted if the pool does.
 */
export async function* externalStages(
  pool: TrialPool,
  { seed }: Unit,
  { size: { budgets }, scenario, target }: Setting,
  entry: Extract<BenchArmEntry, { readonly kind: 'external' }>,
  onTrained: (record: TrialRecord) => void,
): AsyncGenerator<ExternalStage> {
  const policy = externalSpec(entry, {
    scenarioName: target.scenario,
    scenario,
    seed,
    trials: budgets[budgets.length - 1],
    ...(entry.timeout !== undefined && { timeout: entry.timeout }),
  });
  const { graspsPerScene, rounds } = scenario.training;
  const records = [];
  let trainSeconds = 0;
  for (const budget of budgets) {
    const started = performance.now();
    while (records.length < budget) {
      const done = records.length;
      const job: SceneJob = {
        scenario,
        seed,
        split: 'training',
        sceneIndex: Math.ceil(done / graspsPerScene),
        firstTrial: done,
        grasps: Math.min(graspsPerScene, budget - done),
        policy,
        teach: true,
        ...(rounds && { clutter: 'rounds' }),
        record: false,
        picture: false,
      };
      const [outputs] = await pool.run([job]);
      for (const { record } of outputs) {
        records.push(record);
        onTrained(record);
      }
    }
    trainSeconds += (performance.now() - started) / 1000;
    const refused = countRefusals(records);
    yield { policy, trials: budget, trainSeconds, updateSeconds: 0, updates: 0, refused };
  }
}
