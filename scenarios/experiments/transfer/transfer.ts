import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { loadEngine } from '../../../agent/engine/engine.ts';
import { loadPhysics, PHYSICS_ENGINE, physicsVersion } from '../../../sim/physics.ts';
import { SceneError } from '../../../sim/scene.ts';
import { writeAtomically, writingTo } from '../../files.ts';
import { versions } from '../../inspect/versions.ts';
import { InputError } from '../../load.ts';
import { note } from '../../notes.ts';
import type { ObjectLibrary } from '../../objects/library.ts';
import { libraryOf } from '../../objects/read.ts';
import type { BenchArm, BenchReport, BenchTarget } from '../../report/bench/data.ts';
import { benchReportHtml } from '../../report/bench/report.ts';
import { benchVerdict } from '../../report/bench/verdict.ts';
import { openRawStore, type RawStore } from '../raw-store.ts';
import { estimateUnit } from './estimate.ts';
import type { Measured } from './measure.ts';
import { sceneName } from './pictures.ts';
import {
  armsOf,
  partOf,
  type Resolved,
  resolveSettings,
  type Setting,
  settingKey,
  targetsOf,
  type Unit,
  unitKey,
  unitsOf,
} from './plan.ts';
import { PRESETS, type Preset, type PresetName } from './presets.ts';
import { type RawResult, rawName, readRaw } from './raw.ts';
import { buildTarget, overallAndProfiles } from './report.ts';
import { type FailedUnit, runUnits } from './schedule.ts';
import type { ArmResults } from './summarise.ts';
import type { TargetName } from './targets.ts';

export interface TransferRequest {
  readonly preset: PresetName;
  /** Folder or file of objects, in place of the families. */
  readonly objects?: string;
  readonly targets?: readonly string[];
  readonly arms?: readonly string[];
  readonly seeds?: number;
  readonly out?: string;
  /** Every n-th unit only. */
  readonly part?: { readonly part: number; readonly of: number };
  /** No unit is started after so many minutes. */
  readonly maxMinutes?: number;
  /** Measures nothing. */
  readonly reportOnly?: boolean;
  /** Packs the raw results at the end, those of earlier commands, too. */
  readonly pack?: boolean;
  readonly workers: number;
  readonly quiet: boolean;
  readonly command: string;
  readonly signal: AbortSignal;
}

/** What a benchmark is expected to take. */
export interface TransferPlan {
  readonly targets: readonly {
    readonly target: string;
    readonly arm: string;
    readonly units: number;
    /** Seconds of one core for each unit: simulation, scoring of heightmaps, updates. */
    readonly simulation: number;
    readonly scoring: number;
    readonly updates: number;
  }[];
  /** Hours of one core, of all units. */
  readonly coreHours: number;
  readonly leftOut: Resolved['leftOut'];
}

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

/** What there is, however it came about. */
type Measurements = Omit<TransferJson, 'failed'>;

/** What a command means once everything it names was found. */
interface Plan extends Resolved {
  readonly preset: Preset;
  readonly units: readonly Unit[];
  readonly folder: string;
  readonly library: ObjectLibrary | undefined;
  readonly keyOf: (unit: Unit) => string;
  readonly settingOf: (unit: Unit) => Setting;
}

/**
 * `graft bench transfer`: every arm on every target, several seeds, the same evaluation scenes for all arms of a seed. Finished
 * units are kept in the output folder and not measured again; the report is made of whatever is there.
 * @throws Interrupted if the signal fires.
 * @throws SceneError if no unit could be measured, for the settings fit no scene.
 */
export async function benchTransfer(request: TransferRequest): Promise<TransferJson> {
  const started = performance.now();
  const plan = await planOf(request);
  const store = openRawStore(plan.folder);
  writingTo(plan.folder, () => void mkdirSync(request.reportOnly ? plan.folder : store.folder, { recursive: true }));
  const stored = new Map<Unit, RawResult>();
  for (const unit of plan.units) {
    const result = readRaw(store, unit, plan.keyOf(unit));
    if (result) stored.set(unit, result);
  }
  let failed: readonly FailedUnit[] = [];
  if (!request.reportOnly) {
    const mine = request.part ? partOf(plan.units, request.part) : plan.units;
    failed = await measureAll(request, plan, store, mine, stored);
    if (failed.length > 0 && stored.size === 0) throw new SceneError(failed[0].reason);
    for (const { unit, reason } of failed) note(`${rawName(unit)} could not be measured: ${reason}`);
  }
  const json = await writeReport(request, plan, store, stored, (performance.now() - started) / 1000);
  if (request.pack) {
    const { path, results } = store.pack();
    if (!request.quiet) note(`packed: ${path}, ${results} results`);
  }
  return { ...json, failed: failed.map(({ unit, reason }) => ({ unit: rawName(unit), reason })) };
}

/** `graft bench transfer --plan`: what there is to measure and about how long it takes. Measures nothing. */
export async function planTransfer(request: TransferRequest): Promise<TransferPlan> {
  const { units, settings, leftOut, settingOf } = await planOf(request);
  const mine = request.part ? partOf(units, request.part) : units;
  const targets = [...settings].map(([key, setting]) => {
    const [target, arm] = key.split('/');
    const { total: _, ...each } = estimateUnit(setting);
    return { target, arm, units: mine.filter((u) => settingKey(u.target, u.arm) === key).length, ...each };
  });
  const seconds = mine.reduce((sum, unit) => sum + estimateUnit(settingOf(unit)).total, 0);
  return { targets, coreHours: seconds / 3600, leftOut };
}

async function planOf(request: TransferRequest): Promise<Plan> {
  const preset: Preset = PRESETS[request.preset];
  // the names first: a typing error must not wait for weights to be read
  for (const target of targetsOf(preset, request)) armsOf(preset, target, request);
  const folder = resolve(request.out ?? join('runs', `bench-${request.preset}`));
  const [engine] = await Promise.all([loadEngine(), loadPhysics()]);
  const resolved = await resolveSettings(preset, request, request.objects);
  const units = unitsOf(preset, request, (target, arm) => resolved.settings.has(settingKey(target, arm)));
  const settingOf = ({ target, arm }: Unit): Setting => resolved.settings.get(settingKey(target, arm))!;
  const [first] = resolved.settings.values();
  const library = first && (await libraryOf(first.scenario, note));
  const keyOf = (unit: Unit): string => unitKey(unit, settingOf(unit), engine.name, library?.hash);
  return { ...resolved, preset, units, folder, library, settingOf, keyOf };
}

async function measureAll(
  request: TransferRequest,
  plan: Plan,
  store: RawStore,
  units: readonly Unit[],
  stored: Map<Unit, RawResult>,
): Promise<readonly FailedUnit[]> {
  const { keyOf, settingOf, library } = plan;
  return runUnits({
    ...request,
    units: units.filter((unit) => !stored.has(unit)),
    settingOf,
    ...(library && { library }),
    onDone: (unit, { scenes, ...measured }) => {
      const result: RawResult = { version: 2, key: keyOf(unit), ...unit, ...measured, versions: versions() };
      writeScenes(store, unit, scenes);
      store.write(rawName(unit), result);
      stored.set(unit, result);
    },
  });
}

/** All arms saw the same, so whoever comes last may write it again. */
function writeScenes(store: RawStore, { target }: Unit, scenes: Measured['scenes']): void {
  for (const { scene, ...seen } of scenes) store.write(sceneName(target, scene), seen);
}

/** What there is of a target, arm by arm in the preset's order. */
function resultsOf(
  plan: Plan,
  request: TransferRequest,
  stored: ReadonlyMap<Unit, RawResult>,
  name: TargetName,
): ArmResults[] {
  return armsOf(plan.preset, name, request).flatMap((arm): ArmResults[] => {
    const results = plan.units
      .filter((unit) => unit.target === name && unit.arm === arm)
      .flatMap((unit) => stored.get(unit) ?? []);
    return results.length > 0 ? [{ arm, setting: plan.settings.get(settingKey(name, arm))!, results }] : [];
  });
}

async function writeReport(
  request: TransferRequest,
  plan: Plan,
  store: RawStore,
  stored: ReadonlyMap<Unit, RawResult>,
  seconds: number,
): Promise<Measurements> {
  const { preset, folder, library, leftOut, units } = plan;
  const measured = targetsOf(preset, request)
    .map((name) => ({ name, arms: resultsOf(plan, request, stored, name) }))
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
    command: request.command,
    scenario: targets.map(({ name }) => name).join(', '),
    seed: 0,
    engine: engine.description,
    physics: `${PHYSICS_ENGINE} ${physicsVersion()}`,
    versions: versions(),
    seconds,
    preset: request.preset,
    headline,
    targets,
    ...overallAndProfiles(measured, targets, headline),
    missing: units.filter((unit) => !stored.has(unit)).map(rawName),
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

function toJson(report: BenchReport, path: string, raw: string): Measurements {
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
