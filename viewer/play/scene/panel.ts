/** Editing: the side of the panel on which a scene is made, and its handles in the picture. */
import type { Remote } from 'comlink';
import type { Family } from '../../../sim/objects/families.ts';
import { element } from '../../page/panel.ts';
import { saveFile, setText } from '../panel.ts';
import type { Stage } from '../stage.ts';
import type { Change, EditShown, Kind, ObjectShown, SceneEditor } from './editor.ts';
import { onFields, showFields } from './fields.ts';
import { type HandleMode, Handles } from './handles.ts';
import { sceneFragment } from './link.ts';
import { showKinds, showObjects } from './objects-list.ts';
import { SettingsForm } from './settings-form.ts';

/** What editing needs of the page. */
export interface EditHost {
  readonly editor: Remote<SceneEditor>;
  readonly stage: Stage | undefined;
  /** Whether the picture is the scene's. */
  readonly isUp: () => boolean;
  /** Shows what the camera sees of the scene, and its name. */
  readonly onShown: (scene: EditShown, title: string) => void;
  /** Plays the scene. */
  readonly play: (text: string, file: string) => Promise<void>;
  readonly fail: (error: unknown) => void;
}

const button = (id: string): HTMLButtonElement => element<HTMLButtonElement>(id);
const input = (id: string): HTMLInputElement => element<HTMLInputElement>(id);

/** A nudge by a key, metres and degrees. */
const NUDGE = 0.005;
const TURN = Math.PI / 12;

/** The scene that is made, on the panel and in the picture. */
export class Editing {
  readonly #host: EditHost;
  readonly #handles: Handles | undefined;
  readonly #settings: SettingsForm;
  #schema: unknown;
  #shown: EditShown | undefined;
  #chosen: number | undefined;
  #turn: Promise<void> = Promise.resolve();

  constructor(host: EditHost) {
    this.#host = host;
    this.#handles = host.stage && new Handles(host.stage.view);
    const on = (id: string, act: () => unknown): void => element(id).addEventListener('click', () => void act());
    on('edit-add', () => this.add());
    on('edit-take', () => this.take());
    on('edit-fall', () => this.fall());
    on('edit-copy', () => this.copy());
    on('edit-delete', () => this.remove());
    on('edit-undo', () => this.undo());
    on('edit-redo', () => this.redo());
    on('edit-play', () => this.play());
    on('edit-save', () => this.save());
    input('edit-file').addEventListener('change', ({ currentTarget }) => {
      const chooser = currentTarget as HTMLInputElement;
      void this.addFiles([...(chooser.files ?? [])]);
      chooser.value = '';
    });
    on('edit-link', () => this.link());
    element('edit').addEventListener('submit', (event) => event.preventDefault());
    element('edit-list').addEventListener('change', ({ target }) =>
      this.choose(Number((target as HTMLInputElement).value)),
    );
    element('edit-handles').addEventListener('change', () => this.#showHandles());
    element('edit-settings').addEventListener('submit', (event) => event.preventDefault());
    this.#settings = new SettingsForm((path, value) => void this.set(path, value));
    onFields(
      () => this.#object,
      (change) => this.change(change),
    );
  }

  /** Begins with a scenario of the page. */
  begin(scenario: string): Promise<void> {
    return this.#do(async ({ editor }) => {
      const shown = await editor.begin(scenario);
      this.#schema ??= await editor.schema();
      showKinds(await editor.kinds());
      // a click before there is something to add would be lost
      element<HTMLButtonElement>('edit-add').disabled = false;
      input('edit-name').value = shown.placed.length > 0 ? scenario : 'my-scene';
      this.#show(shown, shown.placed.length > 0 ? 0 : undefined);
    });
  }

  /** Shows the scene again, after the picture was something else's. */
  showAgain(): void {
    if (this.#shown) this.#show(this.#shown, this.#chosen);
  }

  /** The picture is something else's. */
  leave(): void {
    this.#handles?.attach(undefined, () => undefined);
  }

  /** A place of the picture was clicked. */
  pick(object: number | undefined): void {
    if (this.#handles?.touched) return;
    const count = this.#shown?.placed.length ?? 0;
    this.choose(object !== undefined && object < count ? object : undefined);
  }

  choose(index: number | undefined): void {
    if (this.#shown) this.#show(this.#shown, index);
  }

  add(): Promise<void> {
    const [what, name] = element<HTMLSelectElement>('edit-kind').value.split('/', 2);
    const kind: Kind = what === 'object' ? { object: name } : { family: name as Family };
    return this.#step((editor) => editor.add(kind), 'last');
  }

  copy(): Promise<void> {
    return this.#ofChosen((editor, index) => editor.copy(index), 'last');
  }

  remove(): Promise<void> {
    return this.#ofChosen((editor, index) => editor.remove(index, this.#falls), 'same');
  }

  change(change: Change): Promise<void> {
    return this.#ofChosen((editor, index) => editor.change(index, change, this.#falls), 'same');
  }

  /** Changes a setting of the scenario; undefined brings back its default. */
  set(path: readonly string[], value: unknown): Promise<void> {
    return this.#step((editor) => editor.set(path, value), 'same');
  }

  /** Begins with what lies in play. */
  take(): Promise<void> {
    return this.#do(async ({ editor }) => this.#show(await editor.take(), 0));
  }

  fall(): Promise<void> {
    return this.#step((editor) => editor.fall(), 'same');
  }

  undo(): Promise<void> {
    return this.#step((editor) => editor.undo(), 'same');
  }

  redo(): Promise<void> {
    return this.#step((editor) => editor.redo(), 'same');
  }

  /** Another draw of the chosen object's family. */
  redraw(): Promise<void> {
    return this.change({ seed: (this.#object?.seed ?? 0) + 1 });
  }

  /** Plays the scene as it lies; what is in the air falls first. */
  play(): Promise<void> {
    return this.#do(async ({ editor, play }) => {
      if (this.#shown?.placed.some((o) => o.falls)) this.#show(await editor.fall(), this.#chosen);
      await play(this.#shown!.text, this.#file);
    });
  }

  /** Saves the scenario file, in an archive if it needs others beside it. */
  save(): Promise<void> {
    return this.#do(async ({ editor }) => {
      if (!this.#shown) return;
      const [file, beside] = [this.#file, await editor.filesBeside()];
      const use = `graft evaluate pretrained --scenario ${file}`;
      if (Object.keys(beside).length === 0) {
        saveFile(this.#shown.text, file);
        return this.#say(`${file} is saved: ${use}`);
      }
      const { strToU8, zipSync } = await import('fflate');
      const archive = file.replace(/yaml$/, 'zip');
      saveFile(zipSync({ ...beside, [file]: strToU8(this.#shown.text) }), archive);
      this.#say(`${archive} is saved: unpack it, then ${use}`);
    });
  }

  /** Lets fall the objects of mesh files. */
  addFiles(files: readonly File[]): Promise<void> {
    return files.reduce(
      (before, file) =>
        before.then(() =>
          this.#step(async (editor) => {
            const shown = await editor.addFile(new Uint8Array(await file.arrayBuffer()), file.name);
            showKinds(await editor.kinds());
            return shown;
          }, 'last'),
        ),
      Promise.resolve(),
    );
  }

  /** Puts a link of the scene into the address and the clipboard. */
  link(): Promise<void> {
    return this.#do(async () => {
      if (!this.#shown) return;
      if (this.#shown.placed.some((o) => o.fromFile))
        throw new Error(
          'link: expected a scene of families alone, got one with mesh files, which no link can hold; save it',
        );
      history.replaceState(null, '', `#${await sceneFragment(this.#shown.text)}`);
      // pages that are not secure have no clipboard; the address bar has the link in any case
      const copied = await navigator.clipboard?.writeText(location.href).then(
        () => true,
        () => false,
      );
      this.#say(copied ? 'The link is copied.' : 'The link is in the address bar.');
    });
  }

  /** A key was pressed; whether it means something here. */
  press(event: KeyboardEvent): boolean {
    const act = this.#keys()[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    const undo = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'z';
    if (undo) void (event.shiftKey ? this.redo() : this.undo());
    else if (!act || event.ctrlKey || event.metaKey || event.altKey) return false;
    else act();
    return true;
  }

  #keys(): Readonly<Record<string, () => unknown>> {
    const mode = (value: HandleMode) => () => {
      for (const radio of element('edit-handles').querySelectorAll('input')) radio.checked = radio.value === value;
      this.#showHandles();
    };
    return {
      a: () => this.add(),
      c: () => this.copy(),
      f: () => this.fall(),
      x: () => this.redraw(),
      m: mode('translate'),
      r: mode('rotate'),
      s: mode('scale'),
      Delete: () => this.remove(),
      Backspace: () => this.remove(),
      h: () => this.#nudge(-NUDGE, 0, 0),
      l: () => this.#nudge(NUDGE, 0, 0),
      k: () => this.#nudge(0, NUDGE, 0),
      j: () => this.#nudge(0, -NUDGE, 0),
      ',': () => this.#nudge(0, 0, -TURN),
      '.': () => this.#nudge(0, 0, TURN),
    };
  }

  /** @param turn about the vertical, radians. */
  #nudge(dx: number, dy: number, turn: number): Promise<void> | undefined {
    if (!this.#object) return undefined;
    const { position, quaternion: q } = this.#object.pose;
    const [s, c] = [Math.sin(turn / 2), Math.cos(turn / 2)];
    const [x, y, z] = position;
    return this.change({
      pose: {
        position: [x + dx, y + dy, z],
        quaternion: [c * q[0] - s * q[1], c * q[1] + s * q[0], c * q[2] + s * q[3], c * q[3] - s * q[2]],
      },
    });
  }

  get #object(): ObjectShown | undefined {
    return this.#chosen === undefined ? undefined : this.#shown?.placed[this.#chosen];
  }

  get #falls(): boolean {
    return input('edit-falls').checked;
  }

  /** Name of the scenario's file. */
  get #file(): string {
    const name = input('edit-name')
      .value.trim()
      .replace(/[^\w.-]+/g, '-');
    return `${name.replace(/\.ya?ml$/, '') || 'my-scene'}.yaml`;
  }

  #ofChosen(
    act: (editor: Remote<SceneEditor>, index: number) => Promise<EditShown>,
    then: 'last' | 'same',
  ): Promise<void> {
    const index = this.#chosen;
    return index === undefined ? Promise.resolve() : this.#step((editor) => act(editor, index), then);
  }

  #step(act: (editor: Remote<SceneEditor>) => Promise<EditShown>, then: 'last' | 'same'): Promise<void> {
    return this.#do(async ({ editor }) => {
      const shown = await act(editor);
      const last = shown.placed.length - 1;
      this.#show(shown, then === 'last' ? last : this.#chosen === undefined ? undefined : Math.min(this.#chosen, last));
    });
  }

  /** One thing after the other; what goes wrong is told, and the scene shown as it was. */
  #do(act: (host: EditHost) => Promise<void>): Promise<void> {
    this.#turn = this.#turn.then(async () => {
      setText('message', '');
      this.#say('');
      try {
        await act(this.#host);
      } catch (error) {
        this.showAgain();
        this.#host.fail(error);
      }
    });
    return this.#turn;
  }

  #say(text: string): void {
    setText('edit-state', text);
  }

  #show(shown: EditShown, chosen: number | undefined): void {
    this.#shown = shown;
    this.#chosen = chosen !== undefined && chosen >= 0 && chosen < shown.placed.length ? chosen : undefined;
    if (!this.#host.isUp()) return;
    const count = shown.placed.length;
    this.#host.onShown(shown, count === 0 ? 'An empty table' : `${count} object${count === 1 ? '' : 's'}`);
    this.#host.stage?.lay(shown);
    showObjects(shown.placed, this.#chosen);
    showFields(this.#object);
    this.#showHandles();
    setText('edit-text', shown.text);
    this.#settings.show(this.#schema, shown.scenario);
    button('edit-undo').disabled = !shown.undoable;
    button('edit-redo').disabled = !shown.redoable;
    button('edit-fall').disabled = !shown.placed.some((o) => o.falls);
    for (const id of ['edit-play', 'edit-save', 'edit-link']) button(id).disabled = count === 0;
  }

  #showHandles(): void {
    const { stage } = this.#host;
    stage?.view.highlight(this.#chosen);
    const mode = element('edit-handles').querySelector<HTMLInputElement>('input:checked')?.value;
    if (!this.#handles || !stage) return;
    this.#handles.mode = mode as HandleMode;
    const before = this.#object;
    this.#handles.attach(
      this.#chosen === undefined ? undefined : stage.view.object(this.#chosen),
      (pose, factor) => void this.change({ pose, scale: Math.min(Math.max((before?.scale ?? 1) * factor, 0.1), 10) }),
    );
  }
}
