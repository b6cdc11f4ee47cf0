import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { drawCase } from '../../../scenarios/experiments/crosscheck/cases.ts';
import { crosscheck } from '../../../scenarios/experiments/crosscheck/crosscheck.ts';
import { loadMujoco, MujocoTrial } from '../../../scenarios/experiments/crosscheck/mujoco.ts';
import { loadScenario } from '../../../scenarios/load.ts';
import { topDownGrasp } from '../../../sim/grasp.ts';
import { loadPhysics } from '../../../sim/physics.ts';
import { writeHousehold } from '../../support/objects/household.ts';
import { temporaryFolder } from '../../support/process/cli.ts';
import { CUBE, sceneOf, TRIAL } from '../../support/scenes.ts';

const folder = temporaryFolder();

const mujoco = await loadMujoco().catch(() => undefined);
await loadPhysics();

describe('crosscheck against MuJoCo', () => {
  it('draws every kind of shape, tilted and straight, and the same case for the same key', () => {
    const { scenario } = loadScenario('tabletop');
    const cases = Array.from({ length: 30 }, (_, i) => drawCase({ scenario, own: false, seed: 5 }, i));
    expect(new Set(cases.map((c) => c.kind))).toEqual(new Set(['primitive', 'hull', 'compound']));
    const down = cases.filter(
      ({ grasp: { pose } }) => Math.abs(pose.quaternion[2]) + Math.abs(pose.quaternion[3]) < 1e-9,
    );
    expect(down.length).toBeGreaterThan(5);
    expect(down.length).toBeLessThan(25);
    expect(JSON.stringify(drawCase({ scenario, own: false, seed: 5 }, 7))).toBe(JSON.stringify(cases[7]));
  });

  it.skipIf(!mujoco)('MuJoCo holds a cube by its faces at any step, and drops 0.1 kg at friction 0.02', () => {
    const scene = sceneOf(CUBE, [0, 0, 0.02], { friction: 0.5, density: 0.1 / 0.04 ** 3 });
    for (const step of [0.002, 0.001]) {
      const trial = new MujocoTrial(mujoco!, scene, topDownGrasp([0, 0, 0.012], 0, 0.08), TRIAL, step);
      const result = trial.run({ friction: 1, shift: [0, 0, 0] });
      expect(result.outcome).toBe('held');
      expect(Math.abs(result.gap - 0.04)).toBeLessThan(0.0005);
      expect(Math.abs(result.finalPoses[0].position[2] - 0.02 - TRIAL.motion.lift)).toBeLessThan(0.002);
      expect(trial.run({ friction: 0.04, shift: [0, 0, 0] }).outcome).toBe('slipped');
      // the same again, whatever ran before
      expect(trial.run({ friction: 1, shift: [0, 0, 0] }).gap).toBe(result.gap);
      trial.free();
    }
  });

  it.skipIf(!mujoco)(
    '40 grasps of a fixed seed: 90 % of all labels agree, 95 % of the robust ones',
    async () => {
      const result = await crosscheck({ trials: 40, seed: 2 });
      expect(result.trials).toBe(40);
      expect(result.bothHeld + result.rapierOnly + result.mujocoOnly + result.neither).toBe(40);
      expect(result.bothHeld).toBeGreaterThan(10);
      expect(result.neither).toBeGreaterThan(6);
      expect(result.agreement).toBeGreaterThanOrEqual(0.9);
      expect(result.robust.agreement).toBeGreaterThanOrEqual(0.95);
      expect(result.gapErrorMedian).toBeLessThan(0.0005);
      expect(result.mujocoSelfAgreement).toBeGreaterThan(0.9);
    },
    240_000,
  );

  it.skipIf(!mujoco)('plays objects from files, too', async () => {
    const objects = join(folder, 'household');
    mkdirSync(objects);
    writeHousehold(objects);
    const result = await crosscheck({ trials: 8, seed: 0, objects });
    expect(result).toMatchObject({ scenario: 'objects from files', trials: 8 });
    expect(result.kinds.hull.trials + result.kinds.compound.trials).toBeGreaterThan(4);
    expect(result.agreement).toBeGreaterThan(0.6);
  });

  it.skipIf(!mujoco)('refuses a gripper that MuJoCo does not play', async () => {
    await expect(crosscheck({ trials: 1, seed: 0, scenario: 'suction' })).rejects.toThrow(/expected a gripper of kind/);
  });
});
