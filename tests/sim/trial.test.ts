import { beforeAll, describe, expect, it } from 'vitest';
import { topDownGrasp } from '../../sim/grasp.ts';
import { rngStream } from '../../sim/math/rng.ts';
import {
  FAMILIES,
  HARD_FAMILIES,
  HELD_OUT_FAMILIES,
  SOURCE_FAMILIES,
  STANDARD_FAMILIES,
  TRAINING_FAMILIES,
} from '../../sim/objects/families.ts';
import { meshVolume } from '../../sim/objects/mesh.ts';
import { OUTCOMES } from '../../sim/outcome.ts';
import { loadPhysics, PHYSICS_DEFAULTS } from '../../sim/physics.ts';
import { recordTrial } from '../../sim/recording/trajectory.ts';
import { type SceneSettings, sampleScene, sceneTop } from '../../sim/scene.ts';
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

describe('object families', () => {
  it('are at least eight, and those for pretraining, training and evaluation are disjoint', () => {
    expect(FAMILIES.length).toBeGreaterThanOrEqual(8);
    expect(TRAINING_FAMILIES.filter((f) => HELD_OUT_FAMILIES.includes(f))).toEqual([]);
    const sides = [TRAINING_FAMILIES, HELD_OUT_FAMILIES, HARD_FAMILIES, SOURCE_FAMILIES];
    expect(new Set(sides.flat()).size).toBe(FAMILIES.length);
    expect(sides.flat()).toHaveLength(FAMILIES.length);
  });

  it('are drawn by default only if they are neither hard nor for pretraining alone', () => {
    const defaults = [...TRAINING_FAMILIES, ...HELD_OUT_FAMILIES];
    expect(defaults.filter((f) => HARD_FAMILIES.includes(f))).toEqual([]);
    expect(new Set(defaults)).toEqual(new Set(STANDARD_FAMILIES));
  });

  for (const family of FAMILIES) {
    it(`${family}: settles on the table, faces outwards, and can be tried`, () => {
      for (let i = 0; i < 6; i++) {
        const scene = sampleScene({ ...SETTINGS, families: [family] }, PHYSICS_DEFAULTS, 11, 'training', i);
        const [{ model, pose }] = scene.objects;
        expect(meshVolume(model.mesh)).toBeGreaterThan(1e-6);
        expect(pose.position[2]).toBeGreaterThan(0);
        expect(sceneTop(scene)).toBeLessThan(0.2);
        const [x, y, z] = pose.position;
        const { outcome } = runTrial(scene, topDownGrasp([x, y, Math.max(z - 0.01, 0.004)], 0.3 * i, 0.08), TRIAL);
        expect(OUTCOMES).toContain(outcome);
        expect(outcome).not.toBe('invalid');
      }
    });
  }

  it('gives the same scene for the same key and another for another', () => {
    const scene = (seed: number, split: 'training' | 'evaluation', index: number) =>
      JSON.stringify(sampleScene(SETTINGS, PHYSICS_DEFAULTS, seed, split, index).objects.map((o) => o.pose));
    expect(scene(0, 'training', 0)).toBe(scene(0, 'training', 0));
    expect(
      new Set([scene(0, 'training', 0), scene(0, 'evaluation', 0), scene(1, 'training', 0), scene(0, 'training', 1)])
        .size,
    ).toBe(4);
  });

  it('is found for a pile of which something rolls away in forty draws and more', () => {
    const pile = {
      ...SETTINGS,
      families: TRAINING_FAMILIES,
      objectCount: 5,
      dropHalfWidth: 0.05,
      workspaceHalfWidth: 0.17,
    };
    expect(sampleScene(pile, PHYSICS_DEFAULTS, 3, 'training', 156).objects).toHaveLength(5);
  });

  it('says what it tried when nothing settles inside the workspace', () => {
    const impossible = { ...SETTINGS, dropHalfWidth: 0.2, workspaceHalfWidth: 0.0001 };
    expect(() => sampleScene(impossible, PHYSICS_DEFAULTS, 0, 'training', 3)).toThrow(
      /scene 3 \(training, seed 0\): expected/,
    );
  });
});

describe('a trial', () => {
  it('is the same bit for bit, whatever ran before it', () => {
    const scene = sampleScene(SETTINGS, PHYSICS_DEFAULTS, 5, 'training', 1);
    const [x, y, z] = scene.objects[0].pose.position;
    const grasp = topDownGrasp([x, y, Math.max(z - 0.01, 0.004)], 0.7, 0.08);
    const first = runTrial(scene, grasp, TRIAL).stateHash;
    for (let i = 0; i < 5; i++) runTrial(sampleScene(SETTINGS, PHYSICS_DEFAULTS, 6, 'training', i), grasp, TRIAL);
    expect(runTrial(scene, grasp, TRIAL).stateHash).toBe(first);
  });

  it('is not changed by being recorded', () => {
    const scene = sceneOf(CUBE, [0, 0, 0.02]);
    const grasp = topDownGrasp([0, 0, 0.015], 0, 0.08);
    const recorded = recordTrial(scene, grasp, TRIAL);
    expect(recorded.result.stateHash).toBe(runTrial(scene, grasp, TRIAL).stateHash);
    expect(recorded.poses.length).toBe(recorded.phases.length * 4 * 7);
    expect(new Set(recorded.phases).size).toBe(5);
    expect(() => recordTrial(scene, grasp, TRIAL, 0)).toThrow(/hz > 0/);
  });

  it('is reported as invalid when the simulation diverges', () => {
    const wild = { ...TRIAL, gripper: { ...TRIAL.gripper, force: 1e9, closingSpeed: 500 } };
    expect(runTrial(sceneOf(CUBE, [0, 0, 0.02]), topDownGrasp([0.004, 0, 0.015], 0.3, 0.08), wild).outcome).toBe(
      'invalid',
    );
  });
});

describe('random streams', () => {
  it('depend on seed, purpose and index, and on nothing else', () => {
    const draw = (seed: number, purpose: string, index: number) => rngStream(seed, purpose, index).next();
    expect(draw(0, 'a', 0)).toBe(draw(0, 'a', 0));
    const all = [draw(0, 'a', 0), draw(0, 'a', 1), draw(1, 'a', 0), draw(0, 'b', 0), draw(2 ** 40, 'a', 0)];
    expect(new Set(all).size).toBe(all.length);
    expect(() => rngStream(-1, 'a')).toThrow(/integer >= 0/);
  });

  it('are uniform and normal to three standard errors', () => {
    const rng = rngStream(3, 'moments');
    const n = 20_000;
    const [u, z] = [Array.from({ length: n }, () => rng.next()), Array.from({ length: n }, () => rng.normal())];
    const mean = (v: number[]) => v.reduce((a, b) => a + b, 0) / n;
    expect(Math.abs(mean(u) - 0.5)).toBeLessThan(3 / Math.sqrt(12 * n));
    expect(Math.abs(mean(z))).toBeLessThan(3 / Math.sqrt(n));
    expect(Math.abs(mean(z.map((v) => v * v)) - 1)).toBeLessThan(3 * Math.sqrt(2 / n));
  });
});
