import { beforeAll, describe, expect, it } from 'vitest';
import { partOf } from '../../../../scenarios/experiments/experiment.ts';
import { BENCH_ARMS } from '../../../../scenarios/experiments/transfer/arms.ts';
import {
  resolveSettings,
  type Setting,
  settingKey,
  type Unit,
  unitKey,
  unitsOf,
} from '../../../../scenarios/experiments/transfer/plan.ts';
import { PRESETS, type Preset } from '../../../../scenarios/experiments/transfer/presets.ts';
import { TARGET_NAMES, TARGETS } from '../../../../scenarios/experiments/transfer/targets.ts';
import { InputError } from '../../../../scenarios/load.ts';
import { withStartHead } from '../../../../scenarios/training/learner-plan.ts';
import { loadPhysics } from '../../../../sim/physics.ts';
import { settingsFor } from '../../../support/transfer.ts';

const ALL = () => true;
const full: Preset = PRESETS.full;

beforeAll(async () => void (await loadPhysics()));

describe('the units of a benchmark', () => {
  const units = unitsOf(full, {}, ALL);
  const name = ({ target, arm, seed }: Unit): string => `${target}/${arm}/${seed}`;

  it('are every arm with every seed on every target, once, main targets first', () => {
    expect(new Set(units.map(name)).size).toBe(units.length);
    const of = (target: string, arm: string) => units.filter((u) => u.target === target && u.arm === arm).length;
    expect([
      of('unseen', 'scratch'),
      of('unseen', 'mobilenet'),
      of('side', 'scratch'),
      of('side', 'mobilenet'),
    ]).toEqual([10, 3, 5, 0]);
    const mains = units.map(({ target }) => TARGETS[target].main);
    expect(mains.indexOf(false)).toBe(mains.lastIndexOf(true) + 1);
  });

  it.each([1, 2, 3, 7])('are shared out whole among %i parts', (of) => {
    const parts = Array.from({ length: of }, (_, i) => partOf(units, { part: i + 1, of }));
    expect(parts.flat().map(name).sort()).toEqual(units.map(name).sort());
    const sizes = parts.map((p) => p.length);
    expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
    for (const part of parts) expect(part.some(({ arm }) => arm === 'scratch')).toBe(true);
  });

  it('can be fewer: targets, arms, seeds', () => {
    const some = unitsOf(full, { targets: ['noise', 'unseen'], arms: ['mobilenet', 'random'], seeds: 5 }, ALL);
    // random with five seeds and mobilenet with three on the main target, both with five on the other one
    expect(some.map(({ target }) => target)).toEqual([...Array(8).fill('unseen'), ...Array(10).fill('noise')]);
    expect(some.filter(({ target, arm }) => target === 'unseen' && arm === 'mobilenet')).toHaveLength(3);
    expect(() => unitsOf(full, { targets: ['moon'] }, ALL)).toThrow(InputError);
  });
});

describe('settings', () => {
  const size = PRESETS.smoke.main;

  it('of every target and every arm that is here fit the schema', async () => {
    const preset: Preset = { ...full, targets: TARGET_NAMES };
    const { settings, leftOut } = await resolveSettings(preset, {}, undefined);
    for (const target of TARGET_NAMES) {
      for (const arm of ['passive', 'random', 'scratch', 'depth-pca', 'oracle']) {
        expect(settings.has(settingKey(target, arm)), `${target}/${arm}`).toBe(true);
      }
    }
    for (const { arm, why } of leftOut) {
      expect(Object.keys(BENCH_ARMS)).toContain(arm);
      expect(why.length).toBeGreaterThan(10);
    }
  });

  it('of a head before any trial are there for the hands that it knows, which is no arm left out', async () => {
    const preset: Preset = { ...full, targets: ['unseen', 'suction'] };
    const { settings, leftOut } = await resolveSettings(preset, { arms: ['zero-shot', 'scratch-guided'] }, undefined);
    expect([...settings.keys()]).toEqual(['unseen/zero-shot', 'unseen/scratch-guided', 'suction/scratch-guided']);
    expect(leftOut).toEqual([]);
    await expect(resolveSettings(preset, { targets: ['suction'], arms: ['zero-shot'] }, undefined)).rejects.toThrow(
      "--arms: expected arms that fit one of the targets suction, got 'zero-shot', which has no head for their hands",
    );
    expect(settings.get('unseen/scratch-guided')!.scenario.training.heuristicShare).toBe(0.5);
  });

  it('change only what the target says', async () => {
    const settings = await settingsFor(['unseen', 'narrow', 'visual', 'clutter'], ['passive'], size);
    const of = (target: string): Setting => settings.get(`${target}/passive`)!;
    expect(of('narrow').scenario).toEqual({
      ...of('unseen').scenario,
      gripper: { ...of('unseen').scenario.gripper, stroke: 0.06 },
    });
    expect(of('visual').scenario.sensor).toMatchObject({ randomLight: false, texture: 0 });
    expect(of('visual').shifted).toEqual({
      ...of('visual').scenario,
      sensor: { ...of('visual').scenario.sensor, randomLight: true, texture: 1 },
    });
    expect(of('clutter').scenario.sensor.noise).toEqual({ model: 'gamma-gp', shape: 1000, field: 0.005 });
    expect(of('unseen').shifted).toBeUndefined();
  });

  it('have a key that changes with what a result depends on, and with nothing else', async () => {
    const settings = await settingsFor(['unseen'], ['passive', 'depth-pca'], size);
    const unit: Unit = { target: 'unseen', arm: 'passive', seed: 0 };
    const passive = settings.get('unseen/passive')!;
    const { scenario } = passive;
    const key = (change: Partial<Setting> = {}, engine = 'wasm') =>
      unitKey(unit, { ...passive, ...change }, engine, undefined);
    const same = [
      key(),
      key({ scenario: { ...scenario, description: 'other words' } }),
      key({ scenario: { ...scenario, training: { ...scenario.training, trials: 9 } } }),
      key({ size: { ...size, pictures: 5, seeds: 9, arms: [] } }),
    ];
    expect(new Set(same).size).toBe(1);
    const others = [
      unitKey({ ...unit, seed: 1 }, passive, 'wasm', undefined),
      unitKey({ ...unit, arm: 'random' }, passive, 'wasm', undefined),
      unitKey(unit, passive, 'wasm', 'objects'),
      key({}, 'native'),
      key({ backbone: { ...passive.backbone!, hash: 'other' } }),
      key({ size: { ...size, budgets: [32, 64] } }),
      key({ size: { ...size, finalTrials: 7 } }),
      key({ scenario: { ...scenario, training: { ...scenario.training, epsilon: 0.2 } } }),
      key({ scenario: { ...scenario, gripper: { ...scenario.gripper, force: 21 } } }),
      key({ shifted: scenario }),
    ];
    expect(new Set([same[0], ...others]).size).toBe(1 + others.length);
    // what stands still depends on its weights, and not on how learners learn
    const still = (await settingsFor(['unseen'], ['zero-shot'], size)).get('unseen/zero-shot')!;
    const stillKey = (change: Partial<Setting>) =>
      unitKey({ ...unit, arm: 'zero-shot' }, { ...still, ...change }, 'wasm', undefined);
    expect(stillKey({ size: { ...size, budgets: [1, 2] } })).toBe(stillKey({}));
    expect(stillKey({ backbone: { ...still.backbone!, heads: {} } })).not.toBe(stillKey({}));
    // what does not learn does not depend on how learners do
    const fixed = settings.get('unseen/depth-pca')!;
    const fixedKey = (s: Setting) => unitKey({ ...unit, arm: 'depth-pca' }, s, 'wasm', undefined);
    expect(
      fixedKey({
        ...fixed,
        scenario: { ...fixed.scenario, learner: { ...fixed.scenario.learner, weightDecay: 0.7 } },
        size: { ...size, budgets: [1, 2] },
      }),
    ).toBe(fixedKey(fixed));
  });
});

describe('the learner arms of the full benchmark', () => {
  it('differ from one another on every target', async () => {
    const { settings } = await resolveSettings(PRESETS.full, {}, undefined);
    for (const target of PRESETS.full.targets) {
      const learners = [...settings.entries()].filter(
        ([key, s]) => key.startsWith(`${target}/`) && s.entry.kind === 'learner',
      );
      expect(learners.length).toBeGreaterThan(4);
      const effects = learners.map(([, { scenario, backbone }]) => {
        const { head: _, ...learner } = scenario.learner;
        return JSON.stringify([
          learner,
          scenario.training,
          withStartHead(backbone!, learner.arm, scenario).startHead !== undefined,
        ]);
      });
      expect(new Set(effects).size, target).toBe(learners.length);
    }
  });
});
