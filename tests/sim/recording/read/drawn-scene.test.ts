import { describe, expect, it } from 'vitest';
import { palmHalf } from '../../../../sim/hand/geometry.ts';
import { GRIPPER_DEFAULTS } from '../../../../sim/hand/presets.ts';
import type { Mesh } from '../../../../sim/objects/mesh.ts';
import { protobufDecoder } from '../../../../sim/recording/read/decode.ts';
import { sceneOf } from '../../../../sim/recording/read/drawn-scene.ts';
import { encodeScene, meshHash } from '../../../../sim/recording/write/scene.ts';
import { schemaBytes } from '../../../../sim/recording/write/schemas.ts';

const mesh: Mesh = {
  positions: Float32Array.of(0, 0, 0, 0.5, 0, 0, 0, 0.25, 0),
  indices: Uint32Array.of(0, 1, 2),
};
const decode = protobufDecoder(schemaBytes('foxglove.SceneUpdate'), 'foxglove.SceneUpdate');
const drawn = () =>
  decode(encodeScene({ objects: [{ mesh, colour: [0.1, 0.5, 0.9], family: 'mug' }], gripper: GRIPPER_DEFAULTS }, 0));

/** A scene in which one thing is another. */
function changed(id: string, changes: object): Readonly<Record<string, unknown>> {
  const { entities } = drawn() as { readonly entities: readonly { readonly id: string }[] };
  return { entities: entities.map((e) => (e.id === id ? { ...e, ...changes } : e)) };
}

describe('a scene that is drawn', () => {
  it('is read as it was written', () => {
    const { objects, gripper, ...drawnHand } = sceneOf(drawn());
    expect(objects).toHaveLength(1);
    expect(objects[0]).toMatchObject({ mesh, family: 'mug', geometry: meshHash(mesh) });
    objects[0].colour.forEach((c, i) => {
      expect(c).toBeCloseTo([0.1, 0.5, 0.9][i], 9);
    });
    const { fingerLength, fingerWidth, fingerThickness } = GRIPPER_DEFAULTS;
    expect(gripper).toMatchObject({ fingerWidth, fingerThickness });
    expect(drawnHand.palmHalf).toEqual(palmHalf(GRIPPER_DEFAULTS));
    expect(gripper.fingerLength).toBeCloseTo(fingerLength, 12);
  });

  it.each([
    ['an object without a mesh', 'object_0', { triangles: [] }, 'expected object_0 to have a mesh'],
    [
      'a triangle of points that are not there',
      'object_0',
      { triangles: [{ points: [], indices: [0, 1, 2] }] },
      'expected object_0 to have triangles of its 0 points',
    ],
    [
      'half a triangle',
      'object_0',
      { triangles: [{ points: [{ x: 0, y: 0, z: 0 }], indices: [0, 0] }] },
      'expected object_0 to have triangles of its 1 points',
    ],
    ['no palm', 'palm', { id: 'elbow' }, 'expected a gripper with palm and finger_left'],
    ['neither fingers nor a cup', 'finger_left', { cubes: [], cylinders: [] }, 'expected fingers or a cup'],
  ])('is refused with %s', (_, id, changes, message) => {
    expect(() => sceneOf(changed(id, changes))).toThrow(`scene: ${message}`);
  });
});
