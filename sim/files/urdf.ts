/** URDF files: shapes, colours and moments, links merged. */
import { pow } from '../math/exponential.ts';
import { compose, IDENTITY_POSE, type Pose, rotate, type Vec3 } from '../math/pose.ts';
import { type Moments, sumMoments, type Tensor } from '../objects/mass-properties.ts';
import { MeshFileError } from './mesh-file.ts';
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
} from './urdf-xml.ts';

/** `pose` is T_robot_geometry, with all links merged into one body. */
export interface UrdfGeometry {
  readonly shape: UrdfShape;
  readonly pose: Pose;
  /** Linear RGB in 0..1, if a material says so. */
  readonly colour?: Vec3;
}

/** A URDF as one rigid body; metres, kilograms. */
export interface UrdfObject {
  readonly name: string;
  readonly visual: readonly UrdfGeometry[];
  readonly collision: readonly UrdfGeometry[];
  /** Sum over the links; undefined if no link has a mass. */
  readonly moments?: Moments;
}

/** sRGB of a material, by name or in place, as linear RGB. */
function colourOf(element: Element, named: ReadonlyMap<string, Vec3>): Vec3 | undefined {
  const material = child(element, 'material');
  return material && (rgba(material) ?? named.get(attribute(material, 'name') ?? ''));
}

function rgba(material: Element): Vec3 | undefined {
  const values = attribute(child(material, 'color'), 'rgba')?.trim().split(/\s+/).map(Number) ?? [];
  if (values.length < 3 || !values.every(Number.isFinite)) return undefined;
  const [r, g, b] = values.map((v) => pow(Math.min(Math.max(v, 0), 1), 2.2));
  return [r, g, b];
}

/** Moments of a link in its own frame; undefined if it has no mass. */
function linkMoments(link: Element, where: string): Moments | undefined {
  const inertial = child(link, 'inertial');
  const mass = inertial && child(inertial, 'mass');
  if (!inertial || !mass) return undefined;
  const [value] = numbers(attribute(mass, 'value'), 1, `${where} mass`);
  if (value < 0) throw new MeshFileError(`${where} mass: expected a number of at least 0, got ${value}`);
  if (value === 0) return undefined;
  const { position, quaternion } = origin(inertial, `${where} inertial`);
  const tensor = child(inertial, 'inertia');
  const entry = (name: string): number => numbers(attribute(tensor, name) ?? '0', 1, `${where} inertia ${name}`)[0];
  const [xx, yy, zz, xy, xz, yz] = ['ixx', 'iyy', 'izz', 'ixy', 'ixz', 'iyz'].map(entry);
  return { mass: value, centre: position, inertia: turned([xx, yy, zz, xy, xz, yz], (v) => rotate(quaternion, v)) };
}

/** R I R^T. */
function turned([xx, yy, zz, xy, xz, yz]: Tensor, turn: (v: Vec3) => Vec3): Tensor {
  // columns of R I, then rows: turning the rows of a symmetric tensor twice
  const half = [turn([xx, xy, xz]), turn([xy, yy, yz]), turn([xz, yz, zz])];
  const row = (k: number): Vec3 => turn([half[0][k], half[1][k], half[2][k]]);
  const [x, y, z] = [row(0), row(1), row(2)];
  return [x[0], y[1], z[2], x[1], x[2], y[2]];
}

/** T_root_link of every link, over fixed joints. */
function linkPoses(robot: Element, links: readonly string[], file: string): ReadonlyMap<string, Pose> {
  const parents = new Map<string, { parent: string; pose: Pose }>();
  for (const joint of children(robot, 'joint')) {
    const name = attribute(joint, 'name') ?? '(no name)';
    const type = attribute(joint, 'type');
    const where = `${file}: joint '${name}'`;
    if (type !== 'fixed')
      throw new MeshFileError(`${where}: expected type 'fixed' (an object is one rigid body), got '${type ?? 'none'}'`);
    const [parent, of] = ['parent', 'child'].map((end) => attribute(child(joint, end), 'link') ?? '');
    for (const link of [parent, of])
      if (!links.includes(link)) throw new MeshFileError(`${where}: expected a link of this file, got '${link}'`);
    if (parents.has(of)) throw new MeshFileError(`${where}: expected one parent for link '${of}', got a second`);
    parents.set(of, { parent, pose: origin(joint, where) });
  }
  const roots = links.filter((l) => !parents.has(l));
  if (roots.length !== 1)
    throw new MeshFileError(
      `${file}: expected one link without a parent, got ${roots.length} (${roots.join(', ').slice(0, 80)})`,
    );
  return new Map(
    links.map((link) => {
      let pose = IDENTITY_POSE;
      let steps = 0;
      for (let at = parents.get(link); at; at = parents.get(at.parent)) {
        pose = compose(at.pose, pose);
        if (steps++ > links.length)
          throw new MeshFileError(`${file}: expected a tree of links, got a loop at '${link}'`);
      }
      return [link, pose];
    }),
  );
}

/**
 * Reads a URDF as one rigid body: links joined by fixed joints are merged.
 * @param file named in errors.
 * @throws MeshFileError `file: where: expected ..., got ...`.
 */
export function parseUrdf(text: string, file: string): UrdfObject {
  const robot = child(parseXml(text, file), 'robot');
  if (!robot) throw new MeshFileError(`${file}: expected a <robot>, got none`);
  const links = linksOf(robot, file);
  const names = links.map((l) => l.name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new MeshFileError(`${file}: expected links of different names, got '${twice}' twice`);
  const poses = linkPoses(robot, names, file);
  const named = new Map(
    [
      ...children(robot, 'material'),
      ...links.flatMap((l) => children(l.element, 'visual').flatMap((v) => children(v, 'material'))),
    ].flatMap((m) => {
      const colour = rgba(m);
      return colour ? [[attribute(m, 'name') ?? '', colour] as const] : [];
    }),
  );
  const geometries = (kind: 'visual' | 'collision'): UrdfGeometry[] =>
    links.flatMap(({ element, name }) =>
      children(element, kind).map((e): UrdfGeometry => {
        const where = `${file}: link '${name}' ${kind}`;
        const colour = colourOf(e, named);
        const shape = shapeOf(child(e, 'geometry'), where);
        return { shape, pose: compose(poses.get(name)!, origin(e, where)), ...(colour && { colour }) };
      }),
    );
  const moments = links.flatMap(({ element, name }): Moments[] => {
    const own = linkMoments(element, `${file}: link '${name}'`);
    const pose = poses.get(name)!;
    if (!own) return [];
    const { position: centre } = compose(pose, { ...IDENTITY_POSE, position: own.centre });
    return [{ mass: own.mass, centre, inertia: turned(own.inertia, (v) => rotate(pose.quaternion, v)) }];
  });
  return {
    name: attribute(robot, 'name') ?? '',
    visual: geometries('visual'),
    collision: geometries('collision'),
    ...(moments.length > 0 && { moments: sumMoments(moments) }),
  };
}
