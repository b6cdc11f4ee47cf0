/** Marks: grasps drawn over a picture, to be pointed at. */
import type { Choice, Pointed } from './choice.ts';

/** A point of a picture, in its own units. */
export type Point = readonly [number, number];

/** The lines of one grasp. */
export interface Mark {
  readonly lines: readonly (readonly Point[])[];
  /** Where its number stands. */
  readonly label: Point;
}

const SVG = 'http://www.w3.org/2000/svg';

/** Layers of a mark: wide and unseen to be met, dark around, bright inside. */
const LAYERS = ['reach', 'edge', 'line'] as const;

/** The marks over one picture. Lines are as wide as the style sheet says, whatever the picture's size. */
export class Marks {
  readonly #svg: SVGSVGElement;
  readonly #choice: Choice;

  constructor(svg: SVGSVGElement, choice: Choice) {
    this.#svg = svg;
    this.#choice = choice;
    choice.listen((pointed) => this.#point(pointed));
    svg.addEventListener('pointerleave', () => choice.hover(-1));
  }

  /** Replaces all marks. @param size of the picture, its units; @param marks best first. */
  show([width, height]: Point, marks: readonly Mark[]): void {
    this.#svg.setAttribute('viewBox', `0 0 ${width} ${height}`);
    this.#svg.replaceChildren(...marks.map((mark, rank) => this.#group(mark, rank, width)).reverse());
    this.#point(this.#choice.pointed);
  }

  #group({ lines, label: [x, y] }: Mark, rank: number, width: number): SVGGElement {
    const group = document.createElementNS(SVG, 'g');
    group.dataset.rank = String(rank);
    const d = lines.map((line) => `M${line.map((p) => p.map((v) => v.toFixed(2)).join(' ')).join('L')}`).join('');
    for (const layer of LAYERS) {
      const path = document.createElementNS(SVG, 'path');
      path.setAttribute('class', layer);
      path.setAttribute('d', d);
      group.append(path);
    }
    const text = document.createElementNS(SVG, 'text');
    text.textContent = String(rank + 1);
    text.setAttribute('x', x.toFixed(2));
    text.setAttribute('y', y.toFixed(2));
    text.setAttribute('font-size', (width / 26).toFixed(2));
    group.append(text);
    group.addEventListener('pointerenter', () => this.#choice.hover(rank));
    group.addEventListener('pointerleave', () => this.#choice.hover(-1));
    group.addEventListener('click', () => this.#choice.select(rank));
    return group;
  }

  /** The grasps that stand out lie on top. */
  #point({ selected, hovered }: Pointed): void {
    const groups = [...this.#svg.querySelectorAll('g')];
    for (const group of groups) {
      group.classList.toggle('selected', group.dataset.rank === String(selected));
      group.classList.toggle('hovered', group.dataset.rank === String(hovered));
    }
    const top = groups.find((g) => g.dataset.rank === String(selected));
    // moving what the pointer is on would leave and enter it again
    if (top && hovered < 0 && top !== this.#svg.lastElementChild) this.#svg.append(top);
  }
}
