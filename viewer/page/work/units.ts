/** Units of the work page: a cell each, coloured by its state, with the number of whoever has it. */
import { UNIT_STATES, type UnitState, type WorkPlan, type WorkState } from '../../../sim/recording/work.ts';
import { element } from '../panel.ts';
import { make, scrolling } from '../walk/dom.ts';
import { stateOf } from './words.ts';

/** Of each state: a sign beside its colour, and what it is called. */
const LOOKS: Readonly<Record<UnitState, readonly [sign: string, text: string]>> = {
  waiting: ['·', 'waiting'],
  'in hand': ['▸', 'in hand of #'],
  done: ['✓', 'done by #'],
  failed: ['✕', 'failed with #'],
  kept: ['=', 'measured before'],
};

/** The cells, in the order of the units. */
let cells: HTMLElement[] = [];
/** What each shows. */
let shown: string[] = [];

/** Draws the cells of other units. @param onPoint told of the unit that is pointed at, or has the focus. */
export function drawUnits({ units, total }: WorkPlan, onPoint: (unit: number | undefined) => void): void {
  cells = units.map(({ name }, i) =>
    make('span', { class: 'unit', role: 'img', tabindex: i === 0 ? 0 : -1, 'aria-label': name }),
  );
  shown = units.map(() => '');
  const box = element('units');
  box.replaceChildren(
    ...(units.length === 0
      ? []
      : [units.every(({ row }) => row !== undefined) ? scrolling('Table of the units', table(units)) : list()]),
  );
  element('units-hint').textContent =
    units.length === 0 ? `${total.toLocaleString('en')}: too many to be drawn` : 'arrow keys go from one to the next';
  cells.forEach((cell, i) => {
    cell.addEventListener('focus', () => onPoint(i));
    cell.addEventListener('pointerenter', () => onPoint(i));
    cell.addEventListener('pointerleave', () => onPoint(undefined));
  });
  const used = element('key');
  used.replaceChildren(
    ...UNIT_STATES.map((state) =>
      make(
        'li',
        {},
        make('span', { class: 'unit', 'data-state': state, 'aria-hidden': 'true' }, LOOKS[state][0]),
        LOOKS[state][1],
      ),
    ),
  );
  used.hidden = units.length === 0;
}

const list = (): HTMLElement => make('div', { class: 'scroll flow' }, ...cells);

function table(units: WorkPlan['units']): HTMLTableElement {
  const columns = [...new Set(units.map(({ column = '' }) => column))];
  const rows = [...new Set(units.map(({ row = '' }) => row))];
  const at = new Map(units.map(({ row, column }, i) => [`${row}\n${column}`, cells[i]]));
  return make(
    'table',
    { class: 'grid' },
    make('thead', {}, make('tr', {}, make('td', {}), ...columns.map((name) => make('th', { scope: 'col' }, name)))),
    make(
      'tbody',
      {},
      ...rows.map((row) =>
        make(
          'tr',
          {},
          make('th', { scope: 'row' }, row),
          ...columns.map((column) => make('td', {}, at.get(`${row}\n${column}`))),
        ),
      ),
    ),
  );
}

/** Colours every cell whose state or holder is another than before. */
export function showUnits({ units }: WorkPlan, state: WorkState): void {
  for (let i = 0; i < cells.length; i++) {
    const which = stateOf(state, i);
    const holder = which === 'waiting' || which === 'kept' ? 0 : state.holders[i];
    const look = `${LOOKS[which][0]}${holder === 0 ? '' : holder}`;
    if (shown[i] === look) continue;
    shown[i] = look;
    cells[i].dataset.state = which;
    cells[i].textContent = look;
    cells[i].setAttribute('aria-label', `${units[i].name}: ${which}${holder === 0 ? '' : `, #${holder}`}`);
  }
}

/** Moves the focus from cell to cell, as a table is walked. */
export function walkUnits(event: KeyboardEvent): void {
  const here = cells.indexOf(document.activeElement as HTMLElement);
  if (here < 0) return;
  const next = { ArrowLeft: here - 1, ArrowRight: here + 1, Home: 0, End: cells.length - 1 }[event.key];
  const to =
    event.key === 'ArrowUp' || event.key === 'ArrowDown' ? beside(here, event.key === 'ArrowUp' ? -1 : 1) : next;
  if (to === undefined) return;
  event.preventDefault();
  const cell = cells[to];
  if (!cell) return;
  cells[here].tabIndex = -1;
  cell.tabIndex = 0;
  cell.focus();
}

/** The cell above or below, nearest to the side. */
function beside(here: number, sign: 1 | -1): number {
  const from = cells[here].getBoundingClientRect();
  const places = cells.map((cell, i) => {
    const { x, y } = cell.getBoundingClientRect();
    return { i, x, y };
  });
  const further = places.filter(({ y }) => sign * (y - from.y) > 1);
  const line = Math.min(...further.map(({ y }) => sign * y));
  const [best] = further
    .filter(({ y }) => sign * y < line + 1)
    .sort((a, b) => Math.abs(a.x - from.x) - Math.abs(b.x - from.x));
  return best?.i ?? -1;
}
