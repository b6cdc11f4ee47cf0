/** Panel of the viewer page: run, progress, trials, outcome, result and messages. */
import { PHASES } from '../../sim/motion.ts';
import type { RunInfo, RunResult } from '../../sim/recording/live-view.ts';
import type { TrialSummary } from '../../sim/recording/marks.ts';
import { PERSON } from '../../sim/recording/steering.ts';
import type { EpisodeInfo } from '../foxglove/additions.ts';
import type { ConnectionState } from './connection.ts';
import { drawCurve, percent } from './curve.ts';
import { outcomeReason } from './outcomes.ts';
import { passes, type TrialFilter } from './playback/filter.ts';

/** The element with an id. @throws Error if the page has none. */
export function element<T extends Element = HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (!found) throw new Error(`page: expected an element with id ${id}`);
  return found as unknown as T;
}

const setContent = (node: Element, text: string): void => {
  if (node.textContent !== text) node.textContent = text;
};
export const setText = (id: string, text: string): void => setContent(element(id), text);

export function showConnection(state: ConnectionState | 'opening' | 'recording' | 'no recording'): void {
  element('connection').dataset.state = state;
  setText('connection', state);
}

export function showRun(run: RunInfo): void {
  setText('scenario', run.scenario);
  setText('run', `${run.arm} · ${run.engine} · seed ${run.seed}`);
  element('run').title = element('run').textContent ?? '';
  document.title = `${run.scenario} – graft`;
}

const ROWS = 40;

/**
 * Progress, curve and list.
 * @param filter chooses what is in the list; of an outcome there is no curve, so that is of the family alone.
 * @param whole  every trial for the curve, if the list has not all of them.
 */
export function showTrials(
  trials: readonly TrialSummary[],
  run: RunInfo | undefined,
  filter: TrialFilter,
  whole = trials,
): void {
  const done = trials.filter((t) => t.split === 'training').length;
  const evaluated = trials.length - done;
  const planned = run?.trialsPlanned ?? 0;
  const bar = element<HTMLProgressElement>('progress-bar');
  bar.max = Math.max(planned, 1);
  bar.value = planned ? Math.min(done, planned) : 0;
  const count = (n: number): string => n.toLocaleString('en');
  bar.style.visibility = planned > 0 ? '' : 'hidden';
  const progress = planned > 0 ? `trial ${count(done)} of ${count(planned)}` : `${count(done)} training`;
  const parts = [
    ...(planned > 0 || done > 0 ? [progress] : []),
    ...(evaluated > 0 ? [`${count(evaluated)} eval`] : []),
  ];
  setText('progress-text', parts.join(' + ') || 'no trials yet');
  const { family } = filter;
  const ofFamily = family === undefined ? trials : trials.filter((t) => passes({ family }, t));
  const all = whole.length === trials.length ? '' : ` of all ${count(whole.length)}`;
  setText('curve-of', family === undefined ? all : ` with ${family}`);
  const drawn = family === undefined ? whole : whole.filter((t) => passes({ family }, t));
  drawCurve(element<SVGSVGElement>('curve'), drawn, family === undefined ? planned : 0);
  const listed = ofFamily.filter((t) => passes(filter, t));
  element('trials').replaceChildren(...listed.slice(-ROWS).reverse().map(row));
  setText('filter-count', listed.length < trials.length ? `${count(listed.length)} of ${count(trials.length)}` : '');
}

function row(trial: TrialSummary): HTMLTableRowElement {
  const tr = document.createElement('tr');
  const cell = (text: string, className = ''): HTMLTableCellElement => {
    const td = tr.insertCell();
    td.textContent = text;
    td.className = className;
    return td;
  };
  cell(String(trial.trial), 'number');
  const objects = cell(familyList(trial.families));
  objects.title = objects.textContent ?? '';
  cell(trial.probability === null ? '–' : percent(trial.probability), 'number');
  cell(trial.outcome).dataset.outcome = trial.outcome === 'held' ? 'held' : 'failed';
  return tr;
}

/** `box ×2, mug`. */
export function familyList(families: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const family of families) counts.set(family, (counts.get(family) ?? 0) + 1);
  return [...counts].map(([family, n]) => (n > 1 ? `${family} ×${n}` : family)).join(', ');
}

/** Where a stage names its trial. */
export interface Card {
  readonly title: HTMLElement;
  readonly detail: HTMLElement;
  readonly outcome: HTMLElement;
}

export function showEpisode(card: Card, info: EpisodeInfo): void {
  const { probability } = info.grasp;
  const { inRound } = info;
  const place = inRound ? `round ${inRound.round}, grasp ${inRound.attempt}` : info.split;
  setContent(card.title, `Trial ${info.trial} · ${place}`);
  const byHand = info.policy === PERSON;
  const chance = probability === null ? '' : percent(probability);
  if (byHand) setContent(card.detail, `by a person${chance && `; policy predicts ${chance}`}`);
  else setContent(card.detail, chance ? `${info.policy} predicts ${chance}` : `policy ${info.policy}`);
}

/** @param outcome shown once the trial is over, else undefined. */
export function showOutcome({ outcome: badge }: Card, outcome: EpisodeInfo['outcome'] | undefined): void {
  badge.dataset.outcome = outcome === undefined ? 'none' : outcome === 'held' ? 'held' : 'failed';
  badge.title = outcome === undefined ? '' : outcomeReason(outcome);
  setContent(badge, outcome ?? 'trying');
}

export function showPhase(phase: number): void {
  const name: string = PHASES[phase];
  for (const item of element('phases').children as HTMLCollectionOf<HTMLElement>) {
    const current = item.dataset.phase === name;
    if (current !== item.hasAttribute('aria-current')) item.toggleAttribute('aria-current', current);
  }
}

/** Tells what went wrong, or that all is well again; undefined hides it. */
export function showMessage(text: string | undefined): void {
  element('message').hidden = text === undefined;
  setText('message-text', text ?? '');
}

/** @param result undefined hides the banner. */
export function showResult(result: RunResult | undefined): void {
  element('result').hidden = !result;
  if (!result) return;
  const { rate, low, high, trials, reportUrl } = result;
  setText('result-rate', percent(rate, 1));
  const interval = `${(100 * low).toFixed(1)} to ${percent(high, 1)}`;
  setText('result-detail', `held of ${trials.toLocaleString('en')} evaluation trials (95 % interval ${interval})`);
  const link = element<HTMLAnchorElement>('result-link');
  link.hidden = !reportUrl;
  if (reportUrl) link.href = reportUrl;
}
