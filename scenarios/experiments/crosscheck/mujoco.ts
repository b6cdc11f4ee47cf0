/** Jaws in MuJoCo, driven by the same trial protocol: a second opinion on every label. */
import type { MainModule, MjData, MjModel } from '@mujoco/mujoco';
import {
  exportMjcf,
  MJCF_GRIPPER_GEOMS,
  MJCF_GRIPPER_QPOS,
  MJCF_PALM_ARMATURE,
  MJCF_SERVO,
  mjcfObject,
} from '../../../sim/files/mjcf.ts';
import type { Grasp } from '../../../sim/grasp.ts';
import type { Approach, Hand } from '../../../sim/hand/hand.ts';
import { COUPLING, JAW_TIMING, jawMissReason, jawOpening } from '../../../sim/hand/jaws.ts';
import { add, type Pose, subtract, transform, type Vec3 } from '../../../sim/math/pose.ts';
import { nearest, type Phase } from '../../../sim/motion.ts';
import type { Outcome, TrialResult, TrialSettings } from '../../../sim/outcome.ts';
import type { Scene } from '../../../sim/scene.ts';
import { type DescentPath, descentPath, playTrial } from '../../../sim/trial.ts';
import { InputError } from '../../load.ts';

export type Mujoco = MainModule;

let loading: Promise<Mujoco> | undefined;

/** MuJoCo's official WebAssembly build. @throws InputError if it is not installed: it is a development dependency. */
export function loadMujoco(): Promise<Mujoco> {
  loading ??= import('@mujoco/mujoco').then(
    ({ default: load }) => load(),
    (error: unknown) => {
      const cause = error instanceof Error ? error.message.split('\n')[0] : String(error);
      throw new InputError(
        `crosscheck: expected @mujoco/mujoco, got: ${cause}; install it with 'npm i -D @mujoco/mujoco'`,
      );
    },
  );
  return loading;
}

/** What is varied to see whether an outcome is robust. */
export interface Variation {
  /** Factor on every coefficient of friction. */
  readonly friction: number;
  /** Shift of the grasp, world frame, metres. */
  readonly shift: Vec3;
}

/** A trial's result, and what it cost. */
export interface MujocoResult extends TrialResult {
  /** Wall-clock time of the trial, without compiling the model. */
  readonly seconds: number;
}

const [LEFT, RIGHT] = [MJCF_GRIPPER_QPOS.indexOf('left'), MJCF_GRIPPER_QPOS.indexOf('right')];
const FIRST_OBJECT = MJCF_GRIPPER_QPOS.length;

/** A compiled scene and grasp. */
interface Compiled {
  readonly mujoco: Mujoco;
  readonly model: MjModel;
  readonly data: MjData;
  readonly scene: Scene;
  readonly grasp: Grasp;
  readonly settings: TrialSettings;
  readonly path: DescentPath;
  readonly approach: Approach;
  /** Which object a geom belongs to, by geom id, or -1; and the ids of the two pads. */
  readonly objectOf: readonly number[];
  readonly pads: readonly [number, number];
}

/** One scene and grasp, compiled; runs the trial under any variation. Whoever creates it calls `free()`. */
export class MujocoTrial {
  /** Wall-clock time of writing and compiling the model. */
  readonly compileSeconds: number;
  readonly #compiled: Compiled;
  readonly #pairFriction: Float64Array;

  /** @param timestep seconds a step. */
  constructor(mujoco: Mujoco, scene: Scene, grasp: Grasp, settings: TrialSettings, timestep: number) {
    const path = descentPath(scene, grasp, settings.motion.descentSpeed * timestep);
    const approach: Approach = {
      target: nearest(scene, grasp),
      distance: path.reach,
      opening: jawOpening(grasp, settings.gripper),
    };
    const started = performance.now();
    const model = mujoco.MjModel.from_xml_string(exportMjcf(scene, grasp, settings, { timestep }));
    const data = new mujoco.MjData(model);
    this.compileSeconds = (performance.now() - started) / 1000;
    this.#pairFriction = Float64Array.from(model.pair_friction as Float64Array);
    const id = (name: string): number => mujoco.mj_name2id(model, mujoco.mjtObj.mjOBJ_GEOM.value, name);
    const pads = [id(MJCF_GRIPPER_GEOMS[1]), id(MJCF_GRIPPER_GEOMS[2])] as const;
    const objectOf = Array.from({ length: model.ngeom }, () => -1);
    scene.objects.forEach((object, o) => {
      object.model.parts.forEach((_, p) => {
        objectOf[id(`${mjcfObject(o)}_${p}`)] = o;
      });
    });
    this.#compiled = { mujoco, model, data, scene, grasp, settings, path, approach, objectOf, pads };
  }

  free(): void {
    this.#compiled.data.delete();
    this.#compiled.model.delete();
  }

  /** The trial from its start, under a variation. */
  run({ friction, shift }: Variation): MujocoResult {
    const { model, scene, grasp, settings, path, approach } = this.#compiled;
    const pairs = model.pair_friction as Float64Array;
    for (let i = 0; i < pairs.length; i++) pairs[i] = this.#pairFriction[i] * (i % 5 < 2 ? friction : 1);
    const moved = (pose: Pose): Pose => ({ ...pose, position: add(pose.position, shift) });
    const shifted: DescentPath = {
      ...path,
      from: moved(path.from),
      pose: (step, distance, back) => moved(path.pose(step, distance, back)),
    };
    const started = performance.now();
    const hand = new MujocoJaws(this.#compiled, shifted.from.position);
    const stepHz = 1 / model.opt.timestep;
    const result = playTrial(hand, { scene, grasp, settings, approach, path: shifted, first: 0, stepHz });
    return { ...result, seconds: (performance.now() - started) / 1000 };
  }
}

/** The jaws of one run, their palm prescribed as graft's kinematic palm is. */
class MujocoJaws implements Hand {
  readonly timing = JAW_TIMING;
  readonly #compiled: Compiled;
  // views into MuJoCo's memory
  readonly #qpos: Float64Array;
  readonly #qvel: Float64Array;
  readonly #ctrl: Float64Array;
  readonly #applied: Float64Array;
  readonly #touch: Float64Array;
  /** What the palm's joints move, kg, and how fast, m/s. */
  readonly #palmMass: number;
  readonly #speed = [0, 0, 0];
  /** Where the palm's joints are zero, world frame. */
  readonly #origin: Vec3;

  /** @param position of the palm at the start, world frame, at rest. */
  constructor(compiled: Compiled, position: Vec3) {
    const { mujoco, model, data, path } = compiled;
    this.#compiled = compiled;
    this.#origin = path.from.position;
    this.#palmMass = MJCF_PALM_ARMATURE + (model.body_subtreemass as Float64Array)[1];
    mujoco.mj_resetDataKeyframe(model, data, 0);
    this.#qpos = data.qpos as Float64Array;
    this.#qvel = data.qvel as Float64Array;
    this.#ctrl = data.ctrl as Float64Array;
    this.#applied = data.qfrc_applied as Float64Array;
    this.#touch = data.sensordata as Float64Array;
    this.#couple(0);
    for (let a = 0; a < 3; a++) this.#qpos[a] = position[a] - this.#origin[a];
  }

  /** Stiffness of the tendon between the jaws, N/m: none while the opening is held. */
  #couple(stiffness: number): void {
    (this.#compiled.model.tendon_stiffness as Float64Array)[0] = stiffness;
  }

  /**
   * The force that moves the palm is applied, so that the contact solver sees the acceleration; what little a grip deflects it
   * is undone.
   */
  step({ position }: Pose, phase: Phase): void {
    const { mujoco, model, data, settings, approach } = this.#compiled;
    const closing = phase !== 'descend';
    if (closing) this.#couple(COUPLING / 2);
    const { timestep } = model.opt;
    const to = subtract(position, this.#origin);
    for (let a = 0; a < 3; a++) {
      const speed = (to[a] - this.#qpos[a]) / timestep;
      this.#applied[a] = (this.#palmMass * (speed - this.#speed[a])) / timestep;
      this.#qvel[a] = this.#speed[a];
      this.#speed[a] = speed;
      // the servos rest: target where the palm is, damping cancelled
      this.#ctrl[a] = this.#qpos[a] + (MJCF_SERVO.kv / MJCF_SERVO.kp) * this.#qvel[a];
    }
    for (const finger of [LEFT, RIGHT]) {
      const open = COUPLING * (approach.opening / 2 - this.#qpos[finger]);
      this.#ctrl[finger] = closing ? -settings.gripper.force : open;
    }
    mujoco.mj_step(model, data);
    this.#qpos.set(to);
  }

  gap(): number {
    return this.#qpos[LEFT] + this.#qpos[RIGHT];
  }

  contactForce(): number {
    return this.#touch[0] + this.#touch[1] + this.#touch[2];
  }

  forcesOn(object: number): readonly [number, number] {
    const { data, objectOf, pads } = this.#compiled;
    const forces: [number, number] = [0, 0];
    const contacts = data.contact;
    const force = data.efc_force as Float64Array;
    for (let i = 0; i < data.ncon; i++) {
      const contact = contacts.get(i)!;
      const [a, b] = [contact.geom1 as number, contact.geom2 as number];
      const pad = pads.findIndex((p) => p === a || p === b);
      const touched = Math.max(objectOf[a], objectOf[b]);
      if (pad >= 0 && touched === object && contact.efc_address >= 0) forces[pad] += force[contact.efc_address];
      contact.delete();
    }
    contacts.delete();
    return forces;
  }

  grips(object: number): boolean {
    const [a, b] = this.forcesOn(object);
    return a > 0 && b > 0;
  }

  hasClosedOnSomething(): boolean {
    return this.#compiled.scene.objects.some((_, object) => this.grips(object));
  }

  missReason(stopped: boolean): Outcome {
    const { scene, grasp, approach } = this.#compiled;
    return jawMissReason(scene, grasp, approach.target, stopped);
  }

  poses(): readonly [Pose, Pose, Pose] {
    const { quaternion } = this.#compiled.path.from;
    const palm: Pose = { position: add(this.#origin, [this.#qpos[0], this.#qpos[1], this.#qpos[2]]), quaternion };
    const finger = (x: number): Pose => ({ ...palm, position: transform(palm, [x, 0, 0]) });
    return [palm, finger(this.#qpos[LEFT]), finger(-this.#qpos[RIGHT])];
  }

  objectPose(object: number): Pose {
    const at = FIRST_OBJECT + 7 * object;
    const [x, y, z, qw, qx, qy, qz] = this.#qpos.subarray(at, at + 7);
    return { position: [x, y, z], quaternion: [qx, qy, qz, qw] };
  }

  /** MuJoCo resets what diverges; what is left of it is not finite. */
  hasDiverged(): boolean {
    return !this.#qpos.every(Number.isFinite);
  }
}
