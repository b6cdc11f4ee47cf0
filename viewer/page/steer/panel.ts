/** Steering panel: pause for all, single trials, a grasp of one's own, exploration and camera. */
import type { SteeredSetting, SteeringRequest } from '../../../sim/recording/steering.ts';
import type { LiveRun } from '../live.ts';
import { element, setText } from '../panel.ts';
import type { ImagePanel } from '../scene/images.ts';
import type { View } from '../scene/view.ts';
import { Aim } from './aim.ts';
import type { Steered } from './button.ts';
import './steer.css';

/** What the panel needs of the page. */
export interface SteerHost {
  readonly live: LiveRun;
  readonly view: View | undefined;
  readonly images: ImagePanel;
  /** Whether the run is shown, and no recording. */
  readonly isLive: () => boolean;
}

/** What settings are called here, by the last part of their key. */
const NAMES: Readonly<Record<string, string>> = {
  ...{ epsilon: 'random grasps', temperature: 'temperature', heuristicShare: 'antipodal, of the random' },
  ...{ eyeJitter: 'eye shifts by, m', calibrationError: 'pose error, m', field: 'smooth noise, m' },
  ...{ pixel: 'pixel noise, m', dropout: 'pixels lost', axial: 'noise at 1 m, m', edgeDropout: 'edges lost' },
  ...{ holeRadiusPx: 'hole radius, pixels', step: 'depth step, m', shape: 'gamma shape' },
};

const HTML = `
<h2>Steer the training</h2>
<p id="steer-state" role="status"></p>
<p id="steer-trouble" role="alert"></p>
<div class="row">
  <button id="steer-pause" type="button">Pause for all</button>
  <button id="steer-step" type="button">One trial</button>
</div>
<fieldset id="steer-grasp">
  <legend>Your grasp</legend>
  <p id="steer-where"></p>
  <label>angle <input id="steer-angle" type="range" min="0" value="0" /> <output id="steer-degrees"></output></label>
  <label>depth <select id="steer-depth"></select></label>
  <label>opening <select id="steer-opening"></select></label>
  <button id="steer-try" type="button">Try it</button>
</fieldset>
<details open><summary>Exploration</summary><fieldset id="steer-training" aria-label="Exploration"></fieldset></details>
<details><summary>Camera, in training</summary><fieldset id="steer-sensor" aria-label="Camera"></fieldset></details>
<button id="steer-own" type="button">Settings as the scenario has them</button>
<p id="steer-count"></p>`;

const input = (id: string): HTMLInputElement => element<HTMLInputElement>(id);
const select = (id: string): HTMLSelectElement => element<HTMLSelectElement>(id);
const counted = (n: number, what: string): string => (n === 0 ? '' : `${n} ${what}${n === 1 ? '' : 's'}`);
const millimetres = (metres: number): string => `${Math.round(metres * 1000)} mm`;

/** The panel, made once. */
export class SteerPanel {
  readonly #host: SteerHost;
  readonly #aim: Aim;
  #steered: Steered | undefined;

  constructor(host: SteerHost) {
    this.#host = host;
    const panel = element('steer-panel');
    panel.innerHTML = HTML;
    // keys of the page mean nothing in its fields
    panel.addEventListener('keydown', (event) => event.stopPropagation());
    this.#aim = new Aim({
      ...{ images: host.images, view: host.view },
      heights: () => (this.#mayAim() ? host.live.seen.heightmap : undefined),
      closing: () => this.#closing(),
      turn: (steps) => {
        const { angles } = this.#steered!.state;
        input('steer-angle').value = String((Number(input('steer-angle').value) + steps + angles) % angles);
        this.#turned();
      },
      try: () => void this.#try(),
      onAim: () => this.#draw(),
    });
    const on = (id: string, kind: string, act: () => void): void => element(id).addEventListener(kind, act);
    on('steer-pause', 'click', () => void this.#ask({ do: this.#steered?.state.paused ? 'resume' : 'pause' }));
    on('steer-step', 'click', () => void this.#ask({ do: 'step' }));
    on('steer-try', 'click', () => void this.#try());
    on('steer-angle', 'input', () => this.#turned());
    for (const id of ['steer-depth', 'steer-opening']) on(id, 'change', () => this.#aim.draw());
    on('steer-own', 'click', () => {
      const own = this.#steered?.state.settings.map((s) => [s.key, s.own]) ?? [];
      void this.#ask({ do: 'set', values: Object.fromEntries(own) });
    });
  }

  /** Shows how the training stands. */
  show(steered: Steered): void {
    this.#steered = steered;
    this.#draw();
  }

  /** Takes no clicks while it is closed. */
  rest(): void {
    this.#aim.on = false;
  }

  #mayAim(): boolean {
    const { live, isLive } = this.#host;
    return isLive() && live.trial?.info.split === 'training' && (live.trial.info.inRound?.attempt ?? 0) === 0;
  }

  #draw(): void {
    if (!this.#steered) return;
    const { state, may } = this.#steered;
    const { paused, waiting, settings, angles, shapes, changes, grasps } = state;
    this.#aim.on = may && paused;
    const how = !paused
      ? 'It runs.'
      : waiting
        ? 'It stands still, for everybody.'
        : 'It stops after the trials that run.';
    setText('steer-state', may ? how : `${how} You watch: whoever has the run's token may steer.`);
    setText('steer-pause', paused ? 'Go on' : 'Pause for all');
    for (const id of ['steer-pause', 'steer-step', 'steer-own']) element<HTMLButtonElement>(id).disabled = !may;
    for (const set of element('steer-panel').querySelectorAll('fieldset')) set.disabled = !may;
    element<HTMLFieldSetElement>('steer-grasp').disabled = !may || !paused;
    const aimed = this.#aim.cell !== undefined;
    element<HTMLButtonElement>('steer-try').disabled = !aimed;
    const hint = aimed
      ? 'Arrow keys on the map move it, comma and full stop turn it.'
      : 'Click where to grasp, in the scene or on the map.';
    setText('steer-where', paused ? hint : 'Pause first, then click where to grasp.');
    input('steer-angle').max = String(angles - 1);
    options('steer-depth', [...new Set(shapes.map((s) => s.depth))]);
    options('steer-opening', [...new Set(shapes.map((s) => s.opening))]);
    this.#turned();
    for (const setting of settings)
      field(setting, (value) => void this.#ask({ do: 'set', values: { [setting.key]: value } }));
    const own = settings.every((s) => s.value === s.own);
    element<HTMLButtonElement>('steer-own').disabled ||= own;
    const counts = [counted(changes, 'change'), counted(grasps, 'grasp')].filter(Boolean).join(' and ');
    setText('steer-count', counts && `${counts} by hand: the log repeats this run, its seed alone does not.`);
  }

  #turned(): void {
    const angle = Number(input('steer-angle').value);
    setText('steer-degrees', `${Math.round((180 * angle) / (this.#steered?.state.angles ?? 1))}°`);
    this.#aim.draw();
  }

  #closing() {
    const angle = Number(input('steer-angle').value);
    const [depth, opening] = ['steer-depth', 'steer-opening'].map((id) => Number(select(id).value));
    return { yaw: (Math.PI * angle) / (this.#steered?.state.angles ?? 1), depth, opening };
  }

  async #try(): Promise<void> {
    const trial = this.#host.live.trial?.info.trial;
    const { cell } = this.#aim;
    if (trial === undefined || cell === undefined || !this.#steered) return;
    const { depth, opening } = this.#closing();
    const shape = this.#steered.state.shapes.findIndex((s) => s.depth === depth && s.opening === opening);
    const angle = Number(input('steer-angle').value);
    if (await this.#ask({ do: 'grasp', trial, cell, angle, shape })) this.#aim.clear();
    this.#draw();
  }

  /** Asks the training. @returns whether it was willing. */
  async #ask(request: SteeringRequest): Promise<boolean> {
    setText('steer-trouble', '');
    try {
      await this.#host.live.steer(request);
      return true;
    } catch (error) {
      setText('steer-trouble', (error as Error).message);
      for (const { key, value } of this.#steered?.state.settings ?? []) input(`steer-${key}`).value = String(value);
      this.#draw();
      return false;
    }
  }
}

/** Fills a list of lengths, unless it has them; one alone needs no choice. */
function options(id: string, lengths: readonly number[]): void {
  const list = select(id);
  list.parentElement!.hidden = lengths.length < 2;
  if (list.options.length !== lengths.length)
    list.replaceChildren(...lengths.map((length) => new Option(millimetres(length), String(length))));
}

/** The field of a setting, made if there is none yet; what is being typed stays. */
function field({ key, about, value, low, high, whole }: SteeredSetting, change: (value: number) => void): void {
  const id = `steer-${key}`;
  let box = document.getElementById(id) as HTMLInputElement | null;
  if (!box) {
    const label = document.createElement('label');
    box = document.createElement('input');
    Object.assign(box, { id, type: 'number', min: low, max: high, step: whole ? 1 : 'any' });
    label.append(NAMES[key.split('.').at(-1)!] ?? key, box);
    label.title = `${key}: ${about}`;
    element(`steer-${key.split('.')[0]}`).append(label);
    box.addEventListener('change', () => change(box!.value === '' ? Number.NaN : box!.valueAsNumber));
  }
  if (document.activeElement !== box) box.value = String(value);
}
