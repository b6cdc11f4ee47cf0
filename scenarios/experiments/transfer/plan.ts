/** Plan of a transfer benchmark: its units in order, and the scenario, trunk and key of each. */
import { createHash } from 'node:crypto';
import { type Backbone, loadBackbone, startHash } from '../../../agent/backbones/own.ts';
import { headForKind } from '../../../agent/backbones/pretrained-head.ts';
import { PHYSICS_ENGINE, physicsVersion } from '../../../sim/physics.ts';
import { backboneOf, InputError, loadScenario, withObjects, withTaps } from '../../load.ts';
import { type Scenario, scenarioSchema } from '../../schema/schema.ts';
import { type ArmEntries, BENCH_ARMS, type BenchArmEntry } from './arms.ts';
import type { Preset, Size } from './presets.ts';
import { type Overrides, TARGETS, type Target, type TargetName } from './targets.ts';

/** The smallest piece of a benchmark: one arm with one seed on one target; one raw file. */
export interface Unit {
  readonly target: TargetName;
  readonly arm: string;
  readonly seed: number;
}

/** What every seed of an arm on a target shares. */
export interface Setting {
  readonly entry: BenchArmEntry;
  readonly size: Size;
  readonly target: Target;
  /** Trained on. */
  readonly scenario: Scenario;
  /** Evaluated on, where that is another one. */
  readonly shifted?: Scenario;
  /** Of arms that learn. */
  readonly backbone?: Backbone;
}

/** What a command line leaves out of a preset, or adds. */
export interface Selection {
  readonly targets?: readonly string[];
  readonly arms?: readonly string[];
  /** What the arms' names mean; graft's own if left out. */
  readonly entries?: ArmEntries;
  readonly seeds?: number;
}

/** Two levels deep: each value of an override replaces the old one whole. */
function overlaid(scenario: Scenario, overrides: Overrides, where: string): Scenario {
  const sections = Object.entries(overrides).map(([section, values]) => [
    section,
    { ...(scenario as unknown as Record<string, object>)[section], ...values },
  ]);
  const parsed = scenarioSchema.safeParse({ ...scenario, ...Object.fromEntries(sections) });
  if (parsed.success) return parsed.data;
  const [{ path, message }] = parsed.error.issues;
  throw new InputError(`${where}: ${path.join('.')}: ${message}`);
}

/** The sizes of a preset's target. */
const sizeOf = (preset: Preset, target: TargetName): Size => (TARGETS[target].main ? preset.main : preset.others);

function known(option: string, names: readonly string[], choices: readonly string[]): void {
  const bad = names.find((name) => !choices.includes(name));
  if (bad !== undefined) throw new InputError(`${option}: expected some of ${choices.join(', ')}, got '${bad}'`);
}

/** The targets that are measured, main ones first. @throws InputError if there is none of such a name. */
export function targetsOf(preset: Preset, { targets }: Selection): TargetName[] {
  if (targets) known('--targets', targets, Object.keys(TARGETS));
  const chosen = (targets ?? preset.targets) as readonly TargetName[];
  return [...new Set(chosen)].sort((a, b) => Number(TARGETS[b].main) - Number(TARGETS[a].main));
}

/** The arms that are measured on a target. @throws InputError if there is none of such a name. */
export function armsOf(preset: Preset, target: TargetName, { arms, entries = BENCH_ARMS }: Selection): string[] {
  if (arms) known('--arms', arms, Object.keys(entries));
  return [...new Set(arms ?? sizeOf(preset, target).arms)];
}

/**
 * All units in the order in which they run: target by target, seed by seed, so that the first hour already compares all arms. Arms
 * take turns at the start of a seed, so that every n-th unit is not always of the same arms.
 * @param has whether the arm can be measured on the target.
 */
export function unitsOf(
  preset: Preset,
  selection: Selection,
  has: (target: TargetName, arm: string) => boolean,
): Unit[] {
  return targetsOf(preset, selection).flatMap((target) => {
    const { seeds: planned, limits = {} } = sizeOf(preset, target) as Size;
    const wanted = selection.seeds ?? planned;
    const arms = armsOf(preset, target, selection);
    return Array.from({ length: wanted }, (_, seed) =>
      arms
        .map((_, i) => arms[(i + seed) % arms.length])
        .filter((arm) => seed < (limits[arm] ?? wanted) && has(target, arm))
        .map((arm): Unit => ({ target, arm, seed })),
    ).flat();
  });
}

export interface Resolved {
  /** By target and arm. */
  readonly settings: ReadonlyMap<string, Setting>;
  readonly leftOut: readonly { readonly arm: string; readonly why: string }[];
}

export const settingKey = (target: string, arm: string): string => `${target}/${arm}`;

/** Whether an arm has anything to say on a target: before any trial it takes a head that knows such hands. */
function fits(entry: BenchArmEntry, target: TargetName): boolean {
  if (entry.kind !== 'untrained') return true;
  const { scenario } = loadScenario(TARGETS[target].scenario);
  const { learner, gripper } = overlaid(scenario, { learner: entry.learner }, `target '${target}'`);
  return headForKind(loadBackbone(learner.backbone), gripper) !== undefined;
}

/**
 * Scenario and trunk of every arm on every target that it fits.
 * @throws InputError if an arm that was asked for by name cannot be measured.
 */
export async function resolveSettings(
  preset: Preset,
  selection: Selection,
  objects: string | undefined,
): Promise<Resolved> {
  const settings = new Map<string, Setting>();
  const leftOut = new Map<string, string>();
  const opened = new Map<string, Promise<Backbone>>();
  const { entries = BENCH_ARMS } = selection;
  for (const target of targetsOf(preset, selection)) {
    for (const arm of armsOf(preset, target, selection).filter((name) => fits(entries[name], target))) {
      try {
        settings.set(
          settingKey(target, arm),
          await settingOf(preset, target, { name: arm, entry: entries[arm] }, objects, opened),
        );
      } catch (error) {
        if (!(error instanceof InputError)) throw error;
        if (selection.arms)
          throw new InputError(`--arms: expected arms that can be measured here, got '${arm}': ${error.message}`);
        leftOut.set(arm, error.message);
      }
    }
  }
  const idle = selection.arms?.find((arm) => ![...settings.keys()].some((key) => key.endsWith(`/${arm}`)));
  if (idle !== undefined) {
    const names = targetsOf(preset, selection).join(', ');
    throw new InputError(
      `--arms: expected arms that fit one of the targets ${names}, got '${idle}', which has no head for their hands`,
    );
  }
  return { settings, leftOut: [...leftOut].map(([arm, why]) => ({ arm, why })) };
}

/** An arm by its name. */
interface NamedArm {
  readonly name: string;
  readonly entry: BenchArmEntry;
}

const settingOf = async (
  preset: Preset,
  name: TargetName,
  arm: NamedArm,
  objects: string | undefined,
  opened: Map<string, Promise<Backbone>>,
): Promise<Setting> => ({ ...(await armSetting(name, arm, objects, opened)), size: sizeOf(preset, name) });

/**
 * Scenario and trunk of an arm on a target, however much is measured there.
 * @param objects folder or file, in place of the families.
 * @throws InputError if the arm cannot be measured here.
 */
export async function armSetting(
  name: TargetName,
  { name: arm, entry }: NamedArm,
  objects: string | undefined,
  opened = new Map<string, Promise<Backbone>>(),
): Promise<Omit<Setting, 'size'>> {
  const target: Target = TARGETS[name];
  const base = withObjects(loadScenario(target.scenario).scenario, objects);
  const own: Overrides =
    entry.kind === 'fixed' || entry.kind === 'external'
      ? {}
      : { learner: entry.learner, ...(entry.kind === 'learner' && entry.training && { training: entry.training }) };
  const common = { entry, target };
  const onTarget = overlaid(base, target.overrides, `target '${name}'`);
  const make = (overrides: Overrides): Scenario => overlaid(onTarget, { ...overrides, ...own }, `arm '${arm}'`);
  const [scenario, shifted] = [make({}), target.shift && make(target.shift)];
  if (entry.kind === 'fixed' || entry.kind === 'external') return { ...common, scenario, ...(shifted && { shifted }) };
  const { learner } = scenario;
  const { arm: start, technique, head, width, prior } = learner;
  const id = JSON.stringify([
    learner.backbone,
    learner.taps,
    start,
    technique,
    head,
    width,
    prior,
    scenario.gripper.kind,
  ]);
  if (!opened.has(id)) opened.set(id, backboneOf(scenario, [learner.arm]));
  const backbone = await opened.get(id)!;
  const read = (each: Scenario): Scenario => withTaps(each, backbone);
  return { ...common, scenario: read(scenario), backbone, ...(shifted && { shifted: read(shifted) }) };
}

/** Whether an arm has a learning curve. */
export const learnsHere = ({ kind }: BenchArmEntry): boolean => kind === 'learner' || kind === 'external';

/** The part of a scenario that its results depend on. Fixed policies learn nothing. */
function relevant(scenario: Scenario, learns: boolean): unknown {
  const { description: _, learner, training, evaluation, action, ...others } = scenario;
  const { leverCost, ...chosen } = action;
  // a cost of nothing is none: results are older than the key
  const world = { ...others, action: leverCost ? action : chosen };
  const { trials: _trials, seed: _seed, ...explored } = training;
  const { families, seed } = evaluation;
  return { ...world, evaluation: { families, seed }, ...(learns && { learner, training: explored }) };
}

/**
 * Identifies everything that a unit's result depends on: scenario, trunk, engines, budgets, scenes. A stored result with another
 * key is not used. Graft's own version is not among it.
 * @param engine name of the tensor engine.
 * @param library hash of the objects from files, if there are any.
 */
export function unitKey({ seed, arm }: Unit, setting: Setting, engine: string, library: string | undefined): string {
  const { entry, size, scenario, shifted, target, backbone } = setting;
  const learns = learnsHere(entry);
  const about = {
    seed,
    policy: entry.kind === 'fixed' ? entry.policy : entry.kind === 'external' ? `external ${entry.hash}` : arm,
    scenario: relevant(scenario, learns),
    shifted: shifted ? relevant(shifted, learns) : null,
    trials: [learns ? size.trials : null, size.finalTrials, target.rounds ? size.rounds : 0],
    physics: `${PHYSICS_ENGINE} ${physicsVersion()}`,
    library: library ?? null,
    ...(learns && { budgets: size.budgets }),
    ...(entry.kind !== 'fixed' && entry.kind !== 'external' && { backbone: startHash(backbone!), engine }),
  };
  return createHash('sha256').update(JSON.stringify(about)).digest('hex').slice(0, 32);
}
