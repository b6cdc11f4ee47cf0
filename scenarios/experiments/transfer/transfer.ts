/** The run behind `graft bench transfer`: plan, measurement, report, packing. */
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { loadEngine } from '../../../agent/engine/engine.ts';
import { loadPhysics } from '../../../sim/physics.ts';
import type { WorkView } from '../../../sim/recording/work.ts';
import { measuredWith } from '../../code.ts';
import { isExternal } from '../../external/address.ts';
import { endingPrograms } from '../../external/programs.ts';
import { writingTo } from '../../files.ts';
import { InputError } from '../../load.ts';
import { libraryOf } from '../../objects/read.ts';
import { note } from '../../terminal/notes.ts';
import { deadlineAfter, type Part, partOf, type Results, resultsIn } from '../experiment.ts';
import { askingMachines } from '../queue/asking.ts';
import { openRawStore, type RawStore } from '../raw-store.ts';
import { type FailedUnit, measureUnits } from '../units/measure.ts';
import type { UnitRunner } from '../units/runner.ts';
import { armsAskedFor } from './arms.ts';
import { countedSteps, estimateUnit } from './estimate.ts';
import { transferKind } from './kind.ts';
import type { Measured } from './measure.ts';
import { sceneName } from './pictures.ts';
import {
  armsOf,
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
import { type RawResult, transferExperiment, unitName } from './raw.ts';
import { type Plan, type TransferJson, wantedOf, writeResult } from './result.ts';
import { decidedBy, sequentialOf, tellingStops } from './sequential.ts';

/** What the command line asks for. */
export interface TransferRequest {
  readonly preset: PresetName;
  /** Folder or file of objects, in place of the families. */
  readonly objects?: string;
  readonly targets?: readonly string[];
  /** Names, and external arms as `parseExternal` reads them. */
  readonly arms?: readonly string[];
  /** Seconds that an external arm may take to answer. */
  readonly armTimeout?: number;
  readonly seeds?: number;
  /** No further seeds of an arm once its difference from scratch is decided, after so many trials; true: after the most. */
  readonly sequential?: number | true;
  readonly out?: string;
  /** Every n-th unit only. */
  readonly part?: Part;
  /** No unit is started after so many minutes. */
  readonly maxMinutes?: number;
  /** Measures nothing. */
  readonly reportOnly?: boolean;
  /** Packs the raw results at the end, those of earlier commands, too. */
  readonly pack?: boolean;
  readonly workers: number;
  /** Address of a queue whose machines measure the units, and a folder that all of them see. */
  readonly queue?: string;
  readonly shared?: string;
  readonly quiet: boolean;
  /** Who watches the units. */
  readonly view?: WorkView | undefined;
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

/**
 * `graft bench transfer`: every arm on every target, several seeds, the same evaluation scenes for all arms of a seed. Finished
 * units are kept in the output folder and not measured again; the report is made of whatever is there.
 * @throws Interrupted if the signal fires.
 * @throws SceneError or ExternalError if no unit could be measured: the settings fit no scene, or the arm broke.
 */
export async function benchTransfer(request: TransferRequest): Promise<TransferJson> {
  const started = performance.now();
  const plan = await planOf(request);
  const store = openRawStore(plan.folder);
  writingTo(plan.folder, () => void mkdirSync(request.reportOnly ? plan.folder : store.folder, { recursive: true }));
  const own = await measuredWith();
  const results = resultsIn(store, transferExperiment(plan.keyOf, request.reportOnly ? undefined : own.code));
  // a damaged result must not wait for others to be measured
  for (const unit of plan.units) results.of(unit);
  const failed = request.reportOnly ? [] : await measure(request, plan, { own, store, results });
  const seconds = request.reportOnly ? undefined : (performance.now() - started) / 1000;
  const json = await writeResult({ plan, store, results, command: request.command, seconds });
  if (request.pack) {
    const { path, results: count } = store.pack();
    if (!request.quiet) note(`packed: ${path}, ${count} results`);
  }
  return { ...json, failed: failed.map(({ unit, error }) => ({ unit: unitName(unit), reason: error.message })) };
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

/** What a request means: units, settings, keys. */
export async function planOf({ arms, armTimeout, ...rest }: TransferRequest): Promise<Plan> {
  const request = { ...rest, ...armsAskedFor(arms, armTimeout) };
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
  const sequential = sequentialOf(request, { units, settings: resolved.settings });
  const { preset: name } = request;
  return { ...resolved, preset, name, selection: request, units, folder, library, settingOf, keyOf, sequential };
}

/** Where results are kept, and what this machine measures with. */
interface Kept {
  readonly own: Readonly<Record<string, string>>;
  readonly store: RawStore;
  readonly results: Results<Unit, RawResult>;
}

/** Measures what is missing, and tells what could not be. Sequentially: up to the next looks, until all is decided. */
async function measure(request: TransferRequest, plan: Plan, kept: Kept): Promise<readonly FailedUnit<Unit>[]> {
  const { units, sequential } = plan;
  const late = deadlineAfter(request.maxMinutes);
  const failed: FailedUnit<Unit>[] = [];
  const tell = tellingStops(request.quiet ? () => undefined : note);
  for (;;) {
    if (sequential) tell(decidedBy(plan, kept.results, sequential).stops);
    const wanted = wantedOf(plan, kept.results).filter((unit) => !failed.some((f) => f.unit === unit));
    if (late() || wanted.every(kept.results.of)) break;
    failed.push(...(await measureNow(request, { ...plan, units: wanted }, kept, late)));
    if (!sequential) break;
  }
  if (failed.length > 0 && !units.some(kept.results.of)) throw failed[0].error;
  return failed;
}

/** Measures what is missing of these units. */
async function measureNow(
  request: TransferRequest,
  { units: all, keyOf, settingOf, library }: Plan,
  { own, store, results }: Kept,
  late: () => boolean,
): Promise<readonly FailedUnit<Unit>[]> {
  const { part, workers, quiet, view, signal } = request;
  const units = part ? partOf(all, part) : all;
  const measureAll = () =>
    measureUnits(results, {
      kind: transferKind.name,
      units,
      open: askerFor(request, units.length, keyOf),
      settingOf,
      workers,
      library,
      late,
      shown: {
        label: 'bench transfer',
        nameOf: unitName,
        costOf: (unit) => estimateUnit(settingOf(unit)).total,
        stepsOf: (unit) => countedSteps(settingOf(unit)),
        placeOf: ({ target, arm, seed }) => ({ row: `${target} ${arm}`, column: `seed ${seed}` }),
        quiet,
        view,
      },
      signal,
      resultOf: (unit, { measured: { scenes, ...measured }, versions: by = own }): RawResult => {
        // all arms saw the same, so whoever comes last may write it again
        for (const { scene, ...seen } of scenes) store.write(sceneName(unit.target, scene), seen);
        return { version: 2, key: keyOf(unit), ...unit, versions: by, ...measured };
      },
    });
  const others = units.some((unit) => settingOf(unit).entry.kind === 'external');
  return others ? endingPrograms(measureAll) : measureAll();
}

/** What opens the queue, if there is one. @throws InputError if machines elsewhere could not know what is asked for. */
function askerFor(
  { preset, objects, targets, arms, seeds, ...elsewhere }: TransferRequest,
  units: number,
  keyOf: Plan['keyOf'],
): (() => Promise<UnitRunner<Unit, Setting, Measured>>) | undefined {
  const own = elsewhere.queue === undefined ? undefined : arms?.find(isExternal);
  if (own !== undefined) throw new InputError(`--queue: expected arms that every machine has, got '${own}'`);
  return askingMachines(elsewhere, {
    kind: transferKind,
    request: () => ({
      preset,
      ...(objects !== undefined && { objects: resolve(objects) }),
      ...(targets && { targets: [...targets] }),
      ...(arms && { arms: [...arms] }),
      ...(seeds !== undefined && { seeds }),
    }),
    nameOf: unitName,
    keyOf,
    units,
  });
}
