/** Building of an object from its files: mesh, convex parts, mass, and what is wrong with them. */
import { decodeText, MeshFileError } from '../../sim/files/mesh-file.ts';
import { parseUrdf, type UrdfGeometry } from '../../sim/files/urdf.ts';
import type { UrdfShape } from '../../sim/files/urdf-xml.ts';
import { compose, IDENTITY_POSE, invert, type Pose, subtract, transform, type Vec3 } from '../../sim/math/pose.ts';
import { rngStream } from '../../sim/math/rng.ts';
import { hsvToRgb, scalePart } from '../../sim/objects/families.ts';
import { graspWidth } from '../../sim/objects/grasp-width.ts';
import {
  isPhysical,
  type Moments,
  massProperties,
  meshesMoments,
  meshMoments,
  withMass,
} from '../../sim/objects/mass-properties.ts';
import { type Mesh, mergeMeshes } from '../../sim/objects/mesh.ts';
import { bounds, flipped, soundMesh, subMesh } from '../../sim/objects/mesh-check.ts';
import {
  type MassProperties,
  type ObjectModel,
  type Part,
  part,
  partsMesh,
  solidMesh,
} from '../../sim/objects/object.ts';
import { resizedMass, resizedMesh } from '../../sim/objects/resize.ts';
import { addObject, createWorld, freeWorld, PHYSICS_DEFAULTS } from '../../sim/physics.ts';
import type { ObjectsSettings } from '../schema/objects.ts';
import { flattened } from './flat-faces.ts';
import type { ObjectFile } from './folder.ts';
import { convexParts, type HullCutter, MAX_HULL_POINTS, outermost } from './hulls.ts';
import { type MeshData, meshReader } from './mesh-formats.ts';

/** An object that was read, and what there is to say about it. */
export interface BuiltObject {
  readonly model: ObjectModel;
  /** Extent of the drawn mesh along the object's axes, metres. */
  readonly size: Vec3;
  readonly triangles: number;
  /** Smallest width between two fingers; undefined if no two faces oppose each other. */
  readonly width: number | undefined;
  readonly warnings: readonly string[];
}

/**
 * Reads a file of an object.
 * @param reference as a URDF writes it, or the file itself.
 * @param from the file that refers to it.
 * @throws MeshFileError if it cannot be had.
 */
type ReadFile = (reference: string, from: string) => { readonly bytes: Uint8Array; readonly file: string };

/** What objects are built with. */
export interface BuildContext {
  readonly read: ReadFile;
  readonly settings: ObjectsSettings;
  readonly cache: HullCutter;
  /** Of the gripper, metres. */
  readonly stroke: number;
  readonly fingerThickness: number;
}

/** Lengths are metres from here on. `pose` is T_object_geometry. */
interface Geometry {
  readonly shape: Exclude<UrdfShape, { kind: 'mesh' }> | { readonly kind: 'mesh'; readonly mesh: MeshData };
  readonly pose: Pose;
  readonly colour?: Vec3;
}

interface Sources {
  readonly visual: readonly Geometry[];
  readonly collision: readonly Geometry[];
  readonly moments?: Moments;
  readonly isUrdf: boolean;
}

const METRES = { m: 1, cm: 0.01, mm: 0.001, inch: 0.0254 } as const;
/** Longest side of an object, metres. */
const SIZES = [0.002, 1] as const;

/** @throws MeshFileError if the object cannot be used. */
export async function buildObject(source: ObjectFile, context: BuildContext): Promise<BuiltObject> {
  if (source.problem) throw new MeshFileError(source.problem);
  const warnings: string[] = [];
  const sources = await readSources(source, context);
  const { mesh, closed } = drawn(sources, source.file, warnings);
  const parts = collisionParts(sources, source.file, context, warnings);
  const solids = parts.map(({ solid, pose }) => mergeMeshes([{ mesh: solidMesh(solid), pose }]));
  const shape = closed ? meshMoments(mesh) : meshesMoments(solids);
  const mass = weigh(sources.moments, shape, mesh, context.settings.density, source.file, warnings);
  const colour = sources.visual.find((g) => g.colour)?.colour ?? ownColour(source.name);
  const placed = recentre({ mesh, parts, mass }, shape.centre);
  const scaled = context.settings.scaleToGripper ? resize(placed, fitting(placed.mesh, context.stroke)) : placed;
  const size = extent(scaled.mesh);
  checkSize(size, source.file);
  compareBounds(scaled, size, source.file, warnings);
  const model: ObjectModel = {
    family: source.name,
    parts: scaled.parts,
    mesh: scaled.mesh,
    collision: partsMesh(scaled.parts),
    density: context.settings.density,
    massProperties: scaled.mass,
    friction: 0.5,
    colour,
  };
  checkCollides(model, source.file);
  return {
    model,
    size,
    triangles: scaled.mesh.indices.length / 3,
    width: graspWidth(scaled.parts, context.fingerThickness),
    warnings,
  };
}

/** Reads every file that the object names. */
async function readSources(source: ObjectFile, context: BuildContext): Promise<Sources> {
  const { read: readFile } = context;
  if (/\.urdf$/i.test(source.file)) {
    const urdf = parseUrdf(decodeText(readFile(source.file, source.file).bytes, source.file), source.file);
    const known = new Map<string, Promise<MeshData>>();
    const load = (geometry: UrdfGeometry): Promise<Geometry> => urdfGeometry(geometry, readFile, source.file, known);
    return {
      visual: await Promise.all(urdf.visual.map(load)),
      collision: await Promise.all(urdf.collision.map(load)),
      ...(urdf.moments && { moments: urdf.moments }),
      isUrdf: true,
    };
  }
  const read = async (file: string): Promise<Geometry> => {
    const { colour, ...data } = await readMesh(readFile, file, file);
    const up = context.settings.up ?? (/\.glb$/i.test(file) ? 'y' : 'z');
    const mesh = reframed(data.mesh, METRES[context.settings.unit], up === 'y');
    return { shape: { kind: 'mesh', mesh: { ...data, mesh } }, pose: IDENTITY_POSE, ...(colour && { colour }) };
  };
  return {
    visual: [await read(source.file)],
    collision: source.collision ? [await read(source.collision)] : [],
    isUrdf: false,
  };
}

async function urdfGeometry(
  { shape, pose, colour }: UrdfGeometry,
  readFile: ReadFile,
  from: string,
  known: Map<string, Promise<MeshData>>,
): Promise<Geometry> {
  if (shape.kind !== 'mesh') return { shape, pose, ...(colour && { colour }) };
  if (!known.has(shape.file)) known.set(shape.file, readMesh(readFile, shape.file, from));
  const data = await known.get(shape.file)!;
  const { positions, indices } = data.mesh;
  const stretched = { positions: positions.map((x, i) => x * shape.scale[i % 3]), indices };
  const mirrored = shape.scale[0] * shape.scale[1] * shape.scale[2] < 0;
  const mesh = mirrored ? flipped(stretched) : stretched;
  return { shape: { kind: 'mesh', mesh: { ...data, mesh } }, pose, ...(colour && { colour }) };
}

async function readMesh(readFile: ReadFile, reference: string, from: string): Promise<MeshData> {
  const read = meshReader(reference, from);
  const { bytes, file } = readFile(reference, from);
  return read(bytes, file);
}

/** In metres and +Z up. */
function reframed({ positions, indices }: Mesh, unit: number, yUp: boolean): Mesh {
  const out = new Float32Array(positions.length);
  for (let i = 0; i < out.length; i += 3) {
    const [x, y, z] = [positions[i] * unit, positions[i + 1] * unit, positions[i + 2] * unit];
    out.set(yUp ? [x, -z, y] : [x, y, z], i);
  }
  return { positions: out, indices };
}

/** The mesh that the camera sees, in one piece. */
function drawn(sources: Sources, file: string, warnings: string[]): { mesh: Mesh; closed: boolean } {
  const seen = sources.visual.length > 0 ? sources.visual : sources.collision;
  if (seen.length === 0) throw new MeshFileError(`${file}: expected visual or collision geometry, got none`);
  if (sources.visual.length === 0) warnings.push(`${file}: no visual geometry: its collision geometry is drawn`);
  let closed = true;
  const pieces = seen.map(({ shape, pose }) => {
    if (shape.kind !== 'mesh') return { mesh: primitiveMesh(shape), pose };
    const sound = soundMesh(shape.mesh.mesh, shape.mesh.file);
    closed &&= sound.closed;
    warnings.push(...sound.warnings);
    return { mesh: sound.mesh, pose };
  });
  return { mesh: mergeMeshes(pieces), closed };
}

const primitiveMesh = (shape: Exclude<UrdfShape, { kind: 'mesh' }>): Mesh => solidMesh(shape);

/** The convex parts: as given, else cut from what is drawn. */
function collisionParts(sources: Sources, file: string, context: BuildContext, warnings: string[]): Part[] {
  const given = sources.collision.length > 0;
  if (!given && sources.isUrdf) warnings.push(`${file}: no collision geometry: cut from the visual geometry`);
  let thinned = 0;
  const parts = (given ? sources.collision : sources.visual).flatMap(({ shape, pose }): Part[] => {
    if (shape.kind !== 'mesh') return [part(shape, pose.position, pose.quaternion)];
    const { mesh, groups, file: from } = shape.mesh;
    // only a collision file's groups are pieces: in a visual one they are materials
    const ranges = given ? groups : [{ name: '', first: 0, end: mesh.indices.length / 3 }];
    return ranges
      .flatMap((g) => convexParts(subMesh(mesh, g.first, g.end), ranges.length > 1, from, context.cache))
      .map((all) => {
        const points = outermost(all);
        if (points !== all) thinned++;
        return part({ kind: 'hull', points: flattened(points) }, pose.position, pose.quaternion);
      });
  });
  if (thinned > 0)
    warnings.push(
      `${file}: ${thinned} of ${parts.length} convex pieces collide with their ${MAX_HULL_POINTS} outermost points`,
    );
  if (parts.length === 0) throw new MeshFileError(`${file}: expected a shape that can collide, got no convex piece`);
  return parts;
}

/** Mass and inertia from the file where they make sense, else from the shape. */
function weigh(
  given: Moments | undefined,
  shape: Moments,
  mesh: Mesh,
  density: number,
  file: string,
  warnings: string[],
): MassProperties {
  if (!given) return massProperties(withMass(shape, shape.mass * density));
  const known = massProperties(given);
  const computed = massProperties(withMass(shape, known.mass));
  const { min, max } = bounds(mesh);
  const inside = known.centre.every((c, axis) => c >= min[axis] && c <= max[axis]);
  // no body of this size has more than all its mass in the farthest corner, nor much less than a solid one
  const reach = Math.hypot(...known.centre.map((c, k) => Math.max(c - min[k], max[k] - c)));
  const trace = (m: MassProperties): number => m.inertia[0] + m.inertia[1] + m.inertia[2];
  const plausible =
    isPhysical(known) && trace(known) < 2.1 * known.mass * reach * reach && trace(known) > 0.03 * trace(computed);
  if (inside && plausible) return known;
  const what = inside
    ? `inertia ${known.inertia.map((i) => i.toPrecision(2)).join(', ')} kg m^2`
    : 'centre of mass outside it';
  warnings.push(`${file}: ${what} does not fit the shape: computed from the shape and the mass`);
  return computed;
}

interface Body {
  readonly mesh: Mesh;
  readonly parts: readonly Part[];
  readonly mass: MassProperties;
}

/** With the origin in the middle of the mass, where a dropped object turns. */
function recentre({ mesh, parts, mass }: Body, middle: Vec3): Body {
  const shift = invert({ ...IDENTITY_POSE, position: middle });
  return {
    mesh: mergeMeshes([{ mesh, pose: shift }]),
    parts: parts.map(({ solid, pose }) => ({ solid, pose: compose(shift, pose) })),
    mass: { ...mass, centre: transform(shift, mass.centre) },
  };
}

/** All lengths times `s` at the same density. */
const resize = ({ mesh, parts, mass }: Body, s: number): Body => ({
  mesh: resizedMesh(mesh, s),
  parts: parts.map((p) => scalePart(p, s)),
  mass: resizedMass(mass, s),
});

/** EGAD's rule (D. Morrison et al., 2020): the longest side as long as the stroke, the shortest at most 80 % of it. */
function fitting(mesh: Mesh, stroke: number): number {
  const sides = extent(mesh);
  return Math.min(stroke / Math.max(...sides), (0.8 * stroke) / Math.min(...sides));
}

function extent(mesh: Mesh): Vec3 {
  const { min, max } = bounds(mesh);
  return subtract(max, min);
}

const metres = (length: number): string => `${Number(length.toPrecision(3))} m`;

function checkSize(size: Vec3, file: string): void {
  const longest = Math.max(...size);
  if (longest >= SIZES[0] && longest <= SIZES[1]) return;
  throw new MeshFileError(
    `${file}: expected an object between ${SIZES[0]} and ${SIZES[1]} m long, got ${metres(longest)}; set objects.unit or objects.scaleToGripper`,
  );
}

/** Better here than in the middle of a run. */
function checkCollides(model: ObjectModel, file: string): void {
  const world = createWorld(PHYSICS_DEFAULTS);
  try {
    addObject(world, model, IDENTITY_POSE);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new MeshFileError(`${file}: expected convex pieces that the physics can use, got: ${error.message}`);
  } finally {
    freeWorld(world);
  }
}

/** A collision shape that is not where the picture is misleads every policy. */
function compareBounds({ mesh, parts }: Body, size: Vec3, file: string, warnings: string[]): void {
  const seen = bounds(mesh);
  const felt = bounds(mergeMeshes(parts.map(({ solid, pose }) => ({ mesh: solidMesh(solid), pose }))));
  const gap = Math.max(
    ...[0, 1, 2].flatMap((k) => [Math.abs(seen.min[k] - felt.min[k]), Math.abs(seen.max[k] - felt.max[k])]),
  );
  if (gap > 0.005 + 0.05 * Math.max(...size))
    warnings.push(`${file}: its collision geometry and what is drawn differ by ${metres(gap)}`);
}

/** The same colour for the same name. */
function ownColour(name: string): Vec3 {
  const rng = rngStream(0, `colour/${name}`);
  return hsvToRgb(rng.next(), rng.range(0.35, 0.8), rng.range(0.6, 0.9));
}
