/** Teacher: makes the grasps that a person tries lessons of the learner, takes them back, saves them. */

import type { Remote } from 'comlink';
import { element } from '../../page/panel.ts';
import { saveFile, setText } from '../panel.ts';
import type { PlaySession } from '../session.ts';
import type { Trainer } from './trainer.ts';
import type { Taught } from './training.ts';

/** What the teacher needs of the page. */
export interface TeacherHost {
  readonly play: Remote<PlaySession>;
  readonly trainer: Trainer;
  readonly fail: (error: unknown) => void;
}

/** The part of the panel below the tick "my grasps teach". */
export class Teacher {
  readonly #host: TeacherHost;
  #turn: Promise<void> = Promise.resolve();

  constructor(host: TeacherHost) {
    this.#host = host;
    const on = (id: string, act: () => Promise<void>): void =>
      element(id).addEventListener('click', () => this.#then(act));
    on('teach-undo', async () => this.#show(await host.trainer.session().undo()));
    on('teach-forget', async () => {
      await host.trainer.session().forget();
      this.#tell(0, 0);
      setText('teach-state', 'All lessons are forgotten.');
    });
    on('teach-save', async () => saveFile(await host.trainer.session().lessons(), 'taught.jsonl'));
    this.#tell(0, 0);
  }

  /** Whether the grasps that are tried now teach. */
  get teaches(): boolean {
    return element<HTMLInputElement>('teach').checked;
  }

  /** A grasp was tried: to be called before another one is planned. */
  tried(): void {
    if (!this.teaches) return;
    const { play, trainer } = this.#host;
    const lesson = play.lesson();
    this.#then(async () => {
      const given = await lesson;
      if (!given) return setText('teach-state', 'That grasp is none that the learner could choose: no lesson.');
      const session = trainer.session();
      this.#show(await session.teach({ ...trainer.request(), scenario: given.scenario }, given));
    });
  }

  /** One thing after the other. */
  #then(act: () => Promise<void>): void {
    this.#turn = this.#turn.then(act).catch(this.#host.fail);
  }

  #show({ bytes, hash, lessons, undoable, trials }: Taught): void {
    this.#tell(lessons, undoable);
    const own = trials > 0 ? ` after ${trials} trials of its own` : '';
    const which = `${lessons} lesson${lessons === 1 ? '' : 's'}${own}, weights ${hash.slice(0, 8)}`;
    setText('teach-state', `${which}.`);
    element('teach-state').title = `whole hash: ${hash}`;
    void this.#host.trainer.give(bytes, `taught by you, ${which}`).catch(this.#host.fail);
  }

  #tell(lessons: number, undoable: number): void {
    element<HTMLButtonElement>('teach-undo').disabled = undoable === 0;
    element<HTMLButtonElement>('teach-forget').disabled = lessons === 0;
    element<HTMLButtonElement>('teach-save').disabled = lessons === 0;
  }
}
