/** Folder of objects: which files are objects, and how nothing outside it is read. */
import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, extname, isAbsolute, join, posix, relative, resolve, sep } from 'node:path';
import { excerpt, MeshFileError } from '../../sim/files/mesh-file.ts';
import { InputError } from '../load.ts';
import { isMesh, MESH_ENDINGS } from './mesh-formats.ts';

/** A file that describes one object. Paths are relative to the folder, with `/`. */
export interface ObjectFile {
  /** Unique in the folder. */
  readonly name: string;
  readonly file: string;
  /** For a mesh without URDF: the file beside it that holds its convex pieces. */
  readonly collision?: string;
  /** Why it cannot be read, if that is known already. */
  readonly problem?: string;
}

/** A folder of objects. Nothing outside it is ever read. */
export interface ObjectFolder {
  /** Absolute, without symbolic links. */
  readonly root: string;
  readonly files: readonly ObjectFile[];
}

const FOREIGN = /\.(dae|gltf|ply|off|fbx|3mf|step|stp|sdf|xacro|mjcf|usd|usdz)$/i;
const COLLISION = /([-_.](vhacd|coacd|collision|hulls))+$/i;
/** Folders below the given one that are searched. */
const MAX_DEPTH = 4;
const MAX_FILES = 10_000;
/** Largest mesh and largest URDF, bytes. */
const MAX_BYTES = 512e6;
const MAX_TEXT_BYTES = 4e6;

/**
 * Finds the objects of a folder, or the one in a single file. A subfolder with one URDF is that object; elsewhere every mesh
 * that no URDF mentions is an object, and `<name>_vhacd.obj` (or `_collision`) holds the convex pieces of `<name>`.
 * @throws InputError if there is no such folder or file, or nothing in it that could be an object.
 */
export function openObjectFolder(path: string): ObjectFolder {
  const start = resolve(path);
  if (!existsSync(start)) throw new InputError(`objects ${path}: expected a folder or a file, got none`);
  const single = statSync(start).isFile();
  const root = realpathSync(single ? dirname(start) : start);
  if (single && !/\.urdf$/i.test(start) && !isMesh(start) && !FOREIGN.test(start))
    throw new InputError(`objects ${path}: expected a folder or a .urdf, ${MESH_ENDINGS} file, got another`);
  const files = single ? [{ name: stem(basename(start)), file: basename(start) }] : filesOf(root);
  if (files.length === 0)
    throw new InputError(`objects ${path}: expected .urdf, ${MESH_ENDINGS} files, got none in the folder`);
  return { root, files };
}

function filesOf(root: string): ObjectFile[] {
  const { files, problems } = walk(root, '', 0, { files: [], problems: [] });
  return [...pickObjects(root, files), ...problems].sort((a, b) => (a.name < b.name ? -1 : 1));
}

interface Walk {
  readonly files: string[];
  /** What was not searched, and why. */
  readonly problems: ObjectFile[];
}

function walk(root: string, folder: string, depth: number, seen: Walk): Walk {
  const entries = readdirSync(join(root, folder), { withFileTypes: true }).filter((e) => !e.name.startsWith('.'));
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = posix.join(folder, entry.name);
    const refuse = (problem: string): void => void seen.problems.push({ name: path, file: path, problem });
    if (entry.isDirectory()) {
      if (depth < MAX_DEPTH) walk(root, path, depth + 1, seen);
      else refuse(`${path}: expected at most ${MAX_DEPTH} folders in one another, got more`);
    } else if (entry.isSymbolicLink() && linksToFolder(join(root, path))) {
      // not followed: it may lead in circles; what is inside the folder is found where it really is
      if (!contains(root, realpathSync(join(root, path))))
        refuse(`${path}: expected a folder inside the folder, got a link out of it`);
    } else seen.files.push(path);
    if (seen.files.length > MAX_FILES)
      throw new InputError(`objects ${root}: expected at most ${MAX_FILES} files, got more`);
  }
  return seen;
}

const linksToFolder = (path: string): boolean => existsSync(path) && statSync(path).isDirectory();

const stem = (file: string): string => file.slice(0, file.length - extname(file).length);

/** Names of the meshes that a URDF mentions; its reader finds what is wrong with it. */
function mentioned(root: string, urdf: string): string[] {
  try {
    const text = new TextDecoder().decode(readInside(root, urdf, urdf).bytes);
    return [...text.matchAll(/filename\s*=\s*["'][^"']*?([^"'/\\]+)["']/g)].map((m) => m[1]);
  } catch (error) {
    if (error instanceof MeshFileError) return [];
    throw error;
  }
}

/** Whether a mesh belongs to a URDF: it is alone with it in a subfolder (or below), or mentioned. */
function belonging(root: string, urdfs: readonly string[]): (mesh: string) => boolean {
  const folders = urdfs.map((f) => posix.dirname(f));
  const own = new Set(folders.filter((d) => d !== '.' && folders.indexOf(d) === folders.lastIndexOf(d)));
  const names = new Set(urdfs.filter((f) => !own.has(posix.dirname(f))).flatMap((f) => mentioned(root, f)));
  return (mesh) => {
    for (let d = posix.dirname(mesh); d !== '.'; d = posix.dirname(d)) if (own.has(d)) return true;
    return names.has(posix.basename(mesh));
  };
}

function pickObjects(root: string, found: readonly string[]): ObjectFile[] {
  const urdfs = found.filter((f) => /\.urdf$/i.test(f));
  const belongs = belonging(root, urdfs);
  const loose = found.filter((f) => (isMesh(f) || FOREIGN.test(f)) && !belongs(f));
  const stems = new Set(loose.map(stem));
  const ownerOf = (f: string): string => stem(f).replace(COLLISION, '');
  const pieces = new Map(
    loose.filter((f) => COLLISION.test(stem(f)) && stems.has(ownerOf(f))).map((f) => [f, ownerOf(f)]),
  );
  const collisions = new Map([...pieces].map(([f, owner]) => [owner, f]));
  const named: ObjectFile[] = [
    ...urdfs.map((file) => ({ file, name: /(^|\/)model\.urdf$/i.test(file) ? folderName(file) : stem(file) })),
    ...loose
      .filter((f) => !pieces.has(f))
      .map((file) => {
        const collision = collisions.get(stem(file));
        return { file, name: stem(file), ...(collision && { collision }) };
      }),
  ];
  const uses = new Map<string, number>();
  for (const { name } of named) uses.set(name, (uses.get(name) ?? 0) + 1);
  return named.map((n) => (uses.get(n.name)! > 1 ? { ...n, name: n.file } : n));
}

const folderName = (file: string): string => (posix.dirname(file) === '.' ? stem(file) : posix.dirname(file));

/**
 * Bytes of a file in the folder.
 * @param reference as a URDF writes it: relative to `from`, or `package://...`.
 * @param from the file that refers to it, relative to the folder.
 * @throws MeshFileError if it leads out of the folder (by `..`, an absolute path or a link), is missing or too large.
 */
export function readInside(root: string, reference: string, from: string): { bytes: Uint8Array; file: string } {
  const where = from === reference ? reference : `${from}: mesh`;
  const path = locate(root, reference, from, where);
  const real = realpathSync(path);
  if (!contains(root, real))
    throw new MeshFileError(`${where}: expected a file inside the folder, got a link out of it: ${excerpt(reference)}`);
  const { size, isFile } = describe(real);
  const limit = /\.urdf$/i.test(real) ? MAX_TEXT_BYTES : MAX_BYTES;
  if (!isFile) throw new MeshFileError(`${where}: expected a file, got a folder: ${excerpt(reference)}`);
  if (size > limit)
    throw new MeshFileError(`${where}: expected at most ${limit} bytes, got ${size}: ${excerpt(reference)}`);
  return { bytes: readFileSync(real), file: relative(root, path).split(sep).join('/') };
}

function describe(path: string): { size: number; isFile: boolean } {
  const stat = statSync(path);
  return { size: stat.size, isFile: stat.isFile() };
}

const contains = (root: string, path: string): boolean => {
  const way = relative(root, path);
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
};

/** The path that a reference means, inside the folder as written. */
function locate(root: string, reference: string, from: string, where: string): string {
  const plain = reference.replaceAll('\\', '/');
  const beside = from === reference ? '' : dirname(from);
  const scheme = /^(package|model):\/\/([^/]+)\/(.*)$/.exec(plain);
  const tries = scheme ? [join(beside, scheme[3]), scheme[3], join(scheme[2], scheme[3])] : [join(beside, plain)];
  if (plain.includes('\0') || isAbsolute(plain) || /^[a-z][a-z0-9+.-]*:/i.test(scheme ? scheme[3] : plain))
    throw new MeshFileError(`${where}: expected a path inside the folder, got ${excerpt(reference)}`);
  const paths = tries.map((t) => resolve(root, t));
  if (!paths.every((p) => contains(root, p)))
    throw new MeshFileError(
      `${where}: expected a path inside the folder, got one that leads out: ${excerpt(reference)}`,
    );
  const path = paths.find((p) => existsSync(p));
  if (!path) throw new MeshFileError(`${where}: expected the file ${excerpt(reference)}, got none`);
  return path;
}
