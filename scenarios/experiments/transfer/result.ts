import { join } from 'node:path';
import { loadEngine } from '../../../agent/engine/engine.ts';
import { PHYSICS_ENGINE, physicsVersion } from '../../../sim/physics.ts';
import { writeAtomically } from '../../files.ts';
import { versions } from '../../inspect/versions.ts';
import { InputError } from '../../load.ts';
import type { ObjectLibrary } from '../../objects/library.ts';
import type { BenchArm, BenchReport, BenchTarget } from '../../report/bench/data.ts';
import { benchReportHtml } from '../../report/bench/report.ts';
import { benchVerdict } from '../../report/bench/verdict.ts';
import type { Results } from '../experiment.ts';
import type { RawStore } from '../raw-store.ts';
import { armsOf, type Resolved, type Selection, type Setting, settingKey, targetsOf, type Unit } from './plan.ts';
import type { Preset, PresetName } from './presets.ts';
import { type RawResult, unitName } from './raw.ts';
import { buildTarget, overallAndProfiles } from './report.ts';
import type { ArmResults } from './summarise.ts';
import type { TargetName } from './targets.ts';

interface RateJson {
  readonly rate: number;
  readonly low: number;
  readonly high: number;
}

interface ArmJson {
  readonly curve: readonly (RateJson & { readonly trials: number })[];
  /** Null if 80 % was not reached. */
  readonly trialsTo80: number | null;
}

/** The machine-readable result of `graft bench transfer`. */
export interface TransferJson {
  readonly report: string;
  readonly raw: string;
  /** Of the first target. */
  readonly arms: Readonly<Record<string, ArmJson>>;
  readonly targets: Readonly<Record<string, Readonly<Record<string, ArmJson>>>>;
  readonly verdict: string;
  readonly claims: readonly string[];
  readonly leftOut: Resolved['leftOut'];
  /** Units that are still to be measured. */
  readonly missing: readonly string[];
  /** Those of them that were tried: their settings fit no scene. */
  readonly failed: readonly { readonly unit: string; readonly reason: string }[];
}

/** What a command means once everything it names was found. */
export interface Plan extends Resolved {
  readonly preset: Preset;
  readonly name: PresetName;
  readonly selection: Selection;
  readonly units: readonly Unit[];
  readonly folder: string;
  readonly library: ObjectLibrary | undefined;
  readonly keyOf: (unit: Unit) => string;
  readonly settingOf: (unit: Unit) => Setting;
}

/** What is there of a benchmark. */
interface Measured {
  readonly plan: Plan;
  readonly store: RawStore;
  readonly results: Pick<Results<Unit, RawResult>, 'of'>;
  readonly command: string;
  /** Since the command began. */
  readonly seconds: number;
}

/** What there is of a target, arm by arm in the preset's order. */
function armsMeasured({ plan, results }: Measured, name: TargetName): ArmResults[] {
  return armsOf(plan.preset, name, plan.selection).flatMap((arm): ArmResults[] => {
    const units = plan.units.filter((unit) => unit.target === name && unit.arm === arm);
    const found = units.flatMap((unit) => results.of(unit) ?? []);
    return found.length > 0 ? [{ arm, setting: plan.settings.get(settingKey(name, arm))!, results: found }] : [];
  });
}

/**
 * Writes `report.html` and `result.json` of whatever is there.
 * @throws InputError if nothing is.
 */
export async function writeResult(from: Measured): Promise<Omit<TransferJson, 'failed'>> {
  const { plan, store, results, command, seconds } = from;
  const { preset, folder, library, leftOut, units, selection } = plan;
  const measured = targetsOf(preset, selection)
    .map((name) => ({ name, arms: armsMeasured(from, name) }))
    .filter(({ arms }) => arms.length > 0);
  if (measured.length === 0) {
    throw new InputError(
      `${store.folder}: expected results to report on, got none; measure some first, without --report-only`,
    );
  }
  const has = (arm: string): boolean => measured[0].arms.some((each) => each.arm === arm);
  const headline = {
    frozen: preset.headline.find(has) ?? null,
    scratch: has('scratch') ? 'scratch' : null,
  };
  const targets = measured.map(({ name, arms }) => buildTarget(store, name, arms, headline, library));
  const engine = await loadEngine();
  const report: BenchReport = {
    command,
    scenario: targets.map(({ name }) => name).join(', '),
    seed: 0,
    engine: engine.description,
    physics: `${PHYSICS_ENGINE} ${physicsVersion()}`,
    versions: versions(),
    seconds,
    preset: plan.name,
    headline,
    targets,
    ...overallAndProfiles(measured, targets, headline),
    missing: units.filter((unit) => !results.of(unit)).map(unitName),
    units: units.length,
    leftOut,
  };
  const path = join(folder, 'report.html');
  writeAtomically(path, await benchReportHtml(report));
  const json = toJson(report, path, store.folder);
  // in the folder, what lies in it is named without it: the folder may move
  const kept = { ...json, report: 'report.html', raw: 'raw', ...details(report) };
  writeAtomically(join(folder, 'result.json'), `${JSON.stringify(kept, null, 2)}\n`);
  return json;
}

function armJson({ kind, curve, trialsTo }: BenchArm): ArmJson {
  const learned = trialsTo.find(({ level }) => level === 0.8)?.trials.point.high;
  const to80 = kind === 'learner' ? learned : curve[0].rate >= 0.8 ? 0 : undefined;
  return {
    curve: curve.map(({ trials, rate, low, high }) => ({ trials, rate, low, high })),
    trialsTo80: to80 === undefined || to80 === Number.POSITIVE_INFINITY ? null : to80,
  };
}

function toJson(report: BenchReport, path: string, raw: string): Omit<TransferJson, 'failed'> {
  const armsJson = ({ arms }: BenchTarget) => Object.fromEntries(arms.map((arm) => [arm.name, armJson(arm)]));
  const { leftOut, missing, targets } = report;
  return {
    report: path,
    raw,
    arms: armsJson(targets[0]),
    targets: Object.fromEntries(targets.map((target) => [target.name, armsJson(target)])),
    ...benchVerdict(report),
    leftOut,
    missing,
  };
}

/** Everything computed, without pictures. An infinite bound is null. */
const details = ({ targets, overall, headline }: BenchReport) => ({
  headline,
  overall,
  details: targets.map(({ examples: _, ...target }) => target),
});
