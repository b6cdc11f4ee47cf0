import { beforeAll, describe, expect, it } from 'vitest';
import { ACTION_DEFAULTS } from '../../../../agent/policy/action-space.ts';
import { walledQMap } from '../../../../agent/policy/choice/walls.ts';
import { loadScenario } from '../../../../scenarios/load.ts';
import { cellAt, type Heightmap } from '../../../../sim/camera/heightmap.ts';
import { topDownGrasp } from '../../../../sim/grasp.ts';
import { CUP_PRESETS, GRIPPER_DEFAULTS, suctionCup } from '../../../../sim/hand/presets.ts';
import { loadPhysics } from '../../../../sim/physics.ts';
import { runTrial } from '../../../../sim/trial.ts';
import { CUBE, sceneOf, TRIAL } from '../../../support/scenes.ts';

const MAP = { size: 96, cell: 0.004 } as Heightmap;
/** Angle 0 closes along x, angle 1 along y; the jaws open 80 mm, or half of that. */
const ACTION = { ...ACTION_DEFAULTS, angles: 2, depths: [0.035], openings: [1, 0.5], wallHalfWidth: 0.13 };

/** What the walls take off at a point, [angle][opening]. */
function costsAt(x: number, y: number, settings: typeof ACTION = ACTION, hand = GRIPPER_DEFAULTS): number[][] {
  const logits = new Float32Array(4).fill(1);
  const walled = walledQMap(MAP, { cells: [cellAt(MAP, x, y)], logits }, settings, hand);
  expect(logits.every((logit) => logit === 1)).toBe(true);
  return [0, 2].map((first) => [1 - walled.logits[first], 1 - walled.logits[first + 1]]);
}

const COST = 10;

describe('what walls cost', () => {
  it.each([
    [
      'in the middle: nothing',
      0,
      0,
      [
        [0, 0],
        [0, 0],
      ],
    ],
    [
      'near a wall: closing across it with open jaws',
      0.09,
      0,
      [
        [COST, 0],
        [0, 0],
      ],
    ],
    [
      'nearer: across it, however narrow',
      0.11,
      0,
      [
        [COST, COST],
        [0, 0],
      ],
    ],
    [
      'at another wall',
      0,
      -0.11,
      [
        [0, 0],
        [COST, COST],
      ],
    ],
    [
      'in a corner: everything',
      0.11,
      0.11,
      [
        [COST, COST],
        [COST, COST],
      ],
    ],
    [
      'where the fingers are too wide to stand',
      0.125,
      0,
      [
        [COST, COST],
        [COST, COST],
      ],
    ],
  ] as const)('%s', (_, x, y, costs) => expect(costsAt(x, y)).toEqual(costs));

  it('is nothing without walls, and for a cup', () => {
    const { wallHalfWidth: _, ...open } = ACTION;
    expect(costsAt(0.11, 0.11, open as typeof ACTION)).toEqual([
      [0, 0],
      [0, 0],
    ]);
    expect(costsAt(0.11, 0.11, ACTION, suctionCup(CUP_PRESETS['cup-20']))).toEqual([
      [0, 0],
      [0, 0],
    ]);
  });
});

describe('a scenario with a bin', () => {
  beforeAll(loadPhysics);
  const { scenario } = loadScenario('bin');

  it('tells the policy where its walls are', () => {
    expect(scenario.action.wallHalfWidth).toBe(scenario.scene.bin?.halfWidth);
    expect(loadScenario('pile').scenario.action).not.toHaveProperty('wallHalfWidth');
  });

  it.each([
    [0, false],
    [Math.PI / 2, true],
  ])('has walls that a hand astride of one cannot lift: closing at %f', (yaw, held) => {
    const x = 0.105;
    const scene = { ...sceneOf(CUBE, [x, 0, 0.02]), bin: scenario.scene.bin };
    const { outcome } = runTrial(scene, topDownGrasp([x, 0, 0.02], yaw, TRIAL.gripper.stroke), TRIAL);
    expect(outcome === 'held').toBe(held);
  });
});
