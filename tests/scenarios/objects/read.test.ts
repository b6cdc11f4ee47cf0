import { cpSync, mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { InputError, loadScenario, withObjects } from '../../../scenarios/load.ts';
import { modelsFor, type ObjectLibrary } from '../../../scenarios/objects/library.ts';
import { libraryOf } from '../../../scenarios/objects/read.ts';
import { sceneAndView } from '../../../scenarios/trials/scene.ts';
import { type Grasp, topDownGrasp } from '../../../sim/grasp.ts';
import { norm, transform } from '../../../sim/math/pose.ts';
import { boxMesh, meshBounds } from '../../../sim/objects/mesh.ts';
import { partsMesh } from '../../../sim/objects/object.ts';
import {
  bodyPose,
  bodyVelocity,
  freeWorld,
  loadPhysics,
  PHYSICS_DEFAULTS,
  setVelocity,
  stepWorld,
} from '../../../sim/physics.ts';
import { buildWorld, type PlacedObject, type SceneSettings, sampleScene } from '../../../sim/scene.ts';
import { runTrial } from '../../../sim/trial.ts';
import { HOUSEHOLD, torus, writeHousehold } from '../../support/objects/household.ts';
import { writeObj } from '../../support/objects/mesh-writers.ts';
import { folderOf, readFolder } from '../../support/objects/object-folders.ts';
import { TRIAL } from '../../support/scenes.ts';

const base = mkdtempSync(join(tmpdir(), 'graft-read-'));
const BOX = boxMesh([0.02, 0.03, 0.04]);

const HOUSEHOLD_FOLDER = join(base, 'household');

beforeAll(async () => {
  await loadPhysics();
  mkdirSync(HOUSEHOLD_FOLDER);
  writeHousehold(HOUSEHOLD_FOLDER);
});

describe('a folder of objects', () => {
  it('is read the same again, and names the same content by the same hash', async () => {
    const files = { 'a.obj': writeObj([BOX]), 'b.obj': writeObj([torus(0.03, 0.01)]) };
    const [one, two] = [
      await readFolder(folderOf(files)),
      await readFolder(folderOf(files), {}, join(base, 'other-cache')),
    ];
    expect(two).toEqual(one);
    expect((await readFolder(folderOf({ 'a.obj': files['a.obj'] }))).hash).not.toBe(one.hash);
  });

  it('may be a single file', async () => {
    const folder = folderOf({ 'a.obj': writeObj([BOX]), 'b.obj': writeObj([BOX]) });
    expect((await readFolder(join(folder, 'a.obj'))).reports.map((r) => r.name)).toEqual(['a']);
  });

  it('is told to the user of a scenario; without any good one the run is refused', async () => {
    const { scenario } = loadScenario('quick');
    const notes: string[] = [];
    await libraryOf(
      withObjects(scenario, folderOf({ 'good.obj': writeObj([BOX]), 'bad.stl': 'x' })),
      (text) => void notes.push(text),
    );
    expect(notes.join('\n')).toMatch(
      /objects: {2}1 from .*, 1 left out\n {2}left out bad: bad.stl: expected 'solid' or/,
    );
    const refused = libraryOf(withObjects(scenario, folderOf({ 'bad.stl': 'x' })), () => {});
    await expect(refused).rejects.toThrow(InputError);
    await expect(refused).rejects.toThrow(
      /expected at least one that can be used, got none:\n {2}bad: bad.stl: expected/,
    );
    await expect(readFolder(folderOf({ 'a.txt': '' }))).rejects.toThrow(
      /expected .urdf, .obj, .stl or .glb files, got none/,
    );
    await expect(readFolder(join(base, 'missing'))).rejects.toThrow(/expected a folder or a file, got none/);
  });
});

describe('scenes of objects from files', () => {
  const folder = join(base, 'small');
  const scenario = withObjects(loadScenario('quick').scenario, folder);
  let library: ObjectLibrary;

  beforeAll(async () => {
    for (const name of ['banana', 'can', 'lemon', 'marker', 'sponge', 'hammer', 'tape roll', 'apple'])
      cpSync(join(HOUSEHOLD_FOLDER, name), join(folder, name), { recursive: true });
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
  let library: ObjectLibrary;

  beforeAll(async () => {
    library = await readFolder(HOUSEHOLD_FOLDER, {}, join(base, 'household-cache'));
  });

  it('are all read', () => {
    expect(library.reports.filter((r) => !r.ok)).toEqual([]);
    expect(library.models).toHaveLength(20);
    for (const r of library.reports) expect(r.mass).toBeCloseTo(HOUSEHOLD[r.name].kg, 6);
  });

  it('settle, stay, and can be tried: none explodes or sinks', () => {
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
    expect(Object.values(outcomes).filter((o) => o === 'held').length).toBeGreaterThan(5);
  });
});
