/** GLB files: mesh and colour of a binary glTF, its claims checked first. */
import { type Node, Primitive, WebIO } from '@gltf-transform/core';
import { IDENTITY_POSE, type Vec3 } from '../math/pose.ts';
import { type Mesh, mergeMeshes } from '../objects/mesh.ts';
import { flipped, weld } from '../objects/mesh-check.ts';
import { decodeText, excerpt, expectFinite, expectTriangleCount, MAX_TRIANGLES, MeshFileError } from './mesh-file.ts';

export interface GlbFile {
  /** Every mesh of the scene, placed; axes as in the file (glTF: +Y up, metres). */
  readonly mesh: Mesh;
  /** Base colour of the first material, linear RGB in 0..1. */
  readonly colour?: Vec3;
}

/** Needs that can be met without decoding anything. */
const EXTENSIONS = /^(KHR_materials_|KHR_texture_|KHR_mesh_quantization$|EXT_texture_|KHR_lights_)/;

/**
 * Reads a binary glTF 2.0. Textures are not looked at.
 * @param file named in errors.
 * @throws MeshFileError `file: expected ..., got ...`.
 */
export async function parseGlb(bytes: Uint8Array, file: string): Promise<GlbFile> {
  checkContainer(bytes, file);
  try {
    const document = await new WebIO().setLogger(SILENT).readBinary(bytes);
    const root = document.getRoot();
    const scene = root.getDefaultScene() ?? root.listScenes()[0];
    const nodes = scene ? scene.listChildren() : root.listNodes().filter((n) => !n.getParentNode());
    const budget = { triangles: MAX_TRIANGLES };
    const meshes = nodes.flatMap((node) => nodeMeshes(node, file, budget));
    const mesh = weld(mergeMeshes(meshes.map((m) => ({ mesh: m, pose: IDENTITY_POSE }))));
    const material = root.listMaterials()[0]?.getBaseColorFactor();
    return { mesh, ...(material && { colour: [material[0], material[1], material[2]] as const }) };
  } catch (error) {
    if (error instanceof MeshFileError) throw error;
    // the reader's own words: it throws plain errors for whatever does not fit together
    throw new MeshFileError(
      `${file}: expected a sound GLB, got one that cannot be read: ${error instanceof Error ? error.message.slice(0, 120) : error}`,
    );
  }
}

const quiet = (): void => {};
const SILENT = { debug: quiet, info: quiet, warn: quiet, error: quiet };

/** Nodes of a scene, one object's. */
const NODES_MAX = 2000;

const JSON_CHUNK = 0x4e4f534a;

/** Checks sizes before anything is allocated for what a file claims. */
function checkContainer(bytes: Uint8Array, file: string): void {
  const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 20 || data.getUint32(0, true) !== 0x46546c67)
    throw new MeshFileError(
      `${file}: expected a binary glTF ('glTF' and at least 20 bytes), got ${bytes.length} bytes`,
    );
  const [version, length] = [data.getUint32(4, true), data.getUint32(8, true)];
  if (version !== 2) throw new MeshFileError(`${file}: expected glTF version 2, got ${version}`);
  if (length !== bytes.length) throw new MeshFileError(`${file}: expected ${length} bytes, got ${bytes.length}`);
  const [size, type] = [data.getUint32(12, true), data.getUint32(16, true)];
  if (type !== JSON_CHUNK || size > bytes.length - 20)
    throw new MeshFileError(`${file}: expected a JSON chunk that fits the file, got ${size} bytes`);
  checkJson(decodeText(bytes.subarray(20, 20 + size), file), file);
}

/** The parts of a glTF document that are checked here. */
interface GltfClaims {
  readonly nodes?: readonly unknown[];
  readonly accessors?: readonly { readonly count?: unknown }[];
  readonly buffers?: readonly { readonly uri?: unknown; readonly byteLength?: unknown }[];
  readonly extensionsRequired?: readonly unknown[];
}

function checkJson(text: string, file: string): void {
  let claims: GltfClaims;
  try {
    claims = JSON.parse(text);
  } catch (error) {
    throw new MeshFileError(`${file}: expected JSON in the first chunk, got: ${(error as Error).message.slice(0, 80)}`);
  }
  const list = <T>(value: readonly T[] | undefined): readonly T[] => (Array.isArray(value) ? value : []);
  const values = list(claims?.accessors).reduce((n, a) => n + Number(a?.count ?? 0), 0);
  // each triangle has three indices, and meshes with flat shading as many vertices with a few attributes each
  if (!(values <= 24 * MAX_TRIANGLES))
    throw new MeshFileError(`${file}: expected at most ${24 * MAX_TRIANGLES} accessor values, got ${values}`);
  const nodes = list(claims?.nodes).length;
  if (nodes > NODES_MAX) throw new MeshFileError(`${file}: expected at most ${NODES_MAX} nodes, got ${nodes}`);
  const outside = list(claims?.buffers).find((b) => b?.uri !== undefined);
  if (outside)
    throw new MeshFileError(
      `${file}: expected all data inside the file, got a buffer at ${excerpt(String(outside.uri))}`,
    );
  const unknown = list(claims?.extensionsRequired).find((e) => !EXTENSIONS.test(String(e)));
  if (unknown !== undefined)
    throw new MeshFileError(
      `${file}: expected a mesh without compression or other required extensions, got ${unknown}`,
    );
}

/** Triangles that may still come: nodes may share a mesh, so that a small file makes many. */
interface Budget {
  triangles: number;
}

/** The meshes of a node and of what hangs on it, in the frame of the scene. */
function nodeMeshes(node: Node, file: string, budget: Budget): Mesh[] {
  const own = node.getMesh()?.listPrimitives() ?? [];
  const matrix = node.getWorldMatrix();
  return [
    ...own.filter((p) => p.getMode() >= Primitive.Mode.TRIANGLES).map((p) => primitiveMesh(p, matrix, file, budget)),
    ...node.listChildren().flatMap((child) => nodeMeshes(child, file, budget)),
  ];
}

function primitiveMesh(primitive: Primitive, m: readonly number[], file: string, budget: Budget): Mesh {
  if (primitive.getMode() !== Primitive.Mode.TRIANGLES)
    throw new MeshFileError(`${file}: expected plain triangles, got strips or fans`);
  const points = primitive.getAttribute('POSITION');
  if (points?.getElementSize() !== 3)
    throw new MeshFileError(`${file}: expected a POSITION of 3 components in every primitive, got none`);
  const count = points.getCount();
  budget.triangles -= Math.floor((primitive.getIndices()?.getCount() ?? count) / 3);
  if (budget.triangles < 0)
    throw new MeshFileError(
      `${file}: expected at most ${MAX_TRIANGLES} triangles in all nodes together, got more; simplify the mesh first`,
    );
  const positions = new Float32Array(3 * count);
  const v = [0, 0, 0];
  for (let i = 0; i < count; i++) {
    const [x, y, z] = points.getElement(i, v);
    for (let k = 0; k < 3; k++) positions[3 * i + k] = m[k] * x + m[4 + k] * y + m[8 + k] * z + m[12 + k];
  }
  const indices = Uint32Array.from(primitive.getIndices()?.getArray() ?? Array.from({ length: count }, (_, i) => i));
  expectTriangleCount(Math.floor(indices.length / 3), file);
  const high = indices.findIndex((i) => i >= count);
  if (high >= 0 || indices.length % 3 !== 0)
    throw new MeshFileError(
      `${file}: expected triangles of vertices below ${count}, got ${high >= 0 ? `index ${indices[high]}` : `${indices.length} indices`}`,
    );
  const mesh = { positions, indices };
  expectFinite(mesh, file);
  const determinant =
    m[0] * (m[5] * m[10] - m[6] * m[9]) - m[4] * (m[1] * m[10] - m[2] * m[9]) + m[8] * (m[1] * m[6] - m[2] * m[5]);
  return determinant < 0 ? flipped(mesh) : mesh;
}
