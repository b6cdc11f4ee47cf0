/** Aim: a grasp of a person's own on the map and in the scene, by pointer and by keys. */
import { cellCentre, localTop } from '../../../sim/camera/heightmap.ts';
import type { PlannedGrasp } from '../../../sim/recording/episode.ts';
import type { GridMap } from '../../../sim/recording/read/seen.ts';
import { element } from '../panel.ts';
import { themeColour } from '../scene/colours.ts';
import { GraspMarker } from '../scene/grasp-marker.ts';
import type { ImagePanel } from '../scene/images.ts';
import type { View } from '../scene/view.ts';

/** A press that moves further than this turns the view, pixels. */
const CLICK_PX = 5;
/** Lowest finger tip that is drawn, metres: the simulator has the scenario's own. */
const LOWEST = 0.003;

/** How the hand is to close, besides where. */
interface Closing {
  /** Radians. */
  readonly yaw: number;
  /** Below the local top, metres. */
  readonly depth: number;
  readonly opening: number;
}

/** What aiming needs of the page. */
interface AimHost {
  readonly images: ImagePanel;
  readonly view: View | undefined;
  /** The heights of the scene that is shown; undefined while there is none to aim at. */
  readonly heights: () => GridMap | undefined;
  readonly closing: () => Closing;
  /** Steps of the angle. */
  readonly turn: (steps: number) => void;
  readonly try: () => void;
  /** Another cell was chosen. */
  readonly onAim: () => void;
}

/** Takes clicks and keys while it is on, and shows the grasp that they make. */
export class Aim {
  readonly #host: AimHost;
  readonly #map = element<HTMLCanvasElement>('map');
  #marker: GraspMarker | undefined;
  #on = false;
  /** Row and column. */
  #at: readonly [number, number] | undefined;

  constructor(host: AimHost) {
    this.#host = host;
    this.#map.addEventListener('click', ({ offsetX, offsetY }) => {
      const { clientWidth, clientHeight } = this.#map;
      const size = host.heights()?.size ?? 0;
      this.#aim((1 - offsetY / clientHeight) * size, (offsetX / clientWidth) * size);
    });
    this.#map.addEventListener('keydown', (event) => this.#press(event));
    const canvas = element<HTMLCanvasElement>('view');
    let [x, y] = [0, 0];
    canvas.addEventListener('pointerdown', (event) => {
      [x, y] = [event.clientX, event.clientY];
    });
    canvas.addEventListener('click', (event) => {
      if (!this.#on || Math.hypot(event.clientX - x, event.clientY - y) > CLICK_PX) return;
      const heights = host.heights();
      const point = host.view?.pick(event.clientX, event.clientY);
      if (!point || !heights) return;
      const [row, col] = [point[1], point[0]].map((v) => v / heights.cell + heights.size / 2);
      this.#aim(row, col);
    });
  }

  /** The chosen cell, row * size + column; undefined if there is none. */
  get cell(): number | undefined {
    const heights = this.#host.heights();
    return this.#at && heights && this.#at[0] * heights.size + this.#at[1];
  }

  /** Takes clicks and keys, or no longer. */
  set on(on: boolean) {
    if (on === this.#on) return;
    this.#on = on;
    this.#map.tabIndex = on ? 0 : -1;
    this.#map.classList.toggle('aims', on);
    if (!on) this.clear();
  }

  clear(): void {
    this.#at = undefined;
    this.draw();
  }

  /** Draws the grasp as it would be now. */
  draw(): void {
    const { images, view } = this.#host;
    const grasp = this.#grasp();
    images.plan(grasp);
    if (this.#marker) view?.overlay.remove(this.#marker.group);
    this.#marker = grasp && view && new GraspMarker(grasp, themeColour('--accent'));
    if (this.#marker) view?.overlay.add(this.#marker.group);
    view?.touch();
  }

  #grasp(): PlannedGrasp | undefined {
    const heights = this.#host.heights();
    if (!this.#at || !heights) return undefined;
    const { size, cell, values } = heights;
    const { yaw, depth, opening } = this.#host.closing();
    const [x, y] = cellCentre({ size, cell }, ...this.#at);
    const top = localTop({ size, height: values }, this.#at[0] * size + this.#at[1]);
    return { position: [x, y, Math.max(top - depth, LOWEST)], yaw, opening, probability: null };
  }

  #aim(row: number, col: number): void {
    const heights = this.#host.heights();
    if (!this.#on || !heights) return;
    const within = (v: number): number => Math.min(Math.max(Math.floor(v), 1), heights.size - 2);
    this.#at = [within(row), within(col)];
    this.draw();
    this.#host.onAim();
  }

  #press(event: KeyboardEvent): void {
    if (!this.#on || event.ctrlKey || event.metaKey || event.altKey) return;
    const middle = (this.#host.heights()?.size ?? 0) / 2;
    const [row, col] = this.#at ?? [middle, middle];
    const moves: Record<string, () => void> = {
      ArrowLeft: () => this.#aim(row, col - 1),
      ArrowRight: () => this.#aim(row, col + 1),
      ArrowUp: () => this.#aim(row + 1, col),
      ArrowDown: () => this.#aim(row - 1, col),
      ',': () => this.#host.turn(-1),
      '.': () => this.#host.turn(1),
      Enter: () => this.#host.try(),
    };
    const move = moves[event.key];
    if (!move) return;
    event.preventDefault();
    event.stopPropagation();
    move();
  }
}
