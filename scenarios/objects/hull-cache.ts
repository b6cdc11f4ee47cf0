/** Hull cache: convex pieces on disk, by the mesh that they are cut from. */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Vec3 } from '../../sim/math/pose.ts';
import type { Mesh } from '../../sim/objects/mesh.ts';
import { DECOMPOSITION_DEFAULTS, PHYSICS_ENGINE, physicsVersion } from '../../sim/physics.ts';
import { cutMesh, type HullCutter } from './hulls.ts';

/** Cuts meshes into convex pieces and remembers the result on disk. */
export interface HullCache extends HullCutter {
  /** Meshes found in the cache, and meshes cut anew. */
  readonly counts: { reused: number; computed: number };
  /** Why results could not be kept, if so. */
  problem: string | undefined;
}

const MAGIC = 0x316c6867; // 'ghl1'
const DIGEST_BYTES = 32;

/** `$XDG_CACHE_HOME/graft/hulls`, or `.cache/graft/hulls` beside the sources. */
const hullCacheFolder = (): string =>
  process.env.XDG_CACHE_HOME
    ? join(process.env.XDG_CACHE_HOME, 'graft', 'hulls')
    : fileURLToPath(new URL('../../.cache/graft/hulls', import.meta.url));

/** A cache in a folder, which is made when needed. Needs the physics to be loaded. */
export function openHullCache(folder = hullCacheFolder()): HullCache {
  const cache: HullCache = {
    counts: { reused: 0, computed: 0 },
    problem: undefined,
    pieces(mesh) {
      const path = join(folder, `${keyOf(mesh)}.hulls`);
      const known = readPieces(path);
      if (known) {
        cache.counts.reused++;
        return known;
      }
      cache.counts.computed++;
      const found = cutMesh(mesh);
      try {
        mkdirSync(folder, { recursive: true });
        // whole or not at all, also when several processes write the same one
        const partial = `${path}.${process.pid}.partial`;
        writeFileSync(partial, encodePieces(found));
        renameSync(partial, path);
      } catch (error) {
        cache.problem = `hulls are not kept in ${folder}: ${error instanceof Error ? error.message : error}`;
      }
      return found;
    },
  };
  return cache;
}

const bytesOf = (a: Float32Array | Uint32Array): Uint8Array => new Uint8Array(a.buffer, a.byteOffset, a.byteLength);

/** SHA-256 of everything that the pieces depend on. */
const keyOf = ({ positions, indices }: Mesh): string =>
  createHash('sha256')
    .update(JSON.stringify([MAGIC, PHYSICS_ENGINE, physicsVersion(), DECOMPOSITION_DEFAULTS, positions.length]))
    .update(bytesOf(positions))
    .update(bytesOf(indices))
    .digest('hex');

const digest = (data: Uint8Array): Uint8Array => createHash('sha256').update(data).digest();

/** Magic, number of pieces, points in each; their coordinates; SHA-256 of all that. Little-endian. */
function encodePieces(pieces: readonly (readonly Vec3[])[]): Uint8Array {
  const head = Uint32Array.from([MAGIC, pieces.length, ...pieces.map((p) => p.length)]);
  const body = Buffer.concat([bytesOf(head), bytesOf(Float32Array.from(pieces.flat(2)))]);
  return Buffer.concat([body, digest(body)]);
}

/** The pieces in a cache file; undefined if there is none or it is damaged: it is then written anew. */
function readPieces(path: string): Vec3[][] | undefined {
  let file: Uint8Array;
  try {
    file = readFileSync(path);
  } catch {
    return undefined;
  }
  const body = Uint8Array.from(file.subarray(0, -DIGEST_BYTES));
  if (body.length < 8 || Buffer.compare(digest(body), file.subarray(-DIGEST_BYTES)) !== 0) return undefined;
  const data = new DataView(body.buffer);
  const count = data.getUint32(4, true);
  let at = 8 + 4 * count;
  return Array.from({ length: count }, (_, k) =>
    Array.from({ length: data.getUint32(8 + 4 * k, true) }, (): Vec3 => {
      const point = [0, 4, 8].map((o) => data.getFloat32(at + o, true));
      at += 12;
      return [point[0], point[1], point[2]];
    }),
  );
}
