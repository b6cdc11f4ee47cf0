/** Stage of the play page: the scene in 3D, the planned grasp, the trial as it runs. */
import { approachAxis, topDownGrasp } from '../../sim/grasp.ts';
import { handGeometry, palmHalf } from '../../sim/hand/geometry.ts';
import { add, conjugate, type Pose, rotate, scale, transform, type Vec3 } from '../../sim/math/pose.ts';
import { type Episode, GRIPPER_BODIES, type PlannedGrasp } from '../../sim/recording/episode.ts';
import { themeColour } from '../page/scene/colours.ts';
import { mixPoses } from '../page/scene/interpolation.ts';
import { View } from '../page/scene/view.ts';
import type { SceneShown } from './scene/shown.ts';

/** How high the gripper waits above a planned grasp, metres. */
const WAITING = 0.13;
/** A press that moves further than this turns the view, pixels. */
const CLICK_PX = 5;

/** What is drawn of a scene. */
type StageScene = Pick<SceneShown, 'objects' | 'poses' | 'gripper' | 'palmHalf'>;

/** The 3D picture of the play page: a scene, a planned grasp, a trial that is played. */
export class Stage {
  /** For whoever adds to the picture. */
  readonly view: View;
  #scene: StageScene | undefined;
  #count = 0;
  #playing: { readonly episode: Episode; readonly start: number; readonly speed: number; done: () => void } | undefined;
  #onPhase: (phase: number) => void = () => undefined;

  /**
   * @param onPick gets the point of the scene that was clicked, world frame, metres, and the object there, if any.
   * @throws Error if the browser has no WebGL 2.
   */
  constructor(canvas: HTMLCanvasElement, onPick: (point: Vec3, object: number | undefined) => void) {
    this.view = new View(canvas);
    let [x, y] = [0, 0];
    canvas.addEventListener('pointerdown', (event) => {
      [x, y] = [event.clientX, event.clientY];
    });
    canvas.addEventListener('click', (event) => {
      if (Math.hypot(event.clientX - x, event.clientY - y) > CLICK_PX) return;
      const point = this.view.pick(event.clientX, event.clientY);
      if (point) onPick(point, this.view.pickObject(event.clientX, event.clientY));
    });
    const frame = (now: number): void => {
      requestAnimationFrame(frame);
      if (!this.view.isReady(now)) return;
      this.#advance(now);
      this.view.render(now);
    };
    requestAnimationFrame(frame);
  }

  reset(): void {
    this.view.reset();
  }

  /** A scene at rest, the gripper waiting above it. A trial that is played ends. */
  show(scene: StageScene): void {
    const playing = this.#playing;
    this.#playing = undefined;
    playing?.done();
    this.#scene = scene;
    const geometry = new Map(scene.objects.map(({ mesh }, i) => [String(i), mesh]));
    this.view.setEpisode(
      {
        episode: ++this.#count,
        objects: scene.objects.map(({ colour, family }, i) => ({ geometry: String(i), colour, family })),
        gripper: scene.gripper,
        palmHalf: scene.palmHalf,
        grasp: NOWHERE,
      },
      geometry,
    );
    this.plan(undefined);
  }

  /** A scene without a hand, while it is made. */
  lay(scene: StageScene): void {
    this.show(scene);
    this.view.planGrasp(undefined);
    this.view.showHand(false);
  }

  /** Marks a planned grasp, the gripper waiting above it. @param at T_world_tcp, if it is not straight down. */
  plan(grasp: PlannedGrasp | undefined, at?: Pose): void {
    if (!this.#scene) return;
    const { gripper, poses } = this.#scene;
    const { position, yaw } = grasp ?? NOWHERE;
    const pose = waitingAt(at ?? topDownGrasp(position, yaw, gripper.stroke).pose);
    const out = handGeometry(gripper).travel;
    const finger = (side: number): Pose => ({ ...pose, position: transform(pose, [side * out, 0, 0]) });
    const flat = [pose, finger(1), finger(-1)].flatMap((p) => [...p.position, ...p.quaternion]);
    // the marker's own closing direction is level
    const [, y, z] = rotate(
      conjugate(topDownGrasp(position, yaw, 0).pose.quaternion),
      approachAxis({ pose, opening: 0 }),
    );
    this.view.planGrasp(grasp, Math.atan2(-y, z));
    this.view.setPoses(Float32Array.from([...flat, ...poses]));
  }

  /** Plays a trial. @param speed times real time; 0 shows its end only. @param onPhase called at every picture. */
  play(episode: Episode, speed: number, onPhase: (phase: number) => void): Promise<void> {
    this.#onPhase = onPhase;
    return new Promise((done) => {
      this.#playing = { episode, start: performance.now(), speed, done };
    });
  }

  /** Shows another trial than that of the scene on the page: its scene, its grasp, and what happened. As {@link play}. */
  async watch(episode: Episode, speed: number, onPhase: (phase: number) => void): Promise<void> {
    const { objects, gripper, grasp, outcome } = episode;
    const stride = (GRIPPER_BODIES + objects.length) * 7;
    const poses = episode.poses.subarray(GRIPPER_BODIES * 7, stride);
    this.show({ objects, poses, gripper, palmHalf: palmHalf(gripper) });
    this.plan(grasp);
    const shown = this.#count;
    await this.play(episode, speed, onPhase);
    if (this.#count === shown) this.judge(outcome === 'held');
  }

  /** Colours the planned grasp by what became of it. */
  judge(held: boolean): void {
    this.view.tintGrasp(themeColour(held ? '--held' : '--failed'));
  }

  #advance(now: number): void {
    if (!this.#playing) return;
    const { episode, start, speed, done } = this.#playing;
    const { poses, phases, hz } = episode;
    const last = phases.length - 1;
    const at = speed > 0 ? Math.min(Math.max(((now - start) / 1000) * hz * speed, 0), last) : last;
    const frame = Math.floor(at);
    const stride = (GRIPPER_BODIES + episode.objects.length) * 7;
    const poseAt = (i: number): Float32Array => poses.subarray(i * stride, (i + 1) * stride);
    const mixed = new Float32Array(stride);
    mixPoses(poseAt(frame), poseAt(Math.min(frame + 1, last)), at - frame, mixed);
    this.view.setPoses(mixed);
    this.#onPhase(phases[frame]);
    if (at < last) return;
    this.#playing = undefined;
    done();
  }
}

/** Where the gripper waits for a grasp: back along the approach, and above the table. */
function waitingAt(pose: Pose): Pose {
  const away = scale(approachAxis({ pose, opening: 0 }), -WAITING);
  const [x, y, z] = add(pose.position, away);
  return { ...pose, position: [x, y, Math.max(z, WAITING + 0.05)] };
}

const NOWHERE: PlannedGrasp = { position: [0, 0, 0.1], yaw: 0, opening: 0.08, probability: null };
