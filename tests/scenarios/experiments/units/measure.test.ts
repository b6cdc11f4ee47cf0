import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { partOf, resultsIn } from '../../../../scenarios/experiments/experiment.ts';
import { openRawStore } from '../../../../scenarios/experiments/raw-store.ts';
import type { Measured } from '../../../../scenarios/experiments/transfer/measure.ts';
import type { Setting, Unit } from '../../../../scenarios/experiments/transfer/plan.ts';
import { PRESETS, type Size } from '../../../../scenarios/experiments/transfer/presets.ts';
import { type RawResult, transferExperiment, unitName } from '../../../../scenarios/experiments/transfer/raw.ts';
import type { Found } from '../../../../scenarios/experiments/units/kind.ts';
import { type FailedUnit, measureUnits, type UnitsOptions } from '../../../../scenarios/experiments/units/measure.ts';
import { Interrupted } from '../../../../scenarios/terminal/interrupted.ts';
import { temporaryFolder } from '../../../support/process/cli.ts';
import { settingsFor } from '../../../support/transfer.ts';

/** As little as exercises everything: training, two budgets, rounds, a shift. */
const SIZE: Size = { ...PRESETS.smoke.main, budgets: [8, 12], trials: 2, finalTrials: 2, rounds: 1, pictures: 1 };

const folder = temporaryFolder();
let settings: Map<string, Setting>;

beforeAll(async () => {
  settings = await settingsFor(['clutter', 'visual'], ['pretrained', 'zero-shot', 'depth-pca'], SIZE);
});

/** With few angles and small batches. */
function settingOf({ target, arm }: Unit): Setting {
  const setting = settings.get(`${target}/${arm}`)!;
  const { scenario } = setting;
  const learner = { ...scenario.learner, batchSize: 16, updatesPerTrial: 0.5 };
  return { ...setting, scenario: { ...scenario, action: { ...scenario.action, angles: 4 }, learner } };
}

const resultsOf = (out: string) => resultsIn(openRawStore(join(folder, out)), transferExperiment(unitName));

const stored = (unit: Unit, { measured: { scenes: _, ...measured } }: Found<Measured>): RawResult => ({
  ...{ version: 2, key: unitName(unit), ...unit, ...measured, versions: {} },
});

const measure = (
  out: string,
  units: readonly Unit[],
  more: Partial<UnitsOptions<Unit, Setting, Measured, RawResult>> = {},
) =>
  measureUnits(resultsOf(out), {
    units,
    settingOf,
    workers: 1,
    kind: 'transfer',
    shown: { label: 'units', nameOf: unitName, stepsOf: () => 1, quiet: true },
    signal: new AbortController().signal,
    resultOf: stored,
    ...more,
  });

/** Everything measured, without times. */
const outcomesOf = (out: string, units: readonly Unit[]) =>
  units.map((unit) => {
    const { points, ...rest } = resultsOf(out).of(unit) ?? {};
    return { ...rest, points: points?.map(({ trials, held, updates }) => [trials, held, updates]) };
  });

describe('the units of a benchmark', () => {
  const still: Unit = { target: 'visual', arm: 'depth-pca', seed: 0 };
  const untrained: Unit = { target: 'clutter', arm: 'zero-shot', seed: 1 };
  const learns: Unit = { target: 'clutter', arm: 'pretrained', seed: 0 };
  const units = [still, untrained, learns];
  const tight: Unit = { target: 'clutter', arm: 'depth-pca', seed: 0 };
  let failed: readonly FailedUnit<Unit>[];
  let expected: ReturnType<typeof outcomesOf>;

  beforeAll(async () => {
    const { scenario } = settingOf(tight);
    const scene = { ...scenario.scene, objectCount: 2, dropHalfWidth: 0.3, workspaceHalfWidth: 0.02 };
    const fitsNone: Setting = {
      ...settingOf(tight),
      scenario: { ...scenario, scene: { ...scene, arrangement: 'drop' } },
    };
    failed = await measure('whole', [tight, ...units], {
      workers: 2,
      settingOf: (unit) => (unit === tight ? fitsNone : settingOf(unit)),
    });
    expected = outcomesOf('whole', units);
  });

  it('are trained and evaluated as their target asks', () => {
    const two = expect.stringMatching(/^[01x]{2}$/);
    expect(expected).toMatchObject([
      { ...still, unshifted: two, points: [[0, two, 0]] },
      // the policy that pretrained starts from stands still, and is measured like any other
      { ...untrained, points: [[0, two, 0]] },
      { ...learns, rounds: [expect.stringMatching(/^[01x]+$/)] },
    ]);
    const [first, second] = expected[2].points!;
    expect([first, second]).toEqual([
      [8, two, expect.any(Number)],
      [12, two, expect.any(Number)],
    ]);
    expect(Number(second[2])).toBeGreaterThan(Number(first[2]));
  });

  it('are named if they fit no scene, and the others are measured all the same', () => {
    expect(failed).toEqual([
      {
        unit: tight,
        error: expect.objectContaining({
          message: expect.stringMatching(/expected the objects to settle .*; try fewer or smaller/),
        }),
      },
    ]);
    expect(resultsOf('whole').of(tight)).toBeUndefined();
  });

  it('give the same in parts, after an interruption, and with another number of workers', async () => {
    // a part is interrupted once its short unit is whole; the one that learns, for hours, is on its way then
    const controller = new AbortController();
    const interrupted = measure('parts', partOf(units, { part: 1, of: 2 }), {
      workers: 2,
      signal: controller.signal,
      settingOf: (unit) =>
        unit === learns ? { ...settingOf(unit), size: { ...SIZE, budgets: [1e6] } } : settingOf(unit),
      resultOf: (unit, measured) => {
        controller.abort();
        return stored(unit, measured);
      },
    });
    await expect(interrupted).rejects.toThrow('benchmark interrupted after 1 of 2 units; the same command goes on');
    await expect(interrupted).rejects.toBeInstanceOf(Interrupted);
    const left = readdirSync(join(folder, 'parts', 'raw'), { recursive: true });
    expect(left).toEqual(['visual', join('visual', 'depth-pca-s0.json')]);
    expect(await measure('parts', units)).toEqual([]);
    expect(outcomesOf('parts', units)).toEqual(expected);
  });
});
