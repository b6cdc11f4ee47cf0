import { type Grasp, topDownGrasp } from '../../../sim/grasp.ts';
import { kindOf } from '../../../sim/hand/settings.ts';
import {
  add,
  axisAngle,
  conjugate,
  multiply,
  norm,
  type Pose,
  scale,
  subtract,
  transform,
  type Vec3,
} from '../../../sim/math/pose.ts';
import { type Rng, rngStream } from '../../../sim/math/rng.ts';
import { extentAlong } from '../../../sim/motion.ts';
import { STANDARD_FAMILIES } from '../../../sim/objects/families.ts';
import type { TrialResult, TrialSettings } from '../../../sim/outcome.ts';
import { loadPhysics, PHYSICS_ENGINE, physicsVersion } from '../../../sim/physics.ts';
import { type PlacedObject, type Scene, sampleScene } from '../../../sim/scene.ts';
import { runTrial } from '../../../sim/trial.ts';
import { InputError, loadScenario, withObjects } from '../../load.ts';
import { note } from '../../notes.ts';
import type { ObjectLibrary } from '../../objects/library.ts';
import { libraryOf } from '../../objects/read.ts';
import type { Scenario } from '../../schema/schema.ts';
import { sceneSettings, trialSettings } from '../../trials/scene.ts';
import { loadMujoco, type Mujoco, MujocoTrial, type Variation } from './mujoco.ts';

/** Same grasps in both engines: how far the labels can be trusted. */

const SHAPE_KINDS = ['primitive', 'hull', 'compound'] as const;
type ShapeKind = (typeof SHAPE_KINDS)[number];

export interface CheckCase {
  readonly kind: ShapeKind;
  readonly scene: Scene;
  readonly grasp: Grasp;
  readonly settings: TrialSettings;
}

/** Both engines' answers to one case. */
interface CheckResult {
  readonly kind: ShapeKind;
  readonly family: string;
  readonly rapier: boolean;
  readonly mujoco: boolean;
  /** MuJoCo at half the step. */
  readonly mujocoHalfStep: boolean;
  /** MuJoCo's outcome survives every one of {@link VARIATIONS}. */
  readonly robust: boolean;
  /** Both held the same object. */
  readonly both: boolean;
  /** Difference of the distances between the pads at the end, metres. */
  readonly gapError: number;
  /** Distance between the object's final positions, metres, and angle between its final orientations, radians. */
  readonly positionError: number;
  readonly angleError: number;
  readonly rapierSeconds: number;
  readonly mujocoSeconds: number;
  readonly mujocoCompileSeconds: number;
}

/** MuJoCo's own step in the comparison of speed, seconds. */
const STEP = 0.002;
const SHIFT = 0.001;
const BASE: Variation = { friction: 1, shift: [0, 0, 0] };

/** What a robust outcome survives: half the step, friction +-10 %, 1 mm along and across the closing axis. */
const VARIATIONS = (grasp: Grasp): readonly Variation[] => {
  const along = (axis: Vec3): Vec3 => subtract(transform(grasp.pose, axis), grasp.pose.position);
  const [x, y] = [along([1, 0, 0]), along([0, 1, 0])];
  return [
    { ...BASE, friction: 0.9 },
    { ...BASE, friction: 1.1 },
    ...[scale(x, SHIFT), scale(x, -SHIFT), scale(y, SHIFT), scale(y, -SHIFT)].map((shift) => ({ ...BASE, shift })),
  ];
};

/** Wider than any scenario's defaults: light and heavy, slippery and rough. */
const DENSITY = [100, 2500] as const;
const FRICTION = [0.1, 1] as const;
const MAX_TILT = (25 * Math.PI) / 180;

const logUniform = (rng: Rng, [low, high]: readonly [number, number]): number =>
  Math.exp(rng.range(Math.log(low), Math.log(high)));

/** What cases are drawn from. */
export interface CaseSource {
  readonly scenario: Scenario;
  /** The scenario's own families, masses and friction; else every family in turn, with wider ranges. */
  readonly own: boolean;
  readonly seed: number;
  /** Objects from files, in place of the families. */
  readonly library?: ObjectLibrary;
}

/** Case `index` of a source: a settled scene and a grasp that aims at the object, not at success. */
export function drawCase({ scenario, own, seed, library }: CaseSource, index: number): CheckCase {
  const rng = rngStream(seed, 'crosscheck', index);
  const families = own ? scenario.evaluation.families : [STANDARD_FAMILIES[index % STANDARD_FAMILIES.length]];
  const base = { ...sceneSettings(scenario, families), ...(library && { library: library.models }) };
  const density = logUniform(rng, DENSITY);
  const friction = rng.range(...FRICTION);
  const ranges = own
    ? base.ranges
    : { ...base.ranges, density: [density, density] as const, friction: [friction, friction] as const };
  const scene = sampleScene({ ...base, ranges }, scenario.physics, seed, 'evaluation', index);
  const object = rng.pick(scene.objects);
  const grasp = drawGrasp(object, scenario.gripper.stroke, rng);
  return { kind: shapeKind(object), scene, grasp, settings: trialSettings(scenario) };
}

const shapeKind = ({ model: { parts } }: PlacedObject): ShapeKind =>
  parts.length > 1 ? 'compound' : parts[0].solid.kind === 'hull' ? 'hull' : 'primitive';

const surfacePoint = ({ model: { mesh }, pose }: PlacedObject, rng: Rng): Vec3 => {
  const [a, b] = [rng.int(mesh.positions.length / 3), rng.int(mesh.positions.length / 3)];
  const at = (v: number): Vec3 =>
    transform(pose, [mesh.positions[3 * v], mesh.positions[3 * v + 1], mesh.positions[3 * v + 2]]);
  const t = rng.next();
  return add(scale(at(a), t), scale(at(b), 1 - t));
};

/** Yaws tried for a grasp that shall fit: the one across which the object is narrowest is taken. */
const YAWS = 6;

/**
 * Aims at the object, not at success, so that about half of the cases graze: half near the middle and across a narrow side,
 * half anywhere along the object at any angle; half straight down, half tilted up to 25 degrees.
 */
function drawGrasp(object: PlacedObject, stroke: number, rng: Rng): Grasp {
  const points = [surfacePoint(object, rng), surfacePoint(object, rng), surfacePoint(object, rng)];
  const central = rng.next() < 0.5;
  const aim = central ? scale(points.reduce(add), 1 / 3) : points[0];
  const tilt = rng.next() < 0.5 ? 0 : rng.range(0, MAX_TILT);
  const tip: Vec3 = [aim[0], aim[1], Math.max(aim[2] - rng.range(0, 0.025), 0.003 + 0.02 * Math.sin(tilt))];
  const yaws = Array.from({ length: central ? YAWS : 1 }, () => rng.range(0, Math.PI));
  const widths = yaws.map((yaw) => extentAlong(object.model.mesh, object.pose, [Math.cos(yaw), Math.sin(yaw), 0]));
  const yaw = yaws[widths.indexOf(Math.min(...widths))];
  const opening = rng.next() < 0.5 ? stroke : rng.range(0.6 * stroke, stroke);
  const { pose } = topDownGrasp(tip, yaw, opening);
  const azimuth = rng.range(0, 2 * Math.PI);
  const turn = axisAngle([Math.cos(azimuth), Math.sin(azimuth), 0], tilt);
  return { pose: { position: pose.position, quaternion: multiply(turn, pose.quaternion) }, opening };
}

/** Angle between two orientations, radians. */
const angleBetween = (a: Pose, b: Pose): number =>
  2 * Math.acos(Math.min(1, Math.abs(multiply(conjugate(a.quaternion), b.quaternion)[3])));

const isHeld = ({ outcome }: TrialResult): boolean => outcome === 'held';

function halfStep(mujoco: Mujoco, scene: Scene, grasp: Grasp, settings: TrialSettings): boolean {
  const trial = new MujocoTrial(mujoco, scene, grasp, settings, STEP / 2);
  try {
    return isHeld(trial.run(BASE));
  } finally {
    trial.free();
  }
}

/** Plays one case in both engines. */
function checkCase(mujoco: Mujoco, { kind, scene, grasp, settings }: CheckCase): CheckResult {
  const started = performance.now();
  const ours = runTrial(scene, grasp, settings);
  const rapierSeconds = (performance.now() - started) / 1000;
  const trial = new MujocoTrial(mujoco, scene, grasp, settings, STEP);
  try {
    const theirs = trial.run(BASE);
    const held = isHeld(theirs);
    const theirPose = theirs.finalPoses[theirs.target];
    const half = halfStep(mujoco, scene, grasp, settings);
    const robust = half === held && VARIATIONS(grasp).every((variation) => isHeld(trial.run(variation)) === held);
    const ourPose = ours.finalPoses[ours.target];
    return {
      kind,
      family: scene.objects[theirs.target].model.family,
      rapier: isHeld(ours),
      mujoco: held,
      mujocoHalfStep: half,
      robust,
      both: held && isHeld(ours) && ours.target === theirs.target,
      gapError: Math.abs(ours.gap - theirs.gap),
      positionError: norm(subtract(ourPose.position, theirPose.position)),
      angleError: angleBetween(ourPose, theirPose),
      rapierSeconds,
      mujocoSeconds: theirs.seconds,
      mujocoCompileSeconds: trial.compileSeconds,
    };
  } finally {
    trial.free();
  }
}

/** The machine-readable result of `graft crosscheck`. Lengths in metres, rates 0..1; null where nothing was held by both. */
export interface CrosscheckJson {
  readonly scenario: string;
  readonly seed: number;
  readonly trials: number;
  readonly agreement: number;
  readonly robust: { readonly trials: number; readonly agreement: number };
  /** Outcomes: held by both, by one only, by neither. */
  readonly bothHeld: number;
  readonly rapierOnly: number;
  readonly mujocoOnly: number;
  readonly neither: number;
  readonly gapErrorMedian: number | null;
  readonly gapErrorP95: number | null;
  readonly positionErrorMedian: number | null;
  readonly positionErrorP95: number | null;
  readonly angleErrorMedianDeg: number | null;
  /** MuJoCo against itself at half the step: about the most that can be asked for. */
  readonly mujocoSelfAgreement: number;
  /**
   * Time from scene and grasp to outcome, both engines building their own world, summed over the cases: MuJoCo's (2 ms step)
   * over ours.
   */
  readonly timeRatio: number;
  /** The same without MuJoCo's model, as if it were compiled beforehand; ours still builds its world. */
  readonly timeRatioPrecompiled: number;
  readonly rapierMsPerTrial: number;
  readonly mujocoMsPerTrial: number;
  readonly kinds: Readonly<Record<ShapeKind, KindRow>>;
  readonly physics: string;
  readonly mujoco: string;
  readonly seconds: number;
}

interface KindRow {
  readonly trials: number;
  readonly agreement: number;
  readonly robust: { readonly trials: number; readonly agreement: number };
  readonly gapErrorMedian: number | null;
  readonly gapErrorP95: number | null;
}

function quantile(values: readonly number[], q: number): number | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const at = q * (sorted.length - 1);
  const [low, high] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]];
  return low + (high - low) * (at - Math.floor(at));
}

const share = <T>(list: readonly T[], test: (item: T) => boolean): number =>
  list.length === 0 ? 1 : list.filter(test).length / list.length;

const agree = (r: CheckResult): boolean => r.rapier === r.mujoco;

function kindRow(results: readonly CheckResult[]): KindRow {
  const robust = results.filter((r) => r.robust);
  const gaps = results.filter((r) => r.both).map((r) => r.gapError);
  return {
    trials: results.length,
    agreement: share(results, agree),
    robust: { trials: robust.length, agreement: share(robust, agree) },
    gapErrorMedian: quantile(gaps, 0.5),
    gapErrorP95: quantile(gaps, 0.95),
  };
}

const total = (results: readonly CheckResult[], value: (r: CheckResult) => number): number =>
  results.reduce((sum, r) => sum + value(r), 0);

/** The figures of a list of cases. */
function summarise(
  results: readonly CheckResult[],
): Omit<CrosscheckJson, 'scenario' | 'seed' | 'physics' | 'mujoco' | 'seconds'> {
  const both = results.filter((r) => r.both);
  const [ours, theirs] = [total(results, (r) => r.rapierSeconds), total(results, (r) => r.mujocoSeconds)];
  const compiled = total(results, (r) => r.mujocoCompileSeconds);
  const degrees = quantile(
    both.map((r) => r.angleError),
    0.5,
  );
  const of = (kind: ShapeKind): KindRow => kindRow(results.filter((r) => r.kind === kind));
  return {
    ...kindRow(results),
    bothHeld: results.filter((r) => r.rapier && r.mujoco).length,
    rapierOnly: results.filter((r) => r.rapier && !r.mujoco).length,
    mujocoOnly: results.filter((r) => !r.rapier && r.mujoco).length,
    neither: results.filter((r) => !r.rapier && !r.mujoco).length,
    positionErrorMedian: quantile(
      both.map((r) => r.positionError),
      0.5,
    ),
    positionErrorP95: quantile(
      both.map((r) => r.positionError),
      0.95,
    ),
    angleErrorMedianDeg: degrees === null ? null : (degrees * 180) / Math.PI,
    mujocoSelfAgreement: share(results, (r) => r.mujoco === r.mujocoHalfStep),
    timeRatio: (theirs + compiled) / ours,
    timeRatioPrecompiled: theirs / ours,
    rapierMsPerTrial: (1000 * ours) / results.length,
    mujocoMsPerTrial: (1000 * (theirs + compiled)) / results.length,
    kinds: { primitive: of('primitive'), hull: of('hull'), compound: of('compound') },
  };
}

export interface CrosscheckRequest {
  readonly trials: number;
  readonly seed: number;
  /** Default: the tabletop's gripper and physics, every family, wider ranges of mass and friction. */
  readonly scenario?: string;
  /** Folder or file of objects, in place of the families. */
  readonly objects?: string;
  readonly onProgress?: (done: number, result: CheckResult) => void;
  readonly signal?: AbortSignal;
}

/** `graft crosscheck`: the same grasps in Rapier and in MuJoCo. */
export async function crosscheck(request: CrosscheckRequest): Promise<CrosscheckJson> {
  const started = performance.now();
  const mujoco = await loadMujoco();
  await loadPhysics();
  const { name, ...loaded } = loadScenario(request.scenario ?? 'tabletop');
  const scenario = withObjects(loaded.scenario, request.objects);
  const own = request.scenario !== undefined;
  if (kindOf(scenario.gripper) !== 'jaws')
    throw new InputError(
      `scenario '${name}': expected a gripper of kind 'jaws' (all that MuJoCo plays), got '${kindOf(scenario.gripper)}'`,
    );
  const library = await libraryOf(scenario, note);
  const source: CaseSource = { scenario, own, seed: request.seed, ...(library && { library }) };
  // compiled code warms up before anything is timed
  for (let i = 0; i < 3; i++) checkCase(mujoco, drawCase(source, i));
  const results: CheckResult[] = [];
  for (let i = 0; i < request.trials && !request.signal?.aborted; i++) {
    const result = checkCase(mujoco, drawCase(source, i));
    results.push(result);
    request.onProgress?.(i + 1, result);
  }
  return {
    scenario: own ? name : library ? 'objects from files' : 'every family',
    seed: request.seed,
    ...summarise(results),
    physics: `${PHYSICS_ENGINE} ${physicsVersion()}`,
    mujoco: `@mujoco/mujoco ${mujoco.mj_versionString()}`,
    seconds: (performance.now() - started) / 1000,
  };
}

const percentOf = (rate: number): string => `${(100 * rate).toFixed(1)} %`;
const millimetres = (value: number | null): string => (value === null ? '-' : `${(1000 * value).toFixed(2)} mm`);

/** The figures as text. */
export function crosscheckTable(r: CrosscheckJson): string {
  const row = (name: string, k: KindRow): string =>
    [
      name.padEnd(10),
      String(k.trials).padStart(6),
      percentOf(k.agreement).padStart(9),
      String(k.robust.trials).padStart(7),
      percentOf(k.robust.agreement).padStart(9),
      millimetres(k.gapErrorMedian).padStart(11),
      millimetres(k.gapErrorP95).padStart(11),
    ].join(' ');
  return [
    `${r.scenario}, seed ${r.seed}; ${r.physics} against ${r.mujoco}`,
    '',
    'shapes     trials     agree  robust     agree  gap median     gap 95 %',
    ...SHAPE_KINDS.map((kind) => row(kind, r.kinds[kind])),
    row('all', r),
    '',
    `held by both ${r.bothHeld}, by Rapier only ${r.rapierOnly}, by MuJoCo only ${r.mujocoOnly}, by neither ${r.neither}`,
    `object after lift, hold and shake: ${millimetres(r.positionErrorMedian)} apart (median), ${millimetres(r.positionErrorP95)} (95 %), ${r.angleErrorMedianDeg?.toFixed(1) ?? '-'} degrees (median)`,
    `MuJoCo against itself at half the step: ${percentOf(r.mujocoSelfAgreement)}`,
    `a trial: ${r.rapierMsPerTrial.toFixed(1)} ms, MuJoCo ${r.mujocoMsPerTrial.toFixed(1)} ms: ${r.timeRatio.toFixed(2)} times ours (${r.timeRatioPrecompiled.toFixed(2)} with its model compiled beforehand)`,
  ].join('\n');
}
