import { beforeAll, describe, expect, it } from 'vitest';
import { topDownGrasp } from '../../sim/grasp.ts';
import { axisAngle, IDENTITY_QUAT, multiply, norm, type Pose, rotate, scale, type Vec3 } from '../../sim/math/pose.ts';
import type { ObjectModel, Solid } from '../../sim/objects/object.ts';
import type { TrialSettings } from '../../sim/outcome.ts';
import {
  addCollider,
  addFixed,
  addObject,
  type Body,
  bodyPose,
  bodyPosition,
  bodyVelocity,
  createWorld,
  freeWorld,
  loadPhysics,
  massPropertiesOf,
  PHYSICS_DEFAULTS,
  setVelocity,
  stepWorld,
  type World,
} from '../../sim/physics.ts';
import { runTrial } from '../../sim/trial.ts';
import { CUBE, sceneOf, TRIAL } from '../support/scenes.ts';

beforeAll(loadPhysics);

const G = PHYSICS_DEFAULTS.gravity;
const HZ = PHYSICS_DEFAULTS.stepHz;

const modelOf = (solid: Solid, options: { density?: number; friction?: number } = {}): ObjectModel =>
  sceneOf(solid, [0, 0, 0], options).objects[0].model;

/** Runs a world with a ground turned about +X, and frees it. */
function withGround<T>(slope: number, friction: number, use: (world: World) => T): T {
  const world = createWorld(PHYSICS_DEFAULTS);
  try {
    const quaternion = axisAngle([1, 0, 0], slope);
    const ground: Pose = { position: rotate(quaternion, [0, 0, -0.05]), quaternion };
    addCollider(world, addFixed(world), { kind: 'box', half: [0.6, 0.6, 0.05] }, ground, { density: 1000, friction });
    return use(world);
  } finally {
    freeWorld(world);
  }
}

const run = (world: World, seconds: number, each?: () => void): void => {
  for (let i = 0; i < seconds * HZ; i++) {
    stepWorld(world);
    each?.();
  }
};

describe('friction', () => {
  const MU = 0.5 * 0.8;

  /** Distances down the slope after a quarter and half a second. @param yaw of the box on the slope. */
  const slid = (slope: number, yaw: number): readonly [number, number] =>
    withGround(slope, 0.5, (world) => {
      const down = axisAngle([1, 0, 0], slope);
      const quaternion = multiply(down, axisAngle([0, 0, 1], yaw));
      const start = rotate(down, [0, 0.3, 0.02]);
      const body = addObject(world, modelOf(CUBE, { friction: 0.8 }), { position: start, quaternion });
      const gone = (): number => {
        const { position } = bodyPose(body);
        return Math.hypot(position[1] - start[1], position[2] - start[2]);
      };
      run(world, 0.25);
      const early = gone();
      run(world, 0.25);
      return [early, gone()];
    });

  for (const yaw of [0, 0.4, Math.PI / 4]) {
    it(`holds a box turned by ${yaw.toFixed(1)} rad on a slope of 0.9 of the friction angle's tangent, and not of 1.1`, () => {
      expect(slid(Math.atan(0.9 * MU), yaw)[1]).toBeLessThan(0.001);
      expect(slid(Math.atan(1.1 * MU), yaw)[1]).toBeGreaterThan(0.02);
    });

    // Coulomb friction is solved point by point: its direction at each corner is off by what the box would turn, and up to 7 %
    // of it cancel out. Along a diagonal none do.
    it(`lets it slide with a = g (sin - mu' cos), mu' between 0.93 and 1.01 of mu`, () => {
      for (const degrees of [3, 10]) {
        const slope = Math.atan(MU) + (degrees * Math.PI) / 180;
        const [early, late] = slid(slope, yaw);
        const acceleration = (late - 2 * early) / 0.25 ** 2;
        const ratio = (Math.tan(slope) - acceleration / (G * Math.cos(slope))) / MU;
        expect(ratio).toBeGreaterThan(0.93);
        expect(ratio).toBeLessThan(1.01);
      }
    });
  }

  it('carries a load if and only if 2 mu F > m (g + a), within 10 %', () => {
    const slow: TrialSettings = { ...TRIAL, motion: { ...TRIAL.motion, liftTime: 2, shakeTime: 0 } };
    const a = (6 * slow.motion.lift) / slow.motion.liftTime ** 2;
    for (const mass of [0.15, 0.6]) {
      const threshold = (mass * (G + a)) / (2 * slow.gripper.force);
      const held = (friction: number): boolean =>
        runTrial(
          sceneOf(CUBE, [0, 0, 0.02], { friction, density: mass / 0.04 ** 3 }),
          topDownGrasp([0, 0, 0.004], 0, 0.08),
          slow,
        ).outcome === 'held';
      expect(held(0.9 * threshold), `${mass} kg`).toBe(false);
      expect(held(1.1 * threshold), `${mass} kg`).toBe(true);
    }
  });

  it('lets a long bar held off-centre turn when m g d exceeds the torque of the pads, and not before', () => {
    // four corners of the patch under each pad carry a quarter of the force each, at half the diagonal from its middle
    const [length, half, tip, off] = [0.2, 0.01, 0.003, 0.07];
    const mass = 0.12;
    const arm = Math.hypot(TRIAL.gripper.fingerWidth / 2, (2 * half - tip) / 2);
    const threshold = (mass * G * off) / (2 * TRIAL.gripper.force * arm);
    const slow: TrialSettings = { ...TRIAL, motion: { ...TRIAL.motion, liftTime: 2, shakeTime: 0 } };
    const dip = (friction: number, offset: number): number => {
      const solid: Solid = { kind: 'box', half: [half, length / 2, half] };
      const scene = sceneOf(solid, [0, offset, half], { friction, density: mass / (4 * half * half * length) });
      const { finalPoses } = runTrial(scene, topDownGrasp([0, 0, tip], 0, 0.08), slow);
      return Math.asin(Math.min(1, Math.abs(rotate(finalPoses[0].quaternion, [0, 1, 0])[2])));
    };
    expect(dip(1.4 * threshold, off)).toBeLessThan(0.1);
    expect(dip(0.7 * threshold, off)).toBeGreaterThan(0.4);
    expect(dip(0.7 * threshold, 0)).toBeLessThan(0.1);
  });
});

describe('the fingers', () => {
  for (const force of [5, 20, 60]) {
    it(`press with ${force} N each, within 5 %`, () => {
      const settings = { ...TRIAL, gripper: { ...TRIAL.gripper, force } };
      const { outcome, forces } = runTrial(sceneOf(CUBE, [0, 0, 0.02]), topDownGrasp([0, 0, 0.015], 0, 0.08), settings);
      expect(outcome).toBe('held');
      for (const f of forces) expect(Math.abs(f / force - 1)).toBeLessThan(0.05);
    });
  }

  it('do not sink into a light sphere: 4 g under 20 N keep their diameter to 1 mm', () => {
    const scene = sceneOf({ kind: 'sphere', radius: 0.02 }, [0, 0, 0.02], { density: 120 });
    const { outcome, gap } = runTrial(scene, topDownGrasp([0, 0, 0.012], 0, 0.08), TRIAL);
    expect(outcome).toBe('held');
    expect(Math.abs(gap - 0.04)).toBeLessThan(0.001);
  });
});

describe('things left alone', () => {
  const kinetic = (body: Body): number => {
    return 0.5 * massPropertiesOf(body).mass * norm(bodyVelocity(body)) ** 2;
  };

  /** Boxes on top of one another. */
  const stack = (world: World, count: number): Body[] =>
    Array.from({ length: count }, (_, i) =>
      addObject(world, modelOf(CUBE), { position: [0, 0, 0.02 + 0.04 * i], quaternion: IDENTITY_QUAT }),
    );

  it('neither gain energy nor rise', () => {
    withGround(0, 0.6, (world) => {
      const bodies = stack(world, 3);
      run(world, 0.5);
      const before = bodies.map((b) => bodyPosition(b)[2]);
      let most = 0;
      run(world, 3, () => {
        most = Math.max(
          most,
          bodies.reduce((sum, b) => sum + kinetic(b), 0),
        );
      });
      expect(most).toBeLessThan(1e-7);
      bodies.forEach((b, i) => {
        expect(bodyPosition(b)[2] - before[i]).toBeLessThan(1e-5);
      });
    });
  });

  it('stand in a stack of five for ten seconds', () => {
    withGround(0, 0.6, (world) => {
      const bodies = stack(world, 5);
      run(world, 10);
      bodies.forEach((b, i) => {
        const [x, y, z] = bodyPosition(b);
        expect(Math.hypot(x, y)).toBeLessThan(0.0005);
        expect(Math.abs(z - 0.02 - 0.04 * i)).toBeLessThan(0.001);
      });
    });
  });

  it('fall off an edge from which they were pushed by 1 mm', () => {
    withGround(0, 0.6, (world) => {
      const diagonal = 0.02 * Math.SQRT2;
      const quaternion = axisAngle([1, 0, 0], Math.PI / 4 + 0.001 / diagonal);
      const edge = rotate(quaternion, [0, -0.02, -0.02]);
      const body = addObject(world, modelOf(CUBE), { position: scale(edge, -1), quaternion });
      run(world, 2);
      expect(Math.abs(bodyPosition(body)[2] - 0.02)).toBeLessThan(0.001);
    });
  });

  for (const [name, solid, height] of [
    ['a 5 mm ball', { kind: 'sphere', radius: 0.005 }, 0.005],
    ['a plate of 4 mm', { kind: 'box', half: [0.03, 0.03, 0.002] }, 0.002],
    ['a cube', CUBE, 0.02],
  ] as const satisfies readonly (readonly [string, Solid, number])[]) {
    it(`do not tunnel at 1 m/s: ${name}`, () => {
      withGround(0, 0.6, (world) => {
        const start: Vec3 = [0, 0, 0.1];
        const body = addObject(world, modelOf(solid), { position: start, quaternion: IDENTITY_QUAT });
        setVelocity(body, [0, 0, -1]);
        let lowest = 1;
        run(world, 1, () => {
          lowest = Math.min(lowest, bodyPosition(body)[2]);
        });
        expect(lowest).toBeGreaterThan(height - 0.004);
        expect(Math.abs(bodyPosition(body)[2] - height)).toBeLessThan(0.001);
      });
    });
  }
});
