/** Layers of the scene: overlays of a trial, switched one by one. */
import {
  AxesHelper,
  BufferAttribute,
  BufferGeometry,
  Group,
  Line,
  LineBasicMaterial,
  LineSegments,
  Mesh,
  type Object3D,
  Points,
  PointsMaterial,
  Quaternion,
} from 'three';
import { deproject } from '../../../sim/camera/camera.ts';
import type { Mesh as MeshData } from '../../../sim/objects/mesh.ts';
import { GRIPPER_BODIES } from '../../../sim/recording/episode.ts';
import type { Seen } from '../../../sim/recording/read/seen.ts';
import type { EpisodeInfo } from '../../foxglove/additions.ts';
import { touchedPoint } from './contact.ts';
import type { Sample } from './interpolation.ts';
import { ForceMark, Trail, unlit } from './marks.ts';

/** What can be drawn besides gripper and objects, with the key that switches it. */
export const LAYERS = [
  { name: 'grasp', label: 'planned grasp', key: '1', shown: true },
  { name: 'contacts', label: 'contacts and forces', key: '2', shown: true },
  { name: 'path', label: 'path of the object', key: '3', shown: true },
  { name: 'camera', label: 'camera', key: '4', shown: false },
  { name: 'cloud', label: 'point cloud', key: '5', shown: false },
  { name: 'frames', label: 'frames', key: '6', shown: false },
] as const;
export type LayerName = (typeof LAYERS)[number]['name'];

const COLOURS = { contact: 0xd55e00, path: 0x0072b2, camera: 0x56788f } as const;
/** Objects that moved less than this have no path, metres. */
const PATH_LEAST = 0.004;

/** Draws contacts, path, camera, point cloud and frames into a group. */
export class Layers {
  readonly #parent: Group;
  readonly #groups = new Map<LayerName, Group>();
  #info: EpisodeInfo | undefined;
  #geometry: ReadonlyMap<string, MeshData> = new Map();
  #frames: AxesHelper[] = [];
  readonly #forces: ForceMark[] = [];
  /** How many of them are shown. */
  #pressed = 0;
  /** Where each object has been in this play. */
  readonly #trails: Trail[] = [];
  readonly #trailMaterial = unlit(new LineBasicMaterial({ color: COLOURS.path }));
  #lastTime = -1;

  constructor(parent: Group) {
    this.#parent = parent;
    for (const { name, shown } of LAYERS) {
      const group = new Group();
      group.visible = shown;
      this.#groups.set(name, group);
      parent.add(group);
    }
  }

  show(name: LayerName, shown: boolean): void {
    this.#groups.get(name)!.visible = shown;
  }

  /** Objects in the picture by layer, for those who look from outside. */
  counts(): Record<string, number> {
    const shown = (g: Group): number => (g.visible ? g.children.filter((c) => c.visible).length : 0);
    return Object.fromEntries([...this.#groups].map(([name, group]) => [name, shown(group)]));
  }

  /** A new trial begins. @param path of each object over the whole trial, if it is known: x y z, x y z, ... */
  begin(info: EpisodeInfo, geometry: ReadonlyMap<string, MeshData>, path?: readonly number[][]): void {
    this.#info = info;
    this.#geometry = geometry;
    for (const name of ['camera', 'frames'] as const) this.#clear(name);
    this.#hideForces();
    this.#frames = Array.from({ length: GRIPPER_BODIES + info.objects.length }, () => new AxesHelper(0.04));
    this.#groups.get('frames')!.add(...this.#frames, new AxesHelper(0.08));
    this.#beginTrails(info.objects.length, path);
    this.#drawCamera(info);
  }

  #beginTrails(objects: number, path: readonly number[][] | undefined): void {
    const group = this.#groups.get('path')!;
    for (const { line } of this.#trails.splice(objects)) {
      line.geometry.dispose();
      group.remove(line);
    }
    while (this.#trails.length < objects) {
      const trail = new Trail(this.#trailMaterial);
      this.#trails.push(trail);
      group.add(trail.line);
    }
    for (const trail of this.#trails) trail.clear();
    this.#lastTime = path ? Number.POSITIVE_INFINITY : -1;
    path?.forEach((points, i) => {
      for (let k = 0; k < points.length; k += 3) this.#trails[i]?.add(points[k], points[k + 1], points[k + 2]);
    });
    this.#showTrails();
  }

  #hideForces(): void {
    this.#pressed = 0;
    for (const mark of this.#forces) mark.hide();
  }

  /** The pictures of the trial have come. */
  see(info: EpisodeInfo, { depth, colour }: Seen): void {
    this.#clear('cloud');
    if (
      !info.camera ||
      !depth ||
      depth.depth.length !== info.camera.intrinsics.widthPx * info.camera.intrinsics.heightPx
    )
      return;
    const all = deproject(info.camera, depth.depth);
    const [points, colours]: [number[], number[]] = [[], []];
    for (let i = 0; i < depth.depth.length; i++) {
      if (!(depth.depth[i] > 0)) continue;
      points.push(all[3 * i], all[3 * i + 1], all[3 * i + 2]);
      const rgb =
        colour?.rgb.length === 3 * depth.depth.length ? colour.rgb.subarray(3 * i, 3 * i + 3) : [160, 160, 160];
      // sRGB to linear, about
      colours.push(...[...rgb].map((c) => (c / 255) ** 2.2));
    }
    const geometry = new BufferGeometry();
    geometry.setAttribute('position', new BufferAttribute(Float32Array.from(points), 3));
    geometry.setAttribute('color', new BufferAttribute(Float32Array.from(colours), 3));
    const material = new PointsMaterial({ size: 2.5, sizeAttenuation: false, vertexColors: true });
    this.#groups.get('cloud')!.add(new Points(geometry, material));
  }

  /** Shows one moment. */
  pose({ poses, time, contacts }: Sample): void {
    const info = this.#info;
    if (!info) return;
    this.#frames.forEach((axes, i) => {
      axes.position.fromArray(poses, 7 * i);
      axes.quaternion.fromArray(poses, 7 * i + 3);
    });
    this.#follow(poses, time);
    this.#hideForces();
    for (const { object, left, right } of contacts) {
      for (const [force, side] of [
        [left, 1],
        [right, -1],
      ] as const)
        if (force > 0.01) this.#press(info, poses, object, side, force);
    }
  }

  /** Shows how hard a finger presses. */
  #press(info: EpisodeInfo, poses: Float32Array, object: number, side: 1 | -1, force: number): void {
    const mesh = this.#geometry.get(info.objects[object]?.geometry ?? '');
    if (!mesh) return;
    const { point, direction } = touchedPoint(info, mesh, poses, object, side);
    let mark = this.#forces[this.#pressed];
    if (!mark) {
      mark = new ForceMark(COLOURS.contact);
      this.#forces.push(mark);
      this.#groups.get('contacts')!.add(...mark.parts);
    }
    mark.show(point, direction, force);
    this.#pressed++;
  }

  /** Takes note of where objects are while a trial whose path is not known plays. */
  #follow(poses: Float32Array, time: number): void {
    if (this.#lastTime === Number.POSITIVE_INFINITY) return;
    if (time < this.#lastTime) for (const trail of this.#trails) trail.clear();
    this.#lastTime = time;
    this.#trails.forEach((trail, i) => {
      const at = (GRIPPER_BODIES + i) * 7;
      trail.add(poses[at], poses[at + 1], poses[at + 2]);
    });
    this.#showTrails();
  }

  #showTrails(): void {
    for (const trail of this.#trails) trail.line.visible = trail.farthest >= PATH_LEAST;
  }

  /** The camera as a pyramid, 12 cm deep, with a bar at the top of its picture. */
  #drawCamera({ camera }: EpisodeInfo): void {
    if (!camera) return;
    const { widthPx, heightPx, fx, fy, cx, cy } = camera.intrinsics;
    const depth = 0.12;
    const corner = (u: number, v: number): number[] => [((u - cx) / fx) * depth, ((v - cy) / fy) * depth, depth];
    const [a, b, c, d] = [corner(0, 0), corner(widthPx, 0), corner(widthPx, heightPx), corner(0, heightPx)];
    const top = corner(widthPx / 2, -heightPx * 0.12);
    const origin = [0, 0, 0];
    const lines = [a, b, b, c, c, d, d, a, origin, a, origin, b, origin, c, origin, d, a, top, b, top].flat();
    const geometry = new BufferGeometry();
    geometry.setAttribute('position', new BufferAttribute(Float32Array.from(lines), 3));
    const frustum = new LineSegments(geometry, unlit(new LineBasicMaterial({ color: COLOURS.camera })));
    frustum.position.set(...camera.pose.position);
    frustum.quaternion.copy(new Quaternion(...camera.pose.quaternion));
    this.#groups.get('camera')!.add(frustum);
  }

  #clear(name: LayerName): void {
    const group = this.#groups.get(name)!;
    group.traverse(free);
    group.clear();
  }

  /** Frees everything. */
  dispose(): void {
    for (const name of this.#groups.keys()) this.#clear(name);
    this.#parent.clear();
  }
}

function free(node: Object3D): void {
  if (!(node instanceof Mesh || node instanceof Line || node instanceof Points)) return;
  node.geometry.dispose();
  for (const material of [node.material].flat()) material.dispose();
}
