import { beforeAll, describe, expect, it } from 'vitest';
import { parseScenario } from '../../../scenarios/parse/parse.ts';
import { sceneAndView, splitSettings } from '../../../scenarios/trials/scene.ts';
import { meshBounds } from '../../../sim/objects/mesh.ts';
import { loadPhysics } from '../../../sim/physics.ts';

beforeAll(loadPhysics);

const PLACED = `
scene:
  placed:
    - { family: mug, seed: 3, position: [0.02, 0.01, 0.1], falls: true }
    - { family: sphere, seed: 1, scale: 0.5, position: [-0.05, 0, 0.05], falls: true }
`;

describe('a scenario that places its objects', () => {
  const scenario = parseScenario(PLACED, 'mine.yaml');

  it('has the same ones in every scene, and another look at them', () => {
    expect(scenario.scene.objectCount).toBe(2);
    const [one, other] = [sceneAndView(scenario, 0, 'training', 0), sceneAndView(scenario, 7, 'evaluation', 5)];
    expect(one.scene).toEqual(other.scene);
    expect(one.scene.objects.map((o) => o.model.family)).toEqual(['mug', 'sphere']);
    expect(one.observation.heightmap.height.join()).not.toBe(other.observation.heightmap.height.join());
  });

  it('is the same when it is read again', () => {
    expect(parseScenario(JSON.stringify(scenario), 'again')).toEqual(scenario);
  });

  it('scales and draws them by their own settings alone', () => {
    const radius = (text: string): number => {
      const { placed } = splitSettings(parseScenario(text, 'mine.yaml'), 'training', undefined);
      return meshBounds(placed![1].model.mesh, { position: [0, 0, 0], quaternion: [0, 0, 0, 1] }).max[2];
    };
    expect(radius(PLACED.replace('scale: 0.5', 'scale: 1'))).toBeCloseTo(2 * radius(PLACED), 6);
    expect(radius(PLACED.replace('seed: 3', 'seed: 4'))).toBe(radius(PLACED));
    expect(radius(PLACED.replace('seed: 1', 'seed: 2'))).not.toBe(radius(PLACED));
  });

  it.each([
    ['{ position: [0, 0, 0] }', '3: scene.placed.0: expected either family or object'],
    ['{ family: mug, object: a, position: [0, 0, 0] }', '3: scene.placed.0: expected either family or object'],
    ['{ family: teapot, position: [0, 0, 0] }', '3: scene.placed.0.family: expected one of "box"|'],
    ['{ family: mug, position: [0, 0] }', '3: scene.placed.0.position: expected array to have >=3 items, got [0,0]'],
    [
      '{ family: mug, position: [0, 0, 0], quaternion: [1, 1, 0, 0] }',
      '3: scene.placed.0.quaternion: expected a quaternion x, y, z, w of length 1, got [1,1,0,0]',
    ],
    [
      '{ family: mug, position: [0, 0, 0], yaw: 1 }',
      '3: scene.placed.0.yaw: unknown key; expected one of family, seed',
    ],
    ['{ object: a, position: [0, 0, 0] }', '3: scene.placed.0.object: expected a scenario that says where `objects`'],
  ])('refuses %s with its line', (item, message) => {
    expect(() => parseScenario(`scene:\n  placed:\n    - ${item}\n`, 'mine.yaml')).toThrow(`mine.yaml:${message}`);
  });

  it('refuses a count that is not theirs, and an object that no file has', () => {
    const counted = PLACED.replace('scene:', 'scene:\n  objectCount: 3');
    expect(() => parseScenario(counted, 'm')).toThrow('m:3: scene.objectCount: expected 2, the number of objects');
    const absent = parseScenario('objects: { path: x }\nscene: { placed: [{ object: a, position: [0, 0, 1] }] }', 'm');
    const library = { models: [], reports: [], hash: '' };
    expect(() => splitSettings(absent, 'training', library)).toThrow(
      "scene.placed.0.object: expected one of the objects from files, got 'a'",
    );
  });
});
