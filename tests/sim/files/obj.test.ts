import { describe, expect, it } from 'vitest';
import { MAX_TRIANGLES } from '../../../sim/files/mesh-file.ts';
import { parseObj } from '../../../sim/files/obj.ts';
import { writeObj } from '../../support/objects/mesh-writers.ts';
import { BOX, expectSameSurface, refusalOf, SHAPES } from '../../support/surfaces.ts';

describe('an OBJ file', () => {
  it.each(Object.keys(SHAPES))('gives back a %s: volume, bounds, closed surface', (shape) => {
    expectSameSurface(parseObj(writeObj([SHAPES[shape]]), 'a.obj').mesh, SHAPES[shape]);
  });

  it('may use polygons, negative numbers, comments, Windows line ends and everything about looks', () => {
    const text =
      'mtllib x.mtl\r\n# c\r\nv 0 0 0\r\nv 1 0 0 1 1 1\r\nv 1 1 0\r\nv 0 1 0\r\nvn 0 0 1\r\nusemtl a\r\ns off\r\nf -4/1/1 -3//1 -2 -1\r\n';
    const { mesh } = parseObj(text, 'a.obj');
    expect([...mesh.indices]).toEqual([0, 1, 2, 0, 2, 3]);
  });

  it('keeps its groups apart and forgets empty ones', () => {
    const { groups } = parseObj(`g empty\n${writeObj([BOX, BOX])}`, 'a.obj');
    expect(groups).toEqual([
      { name: 'piece_0', first: 0, end: 12 },
      { name: 'piece_1', first: 12, end: 24 },
    ]);
  });

  it.each([
    ['v 0 0\n', "a.obj:1: expected 'v' and three finite numbers, got 'v 0 0'"],
    ['v 0 0 nan\n', "a.obj:1: expected 'v' and three finite numbers, got 'v 0 0 nan'"],
    ['v 0 0 1e999\n', "a.obj:1: expected 'v' and three finite numbers, got 'v 0 0 1e999'"],
    ['v 0 0 1e39\nf 1 1 1\n', 'a.obj: expected finite coordinates, got Infinity in vertex 1'],
    ['v 0 0 0\nf 1 1\n', "a.obj:2: expected a face of at least 3 vertices, got 'f 1 1'"],
    ['v 0 0 0\nf 1 1 2\n', "a.obj:2: expected vertices between 1 and 1, got '2'"],
    ['v 0 0 0\nf 1 1 0\n', "a.obj:2: expected vertices between 1 and 1, got '0'"],
    ['v 0 0 0\nf 1 1 -2\n', "a.obj:2: expected vertices between 1 and 1, got '-2'"],
    ['v 0 0 0\nf 1 1 1.5\n', "a.obj:2: expected vertices between 1 and 1, got '1.5'"],
    ['', 'a.obj: expected at least one triangle, got none'],
    ['hello\n', 'a.obj: expected at least one triangle, got none'],
    ['\0\0\0', 'a.obj:1: expected the text of an OBJ file, got binary data'],
  ])('%j is refused', async (text, message) => {
    expect(await refusalOf(() => parseObj(text, 'a.obj'))).toBe(message);
  });

  it('of more than a million triangles is refused with their number', async () => {
    const text = `v 0 0 0\nv 1 0 0\nv 0 1 0\n${'f 1 2 3\n'.repeat(MAX_TRIANGLES + 1)}`;
    expect(await refusalOf(() => parseObj(text, 'a.obj'))).toBe(
      'a.obj: expected at most 1,000,000 triangles, got 1,000,001; simplify the mesh first',
    );
  });
});
