/** Stages: the scene, and a second one beside it, in which the camera of one follows the other's. */
import { element } from '../panel.ts';
import { LAYERS, type LayerName } from './layers.ts';
import { Stage } from './stage.ts';

/** The scenes of the page. */
export class Stages {
  readonly first: Stage;
  /** The scene beside; made when it is first needed. */
  #second: Stage | undefined;
  /** The view that was turned last: the other one follows it. */
  #leader: Stage;
  readonly #shown = new Map<LayerName, boolean>(LAYERS.map(({ name, shown }) => [name, shown]));

  constructor() {
    this.first = stageOf('view', '', noWebgl);
    this.#leader = this.first;
    this.#followFrom('view', () => this.first);
    this.#followFrom('second-view', () => this.#second ?? this.first);
    new ResizeObserver(() => this.#lift()).observe(element('dock'));
  }

  get second(): Stage | undefined {
    return this.#second;
  }

  /** Shows one scene, or two side by side. */
  setBeside(beside: boolean): void {
    if (beside && !this.#second) {
      this.#second = stageOf('second-view', 'second-', () => undefined);
      this.#lift();
    }
    element('second').hidden = !beside;
    element('stage').classList.toggle('beside', beside);
    this.#applyLayers();
  }

  /** Shows or hides a layer in every scene, as its box says. */
  toggleLayer(name: LayerName): void {
    const shown = !this.#shown.get(name);
    this.#shown.set(name, shown);
    element<HTMLInputElement>(`layer-${name}`).checked = shown;
    this.#applyLayers();
  }

  /** Whether it is time for pictures of both scenes. @param now milliseconds. */
  areReady(now: number): boolean {
    return [this.first, this.#second].every((s) => s?.view?.isReady(now) ?? true);
  }

  /** Draws the scenes. */
  render(now: number, beside: boolean): void {
    this.first.view?.render(now);
    if (!beside || !this.#second?.view) return;
    const follower = this.#leader === this.first ? this.#second : this.first;
    if (this.#leader.view) follower.view?.lookLike(this.#leader.view);
    this.#second.view.render(now);
  }

  #applyLayers(): void {
    for (const [name, shown] of this.#shown) for (const s of [this.first, this.#second]) s?.showLayer(name, shown);
  }

  /** Makes room for what lies over the lower edge of the scenes. */
  #lift(): void {
    const dock = element('dock');
    const covers = getComputedStyle(dock).position === 'absolute';
    for (const s of [this.first, this.#second]) s?.view?.lift(covers ? dock.clientHeight : 0);
  }

  #followFrom(canvas: string, stage: () => Stage): void {
    const lead = (): void => {
      this.#leader = stage();
    };
    for (const kind of ['pointerdown', 'wheel', 'keydown'])
      element(canvas).addEventListener(kind, lead, { passive: true });
  }
}

/** A stage on a canvas. @param prefix of the ids of its card. */
const stageOf = (canvas: string, prefix: '' | 'second-', onFailure: (error: unknown) => void): Stage =>
  new Stage(
    element<HTMLCanvasElement>(canvas),
    {
      title: element(prefix === '' ? 'trial-title' : 'second-title'),
      detail: element(prefix === '' ? 'trial-detail' : 'second-detail'),
      outcome: element(`${prefix}outcome`),
    },
    onFailure,
  );

function noWebgl(error: unknown): void {
  console.warn(error);
  const notice = element('notice');
  notice.hidden = false;
  notice.textContent =
    'The 3D view needs WebGL 2, which this browser does not offer. Turn on hardware acceleration or use another browser; everything else on this page works.';
}
