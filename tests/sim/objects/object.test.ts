import { describe, expect, it } from 'vitest';
import { axisAngle, IDENTITY_POSE } from '../../../sim/math/pose.ts';
import { boxMesh, meshBounds, meshVolume } from '../../../sim/objects/mesh.ts';
import {
  collisionMesh,
  type ObjectModel,
  part,
  partsMesh,
  type Solid,
  solidMesh,
} from '../../../sim/objects/object.ts';

/** Every kind of solid with its volume and half its extent. */
const SOLIDS = {
  box: [{ kind: 'box', half: [0.01, 0.02, 0.03] }, 8 * 0.01 * 0.02 * 0.03, [0.01, 0.02, 0.03]],
  sphere: [{ kind: 'sphere', radius: 0.02 }, (4 / 3) * Math.PI * 0.02 ** 3, [0.02, 0.02, 0.02]],
  cylinder: [{ kind: 'cylinder', radius: 0.02, halfHeight: 0.03 }, Math.PI * 0.02 ** 2 * 0.06, [0.02, 0.02, 0.03]],
  capsule: [
    { kind: 'capsule', radius: 0.02, halfHeight: 0.03 },
    Math.PI * 0.02 ** 2 * (0.06 + (4 / 3) * 0.02),
    [0.02, 0.02, 0.05],
  ],
  hull: [
    {
      kind: 'hull',
      points: [
        [-1, -1, -1],
        [1, 1, -1],
        [1, -1, 1],
        [-1, 1, 1],
      ],
    },
    8 / 3,
    [1, 1, 1],
  ],
} as const satisfies { readonly [K in Solid['kind']]: readonly [Solid, number, readonly [number, number, number]] };

describe.each(Object.entries(SOLIDS))('the surface of a %s', (_, [solid, volume, half]) => {
  const mesh = solidMesh(solid);

  it('lies inside the true one, by 3 % of the volume at most', () => {
    expect(meshVolume(mesh) / volume).toBeLessThan(1 + 1e-6);
    expect(meshVolume(mesh) / volume).toBeGreaterThan(0.97);
  });

  it('is centred and as large as the solid says', () => {
    const { min, max } = meshBounds(mesh, IDENTITY_POSE);
    half.forEach((h, k) => {
      expect(max[k] / h).toBeCloseTo(1, 1);
      expect(max[k]).toBeLessThan(h * (1 + 1e-6));
      expect(min[k] + max[k]).toBeCloseTo(0, 2);
    });
  });
});

describe('an object', () => {
  it('is drawn as all its parts, each in its place', () => {
    const turn = axisAngle([0, 0, 1], Math.PI / 2);
    const parts = [part(SOLIDS.box[0]), part(SOLIDS.box[0], [0.1, 0, 0], turn)];
    const mesh = partsMesh(parts);
    expect(meshVolume(mesh)).toBeCloseTo(2 * SOLIDS.box[1], 9);
    const { min, max } = meshBounds(mesh, IDENTITY_POSE);
    [-0.01, -0.02, -0.03, 0.12, 0.02, 0.03].forEach((v, i) => {
      expect([...min, ...max][i]).toBeCloseTo(v, 6);
    });
  });

  it('collides as it is drawn unless it says otherwise', () => {
    const [mesh, collision] = [boxMesh([1, 1, 1]), boxMesh([2, 2, 2])];
    const model = { mesh } as ObjectModel;
    expect(collisionMesh(model)).toBe(mesh);
    expect(collisionMesh({ ...model, collision })).toBe(collision);
  });
});
