/** Work page: an experiment as it happens, who computes what, and what became of it. */
import type { WorkPlan, WorkState, WorkWorker } from '../../../sim/recording/work.ts';
import { WORK_PLAN_TOPIC, WORK_STATE_TOPIC } from '../../foxglove/additions.ts';
import { Connection, type ConnectionState } from '../connection.ts';
import { element, setText, showConnection } from '../panel.ts';
import { themeButton } from '../theme.ts';
import { make, scrolling } from '../walk/dom.ts';
import { drawUnits, showUnits, walkUnits } from './units.ts';
import { duration, headline, pace, unitText } from './words.ts';

/** What anything that watches the page from outside can see. */
declare global {
  interface Window {
    graftWork: { connected: boolean; messages: number };
  }
}
window.graftWork = { connected: false, messages: 0 };

const GONE =
  'The server does not answer, or wants the token behind its address. What was shown stays, and this page tries again by itself.';
const OVER = 'The experiment is over and its server has gone; what is shown is how it ended.';
/** Milliseconds between two looks at what only the clock changes. */
const TICK_MS = 1000;

let plan: WorkPlan | undefined;
let state: WorkState | undefined;
/** When it came, on the page's own clock, milliseconds. */
let cameAt = 0;
let pointed: number | undefined;

/** Seconds since the work began, at this moment. */
const time = (): number => {
  if (!state) return 0;
  return state.seconds + (state.ended || !window.graftWork.connected ? 0 : (performance.now() - cameAt) / 1000);
};

function tell(problem: string | undefined): void {
  element('problem').hidden = problem === undefined;
  setText('problem', problem ?? '');
}

function onState(connection: ConnectionState): void {
  window.graftWork.connected = connection === 'live';
  showConnection(connection);
  if (connection === 'reconnecting') tell(state?.ended ? OVER : GONE);
  else if (connection === 'live') tell(undefined);
}

function onMessage(topic: string, message: unknown): void {
  window.graftWork.messages++;
  if (topic === WORK_PLAN_TOPIC) {
    plan = message as WorkPlan;
    state = undefined;
    pointed = undefined;
    setText('crumbs', plan.title);
    document.title = `${plan.title} – graft`;
    drawUnits(plan, (unit) => {
      pointed = unit;
      tick();
    });
    return;
  }
  state = message as WorkState;
  cameAt = performance.now();
  show();
}

function show(): void {
  // of an earlier experiment
  if (!plan || !state || (plan.units.length > 0 && state.states.length !== plan.units.length)) return;
  const bar = element<HTMLProgressElement>('progress-bar');
  bar.value = state.share;
  bar.textContent = `${Math.round(100 * state.share)} %`;
  showFailures(state);
  showUnits(plan, state);
  tick();
}

/** Brings up to date what the clock changes, too. */
function tick(): void {
  if (!plan || !state) return;
  setText('headline', headline(plan, state));
  showFigures(state);
  showWorkers(state);
  setText('unit', pointed === undefined ? '\u00a0' : unitText(plan, state, pointed, time()));
}

function showFigures({ counts, aMinute, present }: WorkState): void {
  const n = (value: number): string => value.toLocaleString('en');
  const figures: readonly (readonly [string, string])[] = [
    ['measured', n(counts.done + counts.kept)],
    ['in hand', n(counts['in hand'])],
    ['waiting', n(counts.waiting)],
    ['failed', n(counts.failed)],
    ['units a minute', aMinute === 0 ? '–' : pace(aMinute)],
    ['workers', n(present)],
    ['time', duration(time())],
  ];
  refill(
    element('figures'),
    figures.map(([term, value]) => make('div', {}, make('dt', {}, term), make('dd', {}, value))),
  );
}

function showWorkers({ workers, moreWorkers }: WorkState): void {
  const table = element('workers');
  element('nobody').hidden = workers.length > 0;
  element('workers-region').hidden = workers.length === 0;
  refill(table.querySelector('tbody')!, workers.map(row));
  const more = element('more-workers');
  more.hidden = moreWorkers === 0;
  setText('more-workers', `and ${moreWorkers.toLocaleString('en')} more`);
}

function row({ number, name, present, hand, done, failed, aMinute }: WorkWorker): HTMLElement {
  const units = hand.map(({ name: unit, since }) =>
    make('div', {}, make('span', { class: 'name' }, unit), ' ', make('small', {}, duration(time() - since))),
  );
  const cell = (text: string): HTMLElement => make('td', { class: 'number' }, text);
  const nothing = make('span', { class: 'soft' }, present ? 'free, or elsewhere' : 'nothing');
  return make(
    'tr',
    { class: present ? undefined : 'gone' },
    cell(String(number)),
    make(
      'th',
      { scope: 'row' },
      make('span', { class: 'name' }, name),
      present ? undefined : make('small', {}, ' gone'),
    ),
    make('td', {}, ...(units.length > 0 ? units : [nothing])),
    ...[cell(String(done)), cell(String(failed)), cell(done === 0 ? '–' : pace(aMinute))],
  );
}

function showFailures({ failures, counts }: WorkState): void {
  element('failures-section').hidden = failures.length === 0;
  const more = counts.failed - failures.length;
  refill(element('failures'), [
    ...failures
      .toReversed()
      .map(({ unit, by, reason }) =>
        make('li', {}, make('strong', {}, unit), by === null ? '' : ` with ${by}`, ': ', reason),
      ),
    ...(more > 0 ? [make('li', { class: 'soft' }, `and ${more.toLocaleString('en')} before these`)] : []),
  ]);
}

/** Replaces what is another than before, so that a selection or a focus elsewhere is left alone. */
function refill(box: Element, nodes: readonly HTMLElement[]): void {
  nodes.forEach((node, i) => {
    const old = box.children[i];
    if (!old) box.append(node);
    else if (!old.isEqualNode(node)) old.replaceWith(node);
  });
  while (box.children.length > nodes.length) box.lastElementChild!.remove();
}

themeButton(element('theme'));
element('workers-region').append(scrolling('Workers', element<HTMLTableElement>('workers')));
addEventListener('keydown', walkUnits);
setInterval(tick, TICK_MS);
new Connection([WORK_PLAN_TOPIC, WORK_STATE_TOPIC], {
  onState,
  onServer: () => undefined,
  onMessage: (topic, _, message) => onMessage(topic, message),
  onParameters: () => undefined,
  onStatus: (level, message) => {
    if (level > 0) tell(message);
  },
});
