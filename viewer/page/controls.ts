/** Controls of the viewer page: buttons, keys, lists, files dropped or chosen. */
import { element } from './panel.ts';
import { SPEEDS } from './playback/player.ts';
import { LAYERS, type LayerName } from './scene/layers.ts';

/** What can be asked for with a button or a key. */
const BUTTONS = [
  ...['pause', 'reset', 'message-close', 'open', 'compare', 'previous', 'next', 'back', 'forward'],
  ...['failure', 'loop', 'link', 'follow'],
] as const;

/** Keys besides those of the layers, and the button or action that each stands for. */
const KEYS: Readonly<Record<string, string>> = {
  ...{ ' ': 'pause', '[': 'previous', ']': 'next', ',': 'back', '.': 'forward', n: 'failure', p: 'failure-before' },
  ...{ l: 'loop', f: 'follow', o: 'open', '<': 'slower', '>': 'faster' },
};

/** Actions by the id of their button; those without one have a key alone. */
export type Actions = Readonly<Record<string, () => void>>;

/** Makes buttons and keys do what they say. A key does nothing where it means something else: Space on a button. */
export function bindActions(actions: Actions): void {
  for (const id of BUTTONS.filter((each) => each in actions)) element(id).addEventListener('click', actions[id]);
  addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const layer = LAYERS.find((l) => l.key === key);
    const action = layer ? actions[`layer-${layer.name}`] : actions[KEYS[key] ?? ''];
    if (!action || (key === ' ' && isPressed(event.target))) return;
    event.preventDefault();
    action();
  });
}

/** Whether Space presses, opens or types into what has the focus. */
const isPressed = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && ['BUTTON', 'A', 'INPUT', 'SELECT', 'SUMMARY'].includes(target.tagName);

/** The list of layers. @param toggle told which was switched. */
export function listLayers(toggle: (name: LayerName) => void): void {
  for (const { name, label, key, shown } of LAYERS) {
    const [row, box, hint] = (['label', 'input', 'kbd'] as const).map((tag) => document.createElement(tag));
    Object.assign(box, { type: 'checkbox', id: `layer-${name}`, checked: shown });
    hint.textContent = key;
    box.addEventListener('change', () => toggle(name));
    row.append(box, label, hint);
    element('layer-list').append(row);
  }
}

/** The list of speeds. @param set told which was chosen. @returns shows another one. */
export function listSpeeds(set: (speed: number) => void): (speed: number) => void {
  const list = element<HTMLSelectElement>('speed');
  list.replaceChildren(...SPEEDS.map((s) => new Option(`${s}×`, String(s), s === 1, s === 1)));
  list.addEventListener('change', () => set(Number(list.value)));
  return (speed) => {
    list.value = String(speed);
  };
}

/** Takes files that are dropped on the page. */
export function takeDrops(take: (files: readonly File[]) => void): void {
  const notice = element('drop');
  addEventListener('dragover', (event) => {
    event.preventDefault();
    notice.hidden = false;
  });
  addEventListener('dragleave', (event) => {
    if (event.relatedTarget === null) notice.hidden = true;
  });
  addEventListener('drop', (event) => {
    event.preventDefault();
    notice.hidden = true;
    take([...(event.dataTransfer?.files ?? [])]);
  });
}

/** The file dialog. @returns opens it; the files that are chosen go to the function that is given. */
export function fileDialog(): (take: (files: readonly File[]) => void) => void {
  const chooser = element<HTMLInputElement>('file');
  let taker: (files: readonly File[]) => void = () => undefined;
  chooser.addEventListener('change', () => {
    const files = [...(chooser.files ?? [])];
    chooser.value = '';
    taker(files);
  });
  return (take) => {
    taker = take;
    chooser.click();
  };
}

/** Says for a moment on a button that something was done. */
export function confirmOn(id: string, done: string): void {
  const button = element(id);
  const before = button.textContent;
  button.textContent = done;
  setTimeout(() => {
    button.textContent = before;
  }, 1200);
}

/** Puts the way to what is shown into the address and the clipboard. @param place fragment of the address. */
export async function copyLink(place: string): Promise<void> {
  history.replaceState(null, '', place);
  // pages that are not secure have no clipboard; the address bar has the link in any case
  await navigator.clipboard?.writeText(location.href).catch(() => undefined);
  confirmOn('link', 'Copied');
}

/** Makes the button offer what it would do. @param goOn what that is while nothing moves. */
export function showPaused(paused: boolean, goOn = 'Play'): void {
  const button = element('pause');
  const text = paused ? goOn : 'Pause';
  if (button.textContent !== text) button.textContent = text;
  button.setAttribute('aria-pressed', String(paused));
}
