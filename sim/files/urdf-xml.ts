/** URDF elements: XML as it is read, and what links and joints say in it. */
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { axisAngle, IDENTITY_POSE, multiply, type Pose, type Vec3 } from '../math/pose.ts';
import { excerpt, MeshFileError } from './mesh-file.ts';

export type UrdfShape =
  | { readonly kind: 'mesh'; readonly file: string; readonly scale: Vec3 }
  | { readonly kind: 'box'; readonly half: Vec3 }
  | { readonly kind: 'sphere'; readonly radius: number }
  | { readonly kind: 'cylinder'; readonly radius: number; readonly halfHeight: number };

/** An XML element as the parser gives it: attributes with @, children by name. */
export type Element = Readonly<Record<string, unknown>>;

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
export function parseXml(text: string, file: string): Element {
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
export const child = (element: Element, name: string): Element | undefined => {
  const found = element[name];
  const one = Array.isArray(found) ? found[0] : found;
  if (one === undefined) return undefined;
  return one && typeof one === 'object' ? (one as Element) : {};
};
export const children = (element: Element, name: string): Element[] => {
  const found = element[name];
  return (Array.isArray(found) ? found : []).map((e) => (e && typeof e === 'object' ? (e as Element) : {}));
};
export const attribute = (element: Element | undefined, name: string): string | undefined => {
  const value = element?.[`@${name}`];
  return typeof value === 'string' ? value : undefined;
};

/** A link and its name. */
export interface NamedLink {
  readonly element: Element;
  readonly name: string;
}

/** The links of a robot. @throws MeshFileError if there are none, or more than any has. */
export function linksOf(robot: Element, file: string): NamedLink[] {
  const links = children(robot, 'link').map((element) => ({ element, name: attribute(element, 'name') ?? '' }));
  if (links.length === 0) throw new MeshFileError(`${file}: expected at least one <link>, got none`);
  if (links.length > LINKS_MAX)
    throw new MeshFileError(`${file}: expected at most ${LINKS_MAX} links, got ${links.length}`);
  return links;
}

/** Numbers of an attribute; `where` names file and element. */
export function numbers(text: string | undefined, count: number, where: string): number[] {
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

export const vec = (text: string | undefined, where: string): Vec3 => {
  const [x, y, z] = numbers(text, 3, where);
  return [x, y, z];
};

/** Fixed-axis roll, pitch, yaw: about X, then Y, then Z. */
export function origin(element: Element, where: string): Pose {
  const found = child(element, 'origin');
  if (!found) return IDENTITY_POSE;
  const [roll, pitch, yaw] = vec(attribute(found, 'rpy') ?? '0 0 0', `${where} origin rpy`);
  return {
    position: vec(attribute(found, 'xyz') ?? '0 0 0', `${where} origin xyz`),
    quaternion: multiply(axisAngle([0, 0, 1], yaw), multiply(axisAngle([0, 1, 0], pitch), axisAngle([1, 0, 0], roll))),
  };
}

export function shapeOf(geometry: Element | undefined, where: string): UrdfShape {
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
