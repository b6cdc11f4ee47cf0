import { describe, expect, it } from 'vitest';
import { parseStl } from '../../../sim/files/stl.ts';
import { writeAsciiStl, writeBinaryStl } from '../../support/objects/mesh-writers.ts';
import { BOX, encode, expectSameSurface, refusalOf, SHAPES } from '../../support/surfaces.ts';

describe('an STL file', () => {
  it.each(Object.keys(SHAPES))('gives back a %s, binary: volume, bounds, closed surface', (shape) => {
    expectSameSurface(parseStl(writeBinaryStl(SHAPES[shape]), 'a.stl'), SHAPES[shape]);
  });

  it.each(Object.keys(SHAPES))('gives back a %s, ASCII: volume, bounds, closed surface', (shape) => {
    expectSameSurface(parseStl(encode(writeAsciiStl(SHAPES[shape])), 'a.stl'), SHAPES[shape]);
  });

  it('cut at any byte is refused, binary', async () => {
    const bytes = writeBinaryStl(BOX);
    for (let n = 0; n < bytes.length; n++)
      expect(await refusalOf(() => parseStl(bytes.slice(0, n), 'a.stl'))).toMatch(/^a.stl: expected /);
  });

  it('cut at any byte is refused, ASCII', async () => {
    const bytes = encode(writeAsciiStl(BOX).trimEnd());
    // the name after the last word may be cut: it says nothing
    for (let n = 0; n < bytes.length - ' test'.length; n += 3)
      expect(await refusalOf(() => parseStl(bytes.slice(0, n), 'a.stl'))).toMatch(/^a.stl: expected /);
  });

  it('that claims more than a million triangles is refused before anything is allocated', async () => {
    const bytes = new Uint8Array(84);
    new DataView(bytes.buffer).setUint32(80, 0xffffffff, true);
    expect(await refusalOf(() => parseStl(bytes, 'a.stl'))).toBe(
      'a.stl: expected at most 1,000,000 triangles, got 4,294,967,295; simplify the mesh first',
    );
  });

  it('with a NaN, a bad number or no facets is refused', async () => {
    const bytes = writeBinaryStl(BOX);
    new DataView(bytes.buffer).setFloat32(84 + 12, Number.NaN, true);
    expect(await refusalOf(() => parseStl(bytes, 'a.stl'))).toBe(
      'a.stl: expected finite coordinates, got NaN in vertex 1',
    );
    const text = writeAsciiStl(BOX).replace(/vertex \S+/, 'vertex inf');
    expect(await refusalOf(() => parseStl(encode(text), 'a.stl'))).toMatch(
      /expected 'vertex' and three finite numbers/,
    );
    expect(await refusalOf(() => parseStl(encode('solid a\nendsolid a\n'), 'a.stl'))).toMatch(/at least one triangle/);
  });
});
