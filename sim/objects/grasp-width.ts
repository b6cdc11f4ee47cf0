/** Grasp width: chords through an object's convex pieces, and the shortest that fingers fit around. */
import { add, cross, dot, norm, normalize, scale, subtract, transform, type Vec3 } from '../math/pose.ts';
import { cos } from '../math/trigonometry.ts';
import { type Part, solidMesh } from './object.ts';

/** A convex piece as half spaces: inside where dot(normal, p) <= offset for every face. */
interface Piece {
  readonly faces: readonly { readonly normal: Vec3; readonly offset: number; readonly middle: Vec3 }[];
}

function toPiece({ solid, pose }: Part): Piece {
  const { positions: p, indices } = solidMesh(solid);
  const corner = (i: number): Vec3 =>
    transform(pose, [p[3 * indices[i]], p[3 * indices[i] + 1], p[3 * indices[i] + 2]]);
  const faces = [];
  for (let i = 0; i < indices.length; i += 3) {
    const [a, b, c] = [corner(i), corner(i + 1), corner(i + 2)];
    const across = cross(subtract(b, a), subtract(c, a));
    if (norm(across) < 1e-12) continue;
    const normal = normalize(across);
    faces.push({ normal, offset: dot(normal, a), middle: scale(add(add(a, b), c), 1 / 3) });
  }
  return { faces };
}

/** Where a ray is inside a piece, and the normal of the face by which it leaves. */
function passage(
  { faces }: Piece,
  from: Vec3,
  direction: Vec3,
): { enter: number; leave: number; out: Vec3 } | undefined {
  let [enter, leave] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  let out = direction;
  for (const { normal, offset } of faces) {
    const speed = dot(normal, direction);
    const gap = offset - dot(normal, from);
    if (Math.abs(speed) < 1e-9) {
      if (gap < -1e-6) return undefined;
    } else if (speed > 0 && gap / speed < leave) {
      leave = gap / speed;
      out = normal;
    } else if (speed < 0) enter = Math.max(enter, gap / speed);
  }
  return leave - enter > 1e-6 ? { enter, leave, out } : undefined;
}

/** Faces tried, at most. */
const SAMPLES = 600;
/** Pieces of a decomposition nearer than this count as one, metres. */
const SEAM = 0.0005;
/** Least cosine between the opposing normals of a grasp: 20 degrees. */
const FACING = cos((20 * Math.PI) / 180);

/**
 * The smallest width by which two parallel fingers could hold the object, whichever way it lies: the shortest chord
 * between opposing faces of its convex pieces with room for a finger at both ends, metres.
 * @param finger room that a finger needs along the closing axis, metres.
 * @returns undefined if no two faces oppose each other.
 */
export function graspWidth(parts: readonly Part[], finger: number): number | undefined {
  const pieces = parts.map(toPiece);
  const faces = pieces.flatMap((p) => p.faces);
  const stride = Math.max(1, faces.length / SAMPLES);
  let least: number | undefined;
  for (let k = 0; k < faces.length; k += stride) {
    const { normal, middle } = faces[Math.floor(k)];
    const width = chord(pieces, middle, scale(normal, -1), finger);
    if (width !== undefined && (least === undefined || width < least)) least = width;
  }
  return least;
}

/** Length of material from a surface point inwards, if fingers could close on it. */
function chord(pieces: readonly Piece[], from: Vec3, inwards: Vec3, finger: number): number | undefined {
  const spans = pieces.flatMap((p) => passage(p, from, inwards) ?? []).sort((a, b) => a.enter - b.enter);
  let end = 0;
  let out: Vec3 | undefined;
  for (const span of spans) {
    // something just outside the starting point: no room for the first finger, or not the surface at all
    if (span.leave > -finger && span.enter < -SEAM) return undefined;
    if (span.leave <= 0) continue;
    if (span.enter > end + SEAM) {
      if (span.enter < end + finger) return undefined;
      break;
    }
    if (span.leave > end) {
      end = span.leave;
      out = span.out;
    }
  }
  return out && dot(out, inwards) >= FACING ? end : undefined;
}
