import { expect } from 'vitest';
import { MeshFileError } from '../../sim/files/mesh-file.ts';
import { boxMesh, type Mesh, meshVolume } from '../../sim/objects/mesh.ts';
import { bounds, openEdges, soundMesh, weld } from '../../sim/objects/mesh-check.ts';
import { HOUSEHOLD, torus } from './objects/household.ts';

/** What readers of mesh files must give back and refuse. */

export const BOX = boxMesh([0.02, 0.03, 0.04]);
export const SHAPES: Readonly<Record<string, Mesh>> = { box: BOX, torus: torus(0.03, 0.01), mug: HOUSEHOLD.mug.mesh() };

export const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

/** The message of a refusal, which must be of the kind that a caller handles. */
export async function refusalOf(read: () => unknown): Promise<string> {
  try {
    await read();
  } catch (error) {
    expect(error).toBeInstanceOf(MeshFileError);
    return (error as Error).message;
  }
  throw new Error('accepted');
}

/** A mesh that was written and read again must be the same surface. */
export function expectSameSurface(read: Mesh, mesh: Mesh): void {
  expect(Math.abs(meshVolume(read) / meshVolume(mesh) - 1)).toBeLessThan(1e-4);
  expect(read.indices.length).toBe(mesh.indices.length);
  const [got, expected] = [bounds(read), bounds(mesh)];
  for (const k of [0, 1, 2]) {
    expect(got.min[k]).toBeCloseTo(expected.min[k], 6);
    expect(got.max[k]).toBeCloseTo(expected.max[k], 6);
  }
  expect(openEdges(weld(read))).toBe(0);
  expect(soundMesh(read, 'a').warnings).toEqual([]);
}
