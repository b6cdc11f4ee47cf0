import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { InputError, loadScenario, withObjects } from '../../../scenarios/load.ts';
import { openHullCache } from '../../../scenarios/objects/hull-cache.ts';
import { modelsFor, type ObjectLibrary } from '../../../scenarios/objects/library.ts';
import { libraryOf, loadObjects } from '../../../scenarios/objects/read.ts';
import { type ObjectsSettings, objectsAt } from '../../../scenarios/schema/objects.ts';
import { sceneAndView } from '../../../scenarios/trials/scene.ts';
import { type Grasp, topDownGrasp } from '../../../sim/grasp.ts';
import { IDENTITY_POSE, norm, transform } from '../../../sim/math/pose.ts';
import { meshesMoments } from '../../../sim/objects/mass-properties.ts';
import { boxMesh, type Mesh, mergeMeshes, meshBounds } from '../../../sim/objects/mesh.ts';
import { flipped } from '../../../sim/objects/mesh-check.ts';
import { type ObjectModel, partsMesh, solidMesh } from '../../../sim/objects/object.ts';
import {
  addObject,
  bodyPose,
  bodyVelocity,
  createWorld,
  freeWorld,
  loadPhysics,
  massPropertiesOf,
  PHYSICS_DEFAULTS,
  setVelocity,
  stepWorld,
} from '../../../sim/physics.ts';
import { buildWorld, type PlacedObject, type SceneSettings, sampleScene } from '../../../sim/scene.ts';
import { runTrial } from '../../../sim/trial.ts';
import { temporaryFolder } from '../../support/cli.ts';
import { HOUSEHOLD, torus, writeHousehold } from '../../support/household.ts';
import { writeAsciiStl, writeBinaryStl, writeGlb, writeObj, writeUrdf } from '../../support/mesh-writers.ts';
import { TRIAL } from '../../support/scenes.ts';

const base = temporaryFolder();
const GRIPPER = { stroke: 0.08, fingerThickness: 0.012 };
const BOX = boxMesh([0.02, 0.03, 0.04]);

/** A new folder with these files. */
let made = 0;
function folderOf(files: Readonly<Record<string, string | Uint8Array>>): string {
  const folder = join(base, `set-${made++}`);
  mkdirSync(folder);
  for (const [name, data] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), data);
  }
  return folder;
}

const load = (path: string, settings: Partial<ObjectsSettings> = {}, cacheFolder = join(base, 'cache')) =>
  loadObjects({
    settings: { ...objectsAt(path), ...settings },
    gripper: GRIPPER,
    cache: openHullCache(cacheFolder),
  });

const byName = ({ reports }: ObjectLibrary) => Object.fromEntries(reports.map((r) => [r.name, r]));

/** Mass and inertia as the engine has them. */
function inEngine(model: ObjectModel) {
  const world = createWorld(PHYSICS_DEFAULTS);
  const body = addObject(world, model, { ...IDENTITY_POSE, position: [0, 0, 1] });
  stepWorld(world);
  const { mass, inertia } = massPropertiesOf(body);
  const found = { mass, inertia: [...inertia] };
  freeWorld(world);
  return found;
}

beforeAll(loadPhysics);

describe('a folder of objects', () => {
  it('is read whatever the format, each mesh an object with its mass from the density', async () => {
    const library = await load(
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

  it('is read the same again, and names the same content by the same hash', async () => {
    const files = { 'a.obj': writeObj([BOX]), 'b.obj': writeObj([torus(0.03, 0.01)]) };
    const [one, two] = [await load(folderOf(files)), await load(folderOf(files), {}, join(base, 'other-cache'))];
    expect(two).toEqual(one);
    expect((await load(folderOf({ 'a.obj': files['a.obj'] }))).hash).not.toBe(one.hash);
  });

  it('may be a single file', async () => {
    const folder = folderOf({ 'a.obj': writeObj([BOX]), 'b.obj': writeObj([BOX]) });
    expect((await load(join(folder, 'a.obj'))).reports.map((r) => r.name)).toEqual(['a']);
  });

  it('takes units, the up-axis and the density', async () => {
    const thousand: Mesh = { positions: BOX.positions.map((x) => x * 1000), indices: BOX.indices };
    const folder = folderOf({ 'a.stl': writeBinaryStl(thousand) });
    const { models, reports } = await load(folder, { unit: 'mm', up: 'y', density: 1000 });
    expect(reports[0].size).toEqual([0.04, 0.08, 0.06].map((x) => expect.closeTo(x, 6)));
    expect(models[0].massProperties!.mass).toBeCloseTo(0.192, 5);
    expect((await load(folder, { unit: 'inch', scaleToGripper: true })).reports[0].ok).toBe(true);
    // glTF says +Y up
    const glb = await load(folderOf({ 'a.glb': await writeGlb(BOX) }));
    expect(glb.reports[0].size).toEqual([0.04, 0.08, 0.06].map((x) => expect.closeTo(x, 6)));
    await expect(load(folder, {}).then((l) => l.reports[0].error)).resolves.toBe(
      'a.stl: expected an object between 0.002 and 1 m long, got 80 m; set objects.unit or objects.scaleToGripper',
    );
  });

  it('is scaled to the gripper on request: the longest side is the stroke, the density stays', async () => {
    const big: Mesh = { positions: BOX.positions.map((x) => x * 50), indices: BOX.indices };
    const { models, reports } = await load(folderOf({ 'a.obj': writeObj([big]) }), { scaleToGripper: true });
    expect(Math.max(...reports[0].size!)).toBeCloseTo(0.08, 6);
    expect(reports[0].mass).toBeCloseTo(0.08 * 0.06 * 0.04 * 500, 5);
    expect(inEngine(models[0]).mass).toBeCloseTo(0.096, 5);
    const cube = boxMesh([5, 5, 5]);
    const { reports: cubes } = await load(folderOf({ 'a.obj': writeObj([cube]) }), { scaleToGripper: true });
    expect(cubes[0].size![0]).toBeCloseTo(0.064, 6);
  });

  it('in the way of PyBullet gives mass and inertia from the URDF, its own convex pieces, and the folder as name', async () => {
    const halves = [-0.02, 0.02].map((x) =>
      mergeMeshes([{ mesh: boxMesh([0.02, 0.02, 0.02]), pose: { ...IDENTITY_POSE, position: [x, 0, 0] } }]),
    );
    const whole = boxMesh([0.04, 0.02, 0.02]);
    const { models, reports } = await load(
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
    const { models, reports } = await load(
      folderOf({
        'b.obj': writeObj([BOX]),
        'huge/model.urdf': urdf({ inertia: [1, 1, 1] }),
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
    const { reports } = await load(
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
    const { reports, models } = await load(folderOf({ 'a.obj': writeObj([open]) }));
    expect(reports[0].error).toBeNull();
    expect(reports[0].warnings.join()).toMatch(/a.obj: not watertight \(4 open edges\)/);
    expect(reports[0].mass).toBeCloseTo(meshesMoments(models[0].parts.map((p) => solidMesh(p.solid))).mass * 500, 6);
  });

  it('warns when the collision geometry is not where the picture is', async () => {
    const { reports } = await load(
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
    ['bad.urdf', visual('a/../../secret.obj'), /one that leads out/],
    ['bad.urdf', visual('package://../../secret.obj'), /expected a path inside the folder/],
    ['bad.urdf', visual('package://x/../../secret.obj'), /one that leads out/],
    ['bad.urdf', visual('..\\secret.obj'), /one that leads out/],
    [
      'bad.urdf',
      visual('/etc/passwd.obj'),
      /^bad.urdf: mesh: expected a path inside the folder, got '\/etc\/passwd.obj'$/,
    ],
    ['bad.urdf', visual('file:///etc/passwd.obj'), /expected a path inside the folder, got 'file:/],
    ['bad.urdf', visual('C:/secret.obj'), /expected a path inside the folder, got 'C:/],
    ['bad.urdf', visual('http://example.org/x.obj'), /expected a path inside the folder, got 'http:/],
    [
      'bad.urdf',
      `<!DOCTYPE l [${'<!ENTITY a "b">'.repeat(9)}]>${visual('other.obj')}`,
      /expected URDF without DOCTYPE/,
    ],
    ['bad.urdf', ' '.repeat(4_000_001), /^bad.urdf: expected at most 4000000 bytes, got 4000001/],
    ['bad.urdf', writeUrdf('bad', {}), /^bad.urdf: expected visual or collision geometry, got none$/],
  ])('%s is reported by name and left out: case %#', async (name, data, message) => {
    writeFileSync(join(base, 'secret.obj'), writeObj([BOX]));
    const { models, reports } = await load(folderOf({ ...good, [name]: data }));
    expect(models.map((m) => m.family)).toEqual(['good']);
    expect(byName({ reports } as ObjectLibrary).bad).toMatchObject({
      ok: false,
      hulls: 0,
      size: null,
      graspable: false,
    });
    expect(byName({ reports } as ObjectLibrary).bad.error).toMatch(message);
  });

  it('that is a link out of the folder is refused, be it a mesh, a URDF, a mesh in a URDF or a folder', async () => {
    writeFileSync(join(base, 'secret.obj'), writeObj([BOX]));
    mkdirSync(join(base, 'elsewhere'), { recursive: true });
    const folder = folderOf({ ...good, 'u.urdf': writeUrdf('u', { visual: 'linked.obj' }) });
    symlinkSync(join(base, 'secret.obj'), join(folder, 'linked.obj'));
    symlinkSync(join(base, 'secret.obj'), join(folder, 'loose.obj'));
    symlinkSync(join(base, 'elsewhere'), join(folder, 'away'));
    symlinkSync(folder, join(folder, 'circle'));
    symlinkSync(join(folder, 'nowhere'), join(folder, 'dangling.stl'));
    symlinkSync(join(folder, 'good.obj'), join(folder, 'inside.obj'));
    const { models, reports } = await load(folder);
    expect(models.map((m) => m.family)).toEqual(['good', 'inside']);
    expect(reports.filter((r) => !r.ok).map((r) => r.error)).toEqual([
      'away: expected a folder inside the folder, got a link out of it',
      "dangling.stl: expected the file 'dangling.stl', got none",
      "loose.obj: expected a file inside the folder, got a link out of it: 'loose.obj'",
      "u.urdf: mesh: expected a file inside the folder, got a link out of it: 'linked.obj'",
    ]);
  });

  it('is told to the user of a scenario; without any good one the run is refused', async () => {
    const { scenario } = loadScenario('quick');
    const notes: string[] = [];
    await libraryOf(withObjects(scenario, folderOf({ ...good, 'bad.stl': 'x' })), (text) => void notes.push(text));
    expect(notes.join('\n')).toMatch(
      /objects: {2}1 from .*, 1 left out\n {2}left out bad: bad.stl: expected 'solid' or/,
    );
    const refused = libraryOf(withObjects(scenario, folderOf({ 'bad.stl': 'x' })), () => {});
    await expect(refused).rejects.toThrow(InputError);
    await expect(refused).rejects.toThrow(
      /expected at least one that can be used, got none:\n {2}bad: bad.stl: expected/,
    );
    await expect(load(folderOf({ 'a.txt': '' }))).rejects.toThrow(/expected .urdf, .obj, .stl or .glb files, got none/);
    await expect(load(join(base, 'missing'))).rejects.toThrow(/expected a folder or a file, got none/);
  });
});

describe('the cache of hulls', () => {
  const files = { 'ring.obj': writeObj([torus(0.03, 0.01)]) };
  const read = async (folder: string, cacheFolder: string) => {
    const cache = openHullCache(cacheFolder);
    const library = await loadObjects({ settings: objectsAt(folder), gripper: GRIPPER, cache });
    return { ...cache.counts, problem: cache.problem, hash: library.hash };
  };

  it('is used the second time, by content, and built anew when damaged at any byte', async () => {
    const at = join(base, 'hulls');
    const first = await read(folderOf(files), at);
    expect(first).toMatchObject({ reused: 0, computed: 1, problem: undefined });
    const again = { reused: 1, computed: 0, problem: undefined, hash: first.hash };
    const others = { 'same.stl': writeBinaryStl(torus(0.03, 0.01)), 'wider.obj': writeObj([torus(0.035, 0.01)]) };
    expect(await read(folderOf(others), at)).toMatchObject({ reused: 1, computed: 1 });
    expect(await read(folderOf(files), at)).toEqual(again);
    const entries = readdirSync(at);
    expect(entries.every((e) => /^[0-9a-f]{64}\.hulls$/.test(e))).toBe(true);
    const sound = new Map(entries.map((e) => [e, readFileSync(join(at, e))]));
    const length = sound.get(entries[0])!.length;
    for (const damage of [0, 5, length >> 1, length - 1]) {
      for (const [name, bytes] of sound) {
        const bad = Uint8Array.from(bytes);
        bad[damage % bad.length] ^= 1;
        writeFileSync(join(at, name), bad);
      }
      expect(await read(folderOf(files), at)).toEqual({ ...again, reused: 0, computed: 1 });
      expect(await read(folderOf(files), at)).toEqual(again);
    }
    for (const name of entries) writeFileSync(join(at, name), '');
    expect(await read(folderOf(files), at)).toMatchObject({ computed: 1 });
  });

  it('is done without where it cannot be written, and says so', async () => {
    writeFileSync(join(base, 'no-folder'), '');
    const { computed, problem } = await read(folderOf(files), join(base, 'no-folder', 'hulls'));
    expect(computed).toBe(1);
    expect(problem).toMatch(/hulls are not kept in /);
  });
});

describe('scenes of objects from files', () => {
  const folder = join(base, 'small');
  const scenario = withObjects(loadScenario('quick').scenario, folder);
  let library: ObjectLibrary;

  beforeAll(async () => {
    mkdirSync(folder);
    writeHousehold(folder, ['banana', 'can', 'lemon', 'marker', 'sponge', 'hammer', 'tape roll', 'apple']);
    library = (await libraryOf(scenario, () => {}))!;
  });

  it('have only these, named by their folder, the same for the same seed', () => {
    const one = sceneAndView(scenario, 0, 'evaluation', 3, library);
    const two = sceneAndView(scenario, 0, 'evaluation', 3, structuredClone(library));
    expect(two).toEqual(one);
    for (const { model } of one.scene.objects) expect(Object.keys(HOUSEHOLD)).toContain(model.family);
    expect(() => sceneAndView(scenario, 0, 'evaluation', 3)).toThrow(/expected the objects of .* to be loaded/);
  });

  it('are disjoint between training and evaluation on request, whatever else is in the folder', () => {
    const names = (split: 'training' | 'evaluation', from = library): string[] =>
      modelsFor(from, { split: true }, split).map((m) => m.family);
    expect([...names('training'), ...names('evaluation')].sort()).toEqual(library.models.map((m) => m.family));
    expect(names('evaluation').length).toBeGreaterThan(0);
    const fewer = { ...library, models: library.models.slice(1) };
    expect(names('evaluation')).toEqual(expect.arrayContaining(names('evaluation', fewer)));
    expect(modelsFor(library, { split: false }, 'training')).toBe(library.models);
  });
});

/** A grasp from above at the middle, closing across the narrow side. */
function acrossMinorAxis({ model: { mesh }, pose }: PlacedObject): Grasp {
  let [xx, xy, yy, top] = [0, 0, 0, 0];
  for (let i = 0; i < mesh.positions.length; i += 3) {
    const [x, y, z] = transform(pose, [mesh.positions[i], mesh.positions[i + 1], mesh.positions[i + 2]]);
    const [dx, dy] = [x - pose.position[0], y - pose.position[1]];
    xx += dx * dx;
    xy += dx * dy;
    yy += dy * dy;
    top = Math.max(top, z);
  }
  const yaw = Math.atan2(2 * xy, xx - yy) / 2 + Math.PI / 2;
  return topDownGrasp([pose.position[0], pose.position[1], Math.max(top - 0.03, 0.004)], yaw, 0.08);
}

describe('twenty household objects', () => {
  const folder = join(base, 'household');
  let library: ObjectLibrary;
  let loadMs = 0;

  beforeAll(async () => {
    mkdirSync(folder);
    writeHousehold(folder);
    const start = performance.now();
    library = await load(folder, {}, join(base, 'household-cache'));
    loadMs = performance.now() - start;
  });

  it('are all read', () => {
    expect(library.reports.filter((r) => !r.ok)).toEqual([]);
    expect(library.models).toHaveLength(20);
    for (const r of library.reports) expect(r.mass).toBeCloseTo(HOUSEHOLD[r.name].kg, 6);
  });

  it('settle, stay, and can be tried: none explodes or sinks', () => {
    const start = performance.now();
    const outcomes: Record<string, string> = {};
    for (const model of library.models) {
      const settings: SceneSettings = {
        families: [],
        library: [model],
        objectCount: 1,
        arrangement: 'drop',
        ranges: { scale: [1, 1], density: [500, 500], friction: [0.5, 0.5] },
        dropHalfWidth: 0.02,
        workspaceHalfWidth: 0.3,
        tableFriction: 0.6,
      };
      const scene = sampleScene(settings, PHYSICS_DEFAULTS, 0, 'evaluation', 1);
      const { world, bodies } = buildWorld(scene, PHYSICS_DEFAULTS);
      setVelocity(bodies[0], [0, 0, 0]); // wakes it
      let fastest = 0;
      for (let i = 0; i < PHYSICS_DEFAULTS.stepHz / 2; i++) {
        stepWorld(world);
        fastest = Math.max(fastest, norm(bodyVelocity(bodies[0])));
      }
      const pose = bodyPose(bodies[0]);
      freeWorld(world);
      expect(fastest, model.family).toBeLessThan(0.1);
      expect(meshBounds(partsMesh(model.parts), pose).min[2], model.family).toBeGreaterThan(-0.001);
      const result = runTrial(scene, acrossMinorAxis(scene.objects[0]), TRIAL);
      outcomes[model.family] = result.outcome;
      expect(result.outcome, model.family).not.toBe('invalid');
    }
    console.info(
      `20 objects: read in ${loadMs.toFixed(0)} ms, settled and tried in ${(performance.now() - start).toFixed(0)} ms`,
      outcomes,
    );
    expect(Object.values(outcomes).filter((o) => o === 'held').length).toBeGreaterThan(5);
  });
});
