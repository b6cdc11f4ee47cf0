/** Steering button: there while a training can be steered; the panel behind it is loaded when it is opened. */
import type { SteeringState } from '../../../sim/recording/steering.ts';
import { element, setText } from '../panel.ts';
import type { SteerHost, SteerPanel } from './panel.ts';

/** How a training stands, and whether this page may steer it. */
export interface Steered {
  readonly state: SteeringState;
  readonly may: boolean;
}

/** The button in the dock. */
export class SteerButton {
  readonly #host: SteerHost;
  #steered: Steered | undefined;
  #panel: SteerPanel | undefined;
  #open = false;

  constructor(host: SteerHost) {
    this.#host = host;
    element('steer').addEventListener('click', () => void this.#set(!this.#open));
  }

  /** @param steered undefined: there is nothing to steer. */
  show(steered: Steered | undefined): void {
    this.#steered = steered;
    element('steer').hidden = !steered;
    setText('steer', steered?.state.paused ? 'Steer · paused' : 'Steer');
    if (!steered) void this.#set(false);
    else if (this.#open) this.#panel?.show(steered);
  }

  async #set(open: boolean): Promise<void> {
    this.#open = open;
    element('steer').setAttribute('aria-expanded', String(open));
    element('steer-panel').hidden = !open;
    if (open) this.#panel ??= new (await import('./panel.ts')).SteerPanel(this.#host);
    if (this.#steered && this.#open) this.#panel?.show(this.#steered);
    else this.#panel?.rest();
  }
}
