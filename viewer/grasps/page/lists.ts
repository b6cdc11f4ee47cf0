/** Lists of the grasp page: files, grasps, warnings. */
import type { Answer } from '../../../scenarios/predict/answer.ts';
import { element } from '../../page/panel.ts';
import { type Inputs, KINDS, type Kind } from './inputs.ts';
import type { Choice, Pointed } from './views/choice.ts';
import type { CameraPicture } from './views/picture.ts';

const WANTED: Readonly<Record<Kind, string>> = {
  depth: 'none yet',
  colour: 'none, depth is shown',
  mask: 'none, all is graspable',
  camera: 'none, the numbers below',
};

/** Lists what was recognised as what. @param clear told which file to leave out. */
export function showInputs(inputs: Inputs, picture: CameraPicture | undefined, clear: (kind: Kind) => void): void {
  const rows = KINDS.map((kind) => {
    const file = inputs[kind];
    const row = document.createElement('li');
    const [label, name] = ['span', 'span'].map((tag) => row.appendChild(document.createElement(tag)));
    label.textContent = kind;
    const size = kind === 'depth' && picture ? ` · ${picture.widthPx} × ${picture.heightPx}` : '';
    name.textContent = file ? `${file.name}${size}` : WANTED[kind];
    name.title = file?.name ?? '';
    name.className = file ? '' : 'none';
    if (file) {
      const button = row.appendChild(document.createElement('button'));
      Object.assign(button, { type: 'button', textContent: '×' });
      button.setAttribute('aria-label', `Leave out ${file.name}`);
      button.addEventListener('click', () => clear(kind));
    }
    return row;
  });
  element('input-list').replaceChildren(...rows);
  element<HTMLButtonElement>('empty').disabled = Object.keys(inputs).length === 0;
}

const mm = (metres: number): string => (1000 * metres).toFixed(0);

/** The grasps, best first, linked with whatever else shows them. */
export class GraspList {
  readonly #choice: Choice;
  #rows: readonly HTMLTableRowElement[] = [];

  constructor(choice: Choice) {
    this.#choice = choice;
    choice.listen((pointed) => this.#point(pointed));
    element('grasps').addEventListener('pointerleave', () => choice.hover(-1));
  }

  show(grasps: Answer['grasps']): void {
    this.#rows = grasps.map((grasp, rank) => this.#row(grasp, rank));
    element('grasps').replaceChildren(...this.#rows);
    this.#point(this.#choice.pointed);
  }

  #row({ probability, opening, position, overlap }: Answer['grasps'][number], rank: number): HTMLTableRowElement {
    const row = document.createElement('tr');
    const button = row.insertCell().appendChild(document.createElement('button'));
    Object.assign(button, { type: 'button', textContent: String(rank + 1) });
    const cells = [
      probability === null ? '–' : `${(100 * probability).toFixed(0)} %`,
      `${mm(opening)} mm`,
      position.map(mm).join(', ').replaceAll('-', '−'),
      `${mm(overlap)} mm`,
    ];
    for (const text of cells) {
      const cell = row.insertCell();
      cell.className = 'number';
      cell.textContent = text;
    }
    button.setAttribute('aria-label', `Grasp ${rank + 1}`);
    button.addEventListener('focus', () => this.#choice.hover(rank));
    button.addEventListener('blur', () => this.#choice.hover(-1));
    row.addEventListener('pointerenter', () => this.#choice.hover(rank));
    row.addEventListener('click', () => this.#choice.select(rank));
    return row;
  }

  #point({ selected, hovered }: Pointed): void {
    this.#rows.forEach((row, rank) => {
      row.className = [rank === selected && 'selected', rank === hovered && 'hovered'].filter(Boolean).join(' ');
      row.querySelector('button')?.setAttribute('aria-pressed', String(rank === selected));
    });
  }
}

/** Frame, timing and warnings of an answer; undefined: there is none. */
export function showRemarks(answer: Answer | undefined): void {
  element('warnings').replaceChildren(
    ...(answer?.warnings ?? []).map(({ message }) => {
      const line = document.createElement('li');
      line.textContent = `${message[0].toUpperCase()}${message.slice(1)}.`;
      return line;
    }),
  );
  for (const id of ['copy', 'overlay']) element<HTMLButtonElement>(id).disabled = !answer;
  const ms = (time: number): string => `${time.toFixed(0)} ms`;
  const { heightmapMs, policyMs } = answer?.timing ?? { heightmapMs: 0, policyMs: 0 };
  element('frame-note').textContent = answer
    ? `Positions are in the ${answer.frame} frame. Heightmap ${ms(heightmapMs)}, policy ${ms(policyMs)}.`
    : '';
}

/** Says how it stands. @param state `live`: all is well. */
export function showState(text: string, state: 'live' | 'connecting'): void {
  const chip = element('connection');
  chip.dataset.state = state;
  chip.textContent = text;
  element('stage').setAttribute('aria-busy', String(text === 'asking'));
}
