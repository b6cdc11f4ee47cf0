import { openRawStore } from '../../scenarios/experiments/raw-store.ts';
import { BENCH_ARMS } from '../../scenarios/experiments/transfer/arms.ts';
import { resolveSettings, type Setting, settingKey } from '../../scenarios/experiments/transfer/plan.ts';
import { PRESETS, type Preset, type Size } from '../../scenarios/experiments/transfer/presets.ts';
import type { RawPicture, RawResult } from '../../scenarios/experiments/transfer/raw.ts';
import type { ArmResults } from '../../scenarios/experiments/transfer/report/results.ts';
import { buildTarget, overallAndProfiles } from '../../scenarios/experiments/transfer/report/target.ts';
import { TARGETS, type TargetName } from '../../scenarios/experiments/transfer/targets.ts';
import type { BenchReport } from '../../scenarios/report/bench/data.ts';
import { loadPhysics } from '../../sim/physics.ts';
import { FACTS } from './reports.ts';

/** Outcomes that hold as many of `trials` as the rate says, spread evenly. @param phase where the pattern starts. */
function outcomes(rate: number, trials: number, phase = 0): string {
  return Array.from({ length: trials }, (_, i) => {
    const at = (i + phase) % trials;
    return Math.floor((at + 1) * rate + 1e-9) > Math.floor(at * rate + 1e-9) ? '1' : '0';
  }).join('');
}

/** Success of an arm after so many trials with a seed, 0..1. */
export type KnownRate = (target: TargetName, trials: number, seed: number) => number;

/** Settings of arms on targets; an arm whose weights are not here takes the passive trunk in their place. */
export async function settingsFor(
  targets: readonly TargetName[],
  arms: readonly string[],
  size: Size,
): Promise<Map<string, Setting>> {
  await loadPhysics();
  const preset: Preset = { ...PRESETS.full, targets, main: { ...size, arms }, others: { ...size, arms } };
  const stand = await resolveSettings(
    { ...preset, main: { ...size, arms: ['passive'] }, others: { ...size, arms: ['passive'] } },
    {},
    undefined,
  );
  const { settings } = await resolveSettings(preset, {}, undefined);
  const all = new Map<string, Setting>();
  for (const target of targets) {
    for (const arm of arms) {
      const substitute = stand.settings.get(settingKey(target, 'passive'))!;
      all.set(
        settingKey(target, arm),
        settings.get(settingKey(target, arm)) ?? { ...substitute, entry: BENCH_ARMS[arm] },
      );
    }
  }
  return all;
}

/** What measuring an arm would have stored if it had succeeded just so often. */
export function knownResults(
  target: TargetName,
  arm: string,
  setting: Setting,
  rate: KnownRate,
  {
    pictures,
    ...cost
  }: { readonly secondsPerTrial: number; readonly updateSecondsPerTrial: number; readonly pictures?: RawPicture[] },
): ArmResults {
  const { size, entry } = setting;
  const { rounds, shift }: { rounds: boolean; shift?: unknown } = TARGETS[target];
  const budgets = entry.kind === 'learner' ? size.budgets : [0];
  const last = budgets[budgets.length - 1];
  // arms of the same success must not succeed on the same scenes
  const phase = 37 * arm.charCodeAt(0);
  const results = Array.from(
    { length: size.seeds },
    (_, seed): RawResult => ({
      ...{ version: 2, key: 'known', target, arm, seed, versions: {} },
      points: budgets.map((trials) => ({
        trials,
        held: outcomes(rate(target, trials, seed), trials === last ? size.finalTrials : size.trials, phase + seed),
        trainSeconds: cost.secondsPerTrial * trials,
        updateSeconds: cost.updateSecondsPerTrial * trials,
        updates: 2 * trials,
      })),
      ...(entry.kind === 'learner' && { training: outcomes(rate(target, budgets[0], seed), last, phase + seed) }),
      ...(rounds && {
        rounds: Array.from({ length: size.rounds }, (_, i) => outcomes(rate(target, last, seed), 5, i)),
      }),
      ...(shift !== undefined && {
        unshifted: outcomes(Math.min(rate(target, last, seed) + 0.1, 1), size.finalTrials, seed),
      }),
      ...(pictures && seed === 0 && { pictures }),
    }),
  );
  return { arm, setting, results };
}

/** A report on known results. @param folder of a benchmark, with the scenes' pictures. */
export function knownReport(
  targets: readonly { readonly name: TargetName; readonly arms: readonly ArmResults[] }[],
  headline: BenchReport['headline'],
  more: Partial<BenchReport> = {},
  folder = '',
): BenchReport {
  const store = openRawStore(folder);
  const built = targets.map(({ name, arms }) => buildTarget(store, name, arms, headline, undefined));
  return {
    ...FACTS,
    preset: 'full',
    headline,
    targets: built,
    ...overallAndProfiles(targets, built, headline),
    missing: [],
    units: targets.flatMap(({ arms }) => arms.flatMap(({ results }) => results)).length,
    leftOut: [],
    ...more,
  };
}
