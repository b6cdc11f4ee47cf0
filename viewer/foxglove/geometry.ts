/** Geometry service: meshes by hash, for clients that ask. */
import type { Mesh } from '../../sim/objects/mesh.ts';
import { GEOMETRY_MAX, GEOMETRY_SERVICE, type GeometryAnswer } from './additions.ts';
import type { Service } from './protocol.ts';
import type { ServiceSource } from './sources.ts';

const json = (schemaName: string): Service['request'] => ({
  ...{ encoding: 'json', schemaName, schemaEncoding: 'jsonschema', schema: '{"type":"object"}' },
});

/** The service that gives meshes by their hash. @param find the mesh of a hash, if it is shown. */
export const geometryService = (find: (hash: string) => Mesh | undefined): ServiceSource => ({
  service: {
    ...{ id: 1, name: GEOMETRY_SERVICE, type: 'graft.Geometry' },
    ...{ request: json('graft.GeometryRequest'), response: json('graft.GeometryAnswer') },
  },
  answer: (request) => Buffer.from(JSON.stringify(answer(find, request))),
});

const base64 = ({ buffer, byteOffset, byteLength }: Float32Array | Uint32Array): string =>
  Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength).toString('base64');

function answer(find: (hash: string) => Mesh | undefined, request: Uint8Array): GeometryAnswer {
  const meshes = hashesOf(request).map((hash) => {
    const mesh = find(hash);
    if (!mesh) throw new Error(`${GEOMETRY_SERVICE}: expected the hash of a mesh that is shown, got ${hash}`);
    return { hash, positions: base64(mesh.positions), indices: base64(mesh.indices) };
  });
  return { meshes };
}

/** @throws Error if the request is no `GeometryRequest`. */
function hashesOf(request: Uint8Array): readonly string[] {
  const wrong = new Error(`${GEOMETRY_SERVICE}: expected {"hashes": [...]} with at most ${GEOMETRY_MAX} texts`);
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(request).toString('utf8'));
  } catch {
    throw wrong;
  }
  const hashes = typeof value === 'object' && value !== null && 'hashes' in value ? value.hashes : undefined;
  if (!Array.isArray(hashes) || hashes.length > GEOMETRY_MAX) throw wrong;
  if (!hashes.every((h): h is string => typeof h === 'string' && h.length < 100)) throw wrong;
  return hashes;
}
