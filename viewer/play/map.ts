/** Map of the play page: the heightmap, clicked and steered to place a grasp. */
import type { PlannedGrasp } from '../../sim/recording/episode.ts';
import { drawMap } from '../page/scene/images.ts';
import type { SceneShown } from './scene/shown.ts';

/** What the heightmap asks for. */
interface MapWishes {
  /** World frame, metres. */
  readonly point: (x: number, y: number) => void;
  /** Steps of the angle control. */
  readonly turn: (steps: number) => void;
  readonly try: () => void;
}

/** The heightmap: shows heights or the affordance with the planned grasp, and takes clicks and keys to place one. */
export class MapPicture {
  readonly #canvas: HTMLCanvasElement;
  #scene: SceneShown | undefined;
  #grasp: PlannedGrasp | undefined;
  #affordance: Float32Array | null = null;

  constructor(canvas: HTMLCanvasElement, wishes: MapWishes) {
    this.#canvas = canvas;
    canvas.addEventListener('click', ({ offsetX, offsetY }) => {
      const half = this.#half();
      const { clientWidth: width, clientHeight: height } = canvas;
      if (half > 0) wishes.point((offsetX / width - 0.5) * 2 * half, (0.5 - offsetY / height) * 2 * half);
    });
    canvas.addEventListener('keydown', (event) => this.#press(event, wishes));
  }

  show(scene: SceneShown, grasp: PlannedGrasp | undefined, affordance: Float32Array | null): void {
    this.#scene = scene;
    this.#grasp = grasp;
    this.#affordance = affordance;
    this.redraw();
  }

  /** Again, in the colours of the moment. */
  redraw(): void {
    if (!this.#scene) return;
    const { heightmap, gripper } = this.#scene;
    const planned = this.#grasp && { grasp: this.#grasp, gripper };
    drawMap(this.#canvas, { ...heightmap, affordance: this.#affordance }, planned);
  }

  /** Half the side of the map, metres. */
  #half(): number {
    return this.#scene ? (this.#scene.heightmap.size * this.#scene.heightmap.cell) / 2 : 0;
  }

  #press(event: KeyboardEvent, wishes: MapWishes): void {
    if (!this.#scene || event.ctrlKey || event.metaKey || event.altKey) return;
    const { cell } = this.#scene.heightmap;
    const [x, y] = this.#grasp?.position ?? [0, 0];
    const moves: Record<string, () => void> = {
      ArrowLeft: () => wishes.point(x - cell, y),
      ArrowRight: () => wishes.point(x + cell, y),
      ArrowUp: () => wishes.point(x, y + cell),
      ArrowDown: () => wishes.point(x, y - cell),
      ',': () => wishes.turn(-1),
      '.': () => wishes.turn(1),
      Enter: wishes.try,
    };
    const move = moves[event.key];
    if (!move) return;
    event.preventDefault();
    move();
  }
}
