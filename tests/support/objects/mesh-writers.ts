import { Document, WebIO } from '@gltf-transform/core';
import type { Vec3 } from '../../../sim/math/pose.ts';
import type { Mesh } from '../../../sim/objects/mesh.ts';

const corners = ({ positions: p, indices }: Mesh, t: number): Vec3[] =>
  [0, 1, 2].map((k): Vec3 => {
    const v = 3 * indices[3 * t + k];
    return [p[v], p[v + 1], p[v + 2]];
  });

/** Wavefront OBJ; every mesh becomes an `o` group. */
export function writeObj(meshes: readonly Mesh[]): string {
  const lines: string[] = ['# written by a test', 'mtllib missing.mtl'];
  let first = 1;
  meshes.forEach(({ positions: p, indices }, k) => {
    lines.push(`o piece_${k}`);
    for (let i = 0; i < p.length; i += 3) lines.push(`v ${p[i]} ${p[i + 1]} ${p[i + 2]}`);
    for (let i = 0; i < indices.length; i += 3)
      lines.push(`f ${[0, 1, 2].map((c) => `${indices[i + c] + first}//1`).join(' ')}`);
    first += p.length / 3;
  });
  return `${lines.join('\n')}\n`;
}

export function writeBinaryStl(mesh: Mesh): Uint8Array<ArrayBuffer> {
  const triangles = mesh.indices.length / 3;
  const bytes = new Uint8Array(84 + 50 * triangles);
  const data = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode('solid but binary'));
  data.setUint32(80, triangles, true);
  for (let t = 0; t < triangles; t++)
    corners(mesh, t)
      .flat()
      .forEach((x, k) => {
        data.setFloat32(84 + 50 * t + 12 + 4 * k, x, true);
      });
  return bytes;
}

export function writeAsciiStl(mesh: Mesh): string {
  const facets = Array.from({ length: mesh.indices.length / 3 }, (_, t) => {
    const loop = corners(mesh, t).map((v) => `      vertex ${v.map((x) => x.toExponential(8)).join(' ')}`);
    return ['  facet normal 0 0 0', '    outer loop', ...loop, '    endloop', '  endfacet'].join('\n');
  });
  return `solid test\n${facets.join('\n')}\nendsolid test\n`;
}

export interface GlbOptions {
  readonly colour?: readonly [number, number, number, number];
  readonly translation?: Vec3;
  readonly scale?: Vec3;
}

/** Flat-shaded, so every corner is a vertex of its own, as exporters write it. */
export async function writeGlb(mesh: Mesh, options: GlbOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
  const document = new Document();
  const buffer = document.createBuffer();
  const flat = new Float32Array(Array.from({ length: mesh.indices.length / 3 }, (_, t) => corners(mesh, t)).flat(2));
  const position = document.createAccessor().setType('VEC3').setArray(flat).setBuffer(buffer);
  const material = document.createMaterial().setBaseColorFactor([...(options.colour ?? ([1, 1, 1, 1] as const))]);
  const primitive = document.createPrimitive().setAttribute('POSITION', position).setMaterial(material);
  const node = document.createNode().setMesh(document.createMesh().addPrimitive(primitive));
  node.setTranslation([...(options.translation ?? ([0, 0, 0] as const))]);
  node.setScale([...(options.scale ?? ([1, 1, 1] as const))]);
  document.createScene().addChild(node);
  return Uint8Array.from(await new WebIO().writeBinary(document));
}

export interface UrdfOptions {
  readonly visual?: string;
  readonly collision?: string;
  readonly mass?: number | string;
  /** ixx, iyy, izz */
  readonly inertia?: readonly [number, number, number];
  readonly rgba?: string;
  /** XML that goes before </robot>. */
  readonly extra?: string;
}

const mesh = (file: string): string => `<mesh filename="${file}" scale="1 1 1"/>`;

/** A URDF of one link, as PyBullet's object folders have it. `visual` and `collision` are mesh files or geometry elements. */
export function writeUrdf(name: string, options: UrdfOptions): string {
  const geometry = (g: string): string =>
    `<origin xyz="0 0 0" rpy="0 0 0"/><geometry>${g.startsWith('<') ? g : mesh(g)}</geometry>`;
  const { visual, collision, mass, inertia = [0, 0, 0], rgba } = options;
  const [x, y, z] = inertia;
  return `<?xml version="1.0"?>
<robot name="${name}">
  <link name="base">
    ${mass === undefined ? '' : `<inertial><origin xyz="0 0 0"/><mass value="${mass}"/><inertia ixx="${x}" ixy="0" ixz="0" iyy="${y}" iyz="0" izz="${z}"/></inertial>`}
    ${visual ? `<visual>${geometry(visual)}${rgba ? `<material name="own"><color rgba="${rgba}"/></material>` : ''}</visual>` : ''}
    ${collision ? `<collision>${geometry(collision)}</collision>` : ''}
  </link>
  ${options.extra ?? ''}
</robot>
`;
}
