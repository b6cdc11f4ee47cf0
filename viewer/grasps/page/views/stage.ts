/** Stage of the grasp page: the surface that the depth shows, the workspace, and hands in its grasps. */
import {
  AxesHelper,
  BoxGeometry,
  BufferAttribute,
  BufferGeometry,
  Color,
  CylinderGeometry,
  DoubleSide,
  GridHelper,
  Group,
  LineBasicMaterial,
  LineLoop,
  type Material,
  Mesh,
  MeshBasicMaterial,
  MeshLambertMaterial,
  type Object3D,
  SRGBColorSpace,
} from 'three';
import { handGeometry, palmHalf } from '../../../../sim/hand/geometry.ts';
import type { HandSettings } from '../../../../sim/hand/settings.ts';
import { type Rgb, themeColour } from '../../../page/scene/colours.ts';
import { buildGripper } from '../../../page/scene/hand.ts';
import { View } from '../../../page/scene/view.ts';
import { onTheme } from '../../../page/theme.ts';
import type { Choice } from './choice.ts';
import type { Mosaic } from './mosaic.ts';
import type { PlacedGrasp } from './placed.ts';
import type { Surface } from './surface.ts';

/** The picture is drawn higher by half of this share of its height: hands reach up, but most lies on the table. */
const RAISED = 0.22;
/** A press that moves further than this turns the view, pixels. */
const CLICK_PX = 5;
/** Squares of the grid under the surface, metres; and how far under it lies: depth is noisy. */
const [SQUARE, UNDER] = [0.05, -0.004];

/** The 3D picture. Owns what it adds to the view. */
export class Stage {
  readonly view: View;
  readonly #choice: Choice;
  readonly #ground = new Group();
  readonly #depth = new Group();
  readonly #hands = new Group();
  #grasps: readonly PlacedGrasp[] = [];
  #hand: HandSettings | undefined;

  /** @throws Error if the browser has no WebGL 2. */
  constructor(canvas: HTMLCanvasElement, choice: Choice) {
    this.view = new View(canvas, undefined, 'none');
    this.#choice = choice;
    this.view.overlay.add(this.#ground, this.#depth, this.#hands);
    choice.listen(() => this.#drawHands());
    this.#takePointer(canvas);
    const { parentElement: around } = canvas;
    new ResizeObserver(() => this.view.lift(RAISED * around!.clientHeight)).observe(around!);
    onTheme(() => this.#drawHands());
    const frame = (now: number): void => {
      requestAnimationFrame(frame);
      if (this.view.isReady(now)) this.view.render(now);
    };
    requestAnimationFrame(frame);
  }

  /** Replaces the surface. @param colour of a pixel. @param lit whether light falls on it, for colours without shading. */
  showSurface({ positions, pixels, indices }: Surface, colour: (pixel: number) => Rgb, lit: boolean): void {
    clear(this.#depth);
    const geometry = new BufferGeometry();
    geometry.setAttribute('position', new BufferAttribute(positions, 3));
    geometry.setIndex(new BufferAttribute(indices, 1));
    const colours = new Float32Array(positions.length);
    const mixed = new Color();
    pixels.forEach((pixel, v) => {
      const [r, g, b] = colour(pixel);
      mixed.setRGB(r / 255, g / 255, b / 255, SRGBColorSpace).toArray(colours, 3 * v);
    });
    geometry.setAttribute('color', new BufferAttribute(colours, 3));
    if (lit) geometry.computeVertexNormals();
    const look = { vertexColors: true, side: DoubleSide, toneMapped: false };
    const mesh = new Mesh(geometry, lit ? new MeshLambertMaterial(look) : new MeshBasicMaterial(look));
    // what lies over it is pointed at, never it
    mesh.raycast = () => undefined;
    this.#depth.add(mesh);
    this.view.touch();
  }

  clearSurface(): void {
    clear(this.#depth);
    this.view.touch();
  }

  /** Replaces outline, grid and axes of the workspace. */
  showWorkspace({ size, cell, centre: [x, y] }: Mosaic): void {
    clear(this.#ground);
    const half = (size * cell) / 2;
    const corners = [-half, -half, half, -half, half, half, -half, half].flatMap((v, i) => (i % 2 ? [v, 0.005] : [v]));
    const outline = new LineLoop(
      new BufferGeometry().setAttribute('position', new BufferAttribute(Float32Array.from(corners), 3)),
      new LineBasicMaterial({ color: 0xa9b6c6 }),
    );
    const grid = new GridHelper(2 * half, Math.max(1, Math.round((2 * half) / SQUARE)), 0x8b96a3, 0x8b96a3);
    Object.assign(grid.material as Material, { transparent: true, opacity: 0.35 });
    grid.rotateX(Math.PI / 2);
    grid.position.z = UNDER;
    const around = new Group();
    around.position.set(x, y, 0);
    around.add(outline, grid);
    const axes = new AxesHelper(0.06);
    axes.position.z = 0.002;
    this.#ground.add(around, axes);
    this.view.touch();
  }

  /** Replaces the grasps. */
  showGrasps(grasps: readonly PlacedGrasp[], hand: HandSettings | undefined): void {
    this.#grasps = grasps;
    this.#hand = hand;
    this.#drawHands();
  }

  /** What is on stage, counted: triangles of the surface, and hands. */
  counts(): { readonly triangles: number; readonly hands: number } {
    const [mesh] = this.#depth.children as Mesh[];
    return { triangles: (mesh?.geometry.index?.count ?? 0) / 3, hands: this.#hands.children.length };
  }

  #drawHands(): void {
    clear(this.#hands);
    const { selected, hovered } = this.#choice.pointed;
    const hand = this.#hand;
    if (hand)
      this.#grasps.forEach((grasp, rank) => {
        const shown = rank === selected ? solidHand(hand, grasp) : lightHand(hand, grasp, rank === hovered);
        shown.position.set(...grasp.pose.position);
        shown.quaternion.set(...grasp.pose.quaternion);
        shown.userData.rank = rank;
        this.#hands.add(shown);
      });
    this.view.touch();
  }

  #rankAt({ clientX, clientY }: PointerEvent | MouseEvent): number {
    let node: Object3D | null | undefined = this.view.pickOverlay(clientX, clientY);
    while (node && node.userData.rank === undefined) node = node.parent;
    return (node?.userData.rank as number | undefined) ?? -1;
  }

  #takePointer(canvas: HTMLCanvasElement): void {
    let [x, y] = [0, 0];
    canvas.addEventListener('pointerdown', ({ clientX, clientY }) => {
      [x, y] = [clientX, clientY];
    });
    canvas.addEventListener('click', (event) => {
      if (Math.hypot(event.clientX - x, event.clientY - y) > CLICK_PX) return;
      const rank = this.#rankAt(event);
      if (rank >= 0) this.#choice.select(rank);
    });
    canvas.addEventListener('pointermove', (event) => {
      if (event.buttons === 0) this.#choice.hover(this.#rankAt(event));
    });
    canvas.addEventListener('pointerleave', () => this.#choice.hover(-1));
  }
}

/** How far each finger stands from the middle, metres; a cup has none that slide. */
const reach = (hand: HandSettings, { told }: PlacedGrasp): number =>
  handGeometry(hand).travel > 0 ? told.opening / 2 : 0;

function solidHand(hand: HandSettings, grasp: PlacedGrasp): Group {
  const { palm, fingers } = buildGripper(hand, palmHalf(hand), (color) => new MeshLambertMaterial({ color }));
  const out = reach(hand, grasp);
  const [right, left] = fingers;
  right.position.x = out;
  left.position.x = -out;
  return new Group().add(palm, ...fingers);
}

/** Only what would touch, and a bar behind it, translucent. */
function lightHand(hand: HandSettings, grasp: PlacedGrasp, hovered: boolean): Group {
  const material = new MeshBasicMaterial({
    ...{ color: themeColour(hovered ? '--accent' : '--held'), transparent: true, opacity: hovered ? 0.85 : 0.38 },
    toneMapped: false,
  });
  const out = reach(hand, grasp);
  const group = new Group();
  for (const { body, solid, pose } of handGeometry(hand).parts) {
    // the palm
    if (body === 0) continue;
    const geometry =
      solid.kind === 'box'
        ? new BoxGeometry(...solid.half.map((h) => 2 * h))
        : new CylinderGeometry(hand.stroke / 2, hand.stroke / 2, 0.006, 24).rotateX(Math.PI / 2);
    const part = new Mesh(geometry, material);
    part.position.set(...pose.position);
    part.position.x += body === 1 ? out : -out;
    group.add(part);
  }
  const width = 2 * out + 2 * hand.fingerThickness;
  const bar = new Mesh(new BoxGeometry(width, 0.008, 0.008), material);
  bar.position.z = -hand.fingerLength;
  return group.add(bar);
}

/** Takes everything out of a group, and frees it. */
function clear(group: Group): void {
  group.traverse((node) => {
    const { geometry, material } = node as Partial<Mesh>;
    geometry?.dispose();
    for (const m of [material ?? []].flat()) m.dispose();
  });
  group.clear();
}
