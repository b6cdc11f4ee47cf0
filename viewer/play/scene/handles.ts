/** Handles in the 3D picture: what is chosen is moved, turned and scaled by dragging. */
import type { Object3D } from 'three';
import { TransformControls } from 'three/addons/controls/TransformControls.js';
import type { Pose } from '../../../sim/math/pose.ts';
import type { View } from '../../page/scene/view.ts';

/** What dragging does. */
export type HandleMode = 'translate' | 'rotate' | 'scale';

/** Told of a drag that has ended. @param scale factor on the size. */
type OnDragged = (pose: Pose, scale: number) => void;

/** The handles of a view. One thing at a time has them. */
export class Handles {
  readonly #controls: TransformControls;
  #onDragged: OnDragged = () => undefined;

  constructor(view: View) {
    const controls = view.addHandles((camera, canvas) => new TransformControls(camera, canvas));
    this.#controls = controls;
    controls.setSize(0.75);
    // as seen on a light and on a dark ground
    controls.setColors('#e5484d', '#30a46c', '#3b82f6', '#f5a524');
    controls.addEventListener('objectChange', () => {
      if (controls.mode === 'scale') evenly(controls.object);
    });
    controls.addEventListener('mouseUp', () => {
      const { object } = controls;
      if (object) this.#onDragged(poseOf(object), object.scale.x);
    });
  }

  /** Whether the pointer is on a handle. */
  get touched(): boolean {
    return this.#controls.axis !== null;
  }

  /** Gives the handles to something drawn, or takes them away. Turning is about its own axes, moving along the world's. */
  attach(object: Object3D | undefined, onDragged: OnDragged): void {
    this.#onDragged = onDragged;
    if (object) this.#controls.attach(object);
    else this.#controls.detach();
  }

  /** While these are dragged, others that lie there are not. */
  goesBefore(other: Handles): void {
    this.#controls.addEventListener('dragging-changed', ({ value }) => {
      other.#controls.enabled = !value;
    });
  }

  /** Shows the handles of these axes alone. */
  only(axes: readonly ('X' | 'Y' | 'Z')[]): void {
    for (const axis of ['X', 'Y', 'Z'] as const) this.#controls[`show${axis}`] = axes.includes(axis);
    Object.assign(this.#controls, { showE: false, showXYZE: false });
  }

  set mode(mode: HandleMode) {
    this.#controls.setMode(mode);
    this.#controls.setSpace(mode === 'translate' ? 'world' : 'local');
  }
}

/** Objects keep their proportions: the axis that was dragged leads. */
function evenly(object: Object3D): void {
  const [x, y, z] = object.scale.toArray();
  const lead = [x, y, z].reduce((a, b) => (Math.abs(Math.log(Math.abs(b))) > Math.abs(Math.log(Math.abs(a))) ? b : a));
  object.scale.setScalar(Math.min(Math.max(Math.abs(lead), 0.1), 10));
}

const poseOf = ({ position: p, quaternion: q }: Object3D): Pose => ({
  position: [p.x, p.y, p.z],
  quaternion: [q.x, q.y, q.z, q.w],
});
