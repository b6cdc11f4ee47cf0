import { type BufferGeometry, Group, Points } from 'three';
import { beforeEach, describe, expect, it } from 'vitest';
import { intrinsicsFromFov, lookAt } from '../../../../sim/camera/camera.ts';
import { palmHalf } from '../../../../sim/hand/geometry.ts';
import { GRIPPER_DEFAULTS } from '../../../../sim/hand/presets.ts';
import { boxMesh } from '../../../../sim/objects/mesh.ts';
import type { EpisodeInfo } from '../../../../viewer/foxglove/additions.ts';
import { LAYERS, type LayerName, Layers } from '../../../../viewer/page/scene/layers.ts';

const INFO: EpisodeInfo = {
  ...{ episode: 1, play: 1, trial: 0, split: 'training', policy: 'p', hz: 30, frames: 2, outcome: 'held' },
  objects: [{ geometry: 'box', colour: [1, 0, 0], family: 'box' }],
  ...{ gripper: GRIPPER_DEFAULTS, palmHalf: palmHalf(GRIPPER_DEFAULTS) },
  grasp: { position: [0, 0, 0.02], yaw: 0, opening: 0.08, probability: null },
  ...{ hasDepth: true, hasAffordance: false },
  camera: { intrinsics: intrinsicsFromFov(2, 2, 40), pose: lookAt([0, 0, 1], [0, 0, 0]) },
};
const GEOMETRY = new Map([['box', boxMesh([0.02, 0.02, 0.02])]]);
/** Palm, two fingers and the object, as frames of an episode have them. */
const poses = (z: number): Float32Array =>
  Float32Array.from([0, 1, 2, 3].flatMap((body) => [0, 0, body === 3 ? z : 0.1, 0, 0, 0, 1]));
const moment = (time: number, z: number, contacts: readonly object[] = []) =>
  ({ episode: 1, frame: 0, phase: 0, time, poses: poses(z), contacts }) as Parameters<Layers['pose']>[0];

let parent: Group;
let layers: Layers;
const shown = (name: LayerName): number => layers.counts()[name];

beforeEach(() => {
  parent = new Group();
  layers = new Layers(parent);
  for (const { name } of LAYERS) layers.show(name, true);
  layers.begin(INFO, GEOMETRY);
});

describe('the layers of a scene', () => {
  it('are told apart by name and key', () => {
    expect(new Set(LAYERS.map((l) => l.key)).size).toBe(LAYERS.length);
    expect(Object.keys(layers.counts())).toEqual(LAYERS.map((l) => l.name));
  });

  it('draw a frame for every body and the world, and the camera', () => {
    expect([shown('frames'), shown('camera')]).toEqual([5, 1]);
    layers.show('frames', false);
    expect(shown('frames')).toBe(0);
  });

  it('draw an arrow and a dot for every finger that presses, and none when it lets go', () => {
    layers.pose(moment(0, 0.02, [{ object: 0, left: 5, right: 7 }]));
    expect(shown('contacts')).toBe(4);
    layers.pose(moment(0.1, 0.02, [{ object: 0, left: 5, right: 0 }]));
    expect(shown('contacts')).toBe(2);
    layers.pose(moment(0.2, 0.02));
    expect(shown('contacts')).toBe(0);
  });

  it('draw the path of an object once it has moved, and forget it when the trial plays again', () => {
    layers.pose(moment(0, 0.02));
    expect(shown('path')).toBe(0);
    layers.pose(moment(0.1, 0.05));
    expect(shown('path')).toBe(1);
    layers.pose(moment(0, 0.02));
    expect(shown('path')).toBe(0);
    layers.begin(INFO, GEOMETRY, [[0, 0, 0.02, 0, 0, 0.2]]);
    expect(shown('path')).toBe(1);
  });

  it('draw a point for every pixel with a return, where the camera saw it and in its colour', () => {
    const depth = { width: 2, height: 2, depth: Float32Array.of(1, 0, 0.5, 0) };
    layers.see(INFO, {
      depth,
      colour: { width: 2, height: 2, rgb: Uint8Array.of(255, 0, 0, 1, 2, 3, 0, 255, 51, 4, 5, 6) },
    });
    const clouds: Points[] = [];
    parent.traverse((node) => {
      if (node instanceof Points) clouds.push(node);
    });
    const [{ geometry }] = clouds as { geometry: BufferGeometry }[];
    const { position, color } = geometry.attributes;
    expect(position.count).toBe(2);
    expect([position.getZ(0), position.getZ(1)]).toEqual([expect.closeTo(0, 5), expect.closeTo(0.5, 5)]);
    expect([...color.array]).toEqual([1, 0, 0, 0, 1, expect.closeTo(0.2 ** 2.2, 6)]);
    layers.see(INFO, {});
    expect(shown('cloud')).toBe(0);
  });

  it('leave nothing behind', () => {
    layers.dispose();
    expect(parent.children).toEqual([]);
  });
});
