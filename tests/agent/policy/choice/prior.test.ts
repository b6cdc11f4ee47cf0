import { beforeAll, describe, expect, it } from 'vitest';
import { ACTION_DEFAULTS, objectCells } from '../../../../agent/policy/action-space.ts';
import { primedQMap, priorLogit } from '../../../../agent/policy/choice/prior.ts';
import { loadScenario } from '../../../../scenarios/load.ts';
import { observe } from '../../../../sim/camera/observation.ts';
import { rngStream } from '../../../../sim/math/rng.ts';
import { loadPhysics } from '../../../../sim/physics.ts';
import { sceneOf } from '../../../support/scenes.ts';

beforeAll(loadPhysics);

const { scenario } = loadScenario('tabletop');
const hand = scenario.gripper;
const action = { ...ACTION_DEFAULTS, angles: 2, depths: [0.02, 0.035] };
/** Of a bar along world +X, 120 x 30 x 30 mm: angle 0 closes along it, angle 1 across it. */
const { heightmap } = observe(
  sceneOf({ kind: 'box', half: [0.06, 0.015, 0.015] }, [0, 0, 0.015]),
  scenario.sensor,
  rngStream(0, 'test/observe'),
);
const cells = objectCells(heightmap, action);
const middle = heightmap.size * 47 + 46;
const end = middle + 15;

describe('the antipodal prior', () => {
  const at = (cell: number, angle: number): number => priorLogit(heightmap, { cell, angle, shape: 0 }, action, hand);

  it('expects much of closing across the middle, less of its ends, and little of closing along', () => {
    expect(at(middle, 1)).toBeGreaterThan(1);
    expect(at(end, 1)).toBeLessThan(at(middle, 1));
    expect(at(middle, 0)).toBe(-1.8);
  });

  it('is added to what a head says, the same for every depth', () => {
    const logits = Float32Array.from({ length: action.angles * cells.length * 2 }, (_, i) => i % 7);
    const { logits: primed, cells: same } = primedQMap(heightmap, { cells, logits }, action, hand);
    expect(same).toBe(cells);
    for (const cell of [middle, end])
      for (const angle of [0, 1])
        for (const shape of [0, 1]) {
          const i = (angle * cells.length + cells.indexOf(cell)) * 2 + shape;
          expect(primed[i] - logits[i]).toBeCloseTo(at(cell, angle), 5);
        }
  });
});
