/** Game: what the play page does with every wish of its user. */
import type { Remote } from 'comlink';
import type { Pose } from '../../sim/math/pose.ts';
import { element } from '../page/panel.ts';
import { POLICY_FILE, type PolicyNote } from '../policy-note.ts';
import type { MapPicture } from './map.ts';
import {
  fetchBytes,
  POLICY_NAMES,
  setText,
  showAim,
  showCard,
  showChoices,
  showDescription,
  showMapKind,
  showPhase,
  showScenario,
  showTried,
  type TriedLine,
  wholeNumber,
} from './panel.ts';
import type { SceneShown } from './scene/shown.ts';
import { score } from './score.ts';
import type { Choices, GraspShown, PlaySession, PolicyName } from './session.ts';
import type { Stage } from './stage.ts';
import { Wishes } from './wishes.ts';

/** Time to look at a plan or an outcome when the policy plays by itself, seconds. */
const LOOK_SECONDS = 0.7;

const INVITATION = 'Click where to grasp, or let the policy choose';

const input = (id: string): HTMLInputElement => element<HTMLInputElement>(id);
const select = (id: string): HTMLSelectElement => element<HTMLSelectElement>(id);
const wait = (seconds: number): Promise<void> => new Promise((done) => setTimeout(done, 1000 * seconds));

/** The rules of the page: what can be done when, and what is shown of it. The simulator itself is in the worker. */
export class Game {
  /** The scene that lies there. */
  scene: SceneShown | undefined;
  /** Where that scene was drawn from, whatever the controls say meanwhile. */
  #drawn = { scenario: '', seed: 0, index: 0 };
  onScene: () => void = () => undefined;
  /** Told which grasp can be taken by hand. */
  onPlan: (planned: GraspShown | undefined) => void = () => undefined;
  /** Told after each trial, before anything else is done. */
  onTried: () => void = () => undefined;
  /** Whether the user's grasps are to be such as a learner chooses among. */
  teaches: () => boolean = () => false;
  /** Told which scenarios there are, and which one is chosen. */
  onScenarios: (scenarios: Choices['scenarios'], chosen: string) => void = () => undefined;
  readonly #session: Remote<PlaySession>;
  readonly #stage: Stage | undefined;
  readonly #map: MapPicture;
  readonly #wasmFolder: string;
  readonly #tried: TriedLine[] = [];
  /** Scenes that somebody was taught on: no scores are taken there. */
  readonly #taught = new Set<string>();
  #choices: Choices = { scenarios: [], policies: [] };
  #planned: GraspShown | undefined;
  #by = 'you';
  #over = false;
  /** What is asked for while the worker works or a trial plays waits. */
  readonly #wishes = new Wishes();

  constructor(session: Remote<PlaySession>, stage: Stage | undefined, map: MapPicture, wasmFolder: string) {
    this.#session = session;
    this.#stage = stage;
    this.#map = map;
    this.#wasmFolder = wasmFolder;
  }

  get tried(): readonly TriedLine[] {
    return this.#tried;
  }

  /** The grasp that can be tried, or taken by hand. */
  get planned(): GraspShown | undefined {
    return this.#over ? undefined : this.#planned;
  }

  /** Fills the page; a policy that came with the site is loaded. */
  async start(): Promise<void> {
    await this.#do('', async () => {
      this.#choices = await this.#session.choices();
      showChoices(this.#choices, 'tabletop', 'antipodal');
      this.#offer();
      const { policy } = (await (await fetch(`./${POLICY_FILE}`)).json()) as PolicyNote;
      if (policy) await this.#loadPolicy(await fetchBytes(`./${policy.file}`), policy.file, policy.about);
      else setText('policy-note', 'No trained policy came with this page: drop a model.safetensors of a run here.');
      if (policy) showChoices(this.#choices, policy.scenario, 'trained');
      element<HTMLFieldSetElement>('fields').disabled = false;
      element<HTMLButtonElement>('batch').disabled = false;
      await this.#chosen();
    });
  }

  /** Tells the user what went wrong. */
  fail(error: unknown): void {
    setText('message', error instanceof Error ? error.message : String(error));
    if (!this.scene) showCard('The simulator did not start', 'The reason is beside the picture.', 'failed');
  }

  async chooseScenario(): Promise<void> {
    await this.#do('draw', () => this.#chosen());
  }

  /** Draws the first scene of the scenario that is chosen. */
  async #chosen(): Promise<void> {
    const chosen = this.#scenario();
    showScenario(chosen);
    input('seed').value = String(chosen.seed);
    input('index').value = '0';
    input('clutter').checked = chosen.objectCount > 1;
    await this.#draw();
  }

  /** Draws the scene that the controls say. */
  async draw(): Promise<void> {
    await this.#do('draw', () => this.#draw());
  }

  async #draw(): Promise<void> {
    const drawn = { scenario: select('scenarios').value, seed: wholeNumber('seed'), index: wholeNumber('index') };
    const scene = await this.#session.draw(drawn.scenario, drawn.seed, drawn.index, input('clutter').checked);
    this.#drawn = drawn;
    this.#show(scene);
  }

  /** The next scene; while objects are left of a clutter, what the last trial left. */
  async next(): Promise<void> {
    await this.#do('next', async () => {
      const left = this.#over && input('clutter').checked ? await this.#session.next() : undefined;
      if (left && left.count > 0) return this.#show(left);
      input('index').value = String(wholeNumber('index') + 1);
      await this.#draw();
    });
  }

  async drop(): Promise<void> {
    await this.#do('drop', async () => this.#show(await this.#session.drop()));
  }

  /** Asks the chosen policy. */
  async propose(): Promise<void> {
    await this.#do('propose', async () => {
      await this.#layAgain();
      const policy = select('policy').value as PolicyName;
      const proposed = await this.#session.propose(policy);
      if (proposed) this.#plan(proposed, POLICY_NAMES[policy]);
      else showCard('Nothing to grasp', `the ${POLICY_NAMES[policy]} sees nothing on the table`, 'clear');
    });
  }

  /** Plans a grasp at a point of the table, world frame, metres, with the angle and depth that the controls say. */
  async point(x: number, y: number): Promise<void> {
    await this.#do('own', () => this.#point(x, y));
  }

  async #point(x: number, y: number): Promise<void> {
    const [degrees, depth] = [Number(input('angle').value), Number(input('depth').value) / 1000];
    await this.#own(() => this.#session.point(x, y, (degrees * Math.PI) / 180, depth, this.teaches()));
  }

  /** Plans a grasp anywhere. @param pose T_world_tcp. @param opening metres. */
  async grip(pose: Pose, opening: number): Promise<void> {
    await this.#do('own', () => this.#own(() => this.#session.aim(pose, opening, this.teaches())));
  }

  async #own(ask: () => Promise<GraspShown>): Promise<void> {
    await this.#layAgain();
    const shown = await ask();
    if (shown.depth !== undefined) input('depth').value = String(Math.round(1000 * shown.depth));
    this.#plan(shown, 'you');
  }

  /** The angle or the depth has changed. */
  async aim(): Promise<void> {
    showAim();
    await this.#do('own', async () => {
      const [x, y] = this.planned?.grasp.position ?? [];
      if (x !== undefined && y !== undefined) await this.#point(x, y);
    });
  }

  /** After a trial that is over, the scene is laid out again before another grasp is planned. */
  async #layAgain(): Promise<void> {
    if (this.#over) this.#show(await this.#session.next());
  }

  /** Tries the planned grasp and plays what happened. */
  async try(): Promise<void> {
    await this.#do('try', async () => {
      if (!this.planned) return;
      const title = this.#title();
      showCard(title, this.#detail(), 'trying');
      this.onPlan(undefined);
      const episode = await this.#session.try();
      const { stateHash } = episode.proof.result;
      await this.#stage?.play(episode, Number(select('speed').value), showPhase);
      const held = episode.outcome === 'held';
      this.#stage?.judge(held);
      this.#over = true;
      if (this.teaches()) this.#taught.add(JSON.stringify(this.#drawn));
      this.onTried();
      this.#tried.push({
        scene: String(this.#drawn.index),
        by: this.#by,
        probability: episode.grasp.probability,
        outcome: episode.outcome,
      });
      showTried(this.#tried);
      showPhase(undefined);
      showCard(title, `${this.#by} · state ${stateHash.slice(0, 8)}`, episode.outcome);
      element('trial-detail').title = `hash of the final state: ${stateHash}`;
    });
  }

  /** While the box is ticked, the policy plays on. */
  async auto(): Promise<void> {
    while (input('auto').checked) {
      const before = this.#tried.length;
      await this.propose();
      await wait(LOOK_SECONDS);
      await this.try();
      await wait(LOOK_SECONDS);
      if (!input('auto').checked) return;
      await this.next();
      // an error was shown: do not hammer
      if (this.#tried.length === before) await wait(LOOK_SECONDS);
    }
  }

  /** Scores the chosen policy on the next scenes, without showing them. */
  async batch(): Promise<void> {
    await this.#do('batch', async () => {
      const [scenario, seed] = [select('scenarios').value, wholeNumber('seed')];
      await score(this.#session, {
        ...{ scenario, seed, first: wholeNumber('index') },
        policy: select('policy').value as PolicyName,
        passedOver: (index) => this.#taught.has(JSON.stringify({ scenario, seed, index })),
      });
    });
  }

  /** Loads policies and scenarios from files. */
  async open(files: readonly File[]): Promise<void> {
    for (const file of files) {
      if (/\.ya?ml$/i.test(file.name)) await this.openScenario(await file.text(), file.name);
      else await this.#openPolicy(file);
    }
  }

  /** Adds a scenario file and shows its first scene. */
  async openScenario(text: string, file: string): Promise<void> {
    await this.#do('', async () => {
      const { name } = await this.#session.addScenario(text, file);
      this.#choices = await this.#session.choices();
      showChoices(this.#choices, name, select('policy').value as PolicyName);
      this.#offer();
      await this.#chosen();
    });
  }

  async #openPolicy(file: File): Promise<void> {
    await this.#do('', async () => {
      await this.#loadPolicy(new Uint8Array(await file.arrayBuffer()), file.name, file.name);
    });
  }

  async #loadPolicy(bytes: Uint8Array, file: string, about: string): Promise<void> {
    setText('policy-note', 'Loading the tensor engine…');
    try {
      const engine = await this.#session.loadPolicy(bytes, file, this.#wasmFolder);
      setText('policy-note', `Trained policy: ${about}.`);
      element('policy-note').title = `engine: ${engine}`;
    } catch (error) {
      setText('policy-note', 'No trained policy was loaded.');
      throw error;
    }
    this.#choices = await this.#session.choices();
    showChoices(this.#choices, select('scenarios').value, 'trained');
  }

  /** Takes weights that were trained in the page as the trained policy. */
  async takePolicy(bytes: Uint8Array, about: string): Promise<void> {
    await this.#do('', () => this.#loadPolicy(bytes, 'weights of the training', about));
  }

  /** Whether it is doing something that shows on the stage. */
  get busy(): boolean {
    return this.#wishes.busy || input('auto').checked;
  }

  /** Shows its scene again, after the stage was lent to something else. */
  showAgain(): void {
    if (!this.scene) return;
    this.#stage?.show(this.scene);
    this.#stage?.plan(this.#planned?.grasp, this.#planned?.pose);
    this.#map.show(this.scene, this.#planned?.grasp, this.#planned?.affordance ?? null);
    this.onPlan(this.planned);
    showPhase(undefined);
    showCard(this.#title(), this.#planned ? this.#detail() : INVITATION, 'ready');
  }

  #offer(): void {
    this.onScenarios(this.#choices.scenarios, select('scenarios').value);
  }

  /** Says what is played. */
  describe(): void {
    showDescription(this.#scenario());
  }

  resetView(): void {
    this.#stage?.reset();
  }

  /** One thing at a time, in the order of asking; what goes wrong is told. */
  #do(kind: string, act: () => Promise<void>): Promise<void> {
    return this.#wishes.do(kind, async () => {
      setText('message', '');
      try {
        await act();
      } catch (error) {
        this.fail(error);
      }
      this.#showButtons();
    });
  }

  #show(scene: SceneShown): void {
    this.scene = scene;
    [this.#planned, this.#over] = [undefined, false];
    this.#stage?.show(scene);
    this.#map.show(scene, undefined, null);
    showMapKind(false);
    showAim();
    showPhase(undefined);
    showCard(this.#title(), INVITATION, 'ready');
    this.onScene();
    this.onPlan(undefined);
  }

  #plan(shown: GraspShown, by: string): void {
    [this.#planned, this.#by] = [shown, by];
    const { grasp, affordance } = shown;
    this.#stage?.plan(grasp, shown.pose);
    this.#map.show(this.scene!, grasp, affordance);
    showMapKind(affordance !== null);
    const angle = input('angle');
    const step = Number(angle.step);
    const end = Number(angle.max) + step;
    angle.value = String((Math.round(((grasp.yaw / Math.PI) * 180) / step) * step) % end);
    this.onPlan(shown);
    showAim();
    showCard(this.#title(), this.#detail(), 'ready');
  }

  #showButtons(): void {
    element<HTMLButtonElement>('try').disabled = !this.#planned || this.#over;
    const goesOn = this.#over && input('clutter').checked && (this.scene?.count ?? 0) > 0;
    setText('next', goesOn ? 'Go on' : 'Next scene');
  }

  #title(): string {
    const count = this.scene?.count ?? 0;
    return `Scene ${this.#drawn.index} · ${count} object${count === 1 ? '' : 's'}`;
  }

  #detail(): string {
    const probability = this.#planned?.grasp.probability ?? null;
    if (probability !== null) return `${this.#by} predicts ${Math.round(100 * probability)} %`;
    return this.#by === 'you' ? 'your grasp' : `chosen by the ${this.#by}`;
  }

  #scenario(): Choices['scenarios'][number] {
    const name = select('scenarios').value;
    const found = this.#choices.scenarios.find((s) => s.name === name);
    if (!found) throw new Error(`play: expected a scenario to be chosen, got '${name}'`);
    return found;
  }
}
