import { beforeAll, describe, expect, it } from 'vitest';
import { IDENTITY_POSE } from '../../../sim/math/pose.ts';
import { meshesMoments } from '../../../sim/objects/mass-properties.ts';
import { boxMesh, type Mesh, mergeMeshes } from '../../../sim/objects/mesh.ts';
import { flipped } from '../../../sim/objects/mesh-check.ts';
import { solidMesh } from '../../../sim/objects/object.ts';
import { loadPhysics } from '../../../sim/physics.ts';
import { torus } from '../../support/objects/household.ts';
import { writeAsciiStl, writeBinaryStl, writeGlb, writeObj, writeUrdf } from '../../support/objects/mesh-writers.ts';
import { folderOf, inEngine, readFolder } from '../../support/objects/object-folders.ts';

const BOX = boxMesh([0.02, 0.03, 0.04]);

beforeAll(loadPhysics);

describe('an object from files', () => {
  it('is read whatever the format, each mesh an object with its mass from the density', async () => {
    const library = await readFolder(
      folderOf({
        'a.obj': writeObj([BOX]),
        'b.stl': writeBinaryStl(BOX),
        'c.stl': writeAsciiStl(BOX),
        'deep/d.glb': await writeGlb(BOX, { colour: [0, 0.5, 1, 1] }),
        'readme.txt': 'no object',
        '.hidden.obj': 'no object',
        'a.png': 'a texture',
      }),
    );
    expect(library.reports.map((r) => r.name)).toEqual(['a', 'b', 'c', 'deep/d']);
    for (const r of library.reports) {
      expect(r).toMatchObject({ ok: true, error: null, warnings: [], hulls: 1, triangles: 12, graspable: true });
      expect(r.mass).toBeCloseTo(0.04 * 0.06 * 0.08 * 500, 6);
      expect(r.width).toBeCloseTo(0.04, 5);
      expect([...r.size!].sort()).toEqual([0.04, 0.06, 0.08].map((x) => expect.closeTo(x, 6)));
    }
    expect(library.models[3].colour).toEqual([0, 0.5, 1]);
    const { mass, inertia } = inEngine(library.models[0]);
    expect(mass).toBeCloseTo(0.096, 5);
    expect(Math.min(...inertia)).toBeCloseTo((0.096 / 12) * (0.04 ** 2 + 0.06 ** 2), 7);
  });

  it('takes units, the up-axis and the density', async () => {
    const thousand: Mesh = { positions: BOX.positions.map((x) => x * 1000), indices: BOX.indices };
    const folder = folderOf({ 'a.stl': writeBinaryStl(thousand) });
    const { models, reports } = await readFolder(folder, { unit: 'mm', up: 'y', density: 1000 });
    expect(reports[0].size).toEqual([0.04, 0.08, 0.06].map((x) => expect.closeTo(x, 6)));
    expect(models[0].massProperties!.mass).toBeCloseTo(0.192, 5);
    expect((await readFolder(folder, { unit: 'inch', scaleToGripper: true })).reports[0].ok).toBe(true);
    // glTF says +Y up
    const glb = await readFolder(folderOf({ 'a.glb': await writeGlb(BOX) }));
    expect(glb.reports[0].size).toEqual([0.04, 0.08, 0.06].map((x) => expect.closeTo(x, 6)));
    await expect(readFolder(folder, {}).then((l) => l.reports[0].error)).resolves.toBe(
      'a.stl: expected an object between 0.002 and 1 m long, got 80 m; set objects.unit or objects.scaleToGripper',
    );
  });

  it('is scaled to the gripper on request: the longest side is the stroke, the density stays', async () => {
    const big: Mesh = { positions: BOX.positions.map((x) => x * 50), indices: BOX.indices };
    const { models, reports } = await readFolder(folderOf({ 'a.obj': writeObj([big]) }), { scaleToGripper: true });
    expect(Math.max(...reports[0].size!)).toBeCloseTo(0.08, 6);
    expect(reports[0].mass).toBeCloseTo(0.08 * 0.06 * 0.04 * 500, 5);
    const { mass, inertia } = inEngine(models[0]);
    expect(mass).toBeCloseTo(0.096, 5);
    expect(Math.min(...inertia)).toBeCloseTo((0.096 / 12) * (0.04 ** 2 + 0.06 ** 2), 7);
    const cube = boxMesh([5, 5, 5]);
    const { reports: cubes } = await readFolder(folderOf({ 'a.obj': writeObj([cube]) }), { scaleToGripper: true });
    expect(cubes[0].size![0]).toBeCloseTo(0.064, 6);
  });

  it('in the way of PyBullet gives mass and inertia from the URDF, its own convex pieces, and the folder as name', async () => {
    const halves = [-0.02, 0.02].map((x) =>
      mergeMeshes([{ mesh: boxMesh([0.02, 0.02, 0.02]), pose: { ...IDENTITY_POSE, position: [x, 0, 0] } }]),
    );
    const whole = boxMesh([0.04, 0.02, 0.02]);
    const { models, reports } = await readFolder(
      folderOf({
        'two cubes/model.urdf': writeUrdf('x', {
          visual: 'textured.obj',
          collision: 'collision_vhacd.obj',
          mass: 0.2,
          inertia: [6e-5, 1.5e-4, 1.6e-4],
          rgba: '1 1 1 1',
        }),
        'two cubes/textured.obj': writeObj([whole]),
        'two cubes/collision_vhacd.obj': writeObj(halves),
        'two cubes/unused.stl': 'not even a mesh',
      }),
    );
    expect(reports).toMatchObject([
      { name: 'two cubes', file: 'two cubes/model.urdf', ok: true, hulls: 2, warnings: [] },
    ]);
    const { mass, inertia } = inEngine(models[0]);
    expect(mass).toBeCloseTo(0.2, 6);
    [6e-5, 1.5e-4, 1.6e-4].forEach((i, k) => {
      expect(inertia[k]).toBeCloseTo(i, 8);
    });
    expect(models[0].colour).toEqual([1, 1, 1]);
  });

  it('replaces an inertia or centre that cannot be true, and says so', async () => {
    const urdf = (options: object) =>
      writeUrdf('x', { visual: '../b.obj', collision: '../b.obj', mass: 0.1, ...options });
    const { models, reports } = await readFolder(
      folderOf({
        'b.obj': writeObj([BOX]),
        // all the mass in the farthest corner would have a sum of 2 * 0.1 * 0.0029
        'large/model.urdf': urdf({ inertia: [2.1e-4, 2.1e-4, 2.1e-4] }),
        'none/model.urdf': urdf({}),
        'uneven/model.urdf': urdf({ inertia: [1e-5, 1e-5, 9e-5] }),
        'outside/model.urdf': urdf({ inertia: [5e-5, 5e-5, 5e-5] }).replace('xyz="0 0 0"/><mass', 'xyz="1 0 0"/><mass'),
        'massless/model.urdf': writeUrdf('x', { visual: '../b.obj', mass: 0 }),
      }),
    );
    const ofName = Object.fromEntries(models.map((m) => [m.family, m]));
    for (const r of reports.filter((r) => r.name !== 'b')) {
      expect(r.ok, r.error ?? '').toBe(true);
      expect(r.warnings.join(), r.name).toMatch(
        r.name === 'massless' ? /no collision/ : /does not fit the shape: computed from/,
      );
      expect(inEngine(ofName[r.name]).mass).toBeCloseTo(r.name === 'massless' ? 0.096 : 0.1, 5);
      expect(Math.min(...ofName[r.name].massProperties!.inertia)).toBeGreaterThan(1e-5);
    }
  });

  it('takes primitives, package:// paths, mirrored meshes and pieces beside a loose mesh', async () => {
    const { reports } = await readFolder(
      folderOf({
        'ball.urdf': writeUrdf('ball', {
          visual: '<sphere radius="0.03"/>',
          collision: '<sphere radius="0.03"/>',
          mass: 0.1,
        }),
        'p.urdf': writeUrdf('p', { visual: 'package://things/meshes/m.obj', mass: 0.1 }),
        'meshes/m.obj': writeObj([BOX]),
        'mirror.urdf': writeUrdf('m', { visual: 'meshes\\m.obj', mass: 0.1 }).replace('1 1 1', '1 -1 1'),
        'ring.obj': writeObj([torus(0.03, 0.01)]),
        'ring_vhacd.obj': writeObj([boxMesh([0.04, 0.02, 0.01]), boxMesh([0.02, 0.04, 0.01])]),
      }),
    );
    expect(reports.map((r) => [r.name, r.error])).toEqual(['ball', 'mirror', 'p', 'ring'].map((n) => [n, null]));
    expect(reports.map((r) => r.hulls)).toEqual([1, 1, 1, 2]);
    expect(reports[0].mass).toBeCloseTo(0.1, 6);
  });

  it('gives an open mesh the mass of its hulls, and warns', async () => {
    const open = { positions: BOX.positions, indices: BOX.indices.slice(6) };
    const { reports, models } = await readFolder(folderOf({ 'a.obj': writeObj([open]) }));
    expect(reports[0].error).toBeNull();
    expect(reports[0].warnings.join()).toMatch(/a.obj: not watertight \(4 open edges\)/);
    expect(reports[0].mass).toBeCloseTo(meshesMoments(models[0].parts.map((p) => solidMesh(p.solid))).mass * 500, 6);
  });

  it('warns when the collision geometry is not where the picture is', async () => {
    const { reports } = await readFolder(
      folderOf({
        'a/model.urdf': writeUrdf('a', { visual: 'v.obj', collision: '<box size="0.2 0.2 0.2"/>', mass: 0.1 }),
        'a/v.obj': writeObj([BOX]),
      }),
    );
    expect(reports[0].warnings.join()).toMatch(/collision geometry and what is drawn differ by 0.08 m/);
  });
});

describe('a bad object', () => {
  const good = { 'good.obj': writeObj([BOX]) };
  const nan = writeBinaryStl(BOX);
  new DataView(nan.buffer).setFloat32(100, Number.NaN, true);
  const million = new Uint8Array(84);
  new DataView(million.buffer).setUint32(80, 1_000_001, true);
  const visual = (file: string) => writeUrdf('bad', { visual: file });

  it.each([
    ['bad.stl', writeBinaryStl(BOX).slice(0, 200), /^bad.stl: expected 684 bytes for 12 triangles, got 200$/],
    ['bad.stl', nan, /^bad.stl: expected finite coordinates, got NaN in vertex/],
    ['bad.stl', million, /^bad.stl: expected at most 1,000,000 triangles, got 1,000,001/],
    ['bad.obj', writeObj([boxMesh([0.02, 0.03, 0])]), /^bad.obj: expected a solid, got a surface with a volume of 0$/],
    ['bad.obj', writeObj([flipped({ positions: BOX.positions, indices: BOX.indices.slice(6) })]), /inside out/],
    ['bad.obj', new Uint8Array([0xff, 0xfe, 0]), /^bad.obj: expected UTF-8 text, got other bytes$/],
    ['bad.glb', 'glTF', /^bad.glb: expected a binary glTF/],
    ['bad.dae', '<COLLADA/>', /^bad.dae: expected a mesh in .obj, .stl or .glb, got 'bad.dae'$/],
    ['bad.urdf', visual('none.obj'), /^bad.urdf: mesh: expected the file 'none.obj', got none$/],
    ['bad.urdf', visual('x.dae'), /^bad.urdf: expected a mesh in .obj, .stl or .glb, got 'x.dae'$/],
    ['bad.urdf', visual('../secret.obj'), /^bad.urdf: mesh: expected a path inside the folder, got one that leads out/],
    [
      'bad.urdf',
      `<!DOCTYPE l [${'<!ENTITY a "b">'.repeat(9)}]>${visual('other.obj')}`,
      /expected URDF without DOCTYPE/,
    ],
    ['bad.urdf', writeUrdf('bad', {}), /^bad.urdf: expected visual or collision geometry, got none$/],
  ])('%s is reported by name and left out: case %#', async (name, data, message) => {
    const { models, reports } = await readFolder(folderOf({ ...good, [name]: data }));
    expect(models.map((m) => m.family)).toEqual(['good']);
    expect(reports.find((r) => r.name === 'bad')!).toMatchObject({
      ok: false,
      hulls: 0,
      size: null,
      graspable: false,
    });
    expect(reports.find((r) => r.name === 'bad')!.error).toMatch(message);
  });
});
