import { describe, expect, it } from 'vitest';
import type { Picture } from '../../../scenarios/objects/bitmap-font.ts';
import { contactSheet } from '../../../scenarios/objects/contact-sheet.ts';
import type { ObjectReport } from '../../../scenarios/objects/library.ts';
import { boxMesh } from '../../../sim/objects/mesh.ts';
import type { ObjectModel } from '../../../sim/objects/object.ts';

const [TILE, CAPTION, GAP] = [200, 50, 8];
const good = (name: string): ObjectReport => ({
  ...{ name, file: `${name}.obj`, ok: true, error: null, warnings: [], hulls: 1, triangles: 12 },
  ...{ size: [0.04, 0.06, 0.08], mass: 0.1, width: 0.04, graspable: true },
});
const bad = (name: string): ObjectReport => ({
  ...good(name),
  ...{ ok: false, error: 'bad.obj: expected a solid, got none', size: null, mass: null, width: null, graspable: false },
});
const model = (family: string, side: number, colour: readonly [number, number, number]): ObjectModel =>
  ({ family, mesh: boxMesh([side, side, side]), colour }) as unknown as ObjectModel;

/** How many pixels of a tile's picture or caption pass a test. */
function count(
  { width, data }: Picture,
  column: number,
  row: number,
  caption: boolean,
  test: (p: Uint8Array) => boolean,
) {
  const [left, top] = [GAP + column * (TILE + GAP), GAP + row * (TILE + CAPTION + GAP) + (caption ? TILE : 0)];
  let n = 0;
  for (let v = top; v < top + (caption ? CAPTION : TILE); v++)
    for (let u = left; u < left + TILE; u++) if (test(data.subarray(3 * (v * width + u), 3 * (v * width + u) + 3))) n++;
  return n;
}
const blue = ([r, , b]: Uint8Array): boolean => b > 80 && b > 2 * r;
const red = ([r, g]: Uint8Array): boolean => r > 150 && g < 80;
const green = ([r, g]: Uint8Array): boolean => g > 100 && r < 60;
const dark = (p: Uint8Array): boolean => Math.max(...p) < 60;

describe('the contact sheet', () => {
  it('has a tile for each object, as wide as it is high or wider, up to eight columns', () => {
    const size = (n: number): readonly number[] => {
      const { width, height, data } = contactSheet(
        Array.from({ length: n }, (_, i) => bad(`${i}`)),
        [],
      );
      expect(data).toHaveLength(3 * width * height);
      return [(width - GAP) / (TILE + GAP), (height - GAP) / (TILE + CAPTION + GAP)];
    };
    expect([1, 2, 5, 20, 100].map(size)).toEqual([
      [2, 1],
      [2, 1],
      [3, 2],
      [6, 4],
      [8, 13],
    ]);
  });

  it('shows every object in its colour and at one size, with its name and what the gripper makes of it', () => {
    const sheet = contactSheet(
      [good('small'), good('large')],
      [model('small', 0.01, [0.02, 0.05, 0.8]), model('large', 0.2, [0.02, 0.05, 0.8])],
    );
    const [small, large] = [0, 1].map((column) => count(sheet, column, 0, false, blue));
    expect(small).toBeGreaterThan(4000);
    expect(Math.abs(small / large - 1)).toBeLessThan(0.02);
    expect(count(sheet, 0, 0, true, dark)).toBeGreaterThan(50);
    expect(count(sheet, 0, 0, true, green)).toBeGreaterThan(50);
  });

  it('tells in red what was left out and why, and what does not fit the gripper', () => {
    const wide = { ...good('wide'), graspable: false, width: 0.2 };
    const sheet = contactSheet([bad('bad'), wide], [model('wide', 0.1, [0.02, 0.05, 0.8])]);
    expect(count(sheet, 0, 0, false, red)).toBeGreaterThan(100);
    expect(count(sheet, 0, 0, true, red)).toBeGreaterThan(20);
    expect(count(sheet, 1, 0, true, red)).toBeGreaterThan(20);
    expect(count(sheet, 1, 0, true, green)).toBe(0);
  });

  it('of nothing is an empty sheet', () => expect(contactSheet([], []).height).toBe(GAP));
});
