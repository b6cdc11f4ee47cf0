import { beforeAll, describe, expect, it } from 'vitest';
import { ACTION_DEFAULTS, objectCells } from '../../agent/policy/action-space.ts';
import { randomPolicy } from '../../agent/policy/heuristics.ts';
import { loadScenario } from '../../scenarios/load.ts';
import { sceneAndView } from '../../scenarios/trials/scene.ts';
import { type BinSettings, binMesh, WALL_THICKNESS } from '../../sim/bin.ts';
import { cellCentre } from '../../sim/camera/heightmap.ts';
import { exportMjcf } from '../../sim/files/mjcf.ts';
import { topDownGrasp } from '../../sim/grasp.ts';
import { IDENTITY_POSE } from '../../sim/math/pose.ts';
import { rngStream } from '../../sim/math/rng.ts';
import { meshBounds, meshVolume } from '../../sim/objects/mesh.ts';
import { bodyPosition, freeWorld, loadPhysics, PHYSICS_DEFAULTS, setVelocity, stepWorld } from '../../sim/physics.ts';
import { recordedObjects, recordTrial } from '../../sim/recording/trajectory.ts';
import { buildWorld, type Scene } from '../../sim/scene.ts';
import { runTrial } from '../../sim/trial.ts';
import { CUBE, sceneOf, TRIAL } from '../support/scenes.ts';

beforeAll(loadPhysics);

const { scenario } = loadScenario('bin');
const BIN = scenario.scene.bin as BinSettings;
const INDICES = [0, 1, 2, 3, 4, 5];
const inBin = (scene: Scene): Scene => ({ ...scene, bin: BIN });
/** x of the middle of a wall. */
const ON_WALL = BIN.halfWidth + WALL_THICKNESS / 2;

describe('a bin', () => {
  it('has walls of the given size around the workspace', () => {
    const { min, max } = meshBounds(binMesh(BIN), IDENTITY_POSE);
    const outer = BIN.halfWidth + WALL_THICKNESS;
    [...min, ...max].forEach((value, i) => {
      expect(value).toBeCloseTo([-outer, -outer, 0, outer, outer, BIN.height][i], 6);
    });
    expect(meshVolume(binMesh(BIN))).toBeGreaterThan(0);
  });

  it('keeps every object between its walls', () => {
    for (const index of INDICES) {
      const { scene } = sceneAndView(scenario, 3, 'evaluation', index);
      expect(scene.objects).toHaveLength(scenario.scene.objectCount);
      for (const { model, pose } of scene.objects) {
        const { min, max } = meshBounds(model.mesh, pose);
        for (const value of [min[0], min[1], max[0], max[1]])
          expect(Math.abs(value)).toBeLessThan(BIN.halfWidth + 0.001);
      }
    }
  });

  it('stops an object that slides against it at 1 m/s', () => {
    const { world, bodies } = buildWorld(inBin(sceneOf(CUBE, [0.09, 0, 0.02], { friction: 0.1 })), PHYSICS_DEFAULTS);
    setVelocity(bodies[0], [1, 0, 0]);
    for (let i = 0; i < PHYSICS_DEFAULTS.stepHz / 2; i++) {
      stepWorld(world);
      expect(bodyPosition(bodies[0])[0]).toBeLessThan(BIN.halfWidth - 0.02 + 0.002);
    }
    freeWorld(world);
  });

  it('is seen by the camera at its true height, as background', () => {
    const plain = { ...scenario, sensor: { ...scenario.sensor, noise: { model: 'none' as const } } };
    const { scene, observation } = sceneAndView(plain, 3, 'evaluation', 0);
    const { heightmap: map, frame } = observation;
    const onWall = [...map.height.keys()].filter((i) => {
      const [x, y] = cellCentre(map, Math.floor(i / map.size), i % map.size);
      return map.observed[i] && Math.abs(y - ON_WALL) < 0.002 && Math.abs(x) < BIN.halfWidth;
    });
    expect(onWall.length).toBeGreaterThan(30);
    for (const i of onWall) expect(map.height[i]).toBeCloseTo(BIN.height, 3);
    expect(frame.segmentation.reduce((a, b) => Math.max(a, b), 0)).toBeLessThanOrEqual(1 + scene.objects.length);
  });

  it('is not taken for an object: nothing is proposed on its walls', () => {
    expect(scenario.action.regionHalfWidth).toBeLessThan(BIN.halfWidth);
    for (const index of INDICES) {
      const { observation } = sceneAndView(scenario, 4, 'evaluation', index);
      const { heightmap: map } = observation;
      // without the region the walls would be candidates
      expect(objectCells(map, ACTION_DEFAULTS).length).toBeGreaterThan(objectCells(map, scenario.action).length + 100);
      const input = { observation, action: scenario.action, hand: scenario.gripper };
      for (let k = 0; k < 30; k++) {
        const [x, y] = randomPolicy({ ...input, rng: rngStream(k, 'bin') })!.grasp.pose.position;
        expect(Math.max(Math.abs(x), Math.abs(y))).toBeLessThan(BIN.halfWidth);
      }
    }
  });

  it('is never lifted, and stops a finger that comes down on it', () => {
    const scene = inBin(sceneOf(CUBE, [0, 0, 0.02]));
    expect(runTrial(scene, topDownGrasp([ON_WALL, 0, 0.03], 0, 0.08), TRIAL).outcome).toBe('missed');
    const { outcome } = runTrial(scene, topDownGrasp([BIN.halfWidth - 0.042, 0, 0.015], 0, 0.08), TRIAL);
    expect(outcome).toBe('collided');
    expect(runTrial(scene, topDownGrasp([0, 0, 0.015], 0, 0.08), TRIAL).outcome).toBe('held');
  });

  it('is cleared by the gripper before the descent', () => {
    const heights: number[] = [];
    runTrial(inBin(sceneOf(CUBE, [0, 0, 0.02])), topDownGrasp([0.08, 0, 0.015], 0, 0.08), TRIAL, ({ hand }) => {
      heights.push(hand.poses()[0].position[2]);
    });
    expect(heights[0]).toBeGreaterThan(BIN.height);
  });

  it('is in the recording and in the exported MJCF', () => {
    const scene = inBin(sceneOf(CUBE, [0, 0, 0.02]));
    const grasp = topDownGrasp([0, 0, 0.015], 0, 0.08);
    const { poses, phases } = recordTrial(scene, grasp, TRIAL);
    const objects = recordedObjects(scene);
    expect(objects.map(({ family }) => family)).toEqual(['test', 'bin']);
    expect(poses.length).toBe(phases.length * (3 + objects.length) * 7);
    expect([...poses.slice(4 * 7, 5 * 7)]).toEqual([0, 0, 0, 0, 0, 0, 1]);
    const xml = exportMjcf(scene, grasp, TRIAL);
    expect(xml.match(/<geom name="wall\d"/g)).toHaveLength(4);
    expect(xml).toMatch(/<pair geom1="wall0" geom2="object0_0"/);
    expect(xml).not.toMatch(/geom1="table" geom2="wall0"/);
  });
});
