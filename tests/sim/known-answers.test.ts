import { beforeAll, describe, expect, it } from 'vitest';
import { topDownGrasp } from '../../sim/grasp.ts';
import { registerHand } from '../../sim/hand/registry.ts';
import { axisAngle, type Vec3 } from '../../sim/math/pose.ts';
import type { TrialSettings } from '../../sim/outcome.ts';
import {
  addObject,
  bodyPose,
  createWorld,
  freeWorld,
  loadPhysics,
  PHYSICS_DEFAULTS,
  stepWorld,
} from '../../sim/physics.ts';
import { buildWorld, type Scene } from '../../sim/scene.ts';
import { runTrial } from '../../sim/trial.ts';

import { CUBE, sceneOf, TRIAL } from '../support/scenes.ts';
import { STEPPED, stepHand } from '../support/stepped-hand.ts';

beforeAll(async () => {
  registerHand(stepHand);
  await loadPhysics();
});

const attempt = (scene: Scene, tip: Vec3, yaw = 0, settings: TrialSettings = TRIAL) =>
  runTrial(scene, topDownGrasp(tip, yaw, settings.gripper.stroke), settings);

/** Jaws, and a kind of hand that is added here. */
const HANDS: readonly (readonly [string, TrialSettings])[] = [
  ['jaws', TRIAL],
  ['stepped jaws', { ...TRIAL, gripper: STEPPED }],
];

describe.each(HANDS)('known-answer grasps with %s', (_, hand) => {
  const attempt = (scene: Scene, tip: Vec3, yaw = 0, settings = hand) =>
    runTrial(scene, topDownGrasp(tip, yaw, settings.gripper.stroke), settings);

  for (const yaw of [0, 0.2, 0.4, 0.6, Math.PI / 4]) {
    it(`holds a 4 cm cube at yaw ${yaw.toFixed(2)} with less than 1 mm of gap error`, () => {
      const { outcome, gap } = attempt(sceneOf(CUBE, [0, 0, 0.02]), [0, 0, 0.015], yaw);
      expect(outcome).toBe('held');
      // flush on two faces, or jammed on two opposite vertical edges inside the friction cone
      const jammed = 0.04 * Math.SQRT2 * Math.cos(Math.PI / 4 - yaw);
      expect(Math.min(Math.abs(gap - 0.04), Math.abs(gap - jammed))).toBeLessThan(0.001);
    });
  }

  it('holds a sphere by its diameter', () => {
    const { outcome, gap } = attempt(sceneOf({ kind: 'sphere', radius: 0.025 }, [0, 0, 0.025]), [0, 0, 0.02]);
    expect(outcome).toBe('held');
    expect(Math.abs(gap - 0.05)).toBeLessThan(0.001);
  });

  it('holds a lying cylinder across its axis', () => {
    const lying = axisAngle([1, 0, 0], Math.PI / 2);
    const scene = sceneOf({ kind: 'cylinder', radius: 0.02, halfHeight: 0.04 }, [0, 0, 0.02], { quaternion: lying });
    const { outcome, gap } = attempt(scene, [0, 0, 0.015]);
    expect(outcome).toBe('held');
    expect(Math.abs(gap - 0.04)).toBeLessThan(0.001);
  });

  it('misses when it closes on air', () => {
    const { outcome, gap } = attempt(sceneOf(CUBE, [0, 0, 0.02]), [0.1, 0, 0.015]);
    expect(outcome).toBe('missed');
    expect(gap).toBeLessThan(0.001);
  });

  it('fails on an edge whose faces lie outside the friction cone', () => {
    // the hand closes at 45 degrees to the faces, on one corner only: atan(0.6) = 31 degrees is not enough
    const corner = 0.02 * Math.SQRT2 - 0.004;
    const at: Vec3 = [(corner + 0.008) / Math.SQRT2, (corner + 0.008) / Math.SQRT2, 0.015];
    expect(attempt(sceneOf(CUBE, [0, 0, 0.02]), at, (3 * Math.PI) / 4).outcome).not.toBe('held');
  });

  it('fails on a 12 cm box, as too wide', () => {
    const scene = sceneOf({ kind: 'box', half: [0.06, 0.06, 0.03] }, [0, 0, 0.03]);
    expect(attempt(scene, [0, 0, 0.03]).outcome).toBe('too-wide');
  });

  it('fails at friction 0.02: 2 * 0.02 * 20 N is less than the weight of 0.1 kg', () => {
    const scene = sceneOf(CUBE, [0, 0, 0.02], { friction: 0.02, density: 0.1 / 0.04 ** 3 });
    expect(attempt(scene, [0, 0, 0.015]).outcome).toBe('slipped');
  });

  it('keeps the fingers from sinking: the pads stay within 1 mm of the surface at 40 N', () => {
    const strong = { ...hand, gripper: { ...hand.gripper, force: 40 } };
    const { outcome, gap } = attempt(sceneOf(CUBE, [0, 0, 0.02]), [0, 0, 0.015], 0, strong);
    expect(outcome).toBe('held');
    expect(0.04 - gap).toBeLessThan(0.001);
  });

  it('presses with the force it is set to, within 15 %', () => {
    const { forces } = attempt(sceneOf(CUBE, [0, 0, 0.02]), [0, 0, 0.015]);
    for (const force of forces) expect(Math.abs(force / hand.gripper.force - 1)).toBeLessThan(0.15);
  });
});

describe('physics against closed forms', () => {
  it('falls freely: z = g t^2 / 2', () => {
    const world = createWorld(PHYSICS_DEFAULTS);
    const [{ model }] = sceneOf(CUBE, [0, 0, 0]).objects;
    const body = addObject(world, model, { position: [0, 0, 2], quaternion: [0, 0, 0, 1] });
    for (let i = 0; i < PHYSICS_DEFAULTS.stepHz / 2; i++) stepWorld(world);
    expect(2 - bodyPose(body).position[2]).toBeCloseTo((9.81 * 0.25) / 2, 1);
    freeWorld(world);
  });

  it('rests without sinking more than 1 mm or moving', () => {
    const { world, bodies } = buildWorld(sceneOf(CUBE, [0, 0, 0.02]), PHYSICS_DEFAULTS);
    for (let i = 0; i < PHYSICS_DEFAULTS.stepHz * 2; i++) stepWorld(world);
    const [x, y, z] = bodyPose(bodies[0]).position;
    expect(Math.abs(z - 0.02)).toBeLessThan(0.001);
    expect(Math.hypot(x, y)).toBeLessThan(0.0005);
    freeWorld(world);
  });

  it('is held if and only if friction can carry the weight through lift and shake', () => {
    // peak acceleration of lift and shake, m/s^2, bounds the load between m g and m (g + a)
    const w = 2 * Math.PI * TRIAL.motion.shakeHz;
    const a = TRIAL.motion.shakeAmplitude * w * w;
    const mass = 0.2;
    const held = (friction: number) =>
      attempt(sceneOf(CUBE, [0, 0, 0.02], { friction, density: mass / 0.04 ** 3 }), [0, 0, 0.012]).outcome === 'held';
    const lowest = (mass * 9.81) / (2 * TRIAL.gripper.force);
    const highest = (mass * (9.81 + 2 * a)) / (2 * TRIAL.gripper.force);
    expect(held(lowest * 0.85)).toBe(false);
    expect(held(highest * 1.15)).toBe(true);
  });
});
