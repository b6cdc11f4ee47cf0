/** Cases of the crosscheck: how scenes and grasps are drawn. */
import { type Grasp, topDownGrasp } from '../../../sim/grasp.ts';
import { add, axisAngle, multiply, scale, transform, type Vec3 } from '../../../sim/math/pose.ts';
import { type Rng, rngStream } from '../../../sim/math/rng.ts';
import { extentAlong } from '../../../sim/motion.ts';
import { STANDARD_FAMILIES } from '../../../sim/objects/families.ts';
import type { TrialSettings } from '../../../sim/outcome.ts';
import { type PlacedObject, type Scene, sampleScene } from '../../../sim/scene.ts';
import type { ObjectLibrary } from '../../objects/library.ts';
import type { Scenario } from '../../schema/schema.ts';
import { sceneSettings, trialSettings } from '../../trials/scene.ts';

/** Shapes that engines find contacts of in different ways. */
export const SHAPE_KINDS = ['primitive', 'hull', 'compound'] as const;
export type ShapeKind = (typeof SHAPE_KINDS)[number];

/** A settled scene and a grasp to try. */
export interface CheckCase {
  readonly kind: ShapeKind;
  readonly scene: Scene;
  readonly grasp: Grasp;
  readonly settings: TrialSettings;
}

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
