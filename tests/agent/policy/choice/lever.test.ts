import { describe, expect, it } from 'vitest';
import { ACTION_DEFAULTS, objectCells } from '../../../../agent/policy/action-space.ts';
import { leveredQMap, leversOn } from '../../../../agent/policy/choice/lever.ts';
import type { Heightmap } from '../../../../sim/camera/heightmap.ts';
import { CUP_PRESETS, JAW_PRESETS, suctionCup } from '../../../../sim/hand/presets.ts';
import type { HandSettings } from '../../../../sim/hand/settings.ts';

/** 24 x 24 cells of 4 mm with bars 3 cells wide, each from a column to another, along row `row`. */
function bars(size: number, ...each: readonly { row: number; from: number; to: number; height?: number }[]): Heightmap {
  const height = new Float32Array(size * size);
  for (const { row, from, to, height: h = 0.03 } of each)
    for (let r = row - 1; r <= row + 1; r++) for (let c = from; c <= to; c++) height[r * size + c] = h;
  return { size, cell: 0.004, height } as Heightmap;
}

const action = { ...ACTION_DEFAULTS, angles: 2, depths: [0.03, 0.05], leverCost: 4 };

/** What is taken off at a cell, by angle (0: closing along columns; 1: along rows) and shape. */
function costsOn(map: Heightmap, settings: typeof action = action, hand: HandSettings = JAW_PRESETS['franka-hand']) {
  const cells = objectCells(map, settings);
  const logits = new Float32Array(settings.angles * cells.length * 2).fill(1);
  const { logits: levered, cells: same } = leveredQMap({ cells, logits }, leversOn(map, settings, hand));
  expect(same).toEqual(cells);
  expect(logits.every((logit) => logit === 1)).toBe(true);
  return (angle: number, row: number, col: number, shape = 0): number =>
    1 - levered[(angle * cells.length + cells.indexOf(row * map.size + col)) * 2 + shape];
}

describe('what a lever costs', () => {
  // columns 4 to 20 of row 12: its middle is column 12, its length 16 cells from centre to centre
  const cost = costsOn(bars(24, { row: 12, from: 4, to: 20 }));

  it('grows along the bar, where the jaws close across it, up to half the cost at its ends', () => {
    expect(cost(1, 12, 12)).toBeCloseTo(0, 5);
    expect(cost(1, 12, 16)).toBeCloseTo(1, 5);
    expect(cost(1, 12, 8)).toBeCloseTo(1, 5);
    expect(cost(1, 12, 19)).toBeCloseTo((4 * 7) / 16, 5);
  });

  it('is nothing for jaws that close along the bar, and the same for every depth', () => {
    for (const col of [5, 12, 19]) expect(cost(0, 12, col)).toBeCloseTo(0, 5);
    expect(cost(1, 12, 17, 1)).toBe(cost(1, 12, 17, 0));
  });

  it('is counted from the middle of the volume, which a higher end draws to itself', () => {
    const hammer = costsOn(bars(24, { row: 12, from: 4, to: 16 }, { row: 12, from: 17, to: 20, height: 0.09 }));
    expect(hammer(1, 12, 15)).toBeLessThan(hammer(1, 12, 12));
  });

  it('is nothing where there are several objects, of which none but specks may be', () => {
    const alone = { row: 12, from: 4, to: 20 };
    expect(costsOn(bars(48, alone, { row: 30, from: 24, to: 44 }))(1, 12, 19)).toBe(0);
    expect(costsOn(bars(48, alone, { row: 30, from: 24, to: 26 }))(1, 12, 19)).toBeCloseTo((4 * 7) / 16, 5);
  });

  it('of a cup is how far it is from the middle, in diameters, at any angle', () => {
    const cup = suctionCup(CUP_PRESETS['cup-20']);
    const ofCup = costsOn(bars(24, { row: 12, from: 4, to: 20 }), action, cup);
    for (const angle of [0, 1]) {
      expect(ofCup(angle, 12, 12)).toBeCloseTo(0, 5);
      expect(ofCup(angle, 12, 17)).toBeCloseTo((4 * 5 * 0.004) / 0.02, 5);
      expect(ofCup(angle, 13, 12)).toBeCloseTo((4 * 0.004) / 0.02, 5);
    }
    expect(costsOn(bars(90, { row: 12, from: 4, to: 80 }), action, cup)(0, 12, 70)).toBe(0);
  });

  it('is nothing for what is too long to be one object, or if a scenario says so', () => {
    expect(costsOn(bars(90, { row: 12, from: 4, to: 80 }))(1, 12, 70)).toBe(0);
    expect(costsOn(bars(24, { row: 12, from: 4, to: 20 }), { ...action, leverCost: 0 })(1, 12, 19)).toBe(0);
  });
});
