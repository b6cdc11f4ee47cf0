/** Result of a transfer benchmark: the report and the JSON of what is measured so far. */
import { join } from 'node:path';
import { loadEngine } from '../../../agent/engine/engine.ts';
import { PHYSICS_ENGINE, physicsVersion } from '../../../sim/physics.ts';
import { writeAtomically } from '../../files.ts';
import { InputError } from '../../load.ts';
import type { ObjectLibrary } from '../../objects/library.ts';
import type { BenchReport } from '../../report/bench/data.ts';
import { benchReportHtml } from '../../report/bench/report.ts';
import { type BenchSummary, benchResult, benchSummary } from '../../report/bench/result.ts';
import { versions } from '../../versions.ts';
import type { Results } from '../experiment.ts';
import type { RawStore } from '../raw-store.ts';
import { armsOf, type Resolved, type Selection, type Setting, settingKey, targetsOf, type Unit } from './plan.ts';
import type { Preset, PresetName } from './presets.ts';
import { type RawResult, unitName } from './raw.ts';
import type { ArmResults } from './report/results.ts';
import { buildTarget, overallAndProfiles } from './report/target.ts';
import { decidedBy, type SequentialOptions, sequentialReport, withStops } from './sequential.ts';
import type { TargetName } from './targets.ts';

/** The machine-readable result of `graft bench transfer`. */
export interface TransferJson extends BenchSummary {
  /** Units still missing that were tried: their settings fit no scene, or their external arm broke. */
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
  /** Seeds are played until comparisons are decided. */
  readonly sequential?: SequentialOptions | undefined;
}

/** What is there of a benchmark. */
interface Measured {
  readonly plan: Plan;
  readonly store: RawStore;
  readonly results: Pick<Results<Unit, RawResult>, 'of'>;
  readonly command: string;
  /** Since the command began; left out where nothing was measured. */
  readonly seconds: number | undefined;
}

/** What there is of a target, arm by arm in the preset's order. */
function armsMeasured({ plan, results }: Measured, wanted: readonly Unit[], name: TargetName): ArmResults[] {
  return armsOf(plan.preset, name, plan.selection).flatMap((arm): ArmResults[] => {
    const units = wanted.filter((unit) => unit.target === name && unit.arm === arm);
    const found = units.flatMap((unit) => results.of(unit) ?? []);
    return found.length > 0 ? [{ arm, setting: plan.settings.get(settingKey(name, arm))!, results: found }] : [];
  });
}

/** Units that are to be measured, as far as is known. */
export const wantedOf = (plan: Plan, results: Measured['results']): readonly Unit[] =>
  plan.sequential ? decidedBy(plan, results, plan.sequential).wanted : plan.units;

/**
 * Writes `report.html` and `result.json` of whatever is there.
 * @throws InputError if nothing is.
 */
export async function writeResult(from: Measured): Promise<BenchSummary> {
  const { plan, store, results, command, seconds } = from;
  const { preset, folder, library, leftOut, units, selection } = plan;
  // what a sequential benchmark does not want it does not read, either: the same results give the same report
  const wanted = wantedOf(plan, results);
  const measured = targetsOf(preset, selection)
    .map((name) => ({ name, arms: armsMeasured(from, wanted, name) }))
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
  const sequential = sequentialReport(plan, results);
  const targets = measured.map(({ name, arms }) =>
    withStops(buildTarget(store, name, arms, headline, library), sequential),
  );
  const engine = await loadEngine();
  const report: BenchReport = {
    command,
    scenario: targets.map(({ name }) => name).join(', '),
    seed: 0,
    engine: engine.description,
    physics: `${PHYSICS_ENGINE} ${physicsVersion()}`,
    versions: versions(),
    ...(seconds !== undefined && { seconds }),
    preset: plan.name,
    watch: 'npx graft view <this folder>',
    ...(library && { objects: { path: measured[0].arms[0].setting.scenario.objects!.path, hash: library.hash } }),
    headline,
    targets,
    ...overallAndProfiles(measured, targets, headline),
    missing: wanted.filter((unit) => !results.of(unit)).map(unitName),
    units: units.length,
    leftOut,
    ...(sequential && { sequential }),
  };
  const path = join(folder, 'report.html');
  writeAtomically(path, await benchReportHtml(report));
  writeAtomically(join(folder, 'result.json'), `${JSON.stringify(benchResult(report), null, 2)}\n`);
  return benchSummary(report, { report: path, raw: store.folder });
}
