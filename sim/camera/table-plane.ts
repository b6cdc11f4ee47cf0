/** Table plane: where the table is in a depth picture, by RANSAC and least squares. */
import { cross, dot, normalize, scale, subtract, type Vec3 } from '../math/pose.ts';
import { rngStream } from '../math/rng.ts';
import { cos } from '../math/trigonometry.ts';

/** A plane: the points p with dot(normal, p) = offset. */
export interface Plane {
  /** Unit vector. */
  readonly normal: Vec3;
  /** Metres along the normal. */
  readonly offset: number;
  /** Share of the points within {@link WITHIN} of it. */
  readonly share: number;
  /** Share of the points that lie below it: a table hides what is under it, the lid of a box does not. */
  readonly below: number;
}

/** What a table may be. */
export interface TableSearch {
  /** About where its normal points: up in the world, or towards the camera. */
  readonly up: Vec3;
  /** Largest angle between the normal and `up`, radians. */
  readonly tilt: number;
}

/** Distance from a plane up to which a point belongs to it, metres. */
const WITHIN = 0.004;
/** ... and below which it lies under it, metres. */
const BELOW = 0.012;
const ROUNDS = 300;
/** Points that planes are judged by. */
const SAMPLE = 4000;
/** A plane with a smaller share of the points is no table. */
const LEAST_SHARE = 0.08;

/**
 * The plane with most of the points, as a table lies. The same points give the same plane.
 * @param points [n, 3] metres, in any one frame; NaN where there is none.
 * @returns undefined if no such plane has enough of them.
 */
export function findTable(points: Float32Array, { up, tilt }: TableSearch): Plane | undefined {
  const sample = sampled(points);
  const count = sample.length / 3;
  if (count < 30) return undefined;
  const rng = rngStream(0, 'table', 0);
  const steepest = cos(tilt);
  let best: Plane | undefined;
  for (let round = 0; round < ROUNDS; round++) {
    const [a, b, c] = [point(sample, rng.int(count)), point(sample, rng.int(count)), point(sample, rng.int(count))];
    const across = cross(subtract(b, a), subtract(c, a));
    const length = Math.sqrt(dot(across, across));
    if (length < 1e-5) continue;
    const normal = scale(across, (dot(across, up) < 0 ? -1 : 1) / length);
    if (dot(normal, up) < steepest) continue;
    best = judged({ normal, offset: dot(normal, a) }, sample, best && worth(best)) ?? best;
  }
  if (!best || best.share < LEAST_SHARE) return undefined;
  // twice: the points of the better plane are others
  for (let i = 0; i < 2; i++) {
    const fitted = judged(leastSquares(best, sample, up), sample);
    if (!fitted || worth(fitted) < worth(best)) break;
    best = fitted;
  }
  return best;
}

/** An even selection of the points that there are, [n, 3]. */
function sampled(points: Float32Array): Float32Array {
  const there = new Uint32Array(points.length / 3);
  let count = 0;
  for (let i = 0; i < points.length; i += 3) if (Number.isFinite(points[i])) there[count++] = i;
  const step = Math.max(1, count / SAMPLE);
  const sample = new Float32Array(3 * Math.min(SAMPLE, count));
  for (let o = 0; o < sample.length; o += 3) {
    const i = there[Math.floor((o / 3) * step)];
    for (let k = 0; k < 3; k++) sample[o + k] = points[i + k];
  }
  return sample;
}

const point = (points: Float32Array, i: number): Vec3 => [points[3 * i], points[3 * i + 1], points[3 * i + 2]];

type Bare = Pick<Plane, 'normal' | 'offset'>;

const worth = ({ share, below }: Plane): number => share - below;

/** Points after which it is asked whether a plane can still be better. */
const LOOK_AGAIN = 256;

/**
 * A plane with what the points say of it.
 * @param least worth that it must exceed; any will do if left out.
 * @returns undefined if it does not: most planes are left before all points were looked at.
 */
function judged({ normal, offset }: Bare, sample: Float32Array, least = Number.NEGATIVE_INFINITY): Plane | undefined {
  const [x, y, z] = normal;
  const count = sample.length / 3;
  let on = 0;
  let under = 0;
  for (let i = 0; i < sample.length; ) {
    for (const end = Math.min(i + 3 * LOOK_AGAIN, sample.length); i < end; i += 3) {
      const height = x * sample[i] + y * sample[i + 1] + z * sample[i + 2] - offset;
      if (Math.abs(height) < WITHIN) on++;
      else if (height < -BELOW) under++;
    }
    // even if all others lie on it
    if (!((on + count - i / 3) / count - under / count > least)) return undefined;
  }
  return { normal, offset, share: on / count, below: under / count };
}

/** The least-squares plane of the points near one: the direction in which they vary least. */
function leastSquares({ normal, offset }: Bare, sample: Float32Array, up: Vec3): Bare {
  const all = Array.from({ length: sample.length / 3 }, (_, i) => point(sample, i));
  const near = all.filter((p) => Math.abs(dot(normal, p) - offset) < WITHIN);
  const mean = scale(
    near.reduce<Vec3>((s, p) => [s[0] + p[0], s[1] + p[1], s[2] + p[2]], [0, 0, 0]),
    1 / near.length,
  );
  // two axes in the plane, and heights over it: z = a u + b v is a small correction of the normal
  const u = normalize(cross(Math.abs(normal[0]) < 0.9 ? [1, 0, 0] : [0, 1, 0], normal));
  const v = cross(normal, u);
  let [uu, uv, vv, uz, vz] = [0, 0, 0, 0, 0];
  for (const p of near) {
    const d = subtract(p, mean);
    const [x, y, z] = [dot(d, u), dot(d, v), dot(d, normal)];
    uu += x * x;
    uv += x * y;
    vv += y * y;
    uz += x * z;
    vz += y * z;
  }
  const det = uu * vv - uv * uv;
  if (!(det > 1e-12)) return { normal, offset };
  const [a, b] = [(uz * vv - vz * uv) / det, (vz * uu - uz * uv) / det];
  const tilted = normalize([
    normal[0] - a * u[0] - b * v[0],
    normal[1] - a * u[1] - b * v[1],
    normal[2] - a * u[2] - b * v[2],
  ]);
  const turned = dot(tilted, up) < 0 ? scale(tilted, -1) : tilted;
  return { normal: turned, offset: dot(turned, mean) };
}
