/**
 * Signs that change with every picture. They are made once and moved: to free the last user of a material frees its
 * shader, and compiling that anew for every picture takes longer than drawing it.
 */
import {
  ArrowHelper,
  BufferAttribute,
  BufferGeometry,
  Line,
  type LineBasicMaterial,
  type Material,
  Mesh,
  MeshBasicMaterial,
  type Object3D,
  SphereGeometry,
  Vector3,
} from 'three';
import type { Vec3 } from '../../../sim/math/pose.ts';

/** Length of the arrow of a force, metres for a newton. */
const FORCE_SCALE = 0.004;
const FORCE_MAX = 0.12;

/** Signs keep their colour, whatever the light and however far away. */
export function unlit<T extends Material>(material: T): T {
  return Object.assign(material, { toneMapped: false, fog: false });
}

/** A dot where a finger touches, and an arrow as long as the force is large. */
export class ForceMark {
  readonly #arrow: ArrowHelper;
  readonly #dot: Mesh;

  constructor(colour: number) {
    this.#arrow = new ArrowHelper(new Vector3(0, 0, 1), new Vector3(), FORCE_MAX, colour, 0.008, 0.006);
    this.#dot = new Mesh(new SphereGeometry(0.0028, 12, 8), new MeshBasicMaterial({ color: colour, depthTest: false }));
    this.#dot.renderOrder = 3;
    for (const { material } of [this.#arrow.line, this.#arrow.cone, this.#dot]) [material].flat().forEach(unlit);
  }

  get parts(): readonly Object3D[] {
    return [this.#arrow, this.#dot];
  }

  hide(): void {
    for (const part of this.parts) part.visible = false;
  }

  /** @param force newtons. @param direction of the force, of length 1. */
  show(point: Vec3, direction: Vec3, force: number): void {
    const length = Math.min(Math.max(force * FORCE_SCALE, 0.008), FORCE_MAX);
    const towards = new Vector3(...direction);
    this.#dot.position.set(...point);
    this.#arrow.position.set(...point).addScaledVector(towards, -length);
    this.#arrow.setDirection(towards);
    this.#arrow.setLength(length, 0.008, 0.006);
    for (const part of this.parts) part.visible = true;
  }
}

/** A line that grows point by point. */
export class Trail {
  readonly line: Line;
  #points = new Float32Array(3 * 256);
  #count = 0;
  #farthest = 0;

  constructor(material: LineBasicMaterial) {
    this.line = new Line(new BufferGeometry(), material);
    // its bounds would have to be found again with every point
    this.line.frustumCulled = false;
    this.#allot();
  }

  /** How far any point is from the first, metres. */
  get farthest(): number {
    return this.#farthest;
  }

  clear(): void {
    this.#count = 0;
    this.#farthest = 0;
  }

  add(x: number, y: number, z: number): void {
    if (3 * this.#count === this.#points.length) {
      const points = new Float32Array(2 * this.#points.length);
      points.set(this.#points);
      this.#points = points;
      this.#allot();
    }
    this.#points.set([x, y, z], 3 * this.#count++);
    const [x0, y0, z0] = this.#points;
    this.#farthest = Math.max(this.#farthest, Math.hypot(x - x0, y - y0, z - z0));
    this.line.geometry.setDrawRange(0, this.#count);
    this.line.geometry.attributes.position.needsUpdate = true;
  }

  /** Buffers have a fixed size. */
  #allot(): void {
    this.line.geometry.dispose();
    this.line.geometry = new BufferGeometry();
    this.line.geometry.setAttribute('position', new BufferAttribute(this.#points, 3));
  }
}
