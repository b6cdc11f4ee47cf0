import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { axisAngle, IDENTITY_QUAT, type Quat, type Vec3 } from '../../../sim/math/pose.ts';
import { boxMesh, cylinderMesh, hullMesh, latheMesh, type Mesh, mergeMeshes } from '../../../sim/objects/mesh.ts';
import { convexPieces, DECOMPOSITION_DEFAULTS } from '../../../sim/physics.ts';
import { writeObj, writeUrdf } from './mesh-writers.ts';

/** Household-like objects from simple parametric shapes, written as folders the way PyBullet's object sets are. */

const SEGMENTS = 28;
type Profile = readonly (readonly [number, number])[];
const lathe = (profile: Profile): Mesh => latheMesh(profile, SEGMENTS);
const at = (mesh: Mesh, position: Vec3, quaternion: Quat = IDENTITY_QUAT) => ({ mesh, pose: { position, quaternion } });
const box = (x: number, y: number, z: number): Mesh => boxMesh([x / 2, y / 2, z / 2]);

/** A tube of round cross-sections along a path in the xz plane. */
function tube(path: readonly Vec3[], radii: readonly number[], sides = 14): Mesh {
  const positions: number[] = [];
  path.forEach((p, i) => {
    const [a, b] = [path[Math.max(i - 1, 0)], path[Math.min(i + 1, path.length - 1)]];
    const length = Math.hypot(b[0] - a[0], b[2] - a[2]);
    const [tx, tz] = [(b[0] - a[0]) / length, (b[2] - a[2]) / length];
    for (let s = 0; s < sides; s++) {
      const w = (2 * Math.PI * s) / sides;
      const [u, v] = [radii[i] * Math.cos(w), radii[i] * Math.sin(w)];
      positions.push(p[0] - tz * u, p[1] - v, p[2] + tx * u);
    }
  });
  const indices: number[] = [];
  const ring = (i: number, s: number): number => i * sides + (s % sides);
  for (let i = 0; i + 1 < path.length; i++)
    for (let s = 0; s < sides; s++)
      indices.push(ring(i, s), ring(i, s + 1), ring(i + 1, s), ring(i, s + 1), ring(i + 1, s + 1), ring(i + 1, s));
  const [start, end] = [positions.length / 3, positions.length / 3 + 1];
  positions.push(...path[0], ...path[path.length - 1]);
  for (let s = 0; s < sides; s++) {
    indices.push(start, ring(0, s + 1), ring(0, s));
    indices.push(end, ring(path.length - 1, s), ring(path.length - 1, s + 1));
  }
  return { positions: Float32Array.from(positions), indices: Uint32Array.from(indices) };
}

/** A torus about +Z. */
export function torus(major: number, minor: number, around = 32, sides = 16): Mesh {
  const positions: number[] = [];
  const indices: number[] = [];
  for (let i = 0; i < around; i++)
    for (let s = 0; s < sides; s++) {
      const [a, w] = [(2 * Math.PI * i) / around, (2 * Math.PI * s) / sides];
      const r = major + minor * Math.cos(w);
      positions.push(r * Math.cos(a), r * Math.sin(a), minor * Math.sin(w));
      const next = (di: number, ds: number): number => ((i + di) % around) * sides + ((s + ds) % sides);
      indices.push(next(0, 0), next(1, 0), next(0, 1), next(1, 0), next(1, 1), next(0, 1));
    }
  return { positions: Float32Array.from(positions), indices: Uint32Array.from(indices) };
}

const arc = (count: number, from: number, to: number, radius: number, middle: Vec3): Vec3[] =>
  Array.from({ length: count }, (_, i): Vec3 => {
    const a = from + ((to - from) * i) / (count - 1);
    return [middle[0] + radius * Math.cos(a), middle[1], middle[2] + radius * Math.sin(a)];
  });

/** Open vessel: outer radius and wall by height. */
const vessel = (bottom: number, top: number, height: number, wall: number): Mesh =>
  lathe([
    [0, 0],
    [bottom, 0],
    [top, height],
    [top - wall, height],
    [bottom - wall, wall],
    [0, wall],
  ]);

const mug = (radius: number, height: number): Mesh =>
  mergeMeshes([
    at(vessel(radius, radius, height, 0.004), [0, 0, 0]),
    at(tube(arc(12, -1.35, 1.35, height * 0.3, [radius - 0.004, 0, height / 2]), Array(12).fill(0.0055)), [0, 0, 0]),
  ]);

const ellipsoid = (half: Vec3): Mesh => {
  const ball = lathe(
    Array.from({ length: 13 }, (_, i) => {
      const a = -Math.PI / 2 + (Math.PI * i) / 12;
      return [i % 12 === 0 ? 0 : Math.cos(a), Math.sin(a)] as const;
    }),
  );
  return { positions: ball.positions.map((x, i) => x * half[i % 3]), indices: ball.indices };
};

const hammer = (): Mesh =>
  mergeMeshes([
    at(cylinderMesh(0.011, 0.075, 18), [0, 0, 0], axisAngle([0, 1, 0], Math.PI / 2)),
    at(box(0.024, 0.075, 0.024), [0.08, 0, 0]),
  ]);

const spoon = (): Mesh =>
  mergeMeshes([at(ellipsoid([0.024, 0.016, 0.006]), [0.07, 0, 0.001]), at(box(0.11, 0.009, 0.005), [0, 0, 0])]);

const banana = (): Mesh => {
  const path = arc(14, Math.PI * 1.15, Math.PI * 1.85, 0.085, [0, 0, 0.085]);
  const radii = path.map((_, i) => 0.006 + 0.012 * Math.max(Math.sin((Math.PI * i) / 13), 0) ** 0.6);
  return tube(path, radii);
};

const scissors = (): Mesh =>
  mergeMeshes([
    at(box(0.11, 0.011, 0.004), [0.045, 0, 0], axisAngle([0, 0, 1], 0.16)),
    at(box(0.11, 0.011, 0.004), [0.045, 0, 0.003], axisAngle([0, 0, 1], -0.16)),
    at(torus(0.017, 0.005, 20, 8), [-0.026, -0.02, 0]),
    at(torus(0.017, 0.005, 20, 8), [-0.026, 0.02, 0.003]),
  ]);

const prism = (sides: number, radius: number, height: number): Mesh =>
  hullMesh(
    [0, height].flatMap((z) =>
      Array.from({ length: sides }, (_, i): Vec3 => {
        const a = (2 * Math.PI * i) / sides;
        return [radius * Math.cos(a), radius * Math.sin(a), z];
      }),
    ),
  );

/** `pieces`: with a collision_vhacd.obj; otherwise the collision mesh is left to the reader. */
interface Item {
  readonly mesh: () => Mesh;
  readonly kg: number;
  readonly pieces: boolean;
}

const item = (kg: number, pieces: boolean, mesh: () => Mesh): Item => ({ mesh, kg, pieces });

/** Twenty objects, those with hollows or handles mostly with their own convex pieces. */
export const HOUSEHOLD: Readonly<Record<string, Item>> = {
  mug: item(0.118, true, () => mug(0.035, 0.082)),
  'tea cup': item(0.09, false, () => mug(0.03, 0.055)),
  bowl: item(0.147, true, () => vessel(0.035, 0.07, 0.05, 0.005)),
  plate: item(0.2, true, () => vessel(0.06, 0.085, 0.018, 0.005)),
  bottle: item(0.12, true, () =>
    lathe([
      [0, 0],
      [0.03, 0],
      [0.03, 0.11],
      [0.012, 0.14],
      [0.012, 0.165],
      [0, 0.165],
    ]),
  ),
  'wine glass': item(0.13, true, () =>
    lathe([
      [0, 0],
      [0.032, 0],
      [0.032, 0.004],
      [0.005, 0.008],
      [0.005, 0.07],
      [0.03, 0.1],
      [0.028, 0.15],
      [0.025, 0.15],
      [0.027, 0.1],
      [0, 0.076],
    ]),
  ),
  banana: item(0.066, true, banana),
  apple: item(0.068, false, () => ellipsoid([0.036, 0.036, 0.034])),
  lemon: item(0.029, false, () => ellipsoid([0.034, 0.026, 0.026])),
  can: item(0.349, false, () => cylinderMesh(0.033, 0.05)),
  'tuna can': item(0.171, false, () => cylinderMesh(0.0425, 0.0165)),
  'cracker box': item(0.411, false, () => box(0.06, 0.158, 0.21)),
  'sugar box': item(0.514, false, () => box(0.038, 0.089, 0.175)),
  sponge: item(0.006, false, () => box(0.11, 0.07, 0.03)),
  hammer: item(0.4, true, hammer),
  spoon: item(0.03, true, spoon),
  scissors: item(0.082, true, scissors),
  marker: item(0.016, false, () => cylinderMesh(0.0095, 0.06, 16)),
  'hex nut block': item(0.09, false, () => prism(6, 0.025, 0.03)),
  'tape roll': item(0.08, false, () => torus(0.032, 0.013)),
};

/** Writes `folder/<name>/{model.urdf, textured.obj, collision_vhacd.obj}` for each. Needs the physics to be loaded. */
export function writeHousehold(folder: string, names: readonly string[] = Object.keys(HOUSEHOLD)): void {
  for (const name of names) {
    const { mesh: make, kg, pieces } = HOUSEHOLD[name];
    const at = join(folder, name);
    mkdirSync(at, { recursive: true });
    const mesh = make();
    writeFileSync(join(at, 'textured.obj'), writeObj([mesh]));
    if (pieces) {
      const hulls = convexPieces(mesh, DECOMPOSITION_DEFAULTS).map(hullMesh);
      writeFileSync(join(at, 'collision_vhacd.obj'), writeObj(hulls));
    }
    const urdf = { visual: 'textured.obj', mass: kg, ...(pieces && { collision: 'collision_vhacd.obj' }) };
    // PyBullet's own sets carry such placeholders for the inertia
    writeFileSync(join(at, 'model.urdf'), writeUrdf(name, { ...urdf, inertia: [1e-3, 1e-3, 1e-3] }));
  }
}
