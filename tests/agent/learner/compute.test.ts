import { describe, expect, it } from 'vitest';
import { loadBackbone } from '../../../agent/backbones/own.ts';
import { startHeadFor } from '../../../agent/backbones/pretrained-head.ts';
import { learningMacsPerTrial } from '../../../agent/learner/compute.ts';
import { LEARNER_DEFAULTS, type LearnerSettings } from '../../../agent/learner/settings.ts';
import { GRIPPER_DEFAULTS } from '../../../sim/hand/presets.ts';

const settings = (more: Partial<LearnerSettings> = {}): LearnerSettings => ({
  ...{ ...LEARNER_DEFAULTS, updatesPerTrial: 2, batchSize: 64 },
  endToEnd: { ...LEARNER_DEFAULTS.endToEnd, updatesPerTrial: 2, batchSize: 32 },
  ...more,
});

/** Multiply-adds of six 3 x 3 convolutions on a crop of 32 x 56 cells, strides 1 2 1 2 1 1. */
const trunkOf = (widths: readonly number[]): number =>
  [1792, 448, 448, 112, 112, 112].reduce(
    (sum, cells, i) => sum + cells * 9 * (i === 0 ? 7 : widths[i - 1]) * widths[i],
    0,
  );

describe('multiply-adds of learning', () => {
  const backbone = loadBackbone('grasp-passive');
  const trunk = trunkOf([16, 24, 24, 48, 48, 48]);
  // features at three points: 16 + 24 + 48 channels
  const length = 264;

  it('of a frozen arm are the cached features of four mirror images and the updates of its own head', () => {
    const fresh = 2 * 64 * 3 * (length * 128 + 128);
    expect(learningMacsPerTrial({ regime: 'pretrained', shapeCount: 1, settings: settings(), start: backbone })).toBe(
      4 * trunk + fresh,
    );
    const startHead = startHeadFor(backbone, { ...GRIPPER_DEFAULTS, kind: 'jaws' }, [{ depth: 0.035, opening: 1 }]);
    const own = 2 * 64 * 3 * (length * 256 + 256);
    expect(
      learningMacsPerTrial({
        regime: 'pretrained',
        shapeCount: 1,
        settings: settings(),
        start: { ...backbone, startHead },
      }),
    ).toBe(4 * trunk + own);
    const still = settings({ technique: 'none' });
    const start = { ...backbone, startHead };
    expect(learningMacsPerTrial({ regime: 'pretrained', shapeCount: 1, settings: still, start })).toBe(4 * trunk);
  });

  it('of scratch grow with its width', () => {
    const wide = trunkOf([32, 48, 48, 96, 96, 96]) + 2 * length * 128 + 128;
    expect(
      learningMacsPerTrial({ regime: 'scratch', shapeCount: 1, settings: settings({ width: 2 }), start: backbone }),
    ).toBe(2 * 32 * 3 * wide);
  });

  it('of the equivariant arm are those of its own network, about as many as of scratch', () => {
    const [tied, plain] = (['equivariant', 'scratch'] as const).map((arm) =>
      learningMacsPerTrial({ regime: arm, shapeCount: 1, settings: settings(), start: backbone }),
    );
    expect(tied).not.toBe(plain);
    expect(tied! / plain!).toBeGreaterThan(0.9);
    expect(tied! / plain!).toBeLessThan(1.1);
  });

  it('are not counted for techniques that train a part of the trunk', () => {
    expect(
      learningMacsPerTrial({
        regime: 'finetuned',
        shapeCount: 1,
        settings: settings({ technique: 'adapter' }),
        start: backbone,
      }),
    ).toBeNull();
  });
});
