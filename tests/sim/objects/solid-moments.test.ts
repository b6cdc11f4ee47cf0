import { describe, expect, it } from 'vitest';
import { axisAngle, conjugate, multiply, type Quat, randomQuat, rotate, type Vec3 } from '../../../sim/math/pose.ts';
import { rngStream } from '../../../sim/math/rng.ts';
import { meshMoments } from '../../../sim/objects/mass-properties.ts';
import { capsuleMesh, cylinderMesh, type Mesh, mergeMeshes } from '../../../sim/objects/mesh.ts';
import { type ObjectModel, type Part, part, type Solid, solidMesh } from '../../../sim/objects/object.ts';
import { objectMassProperties } from '../../../sim/objects/solid-moments.ts';

const modelOf = (parts: readonly Part[], density = 1): ObjectModel => ({ parts, density }) as ObjectModel;

/** The inertia tensor about the centre, object frame: xx, yy, zz, xy, xz, yz. */
function tensorOf({ inertia, frame }: { readonly inertia: Vec3; readonly frame: Quat }): number[] {
  const axes = (
    [
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ] as const
  ).map((axis) => rotate(frame, axis));
  const entry = (i: number, j: number): number => axes.reduce((sum, a, k) => sum + inertia[k] * a[i] * a[j], 0);
  return [entry(0, 0), entry(1, 1), entry(2, 2), entry(0, 1), entry(0, 2), entry(1, 2)];
}

/** A surface so fine that its moments are the solid's to a thousandth. */
function fine(solid: Solid): Mesh {
  if (solid.kind === 'sphere') return capsuleMesh(solid.radius, 0, 200, 60);
  if (solid.kind === 'capsule') return capsuleMesh(solid.radius, solid.halfHeight, 200, 60);
  if (solid.kind === 'cylinder') return cylinderMesh(solid.radius, solid.halfHeight, 200);
  return solidMesh(solid);
}

const rng = rngStream(0, 'test/solid-moments');
const points = Array.from({ length: 12 }, (): Vec3 => [rng.normal(), 2 * rng.normal(), rng.normal() + 1]);
const SOLIDS = {
  box: { kind: 'box', half: [1, 2, 3] },
  sphere: { kind: 'sphere', radius: 2 },
  cylinder: { kind: 'cylinder', radius: 2, halfHeight: 1 },
  capsule: { kind: 'capsule', radius: 1, halfHeight: 2 },
  hull: { kind: 'hull', points },
} as const satisfies { readonly [K in Solid['kind']]: Solid };

describe.each(Object.values(SOLIDS))('the mass properties of a $kind', (solid) => {
  it('are those of its surface, however it is placed', () => {
    const at = part(solid, [3, -1, 2], randomQuat(rng));
    const { mass, centre, ...own } = objectMassProperties(modelOf([at]));
    const mesh = meshMoments(mergeMeshes([{ mesh: fine(solid), pose: at.pose }]));
    expect(mass / mesh.mass).toBeCloseTo(1, 2);
    for (const k of [0, 1, 2]) expect(centre[k]).toBeCloseTo(mesh.centre[k], 3);
    const scale = Math.max(...own.inertia);
    tensorOf(own).forEach((entry, k) => {
      expect((entry - mesh.inertia[k]) / scale).toBeCloseTo(0, 2);
    });
  });
});

describe('the mass properties of an object', () => {
  it('of two cubes side by side are those of the box that they make', () => {
    const cube = { kind: 'box', half: [1, 1, 1] } as const;
    const halves = objectMassProperties(modelOf([part(cube, [-1, 0, 0]), part(cube, [1, 0, 0])]));
    const whole = objectMassProperties(modelOf([part({ kind: 'box', half: [2, 1, 1] })]));
    expect(halves.mass).toBe(whole.mass);
    halves.inertia.forEach((i, k) => {
      expect(i).toBeCloseTo(whole.inertia[k], 12);
    });
  });

  it('grow with the density, and so do those of the same parts asked for again', () => {
    const parts = [part(SOLIDS.cylinder)];
    const one = objectMassProperties(modelOf(parts, 1));
    const heavy = objectMassProperties(modelOf(parts, 700));
    expect(heavy.mass).toBeCloseTo(700 * one.mass, 9);
    heavy.inertia.forEach((i, k) => {
      expect(i).toBeCloseTo(700 * one.inertia[k], 9);
    });
    expect(objectMassProperties(modelOf(parts, 1))).toEqual(one);
  });

  it('are its own where it has any', () => {
    const own = { mass: 3, centre: [0, 0, 1], inertia: [1, 2, 2], frame: axisAngle([0, 0, 1], 1) } as const;
    expect(objectMassProperties({ ...modelOf([part(SOLIDS.box)]), massProperties: own })).toBe(own);
  });

  it('turn with it: the principal moments stay, their frame follows', () => {
    const turn = randomQuat(rng);
    const bar = { kind: 'box', half: [1, 2, 4] } as const;
    const [still, turned] = [
      objectMassProperties(modelOf([part(bar)])),
      objectMassProperties(modelOf([part(bar, [0, 0, 0], turn)])),
    ];
    expect([...turned.inertia].sort()).toEqual([...still.inertia].sort().map((i) => expect.closeTo(i, 8)));
    const back = tensorOf({ ...turned, frame: multiply(conjugate(turn), turned.frame) });
    tensorOf(still).forEach((entry, k) => {
      expect(back[k]).toBeCloseTo(entry, 8);
    });
  });
});
