import type { MainModule, MjData, MjModel } from '@mujoco/mujoco';
import {
  exportMjcf,
  MJCF_GRIPPER_GEOMS,
  MJCF_GRIPPER_QPOS,
  MJCF_PALM_ARMATURE,
  MJCF_SERVO,
  mjcfObject,
} from '../../../sim/files/mjcf.ts';
import { approachAxis, type Grasp } from '../../../sim/grasp.ts';
import { COUPLING } from '../../../sim/hand/jaws.ts';
import { add, dot, type Pose, scale, subtract, type Vec3 } from '../../../sim/math/pose.ts';
import {
  BACK_OFF,
  CHECK_SECONDS,
  CLOSE_SECONDS,
  carryPath,
  carrySeconds,
  clearPose,
  FEEL_SECONDS,
  HELD_HEIGHT,
  LOST_CHECKS,
  nearest,
  STALL_SECONDS,
  STALL_SPEED,
} from '../../../sim/motion.ts';
import type { TrialSettings } from '../../../sim/outcome.ts';
import type { Scene } from '../../../sim/scene.ts';
import { InputError } from '../../load.ts';

/** The trial of sim/trial.ts, phase by phase, in MuJoCo: a second opinion on every label. */

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

export interface MujocoResult {
  readonly held: boolean;
  /** Distance between the pads at the end, metres. */
  readonly gap: number;
  /** T_world_object of the object held, else of the one nearest to the grasp, at the end. */
  readonly finalPose: Pose;
  readonly target: number;
  /** Wall-clock time of the trial, without compiling the model. */
  readonly seconds: number;
  readonly steps: number;
}

const [LEFT, RIGHT] = [MJCF_GRIPPER_QPOS.indexOf('left'), MJCF_GRIPPER_QPOS.indexOf('right')];
const FIRST_OBJECT = MJCF_GRIPPER_QPOS.length;

/** One scene and grasp, compiled; runs the trial under any variation. Whoever creates it calls `free()`. */
export class MujocoTrial {
  /** Wall-clock time of writing and compiling the model. */
  readonly compileSeconds: number;
  readonly #mujoco: Mujoco;
  readonly #model: MjModel;
  readonly #data: MjData;
  readonly #scene: Scene;
  readonly #grasp: Grasp;
  readonly #settings: TrialSettings;
  readonly #pregrasp: Pose;
  readonly #target: number;
  readonly #pairFriction: Float64Array;
  /** Which object a geom belongs to, by geom id, or -1; and the ids of the two pads. */
  readonly #objectOf: readonly number[];
  readonly #pads: readonly [number, number];
  // views into MuJoCo's memory, taken anew for each run
  #qpos: Float64Array = new Float64Array();
  #qvel: Float64Array = new Float64Array();
  #ctrl: Float64Array = new Float64Array();
  #applied: Float64Array = new Float64Array();
  #touch: Float64Array = new Float64Array();
  #steps = 0;
  /** What the palm's joints move, kg, and how fast, m/s. */
  readonly #palmMass: number;
  readonly #speed = [0, 0, 0];
  /** Where the fingers are held during the descent, metres from the middle. */
  #opening = 0;

  /** @param timestep seconds a step. */
  constructor(mujoco: Mujoco, scene: Scene, grasp: Grasp, settings: TrialSettings, timestep: number) {
    this.#mujoco = mujoco;
    this.#scene = scene;
    this.#grasp = grasp;
    this.#settings = settings;
    this.#pregrasp = clearPose(scene, grasp);
    this.#target = nearest(scene, grasp);
    const started = performance.now();
    this.#model = mujoco.MjModel.from_xml_string(exportMjcf(scene, grasp, settings, { timestep }));
    this.#data = new mujoco.MjData(this.#model);
    this.compileSeconds = (performance.now() - started) / 1000;
    this.#palmMass = MJCF_PALM_ARMATURE + (this.#model.body_subtreemass as Float64Array)[1];
    this.#pairFriction = Float64Array.from(this.#model.pair_friction as Float64Array);
    const id = (name: string): number => mujoco.mj_name2id(this.#model, mujoco.mjtObj.mjOBJ_GEOM.value, name);
    this.#pads = [id(MJCF_GRIPPER_GEOMS[1]), id(MJCF_GRIPPER_GEOMS[2])];
    const owner = Array.from({ length: this.#model.ngeom }, () => -1);
    scene.objects.forEach(({ model }, o) => {
      model.parts.forEach((_, p) => {
        owner[id(`${mjcfObject(o)}_${p}`)] = o;
      });
    });
    this.#objectOf = owner;
  }

  free(): void {
    this.#data.delete();
    this.#model.delete();
  }

  run({ friction, shift }: Variation): MujocoResult {
    this.#reset(friction);
    const pregrasp = { ...this.#pregrasp, position: add(this.#pregrasp.position, shift) };
    const goal = add(this.#grasp.pose.position, shift);
    const started = performance.now();
    this.#place(pregrasp.position);
    const at = this.#descend(pregrasp.position, goal);
    this.#close(at);
    const held = this.#touched().length > 0 && this.#carry(at) ? this.#held() : -1;
    const seconds = (performance.now() - started) / 1000;
    const target = held >= 0 ? held : this.#target;
    return {
      held: held >= 0,
      gap: this.#gap(),
      finalPose: this.#objectPose(target),
      target,
      seconds,
      steps: this.#steps,
    };
  }

  #reset(friction: number): void {
    const pairs = this.#model.pair_friction as Float64Array;
    for (let i = 0; i < pairs.length; i++) pairs[i] = this.#pairFriction[i] * (i % 5 < 2 ? friction : 1);
    this.#mujoco.mj_resetDataKeyframe(this.#model, this.#data, 0);
    this.#qpos = this.#data.qpos as Float64Array;
    this.#qvel = this.#data.qvel as Float64Array;
    this.#ctrl = this.#data.ctrl as Float64Array;
    this.#applied = this.#data.qfrc_applied as Float64Array;
    this.#touch = this.#data.sensordata as Float64Array;
    this.#steps = 0;
    this.#couple(0);
    this.#opening = Math.min(Math.max(this.#grasp.opening, 0), this.#settings.gripper.stroke) / 2;
  }

  /** Stiffness of the tendon between the jaws, N/m: none while the opening is held. */
  #couple(stiffness: number): void {
    (this.#model.tendon_stiffness as Float64Array)[0] = stiffness;
  }

  /** Puts the palm at a world position, at rest. */
  #place(position: Vec3): void {
    for (let a = 0; a < 3; a++) {
      this.#qpos[a] = position[a] - this.#pregrasp.position[a];
      this.#speed[a] = 0;
    }
  }

  /**
   * One step in which the palm moves from where it is to `position`: prescribed, as graft's kinematic palm is. The force
   * that moves it is applied, so that the contact solver sees the acceleration; what little a grip deflects it is undone.
   */
  #step(position: Vec3, closing: boolean): void {
    const { timestep } = this.#model.opt;
    const { force } = this.#settings.gripper;
    const to = subtract(position, this.#pregrasp.position);
    for (let a = 0; a < 3; a++) {
      const speed = (to[a] - this.#qpos[a]) / timestep;
      this.#applied[a] = (this.#palmMass * (speed - this.#speed[a])) / timestep;
      this.#qvel[a] = this.#speed[a];
      this.#speed[a] = speed;
      // the servos rest: target where the palm is, damping cancelled
      this.#ctrl[a] = this.#qpos[a] + (MJCF_SERVO.kv / MJCF_SERVO.kp) * this.#qvel[a];
    }
    for (const finger of [LEFT, RIGHT]) {
      this.#ctrl[finger] = closing ? -force : COUPLING * (this.#opening - this.#qpos[finger]);
    }
    this.#mujoco.mj_step(this.#model, this.#data);
    this.#qpos.set(to);
    this.#steps++;
  }

  #descend(from: Vec3, goal: Vec3): Vec3 {
    const { motion } = this.#settings;
    const approach = approachAxis(this.#grasp);
    const distance = dot(subtract(goal, from), approach);
    const { timestep } = this.#model.opt;
    const stride = motion.descentSpeed * timestep;
    let felt = 0;
    for (let done = 0; done < distance; ) {
      done = Math.min(done + stride, distance);
      this.#step(add(from, scale(approach, done)), false);
      felt += (this.#touch[0] + this.#touch[1] + this.#touch[2] - felt) * Math.min(1, timestep / FEEL_SECONDS);
      if (felt > motion.stopForce) {
        return add(from, scale(approach, Math.max(done - BACK_OFF, 0)));
      }
    }
    return goal;
  }

  #close(at: Vec3): void {
    const hz = 1 / this.#model.opt.timestep;
    this.#couple(COUPLING / 2);
    let before = this.#gap();
    let quiet = 0;
    for (let i = 0; i < CLOSE_SECONDS * hz && quiet < STALL_SECONDS * hz; i++) {
      this.#step(at, true);
      const gap = this.#gap();
      quiet = Math.abs(gap - before) * hz < STALL_SPEED && i > hz / 60 ? quiet + 1 : 0;
      before = gap;
    }
  }

  /** Lift, hold, shake; ends early once nothing has touched both fingers for a while. */
  #carry(from: Vec3): boolean {
    const { motion } = this.#settings;
    const hz = 1 / this.#model.opt.timestep;
    const checkEvery = Math.round(hz * CHECK_SECONDS);
    const start: Pose = { ...this.#pregrasp, position: from };
    let missing = 0;
    for (let i = 1; i <= Math.round(carrySeconds(motion) * hz); i++) {
      this.#step(carryPath(motion, start, i / hz).pose.position, true);
      if (i % checkEvery !== 0) continue;
      missing = this.#touched().length === 0 ? missing + 1 : 0;
      if (missing === LOST_CHECKS) return false;
    }
    return true;
  }

  /** Objects that press on both pads. */
  #touched(): number[] {
    const contacts = this.#data.contact;
    const force = this.#data.efc_force as Float64Array;
    const sides = new Map<number, number>();
    for (let i = 0; i < this.#data.ncon; i++) {
      const contact = contacts.get(i)!;
      const [a, b] = [contact.geom1 as number, contact.geom2 as number];
      const pad = this.#pads.findIndex((p) => p === a || p === b);
      const object = Math.max(this.#objectOf[a], this.#objectOf[b]);
      if (pad >= 0 && object >= 0 && contact.efc_address >= 0 && force[contact.efc_address] > 0) {
        sides.set(object, (sides.get(object) ?? 0) | (1 << pad));
      }
      contact.delete();
    }
    contacts.delete();
    return [...sides].filter(([, both]) => both === 3).map(([object]) => object);
  }

  #held(): number {
    const risen = (o: number): boolean =>
      this.#objectPose(o).position[2] - this.#scene.objects[o].pose.position[2] >= HELD_HEIGHT;
    return this.#touched().find(risen) ?? -1;
  }

  #gap = (): number => this.#qpos[LEFT] + this.#qpos[RIGHT];

  #objectPose(o: number): Pose {
    const [x, y, z, qw, qx, qy, qz] = this.#qpos.subarray(FIRST_OBJECT + 7 * o, FIRST_OBJECT + 7 * (o + 1));
    return { position: [x, y, z], quaternion: [qx, qy, qz, qw] };
  }
}
