/** Scenario of a program that uses graft: plain settings, and what they were checked and loaded into. */
import type { LearnerSettings } from '../agent/learner/settings.ts';
import type { ActionSettings } from '../agent/policy/action-space.ts';
import type { ObjectLibrary } from '../scenarios/objects/library.ts';
import type { Scenario as CheckedScenario } from '../scenarios/schema/schema.ts';
import type { BinSettings } from '../sim/bin.ts';
import type { SensorSettings } from '../sim/camera/observation.ts';
import type { HandSettings } from '../sim/hand/settings.ts';
import type { MotionSettings } from '../sim/motion.ts';
import type { PhysicsSettings } from '../sim/physics-constants.ts';

/** Which objects lie where. Lengths in metres. */
interface SceneSection {
  readonly objectCount: number;
  readonly arrangement: 'drop' | 'packed' | 'upright';
  /** Factor on every object's size: from, to. */
  readonly scale: readonly [number, number];
  /** The same for objects from files; as they are if left out. */
  readonly fileScale?: readonly [number, number] | undefined;
  /** kg/m^3: from, to. */
  readonly density: readonly [number, number];
  /** Coefficient of the objects' surface: from, to. */
  readonly friction: readonly [number, number];
  readonly tableFriction: number;
  readonly dropHalfWidth: number;
  readonly bin?: BinSettings;
  readonly workspaceHalfWidth: number;
}

/** What is trained on, and how it explores. */
interface TrainingSection {
  readonly families: readonly string[];
  readonly trials: number;
  readonly seed: number;
  readonly scenesPerRound: number;
  readonly graspsPerScene: number;
  /** Random grasps at the start. */
  readonly warmupTrials: number;
  /** Share of random grasps afterwards. */
  readonly epsilon: number;
  /** Of the soft-max over logits. */
  readonly temperature: number;
  readonly heuristicShare: number;
  readonly rounds?: boolean;
  readonly sameCell: boolean;
}

/** Settings of a scenario, every default filled in. `graft schema` describes each key. */
export interface ScenarioSettings {
  readonly description: string;
  readonly scene: SceneSection;
  readonly sensor: SensorSettings;
  readonly physics: PhysicsSettings;
  readonly gripper: HandSettings;
  readonly motion: MotionSettings;
  readonly action: ActionSettings;
  readonly learner: LearnerSettings & { readonly arm: string; readonly backbone: string };
  readonly training: TrainingSection;
  readonly evaluation: { readonly families: readonly string[]; readonly trials: number; readonly seed: number };
}

/** A scenario that was loaded. */
export interface Scenario {
  readonly name: string;
  readonly settings: ScenarioSettings;
}

/** What a {@link Scenario} stands on. */
export interface Loaded {
  readonly checked: CheckedScenario;
  /** The objects of a scenario that draws from files. */
  readonly library: ObjectLibrary | undefined;
}

const LOADED = new WeakMap<Scenario, Loaded>();

/** Makes a scenario for programs. */
export function asScenario(name: string, checked: CheckedScenario, library?: ObjectLibrary): Scenario {
  const scenario: Scenario = { name, settings: checked };
  LOADED.set(scenario, { checked, library });
  return scenario;
}

/** What a scenario stands on. @throws TypeError if it was not loaded, but put together by hand. */
export function loadedOf(scenario: Scenario): Loaded {
  const loaded = LOADED.get(scenario);
  if (loaded) return loaded;
  throw new TypeError(`scenario '${scenario.name}': expected what loadScenario or parseScenario returned, got a copy`);
}
