/** Grip: the planned grasp taken by hand in the picture: place, angle, tilt, opening. */
import { Group, Quaternion, Vector3 } from 'three';
import type { Pose } from '../../../sim/math/pose.ts';
import { element } from '../../page/panel.ts';
import type { GraspShown } from '../session.ts';
import type { Stage } from '../stage.ts';
import { Handles } from './handles.ts';

/** What taking the grasp by hand needs of the page. */
export interface GripHost {
  readonly stage: Stage | undefined;
  /** Plans a grasp. @param pose T_world_tcp. @param opening metres. */
  readonly aim: (pose: Pose, opening: number) => Promise<void>;
  /** Whether tilted grasps are of use. */
  readonly tilts: () => boolean;
}

const input = (id: string): HTMLInputElement => element<HTMLInputElement>(id);
const X = new Vector3(1, 0, 0);
const Z = new Vector3(0, 0, 1);
/** The grasp's +Z is the approach, that of the handles is up. */
const OVER = new Quaternion().setFromAxisAngle(X, Math.PI);

/** The handles of the planned grasp, and its sliders of tilt and opening. */
export class Grip {
  readonly #host: GripHost;
  readonly #move: Handles | undefined;
  readonly #turn: Handles | undefined;
  /** Stands where the grasp is, its x along the closing direction, its z against the approach. */
  readonly #frame = new Group();
  #shown: GraspShown | undefined;
  /** What is asked for once the page has planned the grasp before. */
  #wanted: { readonly pose: Pose; readonly opening: number } | undefined;
  #asking = false;

  constructor(host: GripHost) {
    this.#host = host;
    if (host.stage) {
      const { view } = host.stage;
      view.overlay.add(this.#frame);
      this.#move = new Handles(view);
      this.#turn = new Handles(view);
      this.#move.goesBefore(this.#turn);
      this.#turn.goesBefore(this.#move);
      this.#move.mode = 'translate';
      this.#turn.mode = 'rotate';
    }
    input('grip').addEventListener('change', () => this.#attach());
    for (const id of ['tilt', 'opening'])
      input(id).addEventListener('input', () => {
        this.#tell();
        if (this.#shown) this.#aim(this.#frame.position, yawOf(this.#frame.quaternion));
      });
    this.show(undefined, 0.08);
  }

  /** Whether the pointer is on a handle. */
  get touched(): boolean {
    return Boolean(this.#move?.touched || this.#turn?.touched);
  }

  /** The grasp that is planned now. @param stroke of the hand, metres. */
  show(shown: GraspShown | undefined, stroke: number): void {
    this.#shown = shown;
    input('opening').max = String(Math.round(1000 * stroke));
    for (const id of ['tilt', 'opening']) input(id).disabled = !shown;
    // what the user is at goes on
    if (shown && !this.#wanted) {
      const { position, quaternion } = shown.pose;
      this.#frame.position.set(...position);
      this.#frame.quaternion.set(...quaternion).multiply(OVER.clone().invert());
      this.#frame.updateMatrixWorld();
      input('tilt').value = String(Math.round((tiltOf(this.#frame.quaternion) * 180) / Math.PI));
      input('opening').value = String(Math.round(1000 * shown.grasp.opening));
    }
    this.#tell();
    this.#attach();
  }

  /** The picture is something else's. */
  leave(): void {
    this.show(undefined, Number(input('opening').max) / 1000);
  }

  #attach(): void {
    const frame = this.#shown && input('grip').checked ? this.#frame : undefined;
    this.#move?.attach(frame, () => this.#aim(this.#frame.position, yawOf(this.#frame.quaternion)));
    this.#turn?.attach(frame, () => {
      const { quaternion } = this.#frame;
      if (this.#host.tilts()) input('tilt').value = String(Math.round((tiltOf(quaternion) * 180) / Math.PI));
      this.#aim(this.#frame.position, yawOf(quaternion));
    });
    this.#turn?.only(this.#host.tilts() ? ['X', 'Z'] : ['Z']);
  }

  #aim({ x, y, z }: Vector3, yaw: number): void {
    const tilt = this.#host.tilts() ? (Number(input('tilt').value) * Math.PI) / 180 : 0;
    const q = new Quaternion().setFromAxisAngle(Z, yaw);
    q.multiply(new Quaternion().setFromAxisAngle(X, tilt)).multiply(OVER);
    const opening = Number(input('opening').value) / 1000;
    this.#wanted = { pose: { position: [x, y, z], quaternion: [q.x, q.y, q.z, q.w] }, opening };
    void this.#ask();
  }

  /** Asks for what is wanted, one after the other; only the latest of several matters. */
  async #ask(): Promise<void> {
    if (this.#asking) return;
    this.#asking = true;
    while (this.#wanted) {
      const { pose, opening } = this.#wanted;
      this.#wanted = undefined;
      await this.#host.aim(pose, opening);
    }
    this.#asking = false;
  }

  #tell(): void {
    element('tilt-value').textContent = `${input('tilt').value}°`;
    element('opening-value').textContent = `${input('opening').value} mm`;
  }
}

/** Angle of the closing axis from world +X, radians. */
function yawOf(quaternion: Quaternion): number {
  const { x, y } = X.clone().applyQuaternion(quaternion);
  return Math.atan2(y, x);
}

/** Angle about the closing axis from straight down, radians, at most an eighth of a turn. */
function tiltOf(quaternion: Quaternion): number {
  const level = new Quaternion().setFromAxisAngle(Z, yawOf(quaternion)).invert();
  const { y, z } = Z.clone().applyQuaternion(quaternion).applyQuaternion(level);
  return Math.min(Math.max(Math.atan2(-y, z), -Math.PI / 4), Math.PI / 4);
}
