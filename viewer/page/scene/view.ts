import {
  BasicShadowMap,
  BoxGeometry,
  BufferAttribute,
  BufferGeometry,
  Color,
  CylinderGeometry,
  DirectionalLight,
  Fog,
  GridHelper,
  Group,
  HemisphereLight,
  LinearSRGBColorSpace,
  LineBasicMaterial,
  LineLoop,
  type Material,
  Mesh,
  MeshBasicMaterial,
  MeshLambertMaterial,
  MeshStandardMaterial,
  NeutralToneMapping,
  type Object3D,
  PCFShadowMap,
  PerspectiveCamera,
  Plane,
  Raycaster,
  Scene,
  SphereGeometry,
  Vector2,
  Vector3,
  WebGLRenderer,
} from 'three';
import { OrbitControls } from 'three/addons/controls/OrbitControls.js';
import { toCreasedNormals } from 'three/addons/utils/BufferGeometryUtils.js';
import type { Vec3 } from '../../../sim/math/pose.ts';
import type { Mesh as MeshData } from '../../../sim/objects/mesh.ts';
import { GRIPPER_BODIES, type PlannedGrasp } from '../../../sim/recording/episode.ts';
import type { EpisodeInfo } from '../../protocol.ts';
import { onTheme } from '../theme.ts';
import { themeColour } from './colours.ts';
import { buildGripper, type Surface } from './hand.ts';

const HOME = { eye: new Vector3(0.5, -0.71, 0.47), target: new Vector3(0, 0, 0.145) };
const TABLE_SIDE = 1.2;
const TABLE = new Plane(new Vector3(0, 0, 1), 0);
/** Edges sharper than this stay sharp, radians. */
const CREASE = 0.6;

/** How much work a picture may be: `low` is for browsers that draw in software. */
export type Detail = 'high' | 'low';

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
  /** What is drawn besides; whoever adds to it frees it. */
  readonly overlay = new Group();

  /**
   * @param detail fixed, at full resolution; if undefined it is chosen, and the resolution follows the speed.
   * @throws Error if the browser has no WebGL 2.
   */
  constructor(canvas: HTMLCanvasElement, detail?: Detail) {
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
    const table = buildTable(this.#scene, this.#surface);
    onTheme((dark) => {
      table(dark);
      this.#marker?.tint(themeColour('--accent'));
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

  /** Replaces the planned grasp; undefined shows none. */
  planGrasp(grasp: PlannedGrasp | undefined): void {
    if (this.#marker) {
      this.#episode.remove(this.#marker.group);
      dispose(this.#marker.group);
    }
    this.#marker = grasp && new GraspMarker(grasp, themeColour('--accent'));
    if (!this.#marker) return;
    this.#marker.group.visible = this.#showsGrasp;
    this.#episode.add(this.#marker.group);
  }

  /** The point of the objects or the table that is drawn at a place of the page, world frame, metres. */
  pick(clientX: number, clientY: number): Vec3 | undefined {
    const { left, top, width, height } = this.#renderer.domElement.getBoundingClientRect();
    const at = new Vector2(((clientX - left) / width) * 2 - 1, 1 - ((clientY - top) / height) * 2);
    const ray = new Raycaster();
    ray.setFromCamera(at, this.#camera);
    const solids = this.#bodies.slice(GRIPPER_BODIES);
    const [hit] = ray.intersectObjects(solids, true);
    const point = hit?.point ?? ray.ray.intersectPlane(TABLE, new Vector3()) ?? undefined;
    return point && [point.x, point.y, point.z];
  }

  /** @param poses [bodies, 7] world frame. */
  setPoses(poses: Float32Array): void {
    this.#bodies.forEach((body, i) => {
      body.position.fromArray(poses, i * 7);
      body.quaternion.fromArray(poses, i * 7 + 3);
    });
  }

  /** Shows or hides the planned grasp. */
  showGrasp(shown: boolean): void {
    this.#showsGrasp = shown;
    if (this.#marker) this.#marker.group.visible = shown;
  }

  /** Colours the planned grasp. */
  tintGrasp(colour: string): void {
    this.#marker?.tint(colour);
  }

  /** @param now milliseconds. */
  render(now: number): void {
    this.#controls.update();
    this.#renderer.render(this.#scene, this.#camera);
    this.#pace?.note(now);
    this.#resolution.note(now);
  }

  /** Whether it is time for a picture. @param now milliseconds. */
  isReady(now: number): boolean {
    return this.#pace?.isReady(now) ?? true;
  }

  #resize({ clientWidth, clientHeight }: HTMLElement): void {
    if (clientWidth === 0 || clientHeight === 0) return;
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

/** Lowers the resolution while frames come too slowly for smooth motion (software rendering, weak GPUs). */
class Resolution {
  readonly #renderer: WebGLRenderer;
  readonly #adapts: boolean;
  #ratio = Math.min(devicePixelRatio, 2);
  #last = 0;
  #slow = 0;
  #counted = 0;

  constructor(renderer: WebGLRenderer, adapts: boolean) {
    this.#renderer = renderer;
    this.#adapts = adapts;
    renderer.setPixelRatio(this.#ratio);
  }

  note(now: number): void {
    const elapsed = now - this.#last;
    this.#last = now;
    if (!this.#adapts || elapsed > 500) return; // hidden tab, or the first frame
    this.#counted++;
    if (elapsed > 1000 / 28) this.#slow++;
    if (this.#counted < 24) return;
    if (this.#slow > 12 && this.#ratio > 0.5) {
      this.#ratio = Math.max(0.5, this.#ratio * 0.8);
      this.#renderer.setPixelRatio(this.#ratio);
    }
    this.#counted = 0;
    this.#slow = 0;
  }
}

/** Less than this after a picture no other is drawn: a thirtieth of a second on a display of 60 Hz, a little less on faster ones. */
const PACE_MS = 24;

/**
 * When a browser that draws in software should draw: about thirty times a second, and never before the last picture is
 * done. Pictures that wait for each other would show ever older moments, and keep the page from hearing of newer ones.
 */
class Pace {
  readonly #gl: WebGL2RenderingContext;
  #last = 0;
  #drawing: WebGLSync | null = null;

  constructor(gl: WebGL2RenderingContext) {
    this.#gl = gl;
  }

  isReady(now: number): boolean {
    if (now - this.#last < PACE_MS) return false;
    const gl = this.#gl;
    if (!this.#drawing || gl.isContextLost()) return true;
    return gl.getSyncParameter(this.#drawing, gl.SYNC_STATUS) === gl.SIGNALED;
  }

  /** A picture was ordered. */
  note(now: number): void {
    const gl = this.#gl;
    this.#last = now;
    gl.deleteSync(this.#drawing);
    this.#drawing = gl.fenceSync(gl.SYNC_GPU_COMMANDS_COMPLETE, 0);
    gl.flush();
  }
}

const glossy: Surface = (color, roughness) => new MeshStandardMaterial({ color, roughness });
const matt: Surface = (color) => new MeshLambertMaterial({ color });

/** Whether WebGL is there but drawn by the processor. */
function drawsInSoftware(): boolean {
  const gl = document.createElement('canvas').getContext('webgl2');
  const names = gl?.getExtension('WEBGL_debug_renderer_info');
  const renderer = String(gl?.getParameter(names ? names.UNMASKED_RENDERER_WEBGL : gl.RENDERER));
  gl?.getExtension('WEBGL_lose_context')?.loseContext();
  return /swiftshader|llvmpipe|software|basic render/i.test(renderer);
}

/** @param shadows pixels along a side of their map. */
function lights(shadows: number): Object3D[] {
  const sky = new HemisphereLight(0xffffff, 0xb9b2a8, 1.25);
  sky.position.set(0, 0, 1);
  const sun = new DirectionalLight(0xfffaf2, 2.2);
  sun.position.set(0.45, -0.2, 1);
  sun.castShadow = true;
  sun.shadow.mapSize.set(shadows, shadows);
  sun.shadow.radius = 4;
  sun.shadow.bias = -0.0004;
  sun.shadow.normalBias = 0.002;
  const span = 0.34;
  Object.assign(sun.shadow.camera, { left: -span, right: span, top: span, bottom: -span, near: 0.4, far: 1.8 });
  const rim = new DirectionalLight(0xdfe9ff, 0.7);
  rim.position.set(-0.6, 0.5, 0.5);
  return [sky, sun, rim];
}

/** Table, grid of 5 cm, outline of the 40 cm workspace. @returns what colours them. */
function buildTable(scene: Scene, surface: Surface): (dark: boolean) => void {
  const top = surface(0xffffff, 0.92);
  const slab = new Mesh(new BoxGeometry(TABLE_SIDE, TABLE_SIDE, 0.04), top);
  slab.position.z = -0.0202;
  slab.receiveShadow = true;
  const grid = new GridHelper(TABLE_SIDE, TABLE_SIDE / 0.05, 0xffffff, 0xffffff);
  grid.rotateX(Math.PI / 2);
  grid.position.z = 0.0003;
  const gridLine = grid.material as LineBasicMaterial;
  Object.assign(gridLine, { transparent: true, depthWrite: false, vertexColors: false });
  const edge = new LineBasicMaterial({ transparent: true, opacity: 0.5 });
  const corners = [-0.2, -0.2, 0.2, -0.2, 0.2, 0.2, -0.2, 0.2].flatMap((v, i) => (i % 2 ? [v, 0.0006] : [v]));
  const outline = new LineLoop(
    new BufferGeometry().setAttribute('position', new BufferAttribute(Float32Array.from(corners), 3)),
    edge,
  );
  scene.add(slab, grid, outline);
  scene.fog = new Fog(0xffffff, 0.75, 1.5);
  return (dark) => {
    const background = new Color(dark ? 0x101317 : 0xeef0f3);
    scene.background = background;
    scene.fog!.color.copy(background);
    top.color.set(dark ? 0x3a424d : 0xe4e1dc);
    gridLine.color.set(dark ? 0xffffff : 0x2b3440);
    gridLine.opacity = dark ? 0.08 : 0.11;
    edge.color.set(dark ? 0xa9b6c6 : 0x3a4654);
  };
}

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

/** The planned grasp: closing line with a mark for each finger, and the approach. Shows faintly through solids. */
class GraspMarker {
  readonly group = new Group();
  readonly #solid = new MeshBasicMaterial({ toneMapped: false });
  readonly #ghost = new MeshBasicMaterial({ toneMapped: false, transparent: true, opacity: 0.35, depthTest: false });

  constructor(grasp: PlannedGrasp, colour: string) {
    const rod = (length: number, radius: number): CylinderGeometry => new CylinderGeometry(radius, radius, length, 8);
    const closing = rod(grasp.opening, 0.0009).rotateZ(Math.PI / 2);
    const shapes: BufferGeometry[] = [closing, new SphereGeometry(0.0032, 16, 12)];
    for (const x of [-grasp.opening / 2, grasp.opening / 2]) {
      shapes.push(rod(0.02, 0.0014).translate(x, 0, 0));
    }
    for (let i = 0; i < 5; i++) {
      const dash = rod(0.012, 0.0007).rotateX(Math.PI / 2);
      shapes.push(dash.translate(0, 0, 0.02 + 0.022 * i));
    }
    for (const shape of shapes) {
      const ghost = new Mesh(shape, this.#ghost);
      ghost.renderOrder = 2;
      this.group.add(new Mesh(shape, this.#solid), ghost);
    }
    this.group.position.set(...grasp.position);
    this.group.rotation.z = grasp.yaw;
    this.tint(colour);
  }

  tint(colour: string): void {
    this.#solid.color.set(colour);
    this.#ghost.color.set(colour);
  }
}

/** Frees the geometry and materials of an episode. */
function dispose(episode: Group): void {
  episode.traverse((node) => {
    if (!(node instanceof Mesh)) return;
    node.geometry.dispose();
    node.material.dispose();
  });
}
