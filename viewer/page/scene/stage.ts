/** Stage: 3D view, layers and card of one trial, kept in step. */
import type { Mesh } from '../../../sim/objects/mesh.ts';
import type { Seen } from '../../../sim/recording/read/seen.ts';
import type { EpisodeInfo } from '../../foxglove/additions.ts';
import { type Card, showEpisode, showOutcome } from '../panel.ts';
import { themeColour } from './colours.ts';
import type { Sample } from './interpolation.ts';
import { type LayerName, Layers } from './layers.ts';
import { View } from './view.ts';

/** A 3D picture with the name and the outcome of the trial that it shows. */
export class Stage {
  readonly view: View | undefined;
  readonly layers: Layers | undefined;
  readonly #card: Card;
  #info: EpisodeInfo | undefined;
  #time = Number.NaN;

  /** @param onFailure told why there is no 3D picture, if there is none; everything else goes on. */
  constructor(canvas: HTMLCanvasElement, card: Card, onFailure: (error: unknown) => void) {
    this.#card = card;
    try {
      const wish = new URLSearchParams(location.search).get('detail');
      this.view = new View(canvas, wish === 'high' || wish === 'low' ? wish : undefined);
      this.layers = new Layers(this.view.overlay);
    } catch (error) {
      onFailure(error);
    }
  }

  /** What is on stage. */
  get info(): EpisodeInfo | undefined {
    return this.#info;
  }

  /**
   * Begins a trial.
   * @param path of each object over the whole trial, if it is known.
   * @throws Error if an object's geometry is missing.
   */
  begin(info: EpisodeInfo, geometry: ReadonlyMap<string, Mesh>, path?: readonly number[][]): void {
    this.#info = info;
    this.#time = Number.NaN;
    this.view?.setEpisode(info, geometry);
    this.layers?.begin(info, geometry, path);
    showEpisode(this.#card, info);
  }

  /** The pictures of the trial have come. */
  see(info: EpisodeInfo, seen: Seen): void {
    this.layers?.see(info, seen);
    this.view?.touch();
  }

  /** Shows or hides a layer. */
  showLayer(name: LayerName, shown: boolean): void {
    if (name === 'grasp') this.view?.showGrasp(shown);
    else this.layers?.show(name, shown);
    this.view?.touch();
  }

  /** Shows one moment. @returns whether it is another one than before. */
  show(sample: Sample): boolean {
    const { time, frame, poses } = sample;
    const info = this.#info;
    if (!info || time === this.#time) return false;
    this.#time = time;
    this.view?.setPoses(poses);
    this.layers?.pose(sample);
    const over = frame >= info.frames - 1;
    showOutcome(this.#card, over ? info.outcome : undefined);
    const name = over ? (info.outcome === 'held' ? '--held' : '--failed') : '--accent';
    this.view?.tintGrasp(themeColour(name));
    return true;
  }
}
