import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { BENCH_ARMS } from '../../../scenarios/experiments/transfer/arms.ts';
import { estimateUnit } from '../../../scenarios/experiments/transfer/estimate.ts';
import {
  partOf,
  resolveSettings,
  type Setting,
  settingKey,
  type Unit,
  unitKey,
  unitsOf,
} from '../../../scenarios/experiments/transfer/plan.ts';
import { PRESETS, type Preset } from '../../../scenarios/experiments/transfer/presets.ts';
import { runUnits } from '../../../scenarios/experiments/transfer/schedule.ts';
import { TARGET_NAMES, TARGETS } from '../../../scenarios/experiments/transfer/targets.ts';
import type { TransferJson } from '../../../scenarios/experiments/transfer/transfer.ts';
import { InputError } from '../../../scenarios/load.ts';
import { withStartHead } from '../../../scenarios/run/learner-plan.ts';
import { loadPhysics } from '../../../sim/physics.ts';
import { runJson, start, temporaryFolder } from '../../support/cli.ts';
import { settingsFor } from '../../support/transfer.ts';

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

  it('of a head before any trial are there for jaws alone, which is no arm left out', async () => {
    const preset: Preset = { ...full, targets: ['unseen', 'suction'] };
    const { settings, leftOut } = await resolveSettings(preset, { arms: ['zero-shot', 'scratch-guided'] }, undefined);
    expect([...settings.keys()]).toEqual(['unseen/zero-shot', 'unseen/scratch-guided', 'suction/scratch-guided']);
    expect(leftOut).toEqual([]);
    await expect(resolveSettings(preset, { targets: ['suction'], arms: ['zero-shot'] }, undefined)).rejects.toThrow(
      "--arms: expected arms that fit one of the targets suction, got 'zero-shot', which needs jaws",
    );
    expect(settings.get('unseen/scratch-guided')!.scenario.training.heuristicShare).toBe(0.5);
    const estimated = estimateUnit(settings.get('unseen/zero-shot')!);
    expect(estimated).toMatchObject({ updates: 0 });
    expect(estimated.scoring).toBeGreaterThan(0);
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
    const { head: _, ...headless } = still.backbone!;
    expect(stillKey({ backbone: headless })).not.toBe(stillKey({}));
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

  it('are estimated: training the trunk costs more than training a head', async () => {
    const settings = await settingsFor(['unseen'], ['passive', 'scratch', 'depth-pca'], full.main);
    const [frozen, scratch, fixed] = ['passive', 'scratch', 'depth-pca'].map((arm) =>
      estimateUnit(settings.get(`unseen/${arm}`)!),
    );
    expect(scratch.updates).toBeGreaterThan(20 * frozen.updates);
    expect(scratch.simulation).toBe(frozen.simulation);
    expect(fixed).toMatchObject({ scoring: 0, updates: 0 });
  });
});

describe('units that fit no scene', () => {
  it('are named, and the others are measured all the same', async () => {
    const settings = await settingsFor(['unseen', 'narrow'], ['antipodal'], PRESETS.smoke.main);
    const [free, tight] = ['unseen', 'narrow'].map((target) => settings.get(settingKey(target, 'antipodal'))!);
    const scene = { ...tight.scenario.scene, objectCount: 2, dropHalfWidth: 0.3, workspaceHalfWidth: 0.02 };
    const units = (['narrow', 'unseen'] as const).map((target): Unit => ({ target, arm: 'antipodal', seed: 0 }));
    const done: Unit[] = [];
    const failed = await runUnits({
      units,
      settingOf: ({ target }) => (target === 'unseen' ? free : { ...tight, scenario: { ...tight.scenario, scene } }),
      workers: 1,
      quiet: true,
      signal: new AbortController().signal,
      onDone: (unit) => void done.push(unit),
    });
    expect(failed).toEqual([
      { unit: units[0], reason: expect.stringMatching(/expected the objects to settle .*; try fewer or smaller/) },
    ]);
    expect(done).toEqual([units[1]]);
  }, 600_000);
});

describe('a benchmark in pieces', () => {
  const folder = temporaryFolder();
  // a busy machine may take its time
  const here = { cwd: folder, timeoutMs: 1_200_000 };
  const args = [
    'bench',
    'transfer',
    '--preset',
    'smoke',
    '--targets',
    'clutter,visual',
    '--arms',
    'pretrained,zero-shot,depth-pca',
    '--seeds',
    '1',
  ];

  /** Everything measured, without times. */
  function outcomesOf(out: string): Record<string, unknown> {
    const files = readdirSync(join(folder, out, 'raw'), { recursive: true, encoding: 'utf8' }).filter((f) =>
      f.endsWith('.json'),
    );
    return Object.fromEntries(
      files.sort().map((file) => {
        const { points, ...rest } = JSON.parse(readFileSync(join(folder, out, 'raw', file), 'utf8'));
        return [file, { ...rest, points: points?.map((p: { trials: number; held: string }) => [p.trials, p.held]) }];
      }),
    );
  }

  it('gives the same in one run, in parts, after an interruption, and with any number of workers', async () => {
    const whole = await runJson<TransferJson>([...args, '--out', 'whole', '--workers', '2'], here);
    expect(whole.missing).toEqual([]);
    expect(Object.keys(whole.targets)).toEqual(['clutter', 'visual']);
    const expected = outcomesOf('whole');
    expect(Object.keys(expected)).toContain(join('clutter', 'pretrained-s0.json'));
    expect(expected[join('clutter', 'pretrained-s0.json')]).toMatchObject({
      rounds: [expect.any(String), expect.any(String)],
    });
    // the policy that pretrained starts from stands still, and is measured like any other
    const { points } = expected[join('clutter', 'zero-shot-s0.json')] as { points: unknown[] };
    expect(points).toEqual([[0, expect.stringMatching(/^[01x]{6}$/)]]);
    expect(expected[join('visual', 'depth-pca-s0.json')]).toMatchObject({
      unshifted: expect.stringMatching(/^[01x]{6}$/),
    });

    const first = await runJson<TransferJson>([...args, '--out', 'parts', '--part', '1/2', '--workers', '1'], here);
    expect(first.missing.length).toBeGreaterThan(0);
    expect(readFileSync(first.report, 'utf8')).toContain(`${first.missing.length} of 6 units are still to be measured`);

    // the second part is interrupted in its midst, then goes on
    const second = start([...args, '--out', 'parts', '--part', '2/2', '--workers', '1'], here);
    await second.until('progress', () => second.stderr().includes('bench transfer: '));
    second.signal('SIGINT');
    const { code, stderr } = await second.done;
    expect({ code, stderr }).toMatchObject({ code: expect.toSatisfy((c) => c === 130 || c === 0) });
    if (code === 130) expect(stderr).toMatch(/benchmark interrupted after \d of 3 units; the same command goes on\n$/);
    expect(
      readdirSync(join(folder, 'parts', 'raw'), { recursive: true, encoding: 'utf8' }).filter((f) =>
        f.endsWith('.partial'),
      ),
    ).toEqual([]);
    const rest = await runJson<TransferJson>([...args, '--out', 'parts', '--workers', '1'], here);
    expect(rest.missing).toEqual([]);
    expect(outcomesOf('parts')).toEqual(expected);
    expect(rest.targets).toEqual(whole.targets);
    expect(rest.verdict).toBe(whole.verdict);

    // a report alone measures nothing
    rmSync(join(folder, 'parts', 'raw', 'visual', 'depth-pca-s0.json'));
    const report = await runJson<TransferJson>([...args, '--out', 'parts', '--report-only'], here);
    expect(report.missing).toEqual(['visual/depth-pca-s0']);
    expect(existsSync(join(folder, 'parts', 'raw', 'visual', 'depth-pca-s0.json'))).toBe(false);
    // nor is a unit started when the time is up
    const late = await runJson<TransferJson>([...args, '--out', 'parts', '--max-minutes', '0'], here);
    expect(late.missing).toEqual(['visual/depth-pca-s0']);
  }, 3_600_000);
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
