import { expect, it } from 'vitest';
import { IDENTITY_POSE } from '../../../sim/math/pose.ts';
import { massProperties, meshMoments, withMass } from '../../../sim/objects/mass-properties.ts';
import { boxMesh, meshBounds } from '../../../sim/objects/mesh.ts';
import { resized } from '../../../sim/objects/resize.ts';
import { CUBE, sceneOf } from '../../support/scenes.ts';

it('an object twice as large has eight times the mass, and the inertia of a box of that size', () => {
  const of = (half: number) => {
    const moments = meshMoments(boxMesh([half, half, half]));
    return massProperties(withMass(moments, moments.mass * 500));
  };
  const model = {
    ...sceneOf(CUBE, [0, 0, 0]).objects[0].model,
    mesh: boxMesh([0.02, 0.02, 0.02]),
    massProperties: of(0.02),
  };
  const large = resized(model, 2);
  expect(meshBounds(large.mesh, IDENTITY_POSE).max[2]).toBeCloseTo(0.04, 6);
  expect(large.massProperties?.mass).toBeCloseTo(of(0.04).mass, 6);
  expect(large.massProperties?.inertia[0]).toBeCloseTo(of(0.04).inertia[0], 9);
  expect(large.collision).toBeUndefined();
  expect(large.friction).toBe(model.friction);
});
