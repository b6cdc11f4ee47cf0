import { beforeAll, describe, expect, it } from 'vitest';
import { exportMjcf } from '../../../sim/files/mjcf.ts';
import { topDownGrasp } from '../../../sim/grasp.ts';
import { CUP_DEFAULTS, type CupSettings, suctionCup } from '../../../sim/hand/presets.ts';
import { findSeal } from '../../../sim/hand/seal.ts';
import { axisAngle, IDENTITY_QUAT, multiply, type Vec3 } from '../../../sim/math/pose.ts';
import { part, type Solid } from '../../../sim/objects/object.ts';
import type { TrialSettings } from '../../../sim/outcome.ts';
import { loadPhysics } from '../../../sim/physics.ts';
import { recordTrial } from '../../../sim/recording/trajectory.ts';
import type { Scene } from '../../../sim/scene.ts';
import { runTrial } from '../../../sim/trial.ts';
import { CUBE, sceneOf, TRIAL } from '../../support/scenes.ts';

beforeAll(loadPhysics);

const withCup = (cup: Partial<CupSettings> = {}): TrialSettings => ({
  ...TRIAL,
  gripper: suctionCup({ ...CUP_DEFAULTS, ...cup }),
});

const attempt = (scene: Scene, tip: Vec3, cup: Partial<CupSettings> = {}) =>
  runTrial(scene, topDownGrasp(tip, 0.3, 0.03), withCup(cup));

const box = (x: number, y: number, z: number, options = {}): Scene =>
  sceneOf({ kind: 'box', half: [x / 2, y / 2, z / 2] }, [0, 0, z / 2], options);

const G = 9.81;

let up: number;
let aside: number;

/** Largest accelerations of the cup's path from the lift on, m/s^2: second differences of its position. */
beforeAll(() => {
  const path: Vec3[] = [];
  runTrial(box(0.06, 0.06, 0.04), topDownGrasp([0, 0, 0.03], 0, 0.03), withCup(), ({ phase, hand }) => {
    if (phase !== 'descend') path.push(hand.poses()[0].position);
  });
  const { stepHz } = TRIAL.physics;
  const accelerations = path
    .slice(2)
    .map((p, i): Vec3 => [0, 1, 2].map((k) => (p[k] - 2 * path[i + 1][k] + path[i][k]) * stepHz ** 2) as never);
  up = Math.max(...accelerations.map((a) => a[2]));
  aside = Math.max(...accelerations.map((a) => Math.hypot(a[0], a[1])));
});

describe('a suction cup', () => {
  it('holds a flat box, which rises as far as the cup', () => {
    const { outcome, rise, target } = attempt(box(0.06, 0.06, 0.04), [0, 0, 0.03]);
    expect([outcome, target]).toEqual(['held', 0]);
    expect(Math.abs(rise - TRIAL.motion.lift)).toBeLessThan(0.001);
  });

  it('pulls with the weight of what hangs still on it', () => {
    const pulls: number[] = [];
    runTrial(box(0.06, 0.06, 0.04), topDownGrasp([0, 0, 0.03], 0, 0.03), withCup(), ({ phase, hand }) => {
      if (phase === 'hold') pulls.push(hand.forcesOn(0)[0]);
    });
    expect(pulls.at(-1)! / (400 * 0.06 * 0.06 * 0.04 * G)).toBeCloseTo(1, 2);
  });

  it('stops on the surface, however deep the grasp asks it to go', () => {
    const tips: number[] = [];
    runTrial(box(0.06, 0.06, 0.04), topDownGrasp([0, 0, 0.005], 0, 0.03), withCup(), ({ phase, hand }) => {
      if (phase === 'close') tips.push(hand.poses()[0].position[2]);
    });
    expect(tips.at(-1)).toBeCloseTo(0.04, 5);
  });

  it('misses what it does not reach, and does not lift the table', () => {
    expect(attempt(box(0.06, 0.06, 0.04), [0, 0, 0.06]).outcome).toBe('missed');
    const { outcome, rise } = attempt(box(0.06, 0.06, 0.04), [0.1, 0, 0]);
    expect(outcome).toBe('missed');
    expect(Math.abs(rise)).toBeLessThan(0.001);
  });

  it('does not seal over the edge of a box, and seals just inside of it', () => {
    const r = CUP_DEFAULTS.cupRadius;
    expect(attempt(box(0.06, 0.06, 0.04), [0.03 - r + 0.002, 0, 0.035]).outcome).toBe('no-seal');
    expect(attempt(box(0.06, 0.06, 0.04), [0.03 - r - 0.001, 0, 0.035]).outcome).toBe('held');
  });

  it('does not seal across two boxes of the same height', () => {
    const [{ model }] = box(0.04, 0.04, 0.04).objects;
    const at = (x: number) => ({ model, pose: { position: [x, 0, 0.02] as Vec3, quaternion: IDENTITY_QUAT } });
    const scene = { objects: [at(-0.0201), at(0.0201)], tableFriction: 0.6 };
    expect(attempt(scene, [0, 0, 0.035]).outcome).toBe('no-seal');
    expect(attempt(scene, [0.02, 0, 0.035])).toMatchObject({ outcome: 'held', target: 1 });
  });

  it('does not seal over a hole', () => {
    const wall = (x: number, y: number, w: number, d: number) =>
      part({ kind: 'box', half: [w / 2, d / 2, 0.02] }, [x, y, 0]);
    const parts = [
      ...[wall(-0.02, 0, 0.03, 0.07), wall(0.02, 0, 0.03, 0.07)],
      ...[wall(0, -0.02, 0.01, 0.03), wall(0, 0.02, 0.01, 0.03)],
    ];
    const scene = sceneOf(CUBE, [0, 0, 0.02], { parts });
    expect(attempt(scene, [0, 0, 0.035]).outcome).toBe('no-seal');
    expect(attempt(scene, [0.019, 0.017, 0.035]).outcome).toBe('held');
  });

  it('seals on a sphere if and only if its cap under the lip is flatter than the lip is soft', () => {
    const { cupRadius: r, sealFlatness: h } = CUP_DEFAULTS;
    // the sphere whose cap over the lip's circle is as high as the lip gives way: h = R - sqrt(R^2 - r^2)
    const critical = (r * r + h * h) / (2 * h);
    const sphere = (radius: number): Scene => sceneOf({ kind: 'sphere', radius }, [0, 0, radius], { density: 20 });
    const outcome = (radius: number) => attempt(sphere(radius), [0, 0, 1.9 * radius]).outcome;
    expect(outcome(0.02)).toBe('no-seal');
    expect(outcome(critical * 0.9)).toBe('no-seal');
    expect(outcome(critical * 1.15)).toBe('held');
  });

  it('follows a tilted face with a tilted approach, and with its lip up to the lip travel', () => {
    const turned = (degrees: number): Scene =>
      sceneOf({ kind: 'box', half: [0.05, 0.05, 0.005] }, [0, 0, 0.06], {
        quaternion: axisAngle([0, 1, 0], (degrees * Math.PI) / 180),
      });
    const sealed = (face: number, approach: number): boolean => {
      const { pose } = topDownGrasp([0, 0, 0.1], 0, 0.03);
      const turn = axisAngle([0, 1, 0], (approach * Math.PI) / 180);
      const from = { ...pose, quaternion: multiply(turn, pose.quaternion) };
      return findSeal(turned(face), from, suctionCup(CUP_DEFAULTS))?.sealed ?? false;
    };
    expect([sealed(0, 0), sealed(15, 0), sealed(30, 0), sealed(30, 30), sealed(0, 30)]).toEqual([
      ...[true, true, false, true, false],
    ]);
  });

  it('holds a tilted face it approached at an angle', () => {
    const lean = axisAngle([0, 1, 0], 0.3);
    const wedge: Solid = {
      kind: 'hull',
      points: [-0.04, 0.04].flatMap((x) =>
        [-0.04, 0.04].flatMap((y): Vec3[] => [
          [x, y, -0.02],
          [x, y, 0.02 - Math.tan(0.3) * x],
        ]),
      ),
    };
    const scene = sceneOf(wedge, [0, 0, 0.02], { density: 300 });
    const { pose } = topDownGrasp([0, 0, 0.035], 0, 0.03);
    const grasp = { pose: { ...pose, quaternion: multiply(lean, pose.quaternion) }, opening: 0.03 };
    expect(runTrial(scene, grasp, withCup()).outcome).toBe('held');
  });

  it('loses a box if and only if its load m (g + a) exceeds the force', () => {
    const scene = box(0.06, 0.06, 0.04, { density: 0.5 / (0.06 * 0.06 * 0.04), friction: 1 });
    const outcome = (force: number) => attempt(scene, [0, 0, 0.03], { force, torqueLimit: 5, padFriction: 3 }).outcome;
    expect(outcome(0.5 * G * 0.9)).toBe('slipped');
    expect(outcome(0.5 * (G + up) * 0.9)).toBe('slipped');
    // a soft cup swings a little: 1.15 is the most that a critically damped spring adds
    expect(outcome(0.5 * (G + up) * 1.2)).toBe('held');
  });

  it('loses a slippery box in the shake, by shear', () => {
    const mass = 0.5;
    const outcome = (friction: number) =>
      attempt(box(0.06, 0.06, 0.02, { density: mass / (0.06 * 0.06 * 0.02), friction }), [0, 0, 0.015]).outcome;
    // mu (force - pull) against m a, with the pull between its least and its largest value
    const { force } = CUP_DEFAULTS;
    expect(outcome(((mass * aside) / force) * 0.9)).toBe('slipped');
    expect(outcome(((mass * aside) / (force - mass * (G + up))) * 1.1)).toBe('held');
  });

  it('loses a long bar held off-centre if and only if m (g + a) r exceeds the torque limit', () => {
    const [mass, arm] = [0.3, 0.06];
    const scene = box(0.18, 0.04, 0.02, { density: mass / (0.18 * 0.04 * 0.02) });
    const outcome = (x: number, torqueLimit: number) => attempt(scene, [x, 0, 0.015], { torqueLimit }).outcome;
    const still = mass * G * arm;
    expect(outcome(arm, still * 0.9)).toBe('slipped');
    expect(outcome(arm, still * (1 + up / G) * 0.85)).toBe('slipped');
    // the rest of the way: sideways pulls twist the bar, and reach the lip over half its height
    expect(outcome(arm, still * (1 + (up + aside) / G) * 1.05)).toBe('held');
    expect(outcome(0, still * 0.9)).toBe('held');
  });

  it('collides when its palm meets something before its lip does', () => {
    const [{ model }] = box(0.06, 0.06, 0.02).objects;
    const [{ model: tower }] = box(0.02, 0.08, 0.12).objects;
    const scene = {
      objects: [
        { model, pose: { position: [0, 0, 0.01] as Vec3, quaternion: IDENTITY_QUAT } },
        { model: tower, pose: { position: [0.042, 0, 0.06] as Vec3, quaternion: IDENTITY_QUAT } },
      ],
      tableFriction: 0.6,
    };
    expect(attempt(scene, [0, 0, 0.015]).outcome).toBe('collided');
  });

  it('is the same bit for bit when repeated and when recorded', () => {
    const scene = box(0.06, 0.06, 0.04);
    const grasp = topDownGrasp([0.005, 0, 0.03], 0, 0.03);
    const once = runTrial(scene, grasp, withCup());
    expect(runTrial(scene, grasp, withCup()).stateHash).toBe(once.stateHash);
    const recorded = recordTrial(scene, grasp, withCup());
    expect(recorded.result.stateHash).toBe(once.stateHash);
    expect(recorded.poses.length).toBe(recorded.phases.length * 4 * 7);
    expect(new Set(recorded.phases).size).toBe(5);
  });
});

describe('the MJCF export', () => {
  it('refuses a cup instead of exporting jaws', () => {
    expect(() => exportMjcf(box(0.06, 0.06, 0.04), topDownGrasp([0, 0, 0.03], 0, 0.03), withCup())).toThrow(
      /expected a hand of kind 'jaws', got 'suction'/,
    );
  });
});
