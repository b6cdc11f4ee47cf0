import { describe, expect, it } from 'vitest';
import { boxMesh } from '../../../sim/objects/mesh.ts';
import { GEOMETRY_MAX, GEOMETRY_SERVICE, type GeometryAnswer } from '../../../viewer/foxglove/additions.ts';
import { geometryService } from '../../../viewer/foxglove/geometry.ts';

const MESHES = new Map([1, 2].map((k) => [`hash-${k}`, boxMesh([k, k, k])]));
const { service, answer } = geometryService((hash) => MESHES.get(hash));
const ask = (request: unknown): GeometryAnswer =>
  JSON.parse(Buffer.from(answer(Buffer.from(JSON.stringify(request)))).toString());

describe('the service of meshes', () => {
  it('gives them by their hashes, in the order asked for, bit for bit', () => {
    expect(service.name).toBe(GEOMETRY_SERVICE);
    const { meshes } = ask({ hashes: ['hash-2', 'hash-1', 'hash-2'] });
    expect(meshes.map((m) => m.hash)).toEqual(['hash-2', 'hash-1', 'hash-2']);
    for (const { hash, positions, indices } of meshes) {
      const mesh = MESHES.get(hash)!;
      expect(new Float32Array(Uint8Array.from(Buffer.from(positions, 'base64')).buffer)).toEqual(mesh.positions);
      expect(new Uint32Array(Uint8Array.from(Buffer.from(indices, 'base64')).buffer)).toEqual(mesh.indices);
    }
    expect(ask({ hashes: [] })).toEqual({ meshes: [] });
  });

  it('gives a part of a larger array without the rest', () => {
    const whole = boxMesh([1, 1, 1]);
    const part = { positions: whole.positions.subarray(3, 12), indices: whole.indices.subarray(6, 9) };
    const own = geometryService(() => part);
    const { meshes } = JSON.parse(Buffer.from(own.answer(Buffer.from('{"hashes":["x"]}'))).toString());
    expect(Buffer.from(meshes[0].positions, 'base64')).toHaveLength(36);
    expect(Buffer.from(meshes[0].indices, 'base64')).toHaveLength(12);
  });

  it('refuses a hash that is not shown, and names it', () =>
    expect(() => ask({ hashes: ['hash-1', 'other'] })).toThrow(
      `${GEOMETRY_SERVICE}: expected the hash of a mesh that is shown, got other`,
    ));

  it.each([
    ['no JSON', 'hashes'],
    ['null', 'null'],
    ['another key', '{"hash":["hash-1"]}'],
    ['no list', '{"hashes":"hash-1"}'],
    ['numbers', '{"hashes":[1]}'],
    ['a text that is no hash', JSON.stringify({ hashes: ['x'.repeat(100)] })],
    ['too many', JSON.stringify({ hashes: Array(GEOMETRY_MAX + 1).fill('hash-1') })],
  ])('refuses %s', (_, request) =>
    expect(() => answer(Buffer.from(request))).toThrow(
      `${GEOMETRY_SERVICE}: expected {"hashes": [...]} with at most ${GEOMETRY_MAX} texts`,
    ),
  );
});
