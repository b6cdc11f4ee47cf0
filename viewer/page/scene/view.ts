/** View of the scene in 3D: camera, table, hand, objects and planned grasp. */
import {
  BasicShadowMap,
  BufferAttribute,
  BufferGeometry,
  Color,
  Group,
  LinearSRGBColorSpace,
  type Material,
  Mesh,
  MeshLambertMaterial,
  MeshStandardMaterial,
  NeutralToneMapping,
  type Object3D,
  PCFShadowMap,
  PerspectiveCamera,
  Plane,
  Raycaster,
  Scene,
  Vector2,
  Vector3,
  WebGLRenderer,
} from 'three';
import { OrbitControls } from 'three/addons/controls/OrbitControls.js';
import { toCreasedNormals } from 'three/addons/utils/BufferGeometryUtils.js';
import type { Vec3 } from '../../../sim/math/pose.ts';
import type { Mesh as MeshData } from '../../../sim/objects/mesh.ts';
import { GRIPPER_BODIES, type PlannedGrasp } from '../../../sim/recording/episode.ts';
import type { EpisodeInfo } from '../../foxglove/additions.ts';
import { onTheme } from '../theme.ts';
import { themeColour } from './colours.ts';
import { GraspMarker } from './grasp-marker.ts';
import { buildGripper, type Surface } from './hand.ts';
import { drawsInSoftware, Pace, Resolution } from './pace.ts';
import { buildBackground, buildTable, lights } from './table.ts';

const HOME = { eye: new Vector3(0.5, -0.71, 0.47), target: new Vector3(0, 0, 0.145) };
const TABLE = new Plane(new Vector3(0, 0, 1), 0);
/** Edges sharper than this stay sharp, radians. */
const CREASE = 0.6;
/** A page that stands still is drawn once in so long, whatever changed unnoticed. */
const STILL_MS = 1000;

/** How much work a picture may be: `low` is for browsers that draw in software. */
export type Detail = 'high' | 'low';

/** What a scene stands on: the simulator's table, or only what is drawn besides. */
export type Ground = 'table' | 'none';

/** Controls that are dragged in the picture, such as three.js's `TransformControls`. */
interface Handles {
  getHelper(): Object3D;
  addEventListener(type: 'change', listener: () => void): void;
  addEventListener(type: 'dragging-changed', listener: (event: { readonly value: unknown }) => void): void;
}

/** What the 3D picture needs to know of an episode. */
type ShownScene = Pick<EpisodeInfo, 'episode' | 'objects' | 'gripper' | 'palmHalf' | 'grasp'>;

/** The 3D picture. Draws when told to; owns the WebGL context. */
export class View {
  readonly #renderer: WebGLRenderer;
  readonly #scene = new Scene();
  readonly #camera = new PerspectiveCamera(36, 1, 0.01, 6);
  readonly #controls: OrbitControls;
  readonly #resolution: Resolution;
  readonly #pace: Pace | undefined;
  readonly #surface: Surface;
  /** Bodies in the order of the pose messages. */
  #bodies: Object3D[] = [];
  #episode = new Group();
  #marker: GraspMarker | undefined;
  #showsGrasp = true;
  #covered = 0;
  #changed = true;
  /** When the last picture was drawn, and whether any was left out since. */
  #drawn = 0;
  #rested = false;
  /** What is drawn besides; whoever adds to it frees it. */
  readonly overlay = new Group();

  /**
   * @param detail fixed, at full resolution; if undefined it is chosen, and the resolution follows the speed.
   * @throws Error if the browser has no WebGL 2.
   */
  constructor(canvas: HTMLCanvasElement, detail?: Detail, standsOn: Ground = 'table') {
    const high = (detail ?? (drawsInSoftware() ? 'low' : 'high')) === 'high';
    this.#renderer = new WebGLRenderer({ canvas, antialias: high, powerPreference: 'high-performance' });
    this.#surface = high ? glossy : matt;
    this.#renderer.toneMapping = NeutralToneMapping;
    this.#renderer.toneMappingExposure = 1;
    this.#renderer.shadowMap.enabled = true;
    this.#renderer.shadowMap.type = high ? PCFShadowMap : BasicShadowMap;
    this.#resolution = new Resolution(this.#renderer, detail === undefined);
    if (!high) this.#pace = new Pace(this.#renderer.getContext() as WebGL2RenderingContext);
    this.#camera.up.set(0, 0, 1);
    this.#controls = new OrbitControls(this.#camera, canvas);
    Object.assign(this.#controls, { enableDamping: true, dampingFactor: 0.12, minDistance: 0.15, maxDistance: 1.6 });
    this.#controls.maxPolarAngle = 0.49 * Math.PI;
    canvas.addEventListener('keydown', (event) => this.#turn(event));
    this.reset();
    this.#scene.add(this.#episode, this.overlay, ...lights(high ? 1024 : 512));
    const ground = standsOn === 'table' ? buildTable(this.#scene, this.#surface) : buildBackground(this.#scene);
    onTheme((dark) => {
      ground(dark);
      this.#marker?.tint(themeColour('--accent'));
      this.touch();
    });
    new ResizeObserver(() => this.#resize(canvas.parentElement!)).observe(canvas.parentElement!);
    this.#resize(canvas.parentElement!);
  }

  get pixelRatio(): number {
    return this.#renderer.getPixelRatio();
  }

  reset(): void {
    this.#camera.position.copy(HOME.eye);
    this.#controls.target.copy(HOME.target);
    this.#controls.update();
    this.touch();
  }

  /** Moves the picture up by half of what is covered at its lower edge. @param covered pixels. */
  lift(covered: number): void {
    this.#covered = covered;
    this.#resize(this.#renderer.domElement.parentElement!);
  }

  /** Looks at the scene as another view does. */
  lookLike(other: View): void {
    this.#camera.position.copy(other.#camera.position);
    this.#controls.target.copy(other.#controls.target);
  }

  /** Replaces the gripper and the objects. @throws Error if an object's geometry is missing. */
  setEpisode(info: ShownScene, geometry: ReadonlyMap<string, MeshData>): void {
    dispose(this.#episode);
    this.#scene.remove(this.#episode);
    this.#episode = new Group();
    const gripper = buildGripper(info.gripper, info.palmHalf, this.#surface);
    const objects = info.objects.map(({ geometry: id, colour }) => {
      const data = geometry.get(id);
      if (!data) throw new Error(`episode ${info.episode}: expected geometry ${id} to have been sent`);
      return buildObject(data, this.#surface(new Color().setRGB(...colour, LinearSRGBColorSpace), 0.55));
    });
    this.#bodies = [gripper.palm, ...gripper.fingers, ...objects];
    this.#episode.add(...this.#bodies);
    this.#marker = undefined;
    this.planGrasp(info.grasp);
    this.#scene.add(this.#episode);
  }

  /** Replaces the planned grasp; undefined shows none. @param tilt about the closing direction, radians. */
  planGrasp(grasp: PlannedGrasp | undefined, tilt = 0): void {
    this.touch();
    if (this.#marker) {
      this.#episode.remove(this.#marker.group);
      dispose(this.#marker.group);
    }
    this.#marker = grasp && new GraspMarker(grasp, themeColour('--accent'), tilt);
    if (!this.#marker) return;
    this.#marker.group.visible = this.#showsGrasp;
    this.#episode.add(this.#marker.group);
  }

  /** The point of the objects or the table that is drawn at a place of the page, world frame, metres. */
  pick(clientX: number, clientY: number): Vec3 | undefined {
    const ray = this.#rayAt(clientX, clientY);
    const solids = this.#bodies.slice(GRIPPER_BODIES);
    const [hit] = ray.intersectObjects(solids, true);
    const point = hit?.point ?? ray.ray.intersectPlane(TABLE, new Vector3()) ?? undefined;
    return point && [point.x, point.y, point.z];
  }

  /** The object that is drawn in front at a place of the page, by its place in the episode. */
  pickObject(clientX: number, clientY: number): number | undefined {
    const solids = this.#bodies.slice(GRIPPER_BODIES);
    const [hit] = this.#rayAt(clientX, clientY).intersectObjects(solids, true);
    return hit && solids.indexOf(hit.object);
  }

  /** What is drawn of an object of the episode. */
  object(index: number): Object3D | undefined {
    return this.#bodies[GRIPPER_BODIES + index];
  }

  /** Adds controls that are dragged; the view does not turn meanwhile. */
  addHandles<H extends Handles>(make: (camera: PerspectiveCamera, canvas: HTMLCanvasElement) => H): H {
    const handles = make(this.#camera, this.#renderer.domElement);
    handles.addEventListener('change', () => this.touch());
    handles.addEventListener('dragging-changed', ({ value }) => {
      this.#controls.enabled = !value;
    });
    this.#scene.add(handles.getHelper());
    return handles;
  }

  /** Lets one object of the episode glow, or none. */
  highlight(index: number | undefined): void {
    this.touch();
    this.#bodies.slice(GRIPPER_BODIES).forEach((body, i) => {
      const { material } = body as Mesh<BufferGeometry, MeshLambertMaterial>;
      material.emissive.set(i === index ? themeColour('--accent') : 'black');
      material.emissiveIntensity = 0.5;
    });
  }

  showHand(shown: boolean): void {
    this.touch();
    for (const body of this.#bodies.slice(0, GRIPPER_BODIES)) body.visible = shown;
  }

  /** What of the overlay is drawn in front at a place of the page. */
  pickOverlay(clientX: number, clientY: number): Object3D | undefined {
    return this.#rayAt(clientX, clientY).intersectObject(this.overlay, true)[0]?.object;
  }

  #rayAt(clientX: number, clientY: number): Raycaster {
    const { left, top, width, height } = this.#renderer.domElement.getBoundingClientRect();
    const at = new Vector2(((clientX - left) / width) * 2 - 1, 1 - ((clientY - top) / height) * 2);
    const ray = new Raycaster();
    ray.setFromCamera(at, this.#camera);
    return ray;
  }

  /** @param poses [bodies, 7] world frame. */
  setPoses(poses: Float32Array): void {
    this.touch();
    this.#bodies.forEach((body, i) => {
      body.position.fromArray(poses, i * 7);
      body.quaternion.fromArray(poses, i * 7 + 3);
    });
  }

  /** Shows or hides the planned grasp. */
  showGrasp(shown: boolean): void {
    this.touch();
    this.#showsGrasp = shown;
    if (this.#marker) this.#marker.group.visible = shown;
  }

  /** Colours the planned grasp. */
  tintGrasp(colour: string): void {
    this.touch();
    this.#marker?.tint(colour);
  }

  /** Says that something has changed: the next picture will be drawn. For whoever changes the overlay. */
  touch(): void {
    this.#changed = true;
  }

  /** Draws a picture, unless it would be the last one again: a page that stands still costs next to nothing. @param now milliseconds. */
  render(now: number): void {
    const turned = this.#controls.update();
    if (!turned && !this.#changed && now - this.#drawn < STILL_MS) {
      this.#rested = true;
      return;
    }
    this.#changed = false;
    this.#drawn = now;
    this.#renderer.render(this.#scene, this.#camera);
    this.#pace?.note(now);
    // another resolution empties the canvas
    if (this.#resolution.note(now, !this.#rested)) this.touch();
    this.#rested = false;
  }

  /** Whether it is time for a picture. @param now milliseconds. */
  isReady(now: number): boolean {
    return this.#pace?.isReady(now) ?? true;
  }

  #resize({ clientWidth, clientHeight }: HTMLElement): void {
    if (clientWidth === 0 || clientHeight === 0) return;
    this.touch();
    this.#renderer.setSize(clientWidth, clientHeight, false);
    this.#camera.aspect = clientWidth / clientHeight;
    // keep the workspace in view on tall, narrow screens
    this.#camera.fov =
      this.#camera.aspect < 1 ? 2 * Math.atan(Math.tan(0.33) / this.#camera.aspect) * (180 / Math.PI) : 36;
    this.#camera.setViewOffset(clientWidth, clientHeight, 0, this.#covered / 2, clientWidth, clientHeight);
    this.#camera.updateProjectionMatrix();
  }

  #turn(event: KeyboardEvent): void {
    const turns: Record<string, readonly [number, number, number]> = {
      ArrowLeft: [-0.12, 0, 1],
      ArrowRight: [0.12, 0, 1],
      ArrowUp: [0, 0.08, 1],
      ArrowDown: [0, -0.08, 1],
      '+': [0, 0, 0.9],
      '=': [0, 0, 0.9],
      '-': [0, 0, 1.1],
    };
    if (event.key === '0') this.reset();
    const turn = turns[event.key];
    if (!turn || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const arm = this.#camera.position.clone().sub(this.#controls.target);
    const radius = Math.min(Math.max(arm.length() * turn[2], 0.15), 1.6);
    const azimuth = Math.atan2(arm.y, arm.x) + turn[0];
    const elevation = Math.min(Math.max(Math.asin(arm.z / arm.length()) + turn[1], 0.05), 1.5);
    arm.set(Math.cos(azimuth) * Math.cos(elevation), Math.sin(azimuth) * Math.cos(elevation), Math.sin(elevation));
    this.#camera.position.copy(this.#controls.target).addScaledVector(arm, radius);
  }
}

const glossy: Surface = (color, roughness) => new MeshStandardMaterial({ color, roughness });
const matt: Surface = (color) => new MeshLambertMaterial({ color });

function buildObject({ positions, indices }: MeshData, material: Material): Mesh {
  const indexed = new BufferGeometry();
  indexed.setAttribute('position', new BufferAttribute(positions, 3));
  indexed.setIndex(new BufferAttribute(indices, 1));
  const mesh = new Mesh(toCreasedNormals(indexed, CREASE), material);
  indexed.dispose();
  mesh.castShadow = true;
  mesh.receiveShadow = true;
  return mesh;
}

/** Frees the geometry and materials of an episode. */
function dispose(episode: Group): void {
  episode.traverse((node) => {
    if (!(node instanceof Mesh)) return;
    node.geometry.dispose();
    node.material.dispose();
  });
}
