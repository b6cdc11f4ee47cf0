import { beforeAll, describe, expect, it } from 'vitest';
import type { HullCache } from '../../../scenarios/objects/hull-cache.ts';
import { convexParts, MAX_HULL_POINTS, outermost } from '../../../scenarios/objects/hulls.ts';
import { MeshFileError } from '../../../sim/files/mesh-file.ts';
import { norm, normalize, scale, type Vec3 } from '../../../sim/math/pose.ts';
import { rngStream } from '../../../sim/math/rng.ts';
import { boxMesh, capsuleMesh, hullMesh, type Mesh, meshVolume } from '../../../sim/objects/mesh.ts';
import { convexPieces, DECOMPOSITION_DEFAULTS, loadPhysics } from '../../../sim/physics.ts';
import { torus } from '../../support/objects/household.ts';

beforeAll(loadPhysics);

/** Cuts anew each time, and counts how often it was asked. */
function counting(pieces = (mesh: Mesh) => convexPieces(mesh, DECOMPOSITION_DEFAULTS)): HullCache & { asked: number } {
  const cache = {
    asked: 0,
    counts: { reused: 0, computed: 0 },
    problem: undefined,
    pieces: (mesh: Mesh) => {
      cache.asked++;
      return pieces(mesh);
    },
  };
  return cache;
}

const volume = (parts: readonly (readonly Vec3[])[]): number =>
  parts.reduce((sum, points) => sum + meshVolume(hullMesh(points)), 0);
const open = (mesh: Mesh): Mesh => ({ positions: mesh.positions, indices: mesh.indices.slice(6) });

describe('the convex parts of a mesh', () => {
  it('are one hull where it is convex, without asking for a decomposition', () => {
    const cache = counting();
    for (const mesh of [
      boxMesh([0.02, 0.03, 0.04]),
      capsuleMesh(0.02, 0.03),
      hullMesh(vertices(capsuleMesh(0.03, 0))),
    ]) {
      const parts = convexParts(mesh, false, 'a.obj', cache);
      expect(parts).toHaveLength(1);
      expect(volume(parts)).toBeCloseTo(meshVolume(mesh), 9);
    }
    expect(cache.asked).toBe(0);
  });

  it('of a ring are several that leave its hole open', () => {
    const cache = counting();
    const ring = torus(0.03, 0.01);
    const parts = convexParts(ring, false, 'a.obj', cache);
    expect([cache.asked, parts.length > 3]).toEqual([1, true]);
    const [whole, hull] = [meshVolume(ring), meshVolume(hullMesh(vertices(ring)))];
    expect(volume(parts)).toBeLessThan((whole + 2 * hull) / 3);
    expect(volume(parts)).toBeGreaterThan(0.8 * whole);
  });

  it('of an open mesh are its hull where it is flush with it, or said to be a piece', () => {
    const cache = counting();
    expect(convexParts(open(boxMesh([0.02, 0.02, 0.02])), false, 'a.obj', cache)).toHaveLength(1);
    const halfRing = { ...torus(0.03, 0.01), indices: torus(0.03, 0.01).indices.slice(0, 1500) };
    expect(convexParts(halfRing, true, 'a.obj', cache)).toHaveLength(1);
    expect(cache.asked).toBe(0);
  });

  it('are refused where a mesh is flat, or a decomposition leaves nothing', () => {
    const refused = (mesh: Mesh, cache: HullCache, message: string): void => {
      const read = () => convexParts(mesh, false, 'a.obj', cache);
      expect(read).toThrow(MeshFileError);
      expect(read).toThrow(message);
    };
    refused(open(boxMesh([0.02, 0.02, 0])), counting(), 'a.obj: expected points that span a volume, got flat ones');
    const none = 'a.obj: expected a solid that can be cut into convex pieces, got none';
    refused(
      torus(0.03, 0.01),
      counting(() => []),
      none,
    );
    const line: Vec3[] = [0, 1, 2, 3].map((x) => [x, 0, 0]);
    refused(
      torus(0.03, 0.01),
      counting(() => [line]),
      none,
    );
  });
});

describe('the outermost points of a hull', () => {
  const rng = rngStream(0, 'test/hulls');
  const sphere = (count: number): Vec3[] =>
    Array.from({ length: count }, () => normalize([rng.normal(), rng.normal(), rng.normal()]));

  it('are all of them where they are few', () => {
    const points = sphere(MAX_HULL_POINTS);
    expect(outermost(points)).toBe(points);
  });

  it('are as many as fit and hold nearly all of the volume, whatever lies inside', () => {
    const points = [...sphere(2000), ...sphere(2000).map((p) => scale(p, 0.9))];
    const kept = outermost(points);
    expect(kept.length).toBeLessThanOrEqual(MAX_HULL_POINTS);
    expect(new Set(kept).size).toBe(kept.length);
    for (const p of kept) expect(norm(p)).toBeCloseTo(1, 6);
    expect(volume([kept]) / volume([points])).toBeGreaterThan(0.93);
  });
});

function vertices({ positions: p }: Mesh): Vec3[] {
  return Array.from({ length: p.length / 3 }, (_, i): Vec3 => [p[3 * i], p[3 * i + 1], p[3 * i + 2]]);
}
