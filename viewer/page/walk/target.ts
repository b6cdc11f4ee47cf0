/** Target: the learning curves of the arms chosen, and the pair that is compared, budget by budget. */
import { parsePointLink, type WalkArm, type WalkTarget } from '../../../sim/recording/walk.ts';
import { percent } from '../curve.ts';
import { bounds, choice, count, make, scrolling, signed } from './dom.ts';
import type { Level } from './level.ts';
import { budgetsOf } from './pairs.ts';
import { armIn, linkTo, type Place } from './place.ts';

/** The curves of a target. */
export function targetView(level: Level, target: WalkTarget): HTMLElement[] {
  const plots = plotOf(level, target);
  const [a, b] = level.place.arms!.map((name) => armIn(target, name)!);
  return [
    make('h1', { tabindex: -1 }, capital(target.title)),
    make(
      'p',
      { class: 'soft' },
      `${capital(target.description)}. Choose what is drawn and compared; a point leads to its scenes.`,
    ),
    pairChoice(level, target),
    make('div', { class: 'curves' }, plots, chips(level, target, plots)),
    scrolling('Success after so many trials', table(level, target, a, b)),
  ];
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

function pairChoice({ place, go }: Level, { arms }: WalkTarget): HTMLElement {
  const [a, b] = place.arms!;
  const all = arms.map(({ name }) => [name, name] as const);
  // whoever is chosen twice changes places
  const first = choice('compare', all, a, (name) => go({ ...place, arms: [name, name === b ? a : b] }));
  const second = choice('with', all, b, (name) => go({ ...place, arms: [name === a ? b : a, name] }));
  first.className = 'arm first';
  second.className = 'arm second';
  return make('div', { class: 'choices-row' }, first, second);
}

/** Arms whose curves are drawn. */
const drawn = ({ arms, also = [] }: Place): readonly string[] => [...new Set([...arms!, ...also])];

function plotOf({ place }: Level, { plot, title }: WalkTarget): HTMLElement {
  const shown = drawn(place);
  const figure = make('figure', { class: 'plot', 'aria-label': `Learning curves on ${title}` });
  for (const [size, svg] of Object.entries(plot)) {
    const box = make('div', { class: size });
    box.innerHTML = svg;
    for (const mark of box.querySelectorAll<SVGPathElement>('path[aria-roledescription]')) {
      const arm = mark.getAttribute('aria-label') ?? '';
      const banded = mark.getAttribute('aria-roledescription') === 'area mark';
      mark.style.display = (banded ? place.arms! : shown).includes(arm) ? '' : 'none';
      for (const name of ['role', 'aria-label', 'aria-roledescription']) mark.removeAttribute(name);
      mark.dataset.arm = arm;
      const side = place.arms!.indexOf(arm);
      if (side >= 0) mark.classList.add(side === 0 ? 'first' : 'second');
    }
    for (const group of box.querySelectorAll('g[role]'))
      for (const name of ['role', 'aria-roledescription', 'aria-label']) group.removeAttribute(name);
    for (const link of box.querySelectorAll<SVGAElement>('a')) leadOn(link, place);
    box.querySelector('svg')?.setAttribute('focusable', 'false');
    figure.append(box);
  }
  return figure;
}

/** A point leads to the scenes of its arm with the other one of the pair. */
function leadOn(link: SVGAElement, place: Place): void {
  const point = parsePointLink(link.getAttributeNS('http://www.w3.org/1999/xlink', 'href') ?? '');
  const [a, b] = place.arms!;
  if (!point || !drawn(place).includes(point.arm)) return void link.replaceWith(...link.childNodes);
  const arms: [string, string] = point.arm === a || point.arm === b ? [a, b] : [point.arm, b];
  link.removeAttributeNS('http://www.w3.org/1999/xlink', 'href');
  link.setAttribute('href', linkTo({ ...place, arms, trials: point.trials }));
  link.setAttribute('aria-label', `Scenes of ${point.arm} after ${count(point.trials)} trials`);
}

/** Which arms are drawn besides the pair; each with its line. */
function chips({ place, go }: Level, { arms }: WalkTarget, plots: HTMLElement): HTMLElement {
  const { also = [] } = place;
  const rows = arms.map(({ name, description }) => {
    const paired = place.arms!.includes(name);
    const box = make('input', { type: 'checkbox', checked: paired || also.includes(name), disabled: paired });
    box.addEventListener('change', () => {
      go({ ...place, also: box.checked ? [...also, name] : also.filter((each) => each !== name) });
    });
    return make('label', { title: description }, box, sample(plots, name), name);
  });
  return make('fieldset', { class: 'chips' }, make('legend', {}, 'Curves'), ...rows);
}

function sample(plots: HTMLElement, arm: string): SVGSVGElement {
  const line = plots.querySelector<SVGPathElement>(`path[data-arm="${CSS.escape(arm)}"][stroke-dasharray]`);
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  for (const [name, value] of Object.entries({ viewBox: '0 0 26 8', 'aria-hidden': 'true' }))
    svg.setAttribute(name, value);
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  path.setAttribute('d', 'M0 4H26');
  path.setAttribute('class', line?.getAttribute('class') ?? '');
  for (const name of ['stroke', 'stroke-dasharray']) path.setAttribute(name, line?.getAttribute(name) ?? 'none');
  svg.append(path);
  return svg;
}

function table(level: Level, target: WalkTarget, a: WalkArm, b: WalkArm): HTMLTableElement {
  const { place } = level;
  const budgets = budgetsOf(target, a, b);
  const link = (trials: number, ...content: (string | Node)[]): HTMLElement =>
    make('a', { href: linkTo({ ...place, trials }) }, ...content);
  const head = make(
    'tr',
    {},
    make('th', { scope: 'col' }, 'training trials'),
    ...budgets.map((trials) => make('th', { scope: 'col', class: 'number' }, trials === 0 ? 'any' : count(trials))),
  );
  const rows = [a, b].map((arm, side) =>
    make(
      'tr',
      {},
      make('th', { scope: 'row', class: side === 0 ? 'arm first' : 'arm second' }, arm.name),
      ...budgets.map((trials) => {
        const point = arm.curve.find((p) => p.trials === trials) ?? arm.curve[0];
        return make('td', { class: 'number' }, link(trials, percent(point.rate), make('small', {}, bounds(point))));
      }),
    ),
  );
  const cells = budgets.map((trials) => make('td', { class: 'number' }, link(trials, '…')));
  if (a !== b)
    void level.difference(target.name, a.name, b.name).then((differences) => {
      for (const [k, cell] of cells.entries()) {
        const found = differences[k];
        const text = found ? [signed(found.difference), make('small', {}, bounds(found))] : ['–'];
        cell.querySelector('a')!.replaceChildren(...text);
        if (found) cell.classList.add(found.low > 0 ? 'more' : found.high < 0 ? 'fewer' : 'unclear');
        if (found) cell.style.setProperty('--share', String(Math.min(Math.abs(found.difference) / 0.4, 1)));
      }
    });
  const difference = make('tr', {}, make('th', { scope: 'row' }, 'difference, points'), ...cells);
  return make(
    'table',
    { class: 'budgets' },
    make('thead', {}, head),
    make('tbody', {}, ...rows, ...(a === b ? [] : [difference])),
  );
}
