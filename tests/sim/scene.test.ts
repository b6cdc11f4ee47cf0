import { beforeAll, describe, expect, it } from 'vitest';
import { topDownGrasp } from '../../sim/grasp.ts';
import { IDENTITY_POSE, norm, type Pose, rotate, subtract } from '../../sim/math/pose.ts';
import { rngStream } from '../../sim/math/rng.ts';
import { FAMILIES, TRAINING_FAMILIES } from '../../sim/objects/families.ts';
import { meshBounds } from '../../sim/objects/mesh.ts';
import { resized } from '../../sim/objects/resize.ts';
import { bodyPose, freeWorld, loadPhysics, PHYSICS_DEFAULTS, stepWorld } from '../../sim/physics.ts';
import {
  ARRANGEMENTS,
  buildWorld,
  type Scene,
  SceneError,
  type SceneSettings,
  sampleScene,
  sceneAfter,
  sceneTop,
  sceneWith,
} from '../../sim/scene.ts';
import { runTrial } from '../../sim/trial.ts';
import { CUBE, sceneOf, TRIAL } from '../support/scenes.ts';

beforeAll(loadPhysics);

const SETTINGS: SceneSettings = {
  families: FAMILIES,
  objectCount: 1,
  arrangement: 'drop',
  ranges: { scale: [0.85, 1.25], density: [200, 1000], friction: [0.25, 0.8] },
  dropHalfWidth: 0.07,
  workspaceHalfWidth: 0.13,
  tableFriction: 0.6,
};
const draw = (settings: Partial<SceneSettings>, index: number, seed = 11): Scene =>
  sampleScene({ ...SETTINGS, ...settings }, PHYSICS_DEFAULTS, seed, 'training', index);
const boundsOf = ({ objects }: Scene) => objects.map(({ model, pose }) => meshBounds(model.mesh, pose));

describe('a scene', () => {
  for (const family of FAMILIES) {
    it(`of ${family} settles on the table, and its trials end in an outcome`, () => {
      for (let i = 0; i < 6; i++) {
        const scene = draw({ families: [family] }, i);
        const [{ pose }] = scene.objects;
        const [{ min, max }] = boundsOf(scene);
        expect(min[2]).toBeGreaterThan(-0.001);
        expect(min[2]).toBeLessThan(0.001);
        expect(sceneTop(scene)).toBe(max[2]);
        expect(max[2]).toBeLessThan(0.2);
        const [x, y, z] = pose.position;
        expect(Math.max(Math.abs(x), Math.abs(y))).toBeLessThan(SETTINGS.workspaceHalfWidth);
        const trial = runTrial(scene, topDownGrasp([x, y, Math.max(z - 0.01, 0.004)], 0.3 * i, 0.08), TRIAL);
        expect(trial.outcome).not.toBe('invalid');
        expect(trial.finalPoses).toHaveLength(1);
      }
    });
  }

  it('is the same for the same key and another for another', () => {
    const scene = (seed: number, split: 'training' | 'evaluation', index: number) =>
      JSON.stringify(sampleScene(SETTINGS, PHYSICS_DEFAULTS, seed, split, index).objects.map((o) => o.pose));
    expect(scene(0, 'training', 0)).toBe(scene(0, 'training', 0));
    const keys = [scene(0, 'training', 0), scene(0, 'evaluation', 0), scene(1, 'training', 0), scene(0, 'training', 1)];
    expect(new Set(keys).size).toBe(4);
  });

  it('is found for a pile of which something rolls away in forty draws and more', () => {
    const pile = {
      ...{ families: TRAINING_FAMILIES, objectCount: 5, dropHalfWidth: 0.05, workspaceHalfWidth: 0.17 },
    };
    expect(draw(pile, 156, 3).objects).toHaveLength(5);
  });

  it('says what it tried when nothing settles inside the workspace', () => {
    const impossible = { families: ['box'], dropHalfWidth: 0.2, workspaceHalfWidth: 0.0001 } as const;
    expect(() => draw(impossible, 3)).toThrow(SceneError);
    expect(() => draw(impossible, 3)).toThrow(
      /scene 3 \(training, seed 11\): expected .* within 0.0001 m .* 300 draws/,
    );
  });

  it.each(ARRANGEMENTS)(
    'arranged as %s rests where it says: a second later nothing has moved at all',
    (arrangement) => {
      const scene = draw({ families: TRAINING_FAMILIES, arrangement, objectCount: 3, workspaceHalfWidth: 0.17 }, 2);
      const { world, bodies } = buildWorld(scene, PHYSICS_DEFAULTS);
      for (let i = 0; i < PHYSICS_DEFAULTS.stepHz; i++) stepWorld(world);
      bodies.forEach((body, i) => {
        expect(norm(subtract(bodyPose(body).position, scene.objects[i].pose.position))).toBeLessThan(1e-7);
      });
      freeWorld(world);
    },
  );

  it('that is packed has its objects side by side, with room between their bounds', () => {
    const packed = draw(
      { families: TRAINING_FAMILIES, arrangement: 'packed', objectCount: 4, workspaceHalfWidth: 0.17 },
      1,
    );
    boundsOf(packed).forEach((a, i, all) => {
      for (const b of all.slice(i + 1))
        expect([0, 1].some((k) => a.min[k] > b.max[k] + 0.003 || b.min[k] > a.max[k] + 0.003)).toBe(true);
    });
  });

  it('that is upright has its objects standing as their own frame says', () => {
    const upright = draw(
      { families: ['box', 'cylinder'], arrangement: 'upright', objectCount: 3, workspaceHalfWidth: 0.17 },
      3,
    );
    for (const { pose } of upright.objects) expect(rotate(pose.quaternion, [0, 0, 1])[2]).toBeGreaterThan(0.999);
  });

  it('of a library replaces what finds no room, and sizes what it draws', () => {
    const [{ model }] = sceneOf(CUBE, [0, 0, 0]).objects;
    const library = [model, resized(model, 8)];
    const packed = draw(
      { library, arrangement: 'packed', objectCount: 4, libraryScale: [0.5, 0.6], workspaceHalfWidth: 0.2 },
      0,
    );
    const widths = boundsOf(packed).map(({ min, max }) => max[2] - min[2]);
    expect(widths).toHaveLength(4);
    expect(widths.filter((w) => w > 0.15).length).toBeLessThan(3);
    for (const w of widths) expect([w / 0.04, w / 0.32].some((s) => s > 0.49 && s < 0.61)).toBe(true);
  });

  it('draws from a library instead of the families, with friction from the ranges', () => {
    const [{ model }] = sceneOf(CUBE, [0, 0, 0]).objects;
    const scene = draw({ library: [model], objectCount: 2, workspaceHalfWidth: 0.2 }, 0);
    for (const { model: drawn } of scene.objects) {
      expect(drawn).toEqual({ ...model, friction: drawn.friction });
      expect(drawn.friction).toBeLessThan(0.8);
    }
    expect(new Set(scene.objects.map((o) => o.model.friction)).size).toBe(2);
  });
});

describe('the scene after a trial', () => {
  const two: Scene = {
    ...sceneOf(CUBE, [0, 0, 0.02]),
    objects: [...sceneOf(CUBE, [0, 0, 0.02]).objects, ...sceneOf(CUBE, [0.08, 0, 0.02]).objects],
  };
  const rest = two.objects.map((o) => o.pose);
  const left = (outcome: string, target: number, finalPoses: readonly Pose[]): Pose[] =>
    sceneAfter(two, { outcome, target, finalPoses }, 0.17, PHYSICS_DEFAULTS).objects.map((o) => o.pose);

  it('has all but the held object, where they came to rest', () => {
    const [other, ...more] = left('held', 0, rest);
    expect(more).toEqual([]);
    expect(norm(subtract(other.position, rest[1].position))).toBeLessThan(0.001);
    expect(left('slipped', 0, rest)).toHaveLength(2);
  });

  it('lets what was left in the air fall', () => {
    const [fallen] = left('missed', 1, [{ ...IDENTITY_POSE, position: [-0.05, 0, 0.1] }, rest[1]]);
    expect(fallen.position[2]).toBeCloseTo(0.02, 2);
  });

  it('has lost what ended outside the workspace', () => {
    expect(left('missed', 1, [{ ...IDENTITY_POSE, position: [0.3, 0, 0.02] }, rest[1]])).toHaveLength(1);
  });
});

describe('one more object', () => {
  it('is dropped on what lies there, the same for the same stream', () => {
    const scene = sceneOf(CUBE, [0, 0, 0.02]);
    const more = (index: number): Scene =>
      sceneWith(
        scene,
        { ...SETTINGS, families: ['box'], dropHalfWidth: 0.1 },
        PHYSICS_DEFAULTS,
        rngStream(0, 'test/drop', index),
      );
    expect(more(0)).toEqual(more(0));
    const counts = [0, 1, 2, 3].map((i) => more(i).objects.length);
    expect(counts.filter((n) => n === 2).length).toBeGreaterThan(1);
    for (const i of [0, 1, 2, 3]) expect(more(i).objects[0].model).toBe(scene.objects[0].model);
  });
});
