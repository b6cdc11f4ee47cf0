import { beforeAll, describe, expect, it } from 'vitest';
import {
  ACTION_DEFAULTS,
  checkShapeCount,
  components,
  graspAt,
  graspOf,
  graspShapes,
  nearestAction,
  objectCells,
  randomAction,
  yawOf,
} from '../../../agent/policy/action-space.ts';
import { parseScenario } from '../../../scenarios/load.ts';
import { sceneAndView } from '../../../scenarios/trials/scene.ts';
import { localTop } from '../../../sim/camera/heightmap.ts';
import { observe } from '../../../sim/camera/observation.ts';
import { rngStream } from '../../../sim/math/rng.ts';
import { loadPhysics } from '../../../sim/physics.ts';
import { sceneOf } from '../../support/scenes.ts';

beforeAll(loadPhysics);

describe('openings', () => {
  const scenario = parseScenario('action: { depths: [0.02, 0.03], openings: [0.5, 1] }', 'test');

  it('make shapes with the depths, depths first', () => {
    expect(graspShapes(scenario.action)).toEqual([
      { depth: 0.02, opening: 0.5 },
      { depth: 0.03, opening: 0.5 },
      { depth: 0.02, opening: 1 },
      { depth: 0.03, opening: 1 },
    ]);
  });

  it('are shares of the stroke, and lower grasps are deeper', () => {
    const map = sceneAndView(scenario, 1, 'training', 0).observation.heightmap;
    const cell = map.height.indexOf(Math.max(...map.height));
    const grasps = [0, 1, 2, 3].map((shape) => graspOf(map, { cell, angle: 0, shape }, 0.08, scenario.action));
    expect(grasps.map((g) => g.opening)).toEqual([0.04, 0.04, 0.08, 0.08]);
    expect(grasps[0].pose.position[2]).toBeGreaterThanOrEqual(grasps[1].pose.position[2]);
  });
});

describe('a scenario of other shapes than a policy chooses among', () => {
  it('is refused, and one of as many is not', () => {
    const two = { ...ACTION_DEFAULTS, depths: [0.03], openings: [0.6, 1] };
    expect(() => checkShapeCount(1, two, 'own')).toThrow(
      "scenario 'own': expected 1 combinations of action.depths and action.openings (the policy's own), got 2",
    );
    expect(() => checkShapeCount(2, two, 'own')).not.toThrow();
  });
});

describe('random actions', () => {
  it('take every cell, angle and shape, and none where there is nothing', () => {
    const settings = { ...ACTION_DEFAULTS, angles: 3, depths: [0.02, 0.03] };
    const rng = rngStream(0, 'test/actions');
    const drawn = Array.from({ length: 200 }, () => JSON.stringify(randomAction([7, 9], settings, rng)));
    expect(new Set(drawn).size).toBe(2 * 3 * 2);
    expect(randomAction([], settings, rng)).toBeUndefined();
  });
});

describe('closing angles', () => {
  it('divide half a turn', () => {
    expect([0, 1, 2].map((a) => yawOf(a, { ...ACTION_DEFAULTS, angles: 4 }))).toEqual([0, Math.PI / 4, Math.PI / 2]);
  });
});

describe('candidates', () => {
  it('put the finger tips below the local top, but never into the table', () => {
    const { sensor } = parseScenario('', 'test');
    const bar = sceneOf({ kind: 'box', half: [0.06, 0.015, 0.015] }, [0.03, -0.02, 0.015]);
    const { heightmap: map } = observe(bar, sensor, rngStream(0, 'test/observe'));
    const cells = objectCells(map, ACTION_DEFAULTS);
    expect(components(map, cells)[0].length).toBeGreaterThan(150);
    for (const cell of cells) {
      const { pose } = graspAt(map, cell, 0, 0.01, 0.08, ACTION_DEFAULTS);
      expect(pose.position[2]).toBeGreaterThanOrEqual(ACTION_DEFAULTS.tableClearance);
      expect(pose.position[2]).toBeLessThan(0.03);
    }
  });

  it('leave out patches that rise nowhere above the bumps of noise, and keep the low parts of what does', () => {
    const size = 20;
    const height = new Float32Array(size * size);
    const patch = (row: number, col: number, heights: readonly number[]): number[] =>
      heights.map((z, i) => {
        height[(row + (i >> 1)) * size + col + (i & 1)] = z;
        return (row + (i >> 1)) * size + col + (i & 1);
      });
    const bump = patch(3, 3, [0.012, 0.009, 0.011, 0.014]);
    const object = patch(10, 10, [0.009, 0.012, 0.03, 0.011]);
    const map = {
      size,
      cell: 0.004,
      height,
      colour: new Float32Array(3 * size * size),
      observed: new Uint8Array(size * size),
    };
    expect(objectCells(map, ACTION_DEFAULTS)).toEqual([...bump, ...object]);
    expect(objectCells(map, { ...ACTION_DEFAULTS, objectPeak: 0.016 })).toEqual(object);
    expect(objectCells(map, { ...ACTION_DEFAULTS, objectPeak: 0.001 })).toEqual([...bump, ...object]);
  });
});

describe('the local top', () => {
  it("is the highest of the cells around, at the map's edge too", () => {
    const map = {
      ...{ size: 3, cell: 0.004, height: Float32Array.from([0, 1, 2, 3, 4, 5, 6, 7, 8]) },
      ...{ colour: new Float32Array(27), observed: new Uint8Array(9) },
    };
    expect([0, 2, 4, 6].map((cell) => localTop(map, cell))).toEqual([4, 5, 8, 7]);
  });
});

describe('the action that a grasp comes nearest to', () => {
  const settings = { ...ACTION_DEFAULTS, angles: 4, depths: [0.02, 0.05], openings: [0.5, 1] };

  it.each([
    // radians, metres, share of the stroke, angle, shape
    [0.1, 0.03, 0.9, 0, 2],
    [Math.PI / 4 + 0.3, 0.04, 0.6, 1, 1],
    // half a turn is none, in either sense
    [Math.PI - 0.1, 0.02, 1, 0, 2],
    [-Math.PI / 4, 0.2, 1, 3, 3],
  ])('of %d rad, %d m deep, opened by %d is angle %d, shape %d', (yaw, depth, opening, angle, shape) => {
    expect(nearestAction(7, yaw, depth, opening, settings)).toEqual({ cell: 7, angle, shape });
  });
});
