import { describe, expect, it } from 'vitest';
import { deproject } from '../../../sim/camera/camera.ts';
import {
  buildHeightmap,
  cellAt,
  cellCentre,
  type Heightmap,
  levelled,
  rescaled,
} from '../../../sim/camera/heightmap.ts';
import { type Frame, LIGHTING_DEFAULTS, renderFrame, trueHeights } from '../../../sim/camera/render.ts';
import { boxAt, cameraAt } from '../../support/views.ts';

const SETTINGS = { size: 96, cell: 0.004 };
const mean = (v: readonly number[]): number => v.reduce((a, b) => a + b, 0) / v.length;

describe('the heightmap', () => {
  it('puts a box where it is, with its height, and leaves no holes in its top', () => {
    const instance = boxAt([0.04, 0.02, 0.03], [0.05, -0.04, 0.03], 0.3);
    const map = buildHeightmap(renderFrame(cameraAt(), [instance], LIGHTING_DEFAULTS), { size: 96, cell: 0.004 });
    const { height } = trueHeights([instance], 96, 0.004);
    let [inside, wrong] = [0, 0];
    for (let i = 0; i < height.length; i++) {
      if (height[i] < 0.055) continue;
      inside++;
      if (Math.abs(map.height[i] - height[i]) > 0.002) wrong++;
    }
    expect(inside).toBeGreaterThan(150);
    expect(wrong / inside).toBeLessThan(0.06);
    const [x, y] = cellCentre(map, 38, 60);
    expect(x).toBeCloseTo(0.05, 9);
    expect(y).toBeCloseTo(-0.038, 9);
  });

  it('holds the highest point that was seen in each cell, with its colour, and nothing that was not', () => {
    const frame = renderFrame(cameraAt(), [boxAt([0.03, 0.02, 0.03], [0, 0.02, 0.03], 0.5)], LIGHTING_DEFAULTS);
    const map = buildHeightmap(frame, SETTINGS);
    const points = deproject(frame.camera, frame.depth);
    const highest = new Float32Array(96 * 96).fill(Number.NEGATIVE_INFINITY);
    for (let i = 0; i < points.length; i += 3) {
      const [col, row] = [0, 1].map((k) => Math.floor((points[i + k] + 0.192) / 0.004));
      if (!(col >= 0 && row >= 0 && col < 96 && row < 96)) continue;
      highest[row * 96 + col] = Math.max(highest[row * 96 + col], points[i + 2]);
    }
    const colours = new Set(
      Array.from({ length: frame.colour.length / 3 }, (_, i) => frame.colour.subarray(3 * i, 3 * i + 3).join()),
    );
    const wrong = [...highest.keys()].filter((i) => {
      const colour = [...map.colour.subarray(3 * i, 3 * i + 3)];
      if (!map.observed[i]) return highest[i] > Number.NEGATIVE_INFINITY || map.height[i] !== 0 || colour.some(Boolean);
      // points halfway between pixels may only add to it
      return map.height[i] < highest[i] - 1e-6 || !colours.has(colour.map((c) => Math.round(c * 255)).join());
    });
    expect(wrong).toEqual([]);
  });

  it('fills nothing in across an edge: behind a box the table stays unseen', () => {
    const frame = renderFrame(cameraAt([0, -0.5, 0.3]), [boxAt([0.03, 0.01, 0.03], [0, 0, 0.03])], LIGHTING_DEFAULTS);
    const map = buildHeightmap(frame, SETTINGS);
    const at = (x: number, y: number): number => Math.floor((y + 0.192) / 0.004) * 96 + Math.floor((x + 0.192) / 0.004);
    for (let y = 0.02; y < 0.13; y += 0.002) expect(map.observed[at(0, y)]).toBe(0);
    expect(map.observed[at(0, -0.05)]).toBe(1);
  });

  it('has the middles of its cells where its frame says', () => {
    const map = { size: 4, cell: 0.5 };
    expect([cellCentre(map, 0, 0), cellCentre(map, 3, 0), cellCentre(map, 1, 2)]).toEqual([
      [-0.75, -0.75],
      [-0.75, 0.75],
      [0.25, -0.25],
    ]);
  });

  it('is levelled by whatever height is most frequent; what was not seen stays at 0', () => {
    const size = 20;
    const height = Float32Array.from({ length: 400 }, (_, i) => (i < 250 ? 0.031 : 0.09));
    const observed = Uint8Array.from({ length: 400 }, (_, i) => (i % 7 === 0 ? 0 : 1));
    const map: Heightmap = { size, cell: 0.004, height, observed, colour: new Float32Array(1200) };
    levelled(map).height.forEach((z, i) => {
      expect(z).toBeCloseTo(observed[i] ? (i < 250 ? 0 : 0.059) : 0, 6);
    });
    const blind = { ...map, observed: new Uint8Array(400) };
    expect(levelled(blind).height.every((z) => z === 0)).toBe(true);
  });

  it('the table is found again when the sensor moves it', () => {
    const frame = renderFrame(cameraAt(), [boxAt([0.03, 0.02, 0.02], [0, 0, 0.02])], LIGHTING_DEFAULTS);
    const scaled = { ...frame, depth: frame.depth.map((z) => z * 1.04) };
    const map = levelled(buildHeightmap(scaled, { size: 96, cell: 0.004 }));
    const heights = [...map.height].filter((_, i) => map.observed[i]).sort((a, b) => a - b);
    expect(Math.abs(heights[heights.length >> 1])).toBeLessThan(0.001);
    expect(heights[heights.length - 1]).toBeCloseTo(0.04 * 1.04, 2);
  });

  it('one factor on all depths is found again in the table, and takes back what moved sideways', () => {
    const settings = SETTINGS;
    const frame = renderFrame(
      cameraAt([0, -0.25, 0.55]),
      [boxAt([0.03, 0.02, 0.02], [0.02, 0.04, 0.02])],
      LIGHTING_DEFAULTS,
    );
    // where the middle of the box appears to be, world y
    const middle = (seen: Frame): number => {
      const map = levelled(buildHeightmap(seen, settings));
      return mean(
        [...map.height].flatMap((z, i) => (z > 0.03 ? [cellCentre(map, Math.floor(i / map.size), 0)[1]] : [])),
      );
    };
    const exact = middle(frame);
    for (const factor of [0.94, 1.06]) {
      const scaled = { ...frame, depth: frame.depth.map((z) => z * factor) };
      expect(Math.abs(middle(scaled) - exact)).toBeGreaterThan(0.01);
      expect(Math.abs(middle(rescaled(scaled, settings)) - exact)).toBeLessThan(0.002);
    }
  });

  it('several cameras see what one does not', () => {
    const instances = [boxAt([0.01, 0.06, 0.05], [0, 0, 0.05])];
    const side = (x: number) => renderFrame(cameraAt([x, 0, 0.3]), instances, LIGHTING_DEFAULTS);
    const seen = (frames: Parameters<typeof buildHeightmap>[0]) =>
      buildHeightmap(frames, { size: 64, cell: 0.004 }).observed.reduce((a, b) => a + b, 0);
    expect(seen([side(-0.4), side(0.4)])).toBeGreaterThan(seen(side(0.4)) + 200);
  });
});

describe('the cell under a point', () => {
  it('is the one whose centre is there, and never of the border', () => {
    const map = { size: 96, cell: 0.004 };
    for (const [row, col] of [
      [38, 60],
      [1, 94],
    ])
      expect(cellAt(map, ...cellCentre(map, row, col))).toBe(row * 96 + col);
    expect(cellAt(map, -5, 5)).toBe(94 * 96 + 1);
  });
});
