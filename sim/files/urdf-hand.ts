/** Hand URDFs: what links and joints of a parallel-jaw gripper say of its dimensions. */
import {
  add,
  compose,
  cross,
  dot,
  IDENTITY_POSE,
  norm,
  normalize,
  type Pose,
  rotate,
  scale,
  subtract,
  transform,
  type Vec3,
} from '../math/pose.ts';
import { excerpt, MeshFileError } from './mesh-file.ts';
import {
  attribute,
  child,
  children,
  type Element,
  linksOf,
  numbers,
  origin,
  parseXml,
  shapeOf,
  type UrdfShape,
  vec,
} from './urdf-xml.ts';

/** A shape of a link, T_root_geometry with all joints at 0. */
interface Placed {
  readonly shape: UrdfShape;
  readonly pose: Pose;
}

/** A finger that slides. */
interface Finger {
  readonly geometries: readonly Placed[];
  /** How it moves for a metre of its joint, root frame. */
  readonly direction: Vec3;
  /** Ends of the joint, metres. */
  readonly ends: readonly [number, number];
}

/** Two sliding fingers, and everything else. */
export interface UrdfHand {
  readonly name: string;
  readonly palm: readonly Placed[];
  readonly fingers: readonly [Finger, Finger];
  /** N, m/s; undefined if no joint says. */
  readonly force?: number;
  readonly closingSpeed?: number;
}

/** Dimensions as a scenario's `gripper` has them, metres. */
export interface HandDimensions {
  readonly stroke: number;
  readonly fingerLength: number;
  readonly fingerWidth: number;
  readonly fingerThickness: number;
  readonly palmWidth: number;
  readonly palmDepth: number;
  readonly palmHeight: number;
}

interface Joint {
  readonly name: string;
  readonly element: Element;
  readonly sliding: boolean;
  readonly parent: string;
  readonly origin: Pose;
}

/**
 * Reads a hand: two prismatic joints, all others fixed. Collision geometry counts, of links without any the visual one.
 * @param file named in errors.
 * @throws MeshFileError `file: where: expected ..., got ...` if it is no such hand.
 */
export function parseUrdfHand(text: string, file: string): UrdfHand {
  const robot = child(parseXml(text, file), 'robot');
  if (!robot) throw new MeshFileError(`${file}: expected a <robot>, got none`);
  const joints = jointsOf(robot, file);
  const sliding = [...joints].filter(([, { sliding }]) => sliding);
  if (sliding.length !== 2)
    throw new MeshFileError(
      `${file}: expected two prismatic joints, which slide the fingers, got ${sliding.length}; give the numbers of such a hand under gripper`,
    );
  const moved = linksOf(robot, file).map(({ element, name }) => {
    const { pose, by } = placeOf(name, joints, file);
    return { by, geometries: geometriesOf(element, pose, `${file}: link '${name}'`) };
  });
  const under = (finger: string | undefined): Placed[] =>
    moved.filter(({ by }) => by === finger).flatMap((l) => l.geometries);
  const fingers = sliding.map(([link, joint]) => {
    const { pose } = placeOf(link, joints, file);
    const axis = vec(attribute(child(joint.element, 'axis'), 'xyz') ?? '1 0 0', `${file}: joint '${joint.name}' axis`);
    if (norm(axis) < 1e-6) throw new MeshFileError(`${file}: joint '${joint.name}': expected an axis, got zeros`);
    const geometries = under(link);
    if (geometries.length === 0)
      throw new MeshFileError(`${file}: link '${link}': expected collision or visual geometry of a finger, got none`);
    return { geometries, direction: rotate(pose.quaternion, normalize(axis)), ends: endsOf(joint, sliding, file) };
  });
  const [palm, limit] = [under(undefined), child(sliding[0][1].element, 'limit')];
  if (palm.length === 0) throw new MeshFileError(`${file}: expected geometry of the palm, got none`);
  const positive = (name: string): number | undefined => {
    const value = Number(attribute(limit, name));
    return value > 0 && Number.isFinite(value) ? value : undefined;
  };
  const [force, closingSpeed] = [positive('effort'), positive('velocity')];
  return {
    name: attribute(robot, 'name') ?? '',
    palm,
    fingers: [fingers[0], fingers[1]],
    ...(force !== undefined && { force }),
    ...(closingSpeed !== undefined && { closingSpeed }),
  };
}

/** Joints by the link that they carry. */
function jointsOf(robot: Element, file: string): ReadonlyMap<string, Joint> {
  return new Map(
    children(robot, 'joint').map((element) => {
      const [name, type] = [attribute(element, 'name') ?? '(no name)', attribute(element, 'type') ?? 'none'];
      const where = `${file}: joint '${name}'`;
      if (type !== 'fixed' && type !== 'prismatic')
        throw new MeshFileError(
          `${where}: expected type 'fixed' or 'prismatic', got ${excerpt(type)}; give the numbers of such a hand under gripper`,
        );
      const [parent, link] = ['parent', 'child'].map((end) => attribute(child(element, end), 'link') ?? '');
      return [link, { name, element, sliding: type === 'prismatic', parent, origin: origin(element, where) }];
    }),
  );
}

/** Where a link is with all joints at 0, and which finger it is part of. */
function placeOf(
  link: string,
  joints: ReadonlyMap<string, Joint>,
  file: string,
): { pose: Pose; by: string | undefined } {
  let [pose, by, at, steps]: [Pose, string | undefined, string, number] = [IDENTITY_POSE, undefined, link, 0];
  for (let joint = joints.get(at); joint; joint = joints.get(at)) {
    if (steps++ > joints.size) throw new MeshFileError(`${file}: expected a tree of links, got a loop at '${link}'`);
    pose = compose(joint.origin, pose);
    if (joint.sliding) by = at;
    at = joint.parent;
  }
  return { pose, by };
}

function geometriesOf(link: Element, pose: Pose, where: string): Placed[] {
  const of = (kind: string): Placed[] =>
    children(link, kind).map((element) => ({
      shape: shapeOf(child(element, 'geometry'), `${where} ${kind}`),
      pose: compose(pose, origin(element, `${where} ${kind}`)),
    }));
  const collision = of('collision');
  return collision.length > 0 ? collision : of('visual');
}

/** The ends of a joint, which may follow the other one. */
function endsOf(
  { element, name }: Joint,
  sliding: readonly (readonly [string, Joint])[],
  file: string,
): readonly [number, number] {
  const mimic = child(element, 'mimic');
  const leader = mimic && sliding.find(([, joint]) => joint.name === attribute(mimic, 'joint'))?.[1];
  const limit = child((leader ?? { element }).element, 'limit');
  const where = `${file}: joint '${name}'`;
  const at = (key: string): number => numbers(attribute(limit, key) ?? '0', 1, `${where} limit ${key}`)[0];
  const by = (key: string, otherwise: number): number =>
    leader ? numbers(attribute(mimic, key) ?? String(otherwise), 1, `${where} mimic ${key}`)[0] : otherwise;
  const [factor, offset] = [by('multiplier', 1), by('offset', 0)];
  const ends = [factor * at('lower') + offset, factor * at('upper') + offset] as const;
  if (ends[0] === ends[1]) throw new MeshFileError(`${where}: expected a limit with lower and upper apart, got none`);
  return ends;
}

/**
 * The hand's dimensions, measured on its points with the fingers open.
 * @param pointsOf points that span a shape, in its own frame.
 * @throws MeshFileError if the fingers do not face each other in front of the palm.
 */
export function handDimensions(
  { palm, fingers }: UrdfHand,
  pointsOf: (shape: UrdfShape) => readonly Vec3[],
  file: string,
): HandDimensions {
  const placed = (geometries: readonly Placed[]): Vec3[] =>
    geometries.flatMap(({ shape, pose }) => pointsOf(shape).map((point) => transform(pose, point)));
  const closing = normalize(fingers[0].direction);
  if (Math.abs(dot(closing, normalize(fingers[1].direction))) < 0.999)
    throw new MeshFileError(`${file}: expected fingers that slide along one line, got two`);
  const base = placed(palm);
  const [one, two] = openFingers(fingers, closing, placed);
  const approach = approachOf(base, [...one, ...two], closing, file);
  const across = cross(approach, closing);
  const extent = (points: readonly Vec3[], axis: Vec3): readonly [number, number] => {
    const along = points.map((p) => dot(p, axis));
    return [along.reduce((a, b) => Math.min(a, b)), along.reduce((a, b) => Math.max(a, b))];
  };
  const length = (points: readonly Vec3[], axis: Vec3): number => {
    const [low, high] = extent(points, axis);
    return high - low;
  };
  const [top, tip] = [extent(base, approach)[1], extent([...one, ...two], approach)[1]];
  if (!(tip - top > 0.001))
    throw new MeshFileError(
      `${file}: expected fingers that stand out of the palm, got ${((tip - top) * 1000).toFixed(1)} mm`,
    );
  // what is inside the palm grasps nothing, a finger's root is wide, and the pads are near the tips
  const outside = (points: readonly Vec3[], share: number): readonly Vec3[] =>
    points.filter((p) => dot(p, approach) >= top + share * (tip - top));
  const pads = [outside(one, 0.5), outside(two, 0.5)].map((points) => extent(points, closing));
  const stroke = Math.max(pads[1][0] - pads[0][1], pads[0][0] - pads[1][1]);
  if (!(stroke > 0.001))
    throw new MeshFileError(
      `${file}: expected fingers that leave room between them when open, got ${(stroke * 1000).toFixed(1)} mm`,
    );
  const widest = (points: readonly (readonly Vec3[])[], axis: Vec3): number =>
    Math.max(...points.map((p) => length(p, axis)));
  return {
    stroke,
    fingerLength: tip - top,
    fingerWidth: widest([outside(one, 0), outside(two, 0)], across),
    fingerThickness: widest([outside(one, ROOT), outside(two, ROOT)], closing),
    palmWidth: length(base, closing),
    palmDepth: length(base, across),
    palmHeight: length(base, approach),
  };
}

/** The share of a finger that is its root. */
const ROOT = 0.3;

/** The points of both fingers, as far apart as their joints let them. */
function openFingers(
  fingers: UrdfHand['fingers'],
  closing: Vec3,
  placed: (geometries: readonly Placed[]) => Vec3[],
): readonly [readonly Vec3[], readonly Vec3[]] {
  const [one, two] = fingers.map(({ geometries, direction, ends }) => {
    const points = placed(geometries);
    return ends.map((end) => points.map((p) => add(p, scale(direction, end))));
  });
  const middle = (points: readonly Vec3[]): number =>
    points.reduce((sum, p) => sum + dot(p, closing), 0) / points.length;
  const pairs = one.flatMap((a) => two.map((b) => [a, b] as const));
  return pairs.reduce((best, pair) => (apart(pair, middle) > apart(best, middle) ? pair : best));
}

const apart = (
  [a, b]: readonly [readonly Vec3[], readonly Vec3[]],
  middle: (points: readonly Vec3[]) => number,
): number => Math.abs(middle(a) - middle(b));

/** From the palm to the fingers, across the closing direction; along an axis of the file where it nearly is. */
function approachOf(palm: readonly Vec3[], fingers: readonly Vec3[], closing: Vec3, file: string): Vec3 {
  const way = subtract(centreOf(fingers), centreOf(palm));
  const straight = subtract(way, scale(closing, dot(way, closing)));
  if (norm(straight) < 1e-4)
    throw new MeshFileError(`${file}: expected fingers in front of the palm, got them in its middle`);
  const unit = normalize(straight);
  const axes: readonly Vec3[] = [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ];
  const near = axes.find((axis) => Math.abs(dot(axis, unit)) > 0.9 && Math.abs(dot(axis, closing)) < 1e-3);
  return near ? scale(near, Math.sign(dot(near, unit))) : unit;
}

/** The middle of the box around points. */
function centreOf(points: readonly Vec3[]): Vec3 {
  const middle = (k: 0 | 1 | 2): number => {
    const [low, high] = points.reduce(([a, b], p) => [Math.min(a, p[k]), Math.max(b, p[k])], [Infinity, -Infinity]);
    return (low + high) / 2;
  };
  return [middle(0), middle(1), middle(2)];
}
