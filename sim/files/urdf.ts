/** URDF files: shapes, colours and moments, links merged. */
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { pow } from '../math/exponential.ts';
import { axisAngle, compose, IDENTITY_POSE, multiply, type Pose, rotate, type Vec3 } from '../math/pose.ts';
import { type Moments, sumMoments, type Tensor } from '../objects/mass-properties.ts';
import { excerpt, MeshFileError } from './mesh-file.ts';

export type UrdfShape =
  | { readonly kind: 'mesh'; readonly file: string; readonly scale: Vec3 }
  | { readonly kind: 'box'; readonly half: Vec3 }
  | { readonly kind: 'sphere'; readonly radius: number }
  | { readonly kind: 'cylinder'; readonly radius: number; readonly halfHeight: number };

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

/** An XML element as the parser gives it: attributes with @, children by name. */
type Element = Readonly<Record<string, unknown>>;

const LISTS = ['link', 'joint', 'visual', 'collision', 'material'];
const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  parseAttributeValue: false,
  parseTagValue: false,
  processEntities: false,
  isArray: (name) => LISTS.includes(name),
});

/** Longest file, characters, and most links: an object has some, a robot some dozens. */
const [LONGEST, LINKS_MAX] = [2_000_000, 1000];

/** Entities have no use in a URDF but for XML bombs, so they are refused before anything is parsed. */
function parseXml(text: string, file: string): Element {
  if (text.length > LONGEST)
    throw new MeshFileError(`${file}: expected at most ${LONGEST} characters, got ${text.length}`);
  if (/<!\s*(DOCTYPE|ENTITY)/i.test(text))
    throw new MeshFileError(`${file}: expected URDF without DOCTYPE and entities, got one with them`);
  try {
    const valid = XMLValidator.validate(text);
    if (valid !== true) {
      const { msg, line } = valid.err;
      throw new MeshFileError(`${file}:${line}: expected XML, got: ${msg.slice(0, 120)}`);
    }
    return parser.parse(text);
  } catch (error) {
    if (error instanceof MeshFileError) throw error;
    throw new MeshFileError(
      `${file}: expected XML, got: ${error instanceof Error ? error.message.slice(0, 120) : error}`,
    );
  }
}

/** Empty elements come as '' and repeated ones as lists. */
const child = (element: Element, name: string): Element | undefined => {
  const found = element[name];
  const one = Array.isArray(found) ? found[0] : found;
  if (one === undefined) return undefined;
  return one && typeof one === 'object' ? (one as Element) : {};
};
const children = (element: Element, name: string): Element[] => {
  const found = element[name];
  return (Array.isArray(found) ? found : []).map((e) => (e && typeof e === 'object' ? (e as Element) : {}));
};
const attribute = (element: Element | undefined, name: string): string | undefined => {
  const value = element?.[`@${name}`];
  return typeof value === 'string' ? value : undefined;
};

/** Numbers of an attribute; `where` names file and element. */
function numbers(text: string | undefined, count: number, where: string): number[] {
  const words = (text ?? '').trim().split(/\s+/);
  const values = words.map(Number);
  if (values.length !== count || words.includes('') || !values.every(Number.isFinite))
    throw new MeshFileError(
      `${where}: expected ${count} finite number${count > 1 ? 's' : ''}, got ${excerpt(text ?? 'nothing')}`,
    );
  return values;
}

function positive(text: string | undefined, where: string): number {
  const [value] = numbers(text, 1, where);
  if (value <= 0) throw new MeshFileError(`${where}: expected a number above 0, got ${value}`);
  return value;
}

const vec = (text: string | undefined, where: string): Vec3 => {
  const [x, y, z] = numbers(text, 3, where);
  return [x, y, z];
};

/** Fixed-axis roll, pitch, yaw: about X, then Y, then Z. */
function origin(element: Element, where: string): Pose {
  const found = child(element, 'origin');
  if (!found) return IDENTITY_POSE;
  const [roll, pitch, yaw] = vec(attribute(found, 'rpy') ?? '0 0 0', `${where} origin rpy`);
  return {
    position: vec(attribute(found, 'xyz') ?? '0 0 0', `${where} origin xyz`),
    quaternion: multiply(axisAngle([0, 0, 1], yaw), multiply(axisAngle([0, 1, 0], pitch), axisAngle([1, 0, 0], roll))),
  };
}

function shapeOf(geometry: Element | undefined, where: string): UrdfShape {
  const [kind] = Object.keys(geometry ?? {}).filter((k) => !k.startsWith('@') && k !== '#text');
  const element = geometry && child(geometry, kind ?? '');
  switch (kind) {
    case 'mesh': {
      const file = attribute(element, 'filename');
      if (!file) throw new MeshFileError(`${where} mesh: expected a filename, got none`);
      const scale = vec(attribute(element, 'scale') ?? '1 1 1', `${where} mesh scale`);
      if (scale.includes(0))
        throw new MeshFileError(`${where} mesh scale: expected factors other than 0, got ${scale.join(' ')}`);
      return { kind, file, scale };
    }
    case 'box': {
      const size = vec(attribute(element, 'size'), `${where} box size`);
      if (!size.every((s) => s > 0))
        throw new MeshFileError(`${where} box size: expected numbers above 0, got ${size.join(' ')}`);
      return { kind, half: [size[0] / 2, size[1] / 2, size[2] / 2] };
    }
    case 'sphere':
      return { kind, radius: positive(attribute(element, 'radius'), `${where} sphere radius`) };
    case 'cylinder':
      return {
        kind,
        radius: positive(attribute(element, 'radius'), `${where} cylinder radius`),
        halfHeight: positive(attribute(element, 'length'), `${where} cylinder length`) / 2,
      };
    default:
      throw new MeshFileError(`${where}: expected a mesh, box, sphere or cylinder, got ${kind ?? 'nothing'}`);
  }
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
  const links = children(robot, 'link').map((element) => ({ element, name: attribute(element, 'name') ?? '' }));
  if (links.length === 0) throw new MeshFileError(`${file}: expected at least one <link>, got none`);
  if (links.length > LINKS_MAX)
    throw new MeshFileError(`${file}: expected at most ${LINKS_MAX} links, got ${links.length}`);
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
