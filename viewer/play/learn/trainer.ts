/** Trainer: the side of the panel on which a policy is trained, in a worker of its own. */
import { proxy, type Remote, wrap } from 'comlink';
import type { Episode } from '../../../sim/recording/episode.ts';
import type { TrialSummary } from '../../../sim/recording/marks.ts';
import { drawCurve } from '../../page/curve.ts';
import { element } from '../../page/panel.ts';
import { fill, percent, saveFile, setText, showDescription, showLines, wholeNumber } from '../panel.ts';
import type { Choices, PlaySession } from '../session.ts';
import type { PageArm, TrainingRequest, TrainingSession } from './training.ts';

/** The learners of the page, and what is said about them. */
const ARMS: Readonly<Record<PageArm, { readonly name: string; readonly about: string }>> = {
  pretrained: {
    name: 'pretrained head and trunk (pretrained)',
    about: 'Knows grasps of other objects before its first trial; its head learns on, on frozen features.',
  },
  'fresh-head': {
    name: 'fresh head, pretrained trunk',
    about: 'Sees with frozen pretrained features, and has yet to learn what a good grasp is: learner.head fresh.',
  },
  random: {
    name: 'fresh head, random trunk (random)',
    about: 'The same network with random frozen weights: what the architecture alone is worth.',
  },
  finetuned: {
    name: 'pretrained, all of it learns (finetuned)',
    about: 'Starts as the pretrained one does and trains its trunk, too. Its updates take longer.',
  },
  scratch: {
    name: 'from nothing, all of it learns (scratch)',
    about: 'Random weights, trained end to end. Its updates take longer, and 100 trials teach it little.',
  },
  equivariant: {
    name: 'small symmetric network (equivariant)',
    about: 'Random weights tied by the mirror images of a grasp, trained end to end. Its updates take longer.',
  },
};

/** Trials that the share of held ones is taken over, as in the curve. */
const WINDOW = 50;
/** The curve is drawn anew at most so often, milliseconds. */
const DRAW_EVERY_MS = 250;

type State = 'idle' | 'running' | 'paused' | 'over';

/** What the trainer needs of the page. */
export interface TrainerHost {
  readonly play: Remote<PlaySession>;
  /** As in `loadEngine`. */
  readonly wasmFolder: string;
  /** Takes the weights of the moment as the trained policy. @param about one line. */
  readonly onWeights: (bytes: Uint8Array, about: string) => Promise<void>;
  /** Shows a trial of the training, to its end. */
  readonly onEpisode: (episode: Episode) => Promise<void>;
  readonly fail: (error: unknown) => void;
}

const select = (id: string): HTMLSelectElement => element<HTMLSelectElement>(id);

/** A training on the page: one at a time. */
export class Trainer {
  readonly #host: TrainerHost;
  #session: Remote<TrainingSession> | undefined;
  #worker: Worker | undefined;
  #state: State = 'idle';
  #scenarios: Choices['scenarios'] = [];
  #planned = 0;
  #trials: TrialSummary[] = [];
  /** Milliseconds that trained, and since when it trains on. */
  #spent = 0;
  #since = 0;
  #drawing = false;

  constructor(host: TrainerHost) {
    this.#host = host;
    const arms = Object.entries(ARMS).map(([value, { name }]) => ({ value, text: name }));
    fill('train-arm', arms, 'pretrained');
    select('train-arm').addEventListener('change', () => this.#showArm());
    element('train').addEventListener('submit', (event) => {
      event.preventDefault();
      void this.next();
    });
    element('train-stop').addEventListener('click', () => void this.stop());
    element('train-save').addEventListener('click', () => void this.save());
    this.#showArm();
    this.#draw();
  }

  get state(): State {
    return this.#state;
  }

  /** The scenarios that can be trained on; what was chosen stays chosen. */
  offer(scenarios: Choices['scenarios'], chosen: string): void {
    this.#scenarios = scenarios;
    const names = scenarios.map(({ name }) => ({ value: name, text: name }));
    fill('train-scenario', names, select('train-scenario').value || chosen);
    this.#show();
  }

  /** Says what is trained on. */
  describe(): void {
    const chosen = this.#scenarios.find(({ name }) => name === select('train-scenario').value);
    if (chosen) showDescription(chosen);
  }

  /** Asks for a trial to be shown. */
  watch(): void {
    void this.#session?.watch();
  }

  /** What the large button says: start, pause or go on. */
  async next(): Promise<void> {
    if (this.#state === 'running') return this.pause();
    if (this.#state === 'paused') return this.goOn();
    return this.start();
  }

  /** Trains to the end, or until it is stopped. */
  async start(): Promise<void> {
    const name = select('train-scenario').value;
    const request = this.request();
    const about = `${ARMS[request.arm].name}, on ${name}, seed ${request.seed}`;
    this.#trials = [];
    this.#planned = request.trials;
    this.#spent = 0;
    this.#enter('running', 'Loading the tensor engine and the pretrained weights…');
    setText('message', '');
    let finished = false;
    let problem: unknown;
    try {
      const scenario = await this.#host.play.scenario(name);
      const session = this.session();
      const told = {
        onTrial: (t: TrialSummary) => this.#add(t),
        onLearned: () => this.#learned(),
        onEpisode: (episode: Episode) => void this.#host.onEpisode(episode).then(() => this.watch()),
      };
      this.watch();
      finished = await Promise.race([session.train({ ...request, scenario }, proxy(told)), this.#lost()]);
    } catch (error) {
      problem = error;
    }
    const begun = finished || this.#trials.length > 0;
    this.#enter('over', begun ? 'Stopped.' : 'Nothing was trained.');
    this.#draw();
    if (begun) await this.#hand(finished ? 'Done' : 'Stopped', about);
    // last, for whoever takes the weights clears what was said before
    if (problem) this.#host.fail(problem);
  }

  /** Waits for the worker to end before its time, for want of memory: then the next training has another one. */
  #lost(): Promise<never> {
    const worker = this.#worker;
    return new Promise((_, reject) => {
      worker?.addEventListener('error', ({ message }) => {
        worker.terminate();
        this.#session = undefined;
        reject(
          new Error(
            `training: expected the worker to go on, and it ended: ${message || 'the browser gave no reason'}; weights that were handed over are kept`,
          ),
        );
      });
    });
  }

  async pause(): Promise<void> {
    await this.#session?.pause();
    // it may have ended meanwhile
    if (this.#state !== 'running') return;
    this.#enter('paused', 'Paused after the trial that ran.');
    if (this.#trials.length > 0) await this.#hand('Paused', 'in training');
  }

  async goOn(): Promise<void> {
    this.#enter('running', 'Training.');
    await this.#session?.goOn();
  }

  async stop(): Promise<void> {
    await this.#session?.stop();
  }

  /** Saves the weights after the latest round as model.safetensors. */
  async save(): Promise<void> {
    if (!this.#session) return;
    const { bytes } = await this.#session.weights();
    saveFile(bytes, 'model.safetensors');
  }

  /** The worker that trains, started if it does not run yet. */
  session(): Remote<TrainingSession> {
    if (this.#session) return this.#session;
    this.#worker = new Worker(new URL('../worker.ts', import.meta.url), { type: 'module', name: 'training' });
    this.#session = wrap<TrainingSession>(this.#worker);
    return this.#session;
  }

  /** What the controls ask for. */
  request(): Omit<TrainingRequest, 'scenario'> {
    const arm = select('train-arm').value as PageArm;
    const { wasmFolder } = this.#host;
    return { arm, seed: wholeNumber('train-seed', 0), trials: wholeNumber('train-trials', 1), wasmFolder };
  }

  /** Takes weights as the trained policy. */
  async give(bytes: Uint8Array, about: string): Promise<void> {
    this.#learned();
    await this.#host.onWeights(bytes, about);
  }

  /** Hands the weights of the moment to whoever plays, and says which they are. */
  async #hand(what: string, about: string): Promise<void> {
    const state = this.#state;
    try {
      if (!this.#session) return;
      const { bytes, hash, trials } = await this.#session.weights();
      const which = `weights ${hash.slice(0, 8)} after ${trials} trials`;
      await this.give(bytes, `${about}, ${which}`);
      if (this.#state !== state) return;
      setText('train-state', `${what}: ${which}. They are the trained policy to play with.`);
      element('train-state').title = `as graft train makes them; whole hash: ${hash}`;
    } catch (error) {
      this.#host.fail(error);
    }
  }

  #add(trial: TrialSummary): void {
    if (this.#trials.length === 0) setText('train-state', 'Training. You can play meanwhile.');
    this.#trials.push(trial);
    if (this.#drawing) return;
    this.#drawing = true;
    setTimeout(() => {
      this.#drawing = false;
      this.#draw();
    }, DRAW_EVERY_MS);
  }

  #learned(): void {
    element<HTMLButtonElement>('train-save').disabled = false;
  }

  #enter(state: State, text: string): void {
    const now = performance.now();
    if (this.#state === 'running') this.#spent += now - this.#since;
    this.#since = now;
    this.#state = state;
    setText('train-state', text);
    this.#show();
  }

  #show(): void {
    const active = this.#state === 'running' || this.#state === 'paused';
    element<HTMLFieldSetElement>('train-fields').disabled = active;
    element<HTMLButtonElement>('train-start').disabled = false;
    element<HTMLButtonElement>('train-stop').disabled = !active;
    const names = { idle: 'Start', running: 'Pause', paused: 'Go on', over: 'Start again' } as const;
    setText('train-start', names[this.#state]);
    this.#showShare();
  }

  #showShare(): void {
    const active = this.#state === 'running' || this.#state === 'paused';
    setText('train-share', active ? percent(this.#trials.length / this.#planned) : '');
  }

  #showArm(): void {
    setText('train-about', ARMS[select('train-arm').value as PageArm].about);
  }

  /** Numbers, curve and list. */
  #draw(): void {
    const trials = this.#trials;
    const latest = trials.slice(-WINDOW);
    const held = latest.filter(({ outcome }) => outcome === 'held').length;
    const running = this.#state === 'running' ? performance.now() - this.#since : 0;
    setText('train-planned', this.#planned > 0 ? ` of ${this.#planned.toLocaleString('en')}` : '');
    setText('train-done', trials.length.toLocaleString('en'));
    setText('train-failed', String(trials.filter(({ outcome }) => outcome !== 'held').length));
    setText('train-rate', latest.length > 0 ? percent(held / latest.length) : '–');
    setText('train-seconds', ((this.#spent + running) / 1000).toFixed(0));
    drawCurve(element<SVGSVGElement>('curve'), trials, this.#planned);
    const lines = trials.map(({ trial, families, ...rest }) => ({
      scene: String(trial),
      by: families.join(', '),
      ...rest,
    }));
    showLines('train-list', lines.slice(-100));
    this.#showShare();
  }
}
