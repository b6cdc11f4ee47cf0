import {
  ArrowHelper,
  AxesHelper,
  BufferAttribute,
  BufferGeometry,
  Group,
  Line,
  LineBasicMaterial,
  LineSegments,
  Mesh,
  MeshBasicMaterial,
  type Object3D,
  Points,
  PointsMaterial,
  Quaternion,
  SphereGeometry,
  Vector3,
} from 'three';
import { deproject } from '../../sim/camera.ts';
import type { Mesh as MeshData } from '../../sim/mesh.ts';
import { GRIPPER_BODIES } from '../episode.ts';
import type { EpisodeInfo } from '../protocol.ts';
import { touchedPoint } from './contact.ts';
import type { Sample } from './interpolation.ts';
import type { Seen } from './live.ts';

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

/** Length of the arrow of a force, metres for a newton. */
const FORCE_SCALE = 0.004;
const FORCE_MAX = 0.12;
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
  /** Where the objects have been in this play: positions by object. */
  #trail: number[][] = [];
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
    const shown = (g: Group): number => (g.visible ? g.children.length : 0);
    return Object.fromEntries([...this.#groups].map(([name, group]) => [name, shown(group)]));
  }

  /** A new trial begins. @param path of each object over the whole trial, if it is known: x y z, x y z, ... */
  begin(info: EpisodeInfo, geometry: ReadonlyMap<string, MeshData>, path?: readonly number[][]): void {
    this.#info = info;
    this.#geometry = geometry;
    for (const name of ['contacts', 'path', 'camera', 'frames'] as const) this.#clear(name);
    this.#frames = Array.from({ length: GRIPPER_BODIES + info.objects.length }, () => new AxesHelper(0.04));
    this.#groups.get('frames')!.add(...this.#frames, new AxesHelper(0.08));
    this.#trail = path?.map((p) => [...p]) ?? [];
    this.#lastTime = path ? Number.POSITIVE_INFINITY : -1;
    if (path) this.#drawPath();
    this.#drawCamera(info);
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
    this.#clear('contacts');
    for (const { object, left, right } of contacts) {
      for (const [force, side] of [
        [left, 1],
        [right, -1],
      ] as const)
        if (force > 0.01) this.#press(info, poses, object, side, force);
    }
  }

  /** A dot where the finger touches, and an arrow as long as the force is large. */
  #press(info: EpisodeInfo, poses: Float32Array, object: number, side: 1 | -1, force: number): void {
    const mesh = this.#geometry.get(info.objects[object]?.geometry ?? '');
    if (!mesh) return;
    const touch = touchedPoint(info, mesh, poses, object, side);
    const length = Math.min(Math.max(force * FORCE_SCALE, 0.008), FORCE_MAX);
    const towards = new Vector3(...touch.direction);
    const tip = new Vector3(...touch.point);
    const arrow = new ArrowHelper(
      towards,
      tip.clone().addScaledVector(towards, -length),
      length,
      COLOURS.contact,
      0.008,
      0.006,
    );
    const dot = new Mesh(
      new SphereGeometry(0.0028, 12, 8),
      new MeshBasicMaterial({ color: COLOURS.contact, depthTest: false }),
    );
    dot.position.copy(tip);
    dot.renderOrder = 3;
    // signs keep their colour, whatever the light and however far away
    for (const material of [arrow.line.material, arrow.cone.material, dot.material].flat())
      Object.assign(material, { toneMapped: false, fog: false });
    this.#groups.get('contacts')!.add(arrow, dot);
  }

  /** Takes note of where objects are while a trial whose path is not known plays. */
  #follow(poses: Float32Array, time: number): void {
    if (this.#lastTime === Number.POSITIVE_INFINITY) return;
    if (time < this.#lastTime) this.#trail = [];
    this.#lastTime = time;
    const objects = poses.length / 7 - GRIPPER_BODIES;
    for (let i = 0; i < objects; i++) {
      const at = (GRIPPER_BODIES + i) * 7;
      this.#trail[i] ??= [];
      this.#trail[i].push(poses[at], poses[at + 1], poses[at + 2]);
    }
    this.#drawPath();
  }

  #drawPath(): void {
    this.#clear('path');
    for (const trail of this.#trail) {
      const end = trail.length - 3;
      let farthest = 0;
      for (let i = 3; i <= end; i += 3)
        farthest = Math.max(
          farthest,
          Math.hypot(trail[i] - trail[0], trail[i + 1] - trail[1], trail[i + 2] - trail[2]),
        );
      if (farthest < PATH_LEAST) continue;
      const geometry = new BufferGeometry();
      geometry.setAttribute('position', new BufferAttribute(Float32Array.from(trail), 3));
      const material = new LineBasicMaterial({ color: COLOURS.path, toneMapped: false, fog: false });
      this.#groups.get('path')!.add(new Line(geometry, material));
    }
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
    const frustum = new LineSegments(
      geometry,
      new LineBasicMaterial({ color: COLOURS.camera, toneMapped: false, fog: false }),
    );
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
