import { describe, expect, it } from 'vitest';
import { MeshFileError } from '../../../sim/files/mesh-file.ts';
import { IDENTITY_POSE } from '../../../sim/math/pose.ts';
import { rngStream } from '../../../sim/math/rng.ts';
import { boxMesh, type Mesh, mergeMeshes, meshVolume } from '../../../sim/objects/mesh.ts';
import { bounds, flipped, openEdges, soundMesh, subMesh, weld } from '../../../sim/objects/mesh-check.ts';
import { torus } from '../../support/objects/household.ts';

const BOX = boxMesh([0.02, 0.03, 0.04]);

/** Every triangle with three vertices of its own, as STL files have them. */
function loose({ positions, indices }: Mesh): Mesh {
  const p = Float32Array.from([...indices].flatMap((i) => [...positions.subarray(3 * i, 3 * i + 3)]));
  return { positions: p, indices: Uint32Array.from({ length: indices.length }, (_, i) => i) };
}

const refusal = (mesh: Mesh): string => {
  try {
    soundMesh(mesh, 'a.obj');
  } catch (error) {
    expect(error).toBeInstanceOf(MeshFileError);
    return (error as Error).message;
  }
  throw new Error('accepted');
};

describe('welding', () => {
  it('makes equal vertices one and changes no triangle', () => {
    for (const mesh of [BOX, torus(0.03, 0.01)]) {
      const welded = weld(loose(mesh));
      expect(welded.positions.length).toBe(mesh.positions.length);
      expect(loose(welded).positions).toEqual(loose(mesh).positions);
      expect(weld(welded)).toEqual(welded);
    }
  });

  it('takes 0 and -0 for the same, and nothing else that differs in one bit', () => {
    const one = { positions: Float32Array.of(0, 0, 0, -0, -0, 0, 1, 0, 0), indices: Uint32Array.of(0, 1, 2) };
    expect(weld(one).positions).toHaveLength(6);
    const near = { positions: Float32Array.of(0, 0, 0, 1e-45, 0, 0, 1, 0, 0), indices: Uint32Array.of(0, 1, 2) };
    expect(weld(near).positions).toHaveLength(9);
  });

  it('drops triangles that name a vertex twice', () => {
    const positions = Float32Array.of(0, 0, 0, 1, 0, 0, 0, 1, 0, 1, 0, 0);
    expect([...weld({ positions, indices: Uint32Array.of(0, 1, 2, 0, 1, 3, 2, 2, 1) }).indices]).toEqual([0, 1, 2]);
  });
});

describe('open edges', () => {
  it('are those that no neighbour runs along the other way, counted one by one', () => {
    const rng = rngStream(0, 'test/mesh-check');
    const whole = weld(torus(0.03, 0.01, 12, 8));
    for (let i = 0; i < 20; i++) {
      const kept = Array.from({ length: whole.indices.length / 3 }, (_, t) => t).filter(() => rng.next() < 0.8);
      const triangles = kept.map((t) => [...whole.indices.subarray(3 * t, 3 * t + 3)]);
      const edges = triangles.flatMap(([a, b, c]) => [`${a} ${b}`, `${b} ${c}`, `${c} ${a}`]);
      const open = edges.filter((e) => !edges.includes(e.split(' ').reverse().join(' '))).length;
      expect(openEdges({ ...whole, indices: Uint32Array.from(triangles.flat()) })).toBe(open);
    }
    expect(openEdges(whole)).toBe(0);
    expect(openEdges(BOX)).toBe(0);
  });
});

describe('parts of a mesh', () => {
  it('have only the vertices that they use, and the triangles they were given', () => {
    const part = subMesh(BOX, 2, 4);
    expect(part.positions).toHaveLength(12);
    expect(loose(part).positions).toEqual(loose({ ...BOX, indices: BOX.indices.slice(6, 12) }).positions);
  });

  it('turned twice are as they were, turned once enclose the opposite', () => {
    expect(flipped(flipped(BOX))).toEqual(BOX);
    expect(meshVolume(flipped(BOX))).toBeCloseTo(-meshVolume(BOX), 12);
    expect(bounds(flipped(BOX))).toEqual(bounds(BOX));
  });
});

describe('a mesh', () => {
  it('that is inside out is turned, with a warning, as a whole or in part; a cavity stays', () => {
    const { mesh, warnings } = soundMesh(flipped(BOX), 'a.stl');
    expect(meshVolume(mesh)).toBeCloseTo(meshVolume(BOX), 9);
    expect(warnings).toEqual(['a.stl: inside out; turned']);
    const beside = { mesh: flipped(BOX), pose: { ...IDENTITY_POSE, position: [0.1, 0, 0] as const } };
    const two = soundMesh(mergeMeshes([{ mesh: BOX, pose: IDENTITY_POSE }, beside]), 'a.stl');
    expect(two.warnings).toEqual(['a.stl: inside out (1 of 2 surfaces); turned']);
    expect(meshVolume(two.mesh)).toBeCloseTo(2 * meshVolume(BOX), 9);
    const cavity = flipped(boxMesh([0.01, 0.02, 0.03]));
    const hollow = soundMesh(mergeMeshes([BOX, cavity].map((m) => ({ mesh: m, pose: IDENTITY_POSE }))), 'a.stl');
    expect(hollow.warnings).toEqual([]);
    expect(meshVolume(hollow.mesh)).toBeCloseTo(meshVolume(BOX) + meshVolume(cavity), 9);
  });

  it('with a hole is drawn as it is, with a warning; open and inside out it is refused', () => {
    const open = { positions: BOX.positions, indices: BOX.indices.slice(6) };
    expect(soundMesh(open, 'a.obj')).toMatchObject({ closed: false, warnings: [/not watertight \(4 open edges\)/] });
    expect(refusal(flipped(open))).toMatch(/face outwards, got an open mesh that is inside out/);
  });

  it('without volume or area is refused', () => {
    const sheet = { positions: BOX.positions, indices: BOX.indices.slice(0, 6) };
    const dot: Mesh = { positions: new Float32Array(9).fill(0.5), indices: Uint32Array.of(0, 1, 2) };
    expect(refusal(boxMesh([0.02, 0.03, 0]))).toBe('a.obj: expected a solid, got a surface with a volume of 0');
    expect(refusal(sheet)).toMatch(/volume of 0/);
    expect(refusal(dot)).toBe('a.obj: expected triangles with an area, got degenerate ones only');
  });

  it('far from the origin is judged like one at it', () => {
    const far = mergeMeshes([{ mesh: BOX, pose: { ...IDENTITY_POSE, position: [200, 0, -100] } }]);
    expect(soundMesh(far, 'a.obj')).toMatchObject({ closed: true, warnings: [] });
    expect(soundMesh(flipped(far), 'a.obj').warnings).toEqual(['a.obj: inside out; turned']);
  });
});
