import { describe, expect, it } from 'vitest';
import { parseGlb } from '../../../sim/files/glb.ts';
import { MAX_TRIANGLES, MeshFileError } from '../../../sim/files/mesh-file.ts';
import { parseObj } from '../../../sim/files/obj.ts';
import { parseStl } from '../../../sim/files/stl.ts';
import { parseUrdf } from '../../../sim/files/urdf.ts';
import { axisAngle, IDENTITY_POSE, IDENTITY_QUAT, rotate, type Vec3 } from '../../../sim/math/pose.ts';
import { rngStream } from '../../../sim/math/rng.ts';
import { graspWidth } from '../../../sim/objects/grasp-width.ts';
import { isPhysical, massProperties, meshMoments, sumMoments, withMass } from '../../../sim/objects/mass-properties.ts';
import { boxMesh, capsuleMesh, hullMesh, type Mesh, mergeMeshes, meshVolume } from '../../../sim/objects/mesh.ts';
import { bounds, flipped, openEdges, soundMesh, weld } from '../../../sim/objects/mesh-check.ts';
import { part } from '../../../sim/objects/object.ts';
import { HOUSEHOLD, torus } from '../../support/household.ts';
import { writeAsciiStl, writeBinaryStl, writeGlb, writeObj, writeUrdf } from '../../support/mesh-writers.ts';

const BOX = boxMesh([0.02, 0.03, 0.04]);
const SHAPES: Readonly<Record<string, Mesh>> = { box: BOX, torus: torus(0.03, 0.01), mug: HOUSEHOLD.mug.mesh() };
const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

/** The message of the refusal, which must be of the kind that a caller handles. */
async function refusal(read: () => unknown): Promise<string> {
  try {
    await read();
  } catch (error) {
    expect(error).toBeInstanceOf(MeshFileError);
    return (error as Error).message;
  }
  throw new Error('accepted');
}

const FORMATS: Readonly<Record<string, (mesh: Mesh) => Mesh | Promise<Mesh>>> = {
  OBJ: (mesh) => parseObj(writeObj([mesh]), 'a.obj').mesh,
  'binary STL': (mesh) => parseStl(writeBinaryStl(mesh), 'a.stl'),
  'ASCII STL': (mesh) => parseStl(encode(writeAsciiStl(mesh)), 'a.stl'),
  GLB: async (mesh) => (await parseGlb(await writeGlb(mesh), 'a.glb')).mesh,
};

describe.each(Object.keys(FORMATS))('%s', (format) => {
  it.each(Object.keys(SHAPES))('gives back a %s: volume, bounds, closed surface', async (shape) => {
    const mesh = SHAPES[shape];
    const read = await FORMATS[format](mesh);
    expect(Math.abs(meshVolume(read) / meshVolume(mesh) - 1)).toBeLessThan(1e-4);
    expect(read.indices.length).toBe(mesh.indices.length);
    const [got, expected] = [bounds(read), bounds(mesh)];
    for (const k of [0, 1, 2]) {
      expect(got.min[k]).toBeCloseTo(expected.min[k], 6);
      expect(got.max[k]).toBeCloseTo(expected.max[k], 6);
    }
    expect(openEdges(weld(read))).toBe(0);
    expect(soundMesh(read, 'a').warnings).toEqual([]);
  });
});

describe('an OBJ file', () => {
  it('may use polygons, negative numbers, comments, Windows line ends and everything about looks', () => {
    const text =
      'mtllib x.mtl\r\n# c\r\nv 0 0 0\r\nv 1 0 0 1 1 1\r\nv 1 1 0\r\nv 0 1 0\r\nvn 0 0 1\r\nusemtl a\r\ns off\r\nf -4/1/1 -3//1 -2 -1\r\n';
    const { mesh } = parseObj(text, 'a.obj');
    expect([...mesh.indices]).toEqual([0, 1, 2, 0, 2, 3]);
  });

  it('keeps its groups apart and forgets empty ones', () => {
    const { groups } = parseObj(`g empty\n${writeObj([BOX, BOX])}`, 'a.obj');
    expect(groups).toEqual([
      { name: 'piece_0', first: 0, end: 12 },
      { name: 'piece_1', first: 12, end: 24 },
    ]);
  });

  it.each([
    ['v 0 0\n', "a.obj:1: expected 'v' and three finite numbers, got 'v 0 0'"],
    ['v 0 0 nan\n', "a.obj:1: expected 'v' and three finite numbers, got 'v 0 0 nan'"],
    ['v 0 0 1e999\n', "a.obj:1: expected 'v' and three finite numbers, got 'v 0 0 1e999'"],
    ['v 0 0 1e39\nf 1 1 1\n', 'a.obj: expected finite coordinates, got Infinity in vertex 1'],
    ['v 0 0 0\nf 1 1\n', "a.obj:2: expected a face of at least 3 vertices, got 'f 1 1'"],
    ['v 0 0 0\nf 1 1 2\n', "a.obj:2: expected vertices between 1 and 1, got '2'"],
    ['v 0 0 0\nf 1 1 0\n', "a.obj:2: expected vertices between 1 and 1, got '0'"],
    ['v 0 0 0\nf 1 1 -2\n', "a.obj:2: expected vertices between 1 and 1, got '-2'"],
    ['v 0 0 0\nf 1 1 1.5\n', "a.obj:2: expected vertices between 1 and 1, got '1.5'"],
    ['', 'a.obj: expected at least one triangle, got none'],
    ['hello\n', 'a.obj: expected at least one triangle, got none'],
    ['\0\0\0', 'a.obj:1: expected the text of an OBJ file, got binary data'],
  ])('%j is refused', async (text, message) => {
    expect(await refusal(() => parseObj(text, 'a.obj'))).toBe(message);
  });

  it('of more than a million triangles is refused with their number', async () => {
    const text = `v 0 0 0\nv 1 0 0\nv 0 1 0\n${'f 1 2 3\n'.repeat(MAX_TRIANGLES + 1)}`;
    expect(await refusal(() => parseObj(text, 'a.obj'))).toBe(
      'a.obj: expected at most 1,000,000 triangles, got 1,000,001; simplify the mesh first',
    );
  });
});

describe('an STL file', () => {
  it('cut at any byte is refused, binary', async () => {
    const bytes = writeBinaryStl(BOX);
    for (let n = 0; n < bytes.length; n++)
      expect(await refusal(() => parseStl(bytes.slice(0, n), 'a.stl'))).toMatch(/^a.stl: expected /);
  });

  it('cut at any byte is refused, ASCII', async () => {
    const bytes = encode(writeAsciiStl(BOX).trimEnd());
    // the name after the last word may be cut: it says nothing
    for (let n = 0; n < bytes.length - ' test'.length; n += 3)
      expect(await refusal(() => parseStl(bytes.slice(0, n), 'a.stl'))).toMatch(/^a.stl: expected /);
  });

  it('that claims more than a million triangles is refused before anything is allocated', async () => {
    const bytes = new Uint8Array(84);
    new DataView(bytes.buffer).setUint32(80, 0xffffffff, true);
    expect(await refusal(() => parseStl(bytes, 'a.stl'))).toBe(
      'a.stl: expected at most 1,000,000 triangles, got 4,294,967,295; simplify the mesh first',
    );
  });

  it('with a NaN, a bad number or no facets is refused', async () => {
    const bytes = writeBinaryStl(BOX);
    new DataView(bytes.buffer).setFloat32(84 + 12, Number.NaN, true);
    expect(await refusal(() => parseStl(bytes, 'a.stl'))).toBe(
      'a.stl: expected finite coordinates, got NaN in vertex 1',
    );
    const text = writeAsciiStl(BOX).replace(/vertex \S+/, 'vertex inf');
    expect(await refusal(() => parseStl(encode(text), 'a.stl'))).toMatch(/expected 'vertex' and three finite numbers/);
    expect(await refusal(() => parseStl(encode('solid a\nendsolid a\n'), 'a.stl'))).toMatch(/at least one triangle/);
  });
});

describe('a GLB file', () => {
  it('places its nodes and gives its colour', async () => {
    const bytes = await writeGlb(BOX, { translation: [1, 0, 0], scale: [2, 1, -1], colour: [0.1, 0.2, 0.3, 1] });
    const { mesh, colour } = await parseGlb(bytes, 'a.glb');
    expect(bounds(mesh).min[0]).toBeCloseTo(0.96, 6);
    // mirrored, and still facing outwards
    expect(meshVolume(mesh)).toBeCloseTo(2 * meshVolume(BOX), 9);
    expect(colour).toEqual([0.1, 0.2, 0.3]);
  });

  it('cut at any byte is refused', async () => {
    const bytes = await writeGlb(BOX);
    for (let n = 0; n < bytes.length; n += 5)
      expect(await refusal(() => parseGlb(bytes.slice(0, n), 'a.glb'))).toMatch(/^a.glb: expected /);
  });

  it('with any byte changed is read or refused, and nothing else', async () => {
    const bytes = await writeGlb(BOX);
    const rng = rngStream(3, 'fuzz');
    for (let i = 0; i < 400; i++) {
      const bad = bytes.slice();
      for (let k = 0; k < 3; k++) bad[rng.int(bad.length)] = rng.int(256);
      try {
        expect((await parseGlb(bad, 'a.glb')).mesh.positions.every(Number.isFinite)).toBe(true);
      } catch (error) {
        expect(error).toBeInstanceOf(MeshFileError);
      }
    }
  });

  /** The file with another JSON chunk. */
  async function withJson(change: (json: Record<string, unknown>) => void): Promise<Uint8Array> {
    const bytes = await writeGlb(BOX);
    const size = new DataView(bytes.buffer).getUint32(12, true);
    const json = JSON.parse(new TextDecoder().decode(bytes.subarray(20, 20 + size)));
    change(json);
    const text = encode(JSON.stringify(json));
    const padded = new Uint8Array(Math.ceil(text.length / 4) * 4).fill(32);
    padded.set(text);
    const out = new Uint8Array(20 + padded.length + bytes.length - 20 - size);
    out.set(bytes.subarray(0, 20));
    out.set(padded, 20);
    out.set(bytes.subarray(20 + size), 20 + padded.length);
    new DataView(out.buffer).setUint32(8, out.length, true);
    new DataView(out.buffer).setUint32(12, padded.length, true);
    return out;
  }

  it.each([
    [{ accessors: [{ count: 1e12 }] }, /expected at most 24000000 accessor values, got 1000000000000/],
    [{ accessors: [{ count: 'many' }] }, /accessor values, got NaN/],
    [{ buffers: [{ uri: '../../secret.bin', byteLength: 4 }] }, /all data inside the file, got a buffer at '..\/../],
    [{ extensionsRequired: ['KHR_draco_mesh_compression'] }, /without compression.*KHR_draco_mesh_compression/],
    [{ nodes: [{ children: [0] }], scenes: [{ nodes: [0] }] }, /expected /],
    [{ scenes: [], nodes: [] }, /expected /],
  ])('with %j is refused', async (change, message) => {
    const bytes = await withJson((json) => Object.assign(json, change));
    expect(await refusal(async () => soundMesh((await parseGlb(bytes, 'a.glb')).mesh, 'a.glb'))).toMatch(message);
  });
});

describe('a mesh', () => {
  it('that is inside out is turned, with a warning, as a whole or in part; a cavity stays', () => {
    const { mesh, warnings } = soundMesh(flipped(BOX), 'a.stl');
    expect(meshVolume(mesh)).toBeCloseTo(meshVolume(BOX), 9);
    expect(warnings).toEqual(['a.stl: inside out; turned']);
    const beside = { mesh: flipped(BOX), pose: { ...IDENTITY_POSE, position: [0.1, 0, 0] as const } };
    const two = soundMesh(mergeMeshes([{ mesh: BOX, pose: IDENTITY_POSE }, beside]), 'a.stl');
    expect(two.warnings).toEqual(['a.stl: inside out (1 of 2 surfaces); turned']);
    expect(meshVolume(two.mesh)).toBeCloseTo(2 * meshVolume(BOX), 9);
    const cavity = flipped(boxMesh([0.01, 0.02, 0.03]));
    const hollow = soundMesh(
      mergeMeshes([
        { mesh: BOX, pose: IDENTITY_POSE },
        { mesh: cavity, pose: IDENTITY_POSE },
      ]),
      'a.stl',
    );
    expect(hollow.warnings).toEqual([]);
    expect(meshVolume(hollow.mesh)).toBeCloseTo(meshVolume(BOX) + meshVolume(cavity), 9);
  });

  it('with a hole is drawn as it is, with a warning; open and inside out it is refused', async () => {
    const open = { positions: BOX.positions, indices: BOX.indices.slice(6) };
    expect(soundMesh(open, 'a.obj')).toMatchObject({ closed: false, warnings: [/not watertight \(4 open edges\)/] });
    expect(await refusal(() => soundMesh(flipped(open), 'a.obj'))).toMatch(
      /face outwards, got an open mesh that is inside out/,
    );
  });

  it('without volume or area is refused', async () => {
    const flat = boxMesh([0.02, 0.03, 0]);
    const sheet = { positions: BOX.positions, indices: BOX.indices.slice(0, 6) };
    const dot: Mesh = { positions: new Float32Array(9).fill(0.5), indices: Uint32Array.of(0, 1, 2) };
    expect(await refusal(() => soundMesh(flat, 'a.obj'))).toMatch(
      /a.obj: expected a solid, got a surface with a volume of 0/,
    );
    expect(await refusal(() => soundMesh(sheet, 'a.obj'))).toMatch(/volume of 0/);
    expect(await refusal(() => soundMesh(dot, 'a.obj'))).toBe(
      'a.obj: expected triangles with an area, got degenerate ones only',
    );
  });
});

describe('mass properties of a mesh', () => {
  const [x, y, z] = [0.04, 0.06, 0.08];

  it('are those of the closed form for a box, wherever it is', () => {
    const at: Vec3 = [0.3, -0.2, 0.5];
    const turn = axisAngle([0, 0, 1], 0.7);
    const mesh = mergeMeshes([{ mesh: BOX, pose: { position: at, quaternion: turn } }]);
    const { mass, centre, inertia, frame } = massProperties(withMass(meshMoments(mesh), 2));
    expect(mass).toBe(2);
    for (const k of [0, 1, 2]) expect(centre[k]).toBeCloseTo(at[k], 5);
    const expected = [y * y + z * z, x * x + z * z, x * x + y * y].map((s) => (2 / 12) * s);
    for (const k of [0, 1, 2]) expect([...inertia].sort()[k] / [...expected].sort()[k]).toBeCloseTo(1, 4);
    // the principal axes are the box's own
    const axis = rotate(frame, [1, 0, 0]);
    expect(
      Math.max(
        Math.abs(axis[2]),
        Math.abs(axis[0] * Math.cos(0.7) + axis[1] * Math.sin(0.7)),
        Math.abs(-axis[0] * Math.sin(0.7) + axis[1] * Math.cos(0.7)),
      ),
    ).toBeCloseTo(1, 4);
  });

  it('are those of a sphere and of a torus', () => {
    const ball = meshMoments(capsuleMesh(0.05, 0, 96, 48));
    expect(ball.inertia[0] / (0.4 * ball.mass * 0.05 ** 2)).toBeCloseTo(1, 2);
    const ring = meshMoments(torus(0.03, 0.01, 96, 48));
    expect(ring.inertia[2] / (ring.mass * (0.03 ** 2 + 0.75 * 0.01 ** 2))).toBeCloseTo(1, 2);
    expect(isPhysical(massProperties(ring))).toBe(true);
  });

  it('add up: two halves are the whole', () => {
    const half = boxMesh([0.01, 0.03, 0.04]);
    const at = (dx: number) => mergeMeshes([{ mesh: half, pose: { position: [dx, 0, 0], quaternion: IDENTITY_QUAT } }]);
    const [sum, whole] = [sumMoments([meshMoments(at(-0.01)), meshMoments(at(0.01))]), meshMoments(BOX)];
    for (const k of [0, 1, 2]) expect(sum.inertia[k] / whole.inertia[k]).toBeCloseTo(1, 5);
  });
});

describe('a URDF', () => {
  const parse = (text: string) => parseUrdf(text, 'a.urdf');

  it('gives geometry, colour, mass and inertia', () => {
    const text = writeUrdf('thing', {
      visual: 'v.obj',
      collision: '<cylinder radius="0.02" length="0.1"/>',
      mass: 0.3,
      inertia: [1e-4, 2e-4, 2.5e-4],
      rgba: '1 0 0 1',
    });
    const urdf = parse(text);
    expect(urdf.name).toBe('thing');
    expect(urdf.visual).toMatchObject([
      { shape: { kind: 'mesh', file: 'v.obj', scale: [1, 1, 1] }, colour: [1, 0, 0] },
    ]);
    expect(urdf.collision[0].shape).toEqual({ kind: 'cylinder', radius: 0.02, halfHeight: 0.05 });
    expect(urdf.moments).toEqual({ mass: 0.3, centre: [0, 0, 0], inertia: [1e-4, 2e-4, 2.5e-4, 0, 0, 0] });
  });

  /** Two boxes of 1 kg, the second turned a quarter about Z and 1 m along X. */
  const LINKED = `<robot name="two"><link name="a"><inertial><mass value="1"/><inertia ixx="1" iyy="2" izz="2.5"/></inertial>
    <collision><geometry><box size="0.2 0.4 0.6"/></geometry></collision></link>
    <link name="b"><inertial><mass value="1"/><inertia ixx="1" iyy="2" izz="2.5"/></inertial>
    <collision><origin xyz="0.5 0 0"/><geometry><box size="1 2 3"/></geometry></collision></link>
    <joint name="j" type="fixed"><parent link="a"/><child link="b"/><origin xyz="1 0 0" rpy="0 0 1.5707963267948966"/></joint></robot>`;

  it('of several links joined firmly is one body', () => {
    const { collision, moments } = parse(LINKED);
    const { position } = collision[1].pose;
    [1, 0.5, 0].forEach((p, k) => {
      expect(position[k]).toBeCloseTo(p, 9);
    });
    expect(moments!.mass).toBe(2);
    expect(moments!.centre[0]).toBeCloseTo(0.5, 9);
    [3, 3.5, 5.5, 0, 0, 0].forEach((i, k) => {
      expect(moments!.inertia[k]).toBeCloseTo(i, 9);
    });
  });

  const link = (inner: string): string => `<robot name="r"><link name="l">${inner}</link></robot>`;
  const shape = (s: string): string => link(`<visual><geometry>${s}</geometry></visual>`);
  it.each([
    ['', /^a.urdf:1: expected XML, got: /],
    ['<robot', /^a.urdf:1: expected XML, got: /],
    ['<robot><link></robot>', /^a.urdf:1: expected XML, got: /],
    ['<sdf/>', 'a.urdf: expected a <robot>, got none'],
    ['<robot/>', 'a.urdf: expected at least one <link>, got none'],
    [
      '<!DOCTYPE r [<!ENTITY a "aa">]><robot/>',
      'a.urdf: expected URDF without DOCTYPE and entities, got one with them',
    ],
    [
      '<! doctype r SYSTEM "file:///etc/passwd"><robot/>',
      'a.urdf: expected URDF without DOCTYPE and entities, got one with them',
    ],
    [`${'<a>'.repeat(5000)}${'</a>'.repeat(5000)}`, /^a.urdf: expected XML, got: /],
    [
      LINKED.replace('"fixed"', '"revolute"'),
      "a.urdf: joint 'j': expected type 'fixed' (an object is one rigid body), got 'revolute'",
    ],
    [LINKED.replace('child link="b"', 'child link="c"'), "a.urdf: joint 'j': expected a link of this file, got 'c'"],
    [LINKED.replace('child link="b"', 'child link="a"'), "a.urdf: expected a tree of links, got a loop at 'a'"],
    [LINKED.replace('name="b"', 'name="a"'), "a.urdf: expected links of different names, got 'a' twice"],
    [LINKED.replace(/<joint.*joint>/, ''), 'a.urdf: expected one link without a parent, got 2 (a, b)'],
    [shape('<capsule/>'), "a.urdf: link 'l' visual: expected a mesh, box, sphere or cylinder, got capsule"],
    [shape(''), "a.urdf: link 'l' visual: expected a mesh, box, sphere or cylinder, got nothing"],
    [shape('<mesh/>'), "a.urdf: link 'l' visual mesh: expected a filename, got none"],
    [shape('<mesh filename="a" scale="1 0 1"/>'), /expected factors other than 0, got 1 0 1/],
    [shape('<box size="1 2"/>'), "a.urdf: link 'l' visual box size: expected 3 finite numbers, got '1 2'"],
    [shape('<box size="1 2 -3"/>'), /expected numbers above 0, got 1 2 -3/],
    [shape('<sphere radius="big"/>'), "a.urdf: link 'l' visual sphere radius: expected 1 finite number, got 'big'"],
    [link('<inertial><mass value="-1"/></inertial>'), /mass: expected a number of at least 0, got -1/],
    [link('<inertial><mass value="NaN"/></inertial>'), /mass: expected 1 finite number, got 'NaN'/],
  ])('that is no sound rigid body is refused: case %#', async (text, message) => {
    const got = await refusal(() => parse(text));
    if (typeof message === 'string') expect(got).toBe(message);
    else expect(got).toMatch(message);
    expect(got.length).toBeLessThan(300);
  });
});

describe('the width between two fingers', () => {
  const FINGER = 0.012;
  const box = (x: number, y: number, z: number, at: Vec3 = [0, 0, 0]) =>
    part({ kind: 'box', half: [x / 2, y / 2, z / 2] }, at);

  it('is the least side of a box, the diameter of a cylinder and of a sphere', () => {
    expect(graspWidth([box(0.05, 0.09, 0.07)], FINGER)).toBeCloseTo(0.05, 6);
    expect(graspWidth([part({ kind: 'cylinder', radius: 0.03, halfHeight: 0.05 })], FINGER)).toBeCloseTo(0.06, 2);
    expect(graspWidth([part({ kind: 'sphere', radius: 0.03 })], FINGER)).toBeCloseTo(0.06, 2);
  });

  it('counts touching pieces as one, and needs room for a finger at both ends', () => {
    const halves = [box(0.05, 0.09, 0.07, [0, 0, 0]), box(0.05, 0.09, 0.07, [0.05, 0, 0])];
    expect(graspWidth(halves, FINGER)).toBeCloseTo(0.07, 6);
    // two thin walls: a finger fits between them only if they are far enough apart
    const walls = (gap: number) => [box(0.004, 0.2, 0.2), box(0.004, 0.2, 0.2, [gap, 0, 0])];
    expect(graspWidth(walls(0.03), FINGER)).toBeCloseTo(0.004, 6);
    expect(graspWidth(walls(0.01), FINGER)).toBeCloseTo(0.2, 6);
  });

  it('is unknown where no two faces oppose each other', () => {
    const tetrahedron = hullMesh([
      [0, 0, 0],
      [0.05, 0, 0],
      [0, 0.05, 0],
      [0, 0, 0.05],
    ]);
    const points = Array.from(
      { length: 4 },
      (_, i): Vec3 => [
        tetrahedron.positions[3 * i],
        tetrahedron.positions[3 * i + 1],
        tetrahedron.positions[3 * i + 2],
      ],
    );
    expect(graspWidth([part({ kind: 'hull', points })], FINGER)).toBeUndefined();
  });
});
