/** OBJ files: mesh and groups of a Wavefront OBJ. */
import type { Mesh } from '../objects/mesh.ts';
import { excerpt, expectFinite, expectTriangleCount, MAX_TRIANGLES, MeshFileError } from './mesh-file.ts';

/** Part of an OBJ file between two `o` or `g` lines: triangles [first, end). */
export interface ObjGroup {
  readonly name: string;
  readonly first: number;
  readonly end: number;
}

export interface ObjFile {
  readonly mesh: Mesh;
  /** In the file's order; every triangle is in exactly one. */
  readonly groups: readonly ObjGroup[];
}

/** What has been read so far. */
interface State {
  readonly positions: number[];
  readonly indices: number[];
  readonly groups: { name: string; first: number }[];
}

/**
 * Reads a Wavefront OBJ: `v`, `f` (polygons become fans), `o` and `g`. Texture coordinates, normals and materials are passed
 * over, and so are the files that they name.
 * @param file named in errors.
 * @throws MeshFileError `file:line: expected ..., got ...`.
 */
export function parseObj(text: string, file: string): ObjFile {
  const state: State = { positions: [], indices: [], groups: [{ name: '', first: 0 }] };
  let line = 0;
  for (let from = 0; from < text.length; ) {
    const newline = text.indexOf('\n', from);
    const to = newline < 0 ? text.length : newline;
    line++;
    readLine(text.slice(from, to), state, `${file}:${line}`);
    from = to + 1;
  }
  const triangles = state.indices.length / 3;
  expectTriangleCount(triangles, file);
  const mesh = { positions: Float32Array.from(state.positions), indices: Uint32Array.from(state.indices) };
  expectFinite(mesh, file);
  const groups = state.groups
    .map(({ name, first }, i) => ({ name, first, end: state.groups[i + 1]?.first ?? triangles }))
    .filter(({ first, end }) => end > first);
  return { mesh, groups };
}

function readLine(line: string, state: State, where: string): void {
  const words = line.trim().split(/\s+/);
  const [key] = words;
  if (key === 'v') readVertex(words, state, where);
  else if (key === 'f') readFace(words, state, where);
  else if (key === 'o' || key === 'g')
    state.groups.push({ name: words.slice(1).join(' '), first: state.indices.length / 3 });
  // everything else says how it looks, and a text that is no OBJ ends without triangles
  else if (line.includes('\0')) throw new MeshFileError(`${where}: expected the text of an OBJ file, got binary data`);
}

function readVertex(words: readonly string[], state: State, where: string): void {
  for (let axis = 1; axis <= 3; axis++) {
    const value = Number(words[axis] ?? Number.NaN);
    if (!Number.isFinite(value))
      throw new MeshFileError(`${where}: expected 'v' and three finite numbers, got ${excerpt(words.join(' '))}`);
    state.positions.push(value);
  }
}

function readFace(words: readonly string[], state: State, where: string): void {
  if (words.length < 4)
    throw new MeshFileError(`${where}: expected a face of at least 3 vertices, got ${excerpt(words.join(' '))}`);
  const vertices = state.positions.length / 3;
  const corner = (word: string): number => {
    const number = Number(word.split('/', 1)[0]);
    // negative numbers count from the last vertex so far
    const index = number < 0 ? vertices + number : number - 1;
    if (!Number.isInteger(number) || !(index >= 0 && index < vertices) || number === 0)
      throw new MeshFileError(`${where}: expected vertices between 1 and ${vertices}, got ${excerpt(word)}`);
    return index;
  };
  const first = corner(words[1]);
  let before = corner(words[2]);
  for (const word of words.slice(3)) {
    const next = corner(word);
    state.indices.push(first, before, next);
    before = next;
  }
  // far beyond the limit there is no point in reading on
  if (state.indices.length / 3 > 4 * MAX_TRIANGLES) expectTriangleCount(state.indices.length / 3, where);
}
