import { describe, expect, it } from 'vitest';
import { estimateUnit } from '../../../../scenarios/experiments/transfer/estimate.ts';
import { PRESETS } from '../../../../scenarios/experiments/transfer/presets.ts';
import { settingsFor } from '../../../support/transfer.ts';

describe('units', () => {
  it('are estimated: training the trunk costs more than training a head', async () => {
    const settings = await settingsFor(['unseen'], ['passive', 'scratch', 'depth-pca', 'zero-shot'], PRESETS.full.main);
    const [frozen, scratch, fixed, still] = ['passive', 'scratch', 'depth-pca', 'zero-shot'].map((arm) =>
      estimateUnit(settings.get(`unseen/${arm}`)!),
    );
    expect(scratch.updates).toBeGreaterThan(20 * frozen.updates);
    expect(scratch.simulation).toBe(frozen.simulation);
    expect(fixed).toMatchObject({ scoring: 0, updates: 0 });
    expect(still).toMatchObject({ updates: 0 });
    expect(still.scoring).toBeGreaterThan(0);
  });
});
