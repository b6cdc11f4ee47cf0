/** Mesh formats: the files that objects are read from; a new one is a parser in `sim/files` and a line here. */
import { parseGlb } from '../../sim/files/glb.ts';
import { decodeText, excerpt, MeshFileError } from '../../sim/files/mesh-file.ts';
import { type ObjGroup, parseObj } from '../../sim/files/obj.ts';
import { parseStl } from '../../sim/files/stl.ts';
import type { Vec3 } from '../../sim/math/pose.ts';
import type { Mesh } from '../../sim/objects/mesh.ts';

/** A mesh as its file has it, in the file's unit and with its axes. */
export interface MeshData {
  readonly mesh: Mesh;
  readonly groups: readonly ObjGroup[];
  readonly file: string;
  readonly colour?: Vec3;
}

type Read = (bytes: Uint8Array, file: string) => MeshData | Promise<MeshData>;

const whole = (mesh: Mesh, file: string): MeshData => ({
  ...{ mesh, file },
  groups: [{ name: '', first: 0, end: mesh.indices.length / 3 }],
});

/** By ending. */
const FORMATS: Readonly<Record<string, Read>> = {
  obj: (bytes, file) => ({ ...parseObj(decodeText(bytes, file), file), file }),
  stl: (bytes, file) => whole(parseStl(bytes, file), file),
  glb: async (bytes, file) => {
    const { mesh, colour } = await parseGlb(bytes, file);
    return { ...whole(mesh, file), ...(colour && { colour }) };
  },
};

const formatOf = (path: string): Read | undefined => FORMATS[/\.(\w+)$/.exec(path)?.[1].toLowerCase() ?? ''];

/** Whether a file's ending is one of them. */
export const isMesh = (path: string): boolean => formatOf(path) !== undefined;

/** Their endings as a sentence has them: `.obj, .stl or .glb`. */
export const MESH_ENDINGS = Object.keys(FORMATS)
  .map((ending) => `.${ending}`)
  .join(', ')
  .replace(/, ([^,]*)$/, ' or $1');

/**
 * The reader of a mesh.
 * @param from the file that refers to it.
 * @throws MeshFileError if its ending is none of {@link MESH_ENDINGS}.
 */
export function meshReader(reference: string, from: string): Read {
  const read = formatOf(reference);
  if (read) return read;
  throw new MeshFileError(`${from}: expected a mesh in ${MESH_ENDINGS}, got ${excerpt(reference)}`);
}
