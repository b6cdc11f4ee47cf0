/** STL files: meshes in binary or ASCII. */
import type { Mesh } from '../objects/mesh.ts';
import { weld } from '../objects/mesh-check.ts';
import { decodeText, excerpt, expectFinite, expectTriangleCount, MeshFileError } from './mesh-file.ts';

const HEADER_BYTES = 84;
const TRIANGLE_BYTES = 50;

/**
 * Reads an STL, binary or ASCII; equal vertices become one. Normals are passed over: the order of the vertices says where
 * outside is.
 * @param file named in errors.
 * @throws MeshFileError `file: expected ..., got ...`.
 */
export function parseStl(bytes: Uint8Array, file: string): Mesh {
  const mesh = isText(bytes) ? parseAscii(decodeText(bytes, file), file) : parseBinary(bytes, file);
  expectFinite(mesh, file);
  return weld(mesh);
}

/** Binary files may begin with `solid`, too; but their size gives them away. */
function isText(bytes: Uint8Array): boolean {
  if (bytes.length >= HEADER_BYTES && claimed(bytes) * TRIANGLE_BYTES + HEADER_BYTES === bytes.length) return false;
  const head = bytes.subarray(0, 512);
  return /^\s*solid\b/.test(String.fromCharCode(...head.subarray(0, 80))) && !head.includes(0);
}

const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const claimed = (bytes: Uint8Array): number => view(bytes).getUint32(80, true);

function parseBinary(bytes: Uint8Array, file: string): Mesh {
  if (bytes.length < HEADER_BYTES)
    throw new MeshFileError(
      `${file}: expected 'solid' or a binary header of ${HEADER_BYTES} bytes, got ${bytes.length} bytes`,
    );
  const count = claimed(bytes);
  expectTriangleCount(count, file);
  const size = HEADER_BYTES + count * TRIANGLE_BYTES;
  if (bytes.length !== size)
    throw new MeshFileError(`${file}: expected ${size} bytes for ${count} triangles, got ${bytes.length}`);
  const data = view(bytes);
  const positions = new Float32Array(count * 9);
  for (let t = 0; t < count; t++) {
    const start = HEADER_BYTES + t * TRIANGLE_BYTES + 12; // after the normal
    for (let k = 0; k < 9; k++) positions[t * 9 + k] = data.getFloat32(start + 4 * k, true);
  }
  return { positions, indices: Uint32Array.from({ length: count * 3 }, (_, i) => i) };
}

function parseAscii(text: string, file: string): Mesh {
  const tail = text.trimEnd().split('\n').pop()!.trim();
  if (!tail.startsWith('endsolid'))
    throw new MeshFileError(`${file}: expected 'endsolid' at the end, got ${excerpt(tail)}`);
  const positions: number[] = [];
  for (const match of text.matchAll(/^[ \t]*vertex\b(.*)$/gm)) {
    const words = match[1].trim().split(/\s+/);
    const values = words.map(Number);
    if (values.length !== 3 || !values.every(Number.isFinite))
      throw new MeshFileError(`${file}: expected 'vertex' and three finite numbers, got ${excerpt(match[0])}`);
    positions.push(...values);
  }
  const facets = text.match(/^[ \t]*endfacet\b/gm)?.length ?? 0;
  expectTriangleCount(facets, file);
  if (positions.length !== facets * 9)
    throw new MeshFileError(
      `${file}: expected 3 vertices in each of ${facets} facets, got ${positions.length / 3} vertices`,
    );
  return {
    positions: Float32Array.from(positions),
    indices: Uint32Array.from({ length: positions.length / 3 }, (_, i) => i),
  };
}
