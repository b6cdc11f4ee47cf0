import { beforeAll, describe, expect, it } from 'vitest';
import type { Window } from '../../../agent/network/window.ts';
import { drawQuestions, REGRESSION_TARGETS, sceneTruth } from '../../../agent/pretrain/passive.ts';
import type { Heightmap } from '../../../sim/camera/heightmap.ts';
import { axisAngle } from '../../../sim/math/pose.ts';
import { rngStream } from '../../../sim/math/rng.ts';
import { loadPhysics } from '../../../sim/physics.ts';
import { sceneOf } from '../../support/scenes.ts';

beforeAll(loadPhysics);

const [SIZE, CELL] = [96, 0.004];
const map = { size: SIZE, cell: CELL } as Heightmap;
const HALF = [0.02, 0.04, 0.015] as const;

/** A 4 x 8 x 3 cm box, turned by `angle`; its own x axis is the short one. */
function boxQuestions(angle: number, yaw: number, flip: Partial<Window> = {}) {
  const scene = sceneOf({ kind: 'box', half: HALF }, [0.01, -0.02, HALF[2]], {
    quaternion: axisAngle([0, 0, 1], angle),
  });
  const truth = sceneTruth(scene, SIZE, CELL, ['test']);
  const window: Window = { centre: [0.01, -0.02], yaw, rows: 64, cols: 64, ...flip };
  const questions = drawQuestions(map, truth, window, 400, rngStream(1, 'test/questions'));
  return questions.map(({ point, targets, family }) => ({
    // cells from the box's middle, in the window's frame
    x: (point[0] - 32) * CELL,
    y: (point[1] - 32) * CELL,
    family,
    ...(Object.fromEntries(REGRESSION_TARGETS.map((name, i) => [name, targets[i]])) as Record<
      (typeof REGRESSION_TARGETS)[number],
      number
    >),
  }));
}

describe('passive targets of a box', () => {
  for (const [angle, yaw] of [
    [0, 0],
    [0.5, 0.5],
    [2, 2],
  ]) {
    it(`are the box's own geometry when the window is turned with it (${angle} rad)`, () => {
      const inside = boxQuestions(angle, yaw).filter((q) => Math.abs(q.x) < 0.01 && Math.abs(q.y) < 0.025);
      expect(inside.length).toBeGreaterThan(30);
      for (const q of inside) {
        expect(q.height * 0.05).toBeCloseTo(0.03, 3);
        expect(q['on-object']).toBe(1);
        expect(q.family).toBe(0);
        // to the edge along the closing axis, within a cell and a half
        expect(Math.abs(q['reach-right'] * 0.04 - (HALF[0] - q.x))).toBeLessThan(0.006);
        expect(Math.abs(q['reach-left'] * 0.04 - (HALF[0] + q.x))).toBeLessThan(0.006);
        expect(q['facing-right']).toBeGreaterThan(0.85);
        expect(q['facing-left']).toBeGreaterThan(0.85);
        expect(Math.abs(q['centre-x'] * 0.05 + q.x)).toBeLessThan(0.003);
        expect(Math.abs(q['centre-y'] * 0.05 + q.y)).toBeLessThan(0.003);
        expect(q['clearance-right']).toBeGreaterThan(0);
      }
    });
  }

  it('mirror with the window: what was right is left', () => {
    const plain = boxQuestions(0.3, 0);
    const mirrored = boxQuestions(0.3, 0, { flipX: true });
    const near = (q: { x: number; y: number }, x: number, y: number) => Math.hypot(q.x - x, q.y - y) < 0.003;
    let [pairs, slopes] = [0, 0];
    for (const p of plain.filter((q) => Math.abs(q.x) < 0.01 && Math.abs(q.y) < 0.025)) {
      const m = mirrored.find((q) => near(q, -p.x, p.y));
      if (!m) continue;
      pairs++;
      expect(Math.abs(m['reach-left'] - p['reach-right'])).toBeLessThan(0.25);
      // the slope at an edge depends on the exact point: mirrored on average only
      slopes += m['normal-x'] + p['normal-x'];
    }
    expect(pairs).toBeGreaterThan(10);
    expect(Math.abs(slopes / pairs)).toBeLessThan(0.1);
  });

  it('say that the table is the table', () => {
    const far = boxQuestions(0, 0).filter((q) => Math.abs(q.x) > 0.035 || Math.abs(q.y) > 0.055);
    expect(far.length).toBeGreaterThan(5);
    for (const q of far) expect([q['on-object'], q.height, q.family]).toEqual([0, 0, -1]);
  });

  it('report no room for a finger where something as high stands', () => {
    const across = boxQuestions(0, Math.PI / 2).filter((q) => Math.abs(q.x) < 0.004 && Math.abs(q.y) < 0.01);
    // closing along the 8 cm side: both fingers of an open 8 cm hand come down at its very ends
    for (const q of across) expect(Math.min(q['reach-right'], q['reach-left'])).toBeGreaterThan(0.8);
  });
});
