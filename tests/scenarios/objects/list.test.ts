import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decode } from 'fast-png';
import { beforeAll, describe, expect, it } from 'vitest';
import { listObjects } from '../../../scenarios/objects/list.ts';
import { InputError } from '../../../scenarios/parse/parse.ts';
import { boxMesh, capsuleMesh, hullMesh } from '../../../sim/objects/mesh.ts';
import { loadPhysics } from '../../../sim/physics.ts';
import { writeBinaryStl, writeObj } from '../../support/objects/mesh-writers.ts';
import { folderOf } from '../../support/objects/object-folders.ts';

let folder: string;

beforeAll(async () => {
  await loadPhysics();
  const corners = [
    [0, 0, 0],
    [0.05, 0, 0],
    [0, 0.05, 0],
    [0, 0, 0.05],
  ] as const;
  folder = folderOf({
    'ball.stl': writeBinaryStl(capsuleMesh(0.05, 0)),
    'box.obj': writeObj([boxMesh([0.02, 0.03, 0.04])]),
    'corner.obj': writeObj([hullMesh(corners)]),
    'cut.stl': writeBinaryStl(boxMesh([0.02, 0.02, 0.02])).slice(0, 300),
  });
});

describe('a list of objects', () => {
  it('says of each what it is and whether the gripper can hold it, and of a bad one what is wrong', async () => {
    const { objects, lines } = await listObjects(folder, { scenario: 'quick' });
    expect(objects.map(({ name, ok, graspable }) => [name, ok, graspable])).toEqual([
      ['ball', true, false],
      ['box', true, true],
      ['corner', true, false],
      ['cut', false, false],
    ]);
    const [head, ...table] = lines;
    expect(head).toMatch(/^name +hulls +size, mm +mass, kg +width, mm +graspable$/);
    expect(table.slice(0, 5)).toEqual([
      expect.stringMatching(/^ball +1 +100 x +100 x +100 +\d\.\d{3} +\d+ +no: too wide$/),
      expect.stringMatching(/^ +note: ball\.stl: 1 of 1 convex pieces collide with their 160 outermost points$/),
      expect.stringMatching(/^box +1 +40 x +60 x +80 +0\.096 +40 +yes$/),
      expect.stringMatching(/^corner +1 .* - +no: no faces oppose each other$/),
      expect.stringMatching(/^cut +left out: cut\.stl: expected \d+ bytes for 12 triangles, got 300$/),
    ]);
    expect(table.at(-1)).toBe('3 of 4 objects read, 1 left out; 1 graspable with a stroke of 80 mm');
    // every line of the table is as wide as its columns say
    expect(table[0].indexOf('no:')).toBe(table[2].indexOf('yes'));
  });

  it('comes with a picture on request, which makes its folder', async () => {
    const out = join(folderOf({}), 'made', 'sheet.png');
    const { lines } = await listObjects(join(folder, 'box.obj'), { scenario: 'quick', out });
    expect(lines.at(-1)).toBe(`contact sheet: ${out}`);
    const { width, height, channels } = decode(readFileSync(out));
    expect([width > 200, height > 250, channels]).toEqual([true, true, 3]);
    expect(existsSync(`${out}.partial`)).toBe(false);
  });

  it('is an error of the user where the picture cannot be written', async () => {
    const blocked = join(folderOf({}), 'sheet.png');
    mkdirSync(blocked);
    writeFileSync(join(blocked, 'x'), '');
    const listed = listObjects(join(folder, 'box.obj'), { scenario: 'quick', out: blocked });
    await expect(listed).rejects.toThrow(InputError);
    await expect(listed).rejects.toThrow(`${blocked}: expected a file that can be written, got: `);
  });
});
