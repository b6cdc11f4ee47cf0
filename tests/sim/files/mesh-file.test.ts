import { describe, expect, it } from 'vitest';
import {
  decodeText,
  excerpt,
  expectFinite,
  expectTriangleCount,
  MAX_TRIANGLES,
  MeshFileError,
} from '../../../sim/files/mesh-file.ts';
import { BOX, encode } from '../../support/surfaces.ts';

const refuses = (check: () => unknown, message: string): void => {
  expect(check).toThrow(MeshFileError);
  expect(check).toThrow(message);
};

describe('what is asked of every mesh file', () => {
  it('is a number of triangles between one and a million', () => {
    for (const fine of [1, MAX_TRIANGLES]) expectTriangleCount(fine, 'a.obj');
    refuses(() => expectTriangleCount(0, 'a.obj'), 'a.obj: expected at least one triangle, got none');
    refuses(
      () => expectTriangleCount(MAX_TRIANGLES + 1, 'a.obj'),
      'a.obj: expected at most 1,000,000 triangles, got 1,000,001; simplify the mesh first',
    );
  });

  it('is coordinates that are numbers; the vertex of the first that is none is named', () => {
    expectFinite(BOX, 'a.obj');
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
      const positions = BOX.positions.slice();
      positions[3 * 4 + 1] = bad;
      refuses(
        () => expectFinite({ ...BOX, positions }, 'a.obj'),
        `a.obj: expected finite coordinates, got ${bad} in vertex 5`,
      );
    }
  });

  it('is UTF-8 where it is text', () => {
    expect(decodeText(encode('v 0 0 0 # é'), 'a.obj')).toBe('v 0 0 0 # é');
    refuses(() => decodeText(Uint8Array.of(0x76, 0xff), 'a.obj'), 'a.obj: expected UTF-8 text, got other bytes');
  });
});

describe('an excerpt in an error', () => {
  it('is one line of at most sixty characters', () => {
    expect(excerpt('  v 0\t1\r\n 2 ')).toBe("'v 0 1 2'");
    expect(excerpt('x'.repeat(60))).toBe(`'${'x'.repeat(60)}'`);
    expect(excerpt('x'.repeat(61))).toBe(`'${'x'.repeat(57)}...'`);
  });
});
