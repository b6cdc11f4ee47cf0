/** Moments of solids in closed form, and the mass properties of objects made of them. */
import { pow } from '../math/exponential.ts';
import { type Quat, rotate, transform, type Vec3 } from '../math/pose.ts';
import { type Moments, massProperties, meshMoments, sumMoments, type Tensor } from './mass-properties.ts';
import { hullMesh } from './mesh.ts';
import type { MassProperties, ObjectModel, Part, Solid } from './object.ts';

/** A solid of density 1 about its own origin, where its centre is. */
const centred = (mass: number, x: number, y: number, z: number): Moments => ({
  mass,
  centre: [0, 0, 0],
  inertia: [x, y, z, 0, 0, 0],
});

/** Volume, centre and inertia of a solid of density 1, own frame, in closed form. */
function solidMoments(solid: Solid): Moments {
  switch (solid.kind) {
    case 'box': {
      const [a, b, c] = solid.half;
      const mass = 8 * a * b * c;
      return centred(mass, (mass * (b * b + c * c)) / 3, (mass * (a * a + c * c)) / 3, (mass * (a * a + b * b)) / 3);
    }
    case 'sphere': {
      const mass = (4 / 3) * Math.PI * pow(solid.radius, 3);
      const i = 0.4 * mass * solid.radius ** 2;
      return centred(mass, i, i, i);
    }
    case 'cylinder': {
      const { radius: r, halfHeight: h } = solid;
      const mass = 2 * Math.PI * r * r * h;
      const across = mass * ((r * r) / 4 + (h * h) / 3);
      return centred(mass, across, across, (mass * r * r) / 2);
    }
    case 'capsule': {
      const { radius: r, halfHeight: h } = solid;
      const tube = 2 * Math.PI * r * r * h;
      const caps = (4 / 3) * Math.PI * pow(r, 3);
      // a hemisphere's centre lies 3 r / 8 from its face
      const across = tube * ((r * r) / 4 + (h * h) / 3) + caps * (0.4 * r * r + h * h + 0.75 * h * r);
      return centred(tube + caps, across, across, (tube * r * r) / 2 + 0.4 * caps * r * r);
    }
    case 'hull':
      return meshMoments(hullMesh(solid.points));
    default:
      return solid satisfies never;
  }
}

/** R T R^t. */
function rotateTensor([xx, yy, zz, xy, xz, yz]: Tensor, q: Quat): Tensor {
  const columns: Vec3[] = [
    [xx, xy, xz],
    [xy, yy, yz],
    [xz, yz, zz],
  ];
  const half = columns.map((c) => rotate(q, c));
  const rows = [0, 1, 2].map((i) => rotate(q, [half[0][i], half[1][i], half[2][i]]));
  return [rows[0][0], rows[1][1], rows[2][2], rows[0][1], rows[0][2], rows[1][2]];
}

const partMoments = ({ solid, pose }: Part): Moments => {
  const { mass, centre, inertia } = solidMoments(solid);
  return { mass, centre: transform(pose, centre), inertia: rotateTensor(inertia, pose.quaternion) };
};

const known = new WeakMap<readonly Part[], MassProperties>();

/**
 * Mass, centre and inertia of an object: its own if it has any, else those of its parts at its density. Rapier's own sum is
 * not used: the axes it finds for hulls and for compounds can be wrong by degrees.
 */
export function objectMassProperties({ parts, density, massProperties: own }: ObjectModel): MassProperties {
  if (own) return own;
  const unit = known.get(parts) ?? massProperties(sumMoments(parts.map(partMoments)));
  known.set(parts, unit);
  const [x, y, z] = unit.inertia;
  return { ...unit, mass: unit.mass * density, inertia: [x * density, y * density, z * density] };
}
