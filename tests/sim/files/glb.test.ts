import { WebIO } from '@gltf-transform/core';
import { describe, expect, it } from 'vitest';
import { parseGlb } from '../../../sim/files/glb.ts';
import { MeshFileError } from '../../../sim/files/mesh-file.ts';
import { rngStream } from '../../../sim/math/rng.ts';
import { meshVolume } from '../../../sim/objects/mesh.ts';
import { bounds, soundMesh } from '../../../sim/objects/mesh-check.ts';
import { writeGlb } from '../../support/objects/mesh-writers.ts';
import { BOX, encode, expectSameSurface, refusalOf, SHAPES } from '../../support/surfaces.ts';

describe('a GLB file', () => {
  it.each(Object.keys(SHAPES))('gives back a %s: volume, bounds, closed surface', async (shape) => {
    expectSameSurface((await parseGlb(await writeGlb(SHAPES[shape]), 'a.glb')).mesh, SHAPES[shape]);
  });

  it('places its nodes and gives its colour', async () => {
    const bytes = await writeGlb(BOX, { translation: [1, 0, 0], scale: [2, 1, -1], colour: [0.1, 0.2, 0.3, 1] });
    const { mesh, colour } = await parseGlb(bytes, 'a.glb');
    expect(bounds(mesh).min[0]).toBeCloseTo(0.96, 6);
    // mirrored, and still facing outwards
    expect(meshVolume(mesh)).toBeCloseTo(2 * meshVolume(BOX), 9);
    expect(colour).toEqual([0.1, 0.2, 0.3]);
  });

  it('whose nodes share a mesh makes no more of it than one that is written out', async () => {
    const large = { positions: new Float32Array(9 * 4000), indices: Uint32Array.from({ length: 12_000 }, (_, i) => i) };
    large.positions.forEach((_, i, all) => {
      all[i] = Math.sin(i);
    });
    const document = await new WebIO().readBinary(await writeGlb(large));
    const mesh = document.getRoot().listMeshes()[0];
    const scene = document.getRoot().listScenes()[0];
    for (let i = 0; i < 260; i++) scene.addChild(document.createNode().setMesh(mesh));
    const shared = await new WebIO().writeBinary(document);
    expect(shared.length).toBeLessThan(400_000);
    expect(await refusalOf(() => parseGlb(shared, 'a.glb'))).toMatch(/at most 1000000 triangles in all nodes together/);
    for (let i = 0; i < 2000; i++) scene.addChild(document.createNode());
    const many = await new WebIO().writeBinary(document);
    expect(await refusalOf(() => parseGlb(many, 'a.glb'))).toMatch(/^a.glb: expected at most 2000 nodes, got 22\d\d/);
  });

  it('cut at any byte is refused', async () => {
    const bytes = await writeGlb(BOX);
    for (let n = 0; n < bytes.length; n += 5)
      expect(await refusalOf(() => parseGlb(bytes.slice(0, n), 'a.glb'))).toMatch(/^a.glb: expected /);
  });

  it('with any byte changed is read or refused, and nothing else', async () => {
    const bytes = await writeGlb(BOX);
    const rng = rngStream(3, 'fuzz');
    for (let i = 0; i < 400; i++) {
      const bad = bytes.slice();
      for (let k = 0; k < 3; k++) bad[rng.int(bad.length)] = rng.int(256);
      try {
        expect((await parseGlb(bad, 'a.glb')).mesh.positions.every(Number.isFinite)).toBe(true);
      } catch (error) {
        expect(error).toBeInstanceOf(MeshFileError);
      }
    }
  });

  /** The file with another JSON chunk. */
  async function withJson(change: (json: Record<string, unknown>) => void): Promise<Uint8Array> {
    const bytes = await writeGlb(BOX);
    const size = new DataView(bytes.buffer).getUint32(12, true);
    const json = JSON.parse(new TextDecoder().decode(bytes.subarray(20, 20 + size)));
    change(json);
    const text = encode(JSON.stringify(json));
    const padded = new Uint8Array(Math.ceil(text.length / 4) * 4).fill(32);
    padded.set(text);
    const out = new Uint8Array(20 + padded.length + bytes.length - 20 - size);
    out.set(bytes.subarray(0, 20));
    out.set(padded, 20);
    out.set(bytes.subarray(20 + size), 20 + padded.length);
    new DataView(out.buffer).setUint32(8, out.length, true);
    new DataView(out.buffer).setUint32(12, padded.length, true);
    return out;
  }

  it.each([
    [{ accessors: [{ count: 1e12 }] }, /expected at most 24000000 accessor values, got 1000000000000/],
    [{ accessors: [{ count: 'many' }] }, /accessor values, got NaN/],
    [{ buffers: [{ uri: '../../secret.bin', byteLength: 4 }] }, /all data inside the file, got a buffer at '..\/../],
    [{ extensionsRequired: ['KHR_draco_mesh_compression'] }, /without compression.*KHR_draco_mesh_compression/],
    [{ nodes: [{ children: [0] }], scenes: [{ nodes: [0] }] }, /expected /],
    [{ scenes: [], nodes: [] }, /expected /],
  ])('with %j is refused', async (change, message) => {
    const bytes = await withJson((json) => Object.assign(json, change));
    expect(await refusalOf(async () => soundMesh((await parseGlb(bytes, 'a.glb')).mesh, 'a.glb'))).toMatch(message);
  });
});
