import { beforeAll, describe, expect, it } from 'vitest';
import { drawCase } from '../../scenarios/experiments/crosscheck/cases.ts';
import { loadScenario } from '../../scenarios/load.ts';
import { freeMotion } from '../../sim/free-motion.ts';
import { approachAxis, topDownGrasp } from '../../sim/grasp.ts';
import { dot, norm, subtract } from '../../sim/math/pose.ts';
import { clearPose } from '../../sim/motion.ts';
import { loadPhysics } from '../../sim/physics.ts';
import { runTrial } from '../../sim/trial.ts';
import { CUBE, sceneOf, TRIAL } from '../support/scenes.ts';

beforeAll(loadPhysics);

const { gripper } = TRIAL;

describe('free motion', () => {
  it('ends a run-up before the first contact of the descent', () => {
    // a pad right above a cube of 4 cm: its tip meets the top 40 - 10 mm before the grasp
    const onTop = freeMotion(sceneOf(CUBE, [0.045, 0, 0.02]), topDownGrasp([0, 0, 0.01], 0, 0.08), gripper);
    expect(onTop.back).toBeCloseTo(0.03 + 0.003, 6);
    expect(onTop.gap).toBe(0.08);
  });

  it('goes down to the grasp between pads that clear the object, and closes to a run-up before it', () => {
    const around = freeMotion(sceneOf(CUBE, [0.005, 0, 0.02]), topDownGrasp([0, 0, 0.01], 0, 0.08), gripper);
    expect(around.back).toBe(0);
    expect(around.gap).toBeCloseTo(2 * (0.025 + 0.003), 6);
  });

  it('closes altogether if nothing is between the pads', () => {
    expect(freeMotion(sceneOf(CUBE, [0, 0.1, 0.02]), topDownGrasp([0, 0, 0.01], 0, 0.08), gripper)).toEqual({
      back: 0,
      gap: 0,
    });
  });

  it('stops above the table', () => {
    const { back } = freeMotion(sceneOf(CUBE, [0.2, 0, 0.02]), topDownGrasp([0, 0, -0.004], 0, 0.08), gripper);
    expect(back).toBeCloseTo(0.004 + 0.0005 + 0.003, 6);
  });
});

/** What comes after the free motion, in a third of the time. */
const BRISK = { lift: 0.12, liftTime: 0.3, holdTime: 0.05, shakeTime: 0.1 };

describe.each(['tabletop', 'pile', 'bin'])('skipping the free motion in %s', (name) => {
  const TRIALS = name === 'tabletop' ? 150 : 30;

  it('skips nothing that touches or moves anything, and changes next to no outcome', () => {
    const { scenario } = loadScenario(name);
    let changed = 0;
    // the most that any step of any trial had, newtons and metres
    const most = { force: 0, moved: 0, astray: 0 };
    for (let i = 0; i < TRIALS; i++) {
      const { scene, grasp, settings: drawn } = drawCase({ scenario, own: name !== 'tabletop', seed: 51 }, i);
      const settings = { ...drawn, motion: { ...drawn.motion, ...BRISK } };
      const free = freeMotion(scene, grasp, settings.gripper);
      const from = clearPose(scene, grasp).position;
      const approach = approachAxis(grasp);
      const reach = dot(subtract(grasp.pose.position, from), approach);
      const opening = Math.min(grasp.opening, settings.gripper.stroke);
      const whole = runTrial(
        scene,
        grasp,
        settings,
        ({ phase, hand: g }) => {
          const gone = dot(subtract(g.poses()[0].position, from), approach);
          const isFree = phase === 'descend' ? gone < reach - free.back - 1e-6 : free.back === 0 && g.gap() > free.gap;
          if (!isFree || (phase !== 'descend' && phase !== 'close')) return;
          most.force = Math.max(most.force, g.contactForce());
          scene.objects.forEach(({ pose }, b) => {
            most.moved = Math.max(most.moved, norm(subtract(g.objectPose(b).position, pose.position)));
          });
          // the fingers are where the abridged trial puts them
          if (phase === 'descend') most.astray = Math.max(most.astray, Math.abs(g.gap() - opening));
        },
        { unabridged: true },
      );
      const abridged = runTrial(scene, grasp, settings);
      if (abridged.steps === 0) expect(whole.outcome).toBe('missed');
      if ((whole.outcome === 'held') !== (abridged.outcome === 'held')) changed++;
    }
    expect(most.force).toBe(0);
    expect(most.moved).toBeLessThan(1e-7);
    expect(most.astray).toBeLessThan(2e-5);
    expect(changed / TRIALS).toBeLessThan(0.04);
  });
});
