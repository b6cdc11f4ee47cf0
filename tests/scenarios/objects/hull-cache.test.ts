import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openHullCache } from '../../../scenarios/objects/hull-cache.ts';
import type { Vec3 } from '../../../sim/math/pose.ts';
import { loadPhysics } from '../../../sim/physics.ts';
import { torus } from '../../support/objects/household.ts';
import { writeAnew } from '../../support/write-anew.ts';

beforeAll(loadPhysics);

const RING = torus(0.03, 0.01, 16, 8);
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'graft-hulls-'));
});

/** The pieces of a ring from a cache that has just been opened, and what it counted. */
function read(mesh = RING, at = folder) {
  const cache = openHullCache(at);
  const pieces: readonly (readonly Vec3[])[] = cache.pieces(mesh);
  return { pieces, counts: cache.counts, problem: cache.problem };
}

describe('the cache of hulls', () => {
  it('is used the second time, with the same pieces', () => {
    const first = read();
    expect([first.counts, first.problem]).toEqual([{ reused: 0, computed: 1 }, undefined]);
    expect(first.pieces.length).toBeGreaterThan(1);
    expect(read()).toEqual({ ...first, counts: { reused: 1, computed: 0 } });
    expect(readdirSync(folder)).toEqual([expect.stringMatching(/^[0-9a-f]{64}\.hulls$/)]);
  });

  it('goes by content: another mesh is another entry, be it in one bit or in the order of its triangles', () => {
    read();
    const positions = RING.positions.slice();
    positions[5] = Math.fround(positions[5] * (1 + 2 ** -23));
    const indices = RING.indices.slice();
    indices.set(RING.indices.subarray(0, 3), 3);
    indices.set(RING.indices.subarray(3, 6), 0);
    for (const other of [
      { ...RING, positions },
      { ...RING, indices },
    ])
      expect(read(other).counts).toEqual({ reused: 0, computed: 1 });
    expect(read({ positions: RING.positions.slice(), indices: RING.indices.slice() }).counts.reused).toBe(1);
  });

  it('is written anew where it was damaged at any byte, cut off, or emptied', () => {
    const { pieces } = read();
    const path = join(folder, readdirSync(folder)[0]);
    const sound = readFileSync(path);
    const damaged = [0, 5, 9, sound.length >> 1, sound.length - 1].map((at) => {
      const bytes = Uint8Array.from(sound);
      bytes[at] ^= 1;
      return bytes;
    });
    for (const bytes of [...damaged, sound.subarray(0, sound.length - 1), sound.subarray(0, 20), new Uint8Array(0)]) {
      writeAnew(path, bytes);
      expect(read()).toMatchObject({ pieces, counts: { reused: 0, computed: 1 } });
      expect(readFileSync(path).equals(sound)).toBe(true);
    }
  });

  it('is done without where it cannot be written, and says so', () => {
    writeFileSync(join(folder, 'no-folder'), '');
    const at = join(folder, 'no-folder', 'hulls');
    const { counts, problem } = read(RING, at);
    expect(counts.computed).toBe(1);
    expect(problem).toContain(`hulls are not kept in ${at}: `);
  });
});
