import { measuredWith } from '../../scenarios/code.ts';
import { openRawStore } from '../../scenarios/experiments/raw-store.ts';
import { PRESETS } from '../../scenarios/experiments/transfer/presets.ts';
import { unitName } from '../../scenarios/experiments/transfer/raw.ts';
import { planOf, type TransferRequest } from '../../scenarios/experiments/transfer/transfer.ts';

/** Twelve seeds at most; a sequential benchmark looks after 4, 6, 9 and 12 of them. */
export const DECIDED = { preset: 'smoke', arms: ['zero-shot', 'scratch', 'depth-pca'], seeds: 12 } as const;

/**
 * Stores results of {@link DECIDED} as if they had been measured: scratch never holds anything, the policy before any trial four of
 * six. That is decided after six seeds, not after four; the heuristic's seeds, which are quickly played, are missing.
 */
export async function storeDecided(request: TransferRequest): Promise<void> {
  const plan = await planOf(request);
  const store = openRawStore(plan.folder);
  const { trials: few, finalTrials: most, budgets } = PRESETS.smoke.main;
  for (const unit of plan.units.filter(({ arm, seed }) => arm !== 'depth-pca' && seed < 9)) {
    const points =
      unit.arm === 'scratch'
        ? budgets.map((trials, k) => ({ trials, held: '0'.repeat(k === 0 ? few : most) }))
        : [{ trials: 0, held: '1111'.padEnd(most, '0') }];
    store.write(unitName(unit), {
      ...{ version: 2, key: plan.keyOf(unit), ...unit, versions: await measuredWith() },
      points: points.map((point) => ({ ...point, trainSeconds: 1, updateSeconds: 1, updates: point.trials })),
    });
  }
}
